// npm run lab -- price: a line names an option, the answer is its value and delta by both twins.

import { z } from "zod";
import { BITS, ONE } from "../../../src/machine/math/FixedPoint.ts";
import * as Black76 from "../../../src/machine/math/Black76.ts";
import * as FixedPoint from "../../../src/machine/math/FixedPoint.ts";
import * as LogExp from "../../../src/machine/math/LogExp.ts";
import * as Svi from "../../../src/machine/math/Svi.ts";
import { decimal, ofFixed, toFixed } from "./Decimals.ts";
import type { LabChain, Priced, Quote } from "./LabChain.ts";
import { LineError, identity } from "./Lines.ts";

/** A line of input. Forward and strike in any one unit, volatility and rate a year, time in years. */
export const Schema = z.strictObject({
	id: identity,
	forward: decimal,
	strike: decimal,
	volatility: decimal,
	time: decimal,
	rate: decimal.default("0"),
	kind: z.enum(["call", "put"]),
});

/** LIMIT: forwards and strikes below 2^50 units, and the one at most 10^9 times the other. */
const MAX_PRICE = 1n << (50n + BITS);
const MAX_PROPORTION = 1_000_000_000n;
/** LIMIT: an option of seconds may have a volatility of thousands a year, and still a small total. */
const MAX_VOLATILITY = 1_000_000n * ONE;
/** LIMIT: below 100. */
const MAX_FACTOR = 100n * ONE;
/** LIMIT: exp's own. */
const MAX_EXPONENT = 40n * ONE;

/** The line in fixed point. Throws LineError: OutOfRange. */
export function quoteOf(line: z.infer<typeof Schema>): Quote {
	const [forward, strike, volatility, time, rate] = [line.forward, line.strike, line.volatility, line.time, line.rate].map(toFixed);
	const demand = (holds: boolean, what: string): void => {
		if (!holds) throw new LineError("OutOfRange", what);
	};
	demand(forward > 0n && forward < MAX_PRICE, "forward must be above 0 and below 2^50");
	demand(strike > 0n && strike < MAX_PRICE, "strike must be above 0 and below 2^50");
	demand(forward <= strike * MAX_PROPORTION && strike <= forward * MAX_PROPORTION, "forward / strike must be within 1e-9 .. 1e9");
	demand(volatility >= 0n && volatility < MAX_VOLATILITY, "volatility must be at least 0 and below 1000000");
	demand(time >= 0n && time < MAX_FACTOR, "time must be at least 0 and below 100");
	demand(rate > -MAX_FACTOR && rate < MAX_FACTOR, "rate must be above -100 and below 100");
	const exponent = FixedPoint.mul(rate, time);
	demand(exponent <= MAX_EXPONENT && exponent >= -MAX_EXPONENT, "rate * time must be within -40 .. 40");
	return { forward, strike, volatility, time, rate, isPut: line.kind === "put" };
}

/** As `LabHarness.price`, of one quote. */
export function price({ forward, strike, volatility, time, rate, isPut }: Quote): Priced {
	return priceAt({
		spots: [forward, 0n],
		strike,
		logMoneyness: LogExp.ln((forward << BITS) / strike),
		volatility: Svi.clamp(FixedPoint.isqrt((volatility * volatility * time) >> BITS)),
		discount: LogExp.exp(-FixedPoint.mul(rate, time)),
		isPut,
	});
}

/** The value of a smile's one spot, and its derivative by the forward. */
export function priceAt(smile: Black76.Smile): Priced {
	const values = [0n, 0n];
	Black76.price(smile, 1, values, 0);
	// A call on a forward of 1 that costs nothing to exercise is worth N(d1).
	Black76.price({ ...smile, spots: [ONE, 0n], strike: 0n, isPut: false }, 1, values, 1);
	return { value: values[0], delta: smile.isPut ? values[1] - smile.discount : values[1] };
}

function shown({ value, delta }: Priced): { value: string; delta: string } {
	return { value: ofFixed(value), delta: ofFixed(delta) };
}

/** What both twins make of the quotes, in their order. */
export async function answer(chain: LabChain, quotes: readonly Quote[]): Promise<object[]> {
	const solidity = await chain.price(quotes);
	return quotes.map((quote, i) => ({ typescript: shown(price(quote)), solidity: shown(solidity[i]) }));
}
