// npm run lab -- margin: a line holds a market and a portfolio, the answer is its margin and what it is made of, by both twins.

import { z } from "zod";
import { MAX_CASH, MAX_POSITIONS, MAX_POSITION_LOTS, MAX_PRICE, PPM, lotsPerUnit, tickSize } from "../../../src/machine/Constants.ts";
import * as Svi from "../../../src/machine/math/Svi.ts";
import { LiveState } from "../../../src/machine/state/LiveState.ts";
import * as State from "../../../src/machine/state/State.ts";
import * as Accounts from "../../../src/machine/types/Account.ts";
import type { Account, Position } from "../../../src/machine/types/Account.ts";
import * as Expiries from "../../../src/machine/types/Expiry.ts";
import type { Expiry } from "../../../src/machine/types/Expiry.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import * as Underlyings from "../../../src/machine/types/Underlying.ts";
import { decimal, exactly, ofScaled } from "./Decimals.ts";
import type { MarginReport, Part, Portfolio } from "./LabChain.ts";
import { LabChain } from "./LabChain.ts";
import { LineError, identity } from "./Lines.ts";
import { NAMES, variant } from "./Variants.ts";
import type { Name, Settings, Twin, Variant } from "./Variants.ts";
import { witnessOf } from "./Witness.ts";

const underlying = z.enum(["ETH", "BTC"]);
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, "must be a day, YYYY-MM-DD");
const parts = Object.fromEntries(Object.keys(NAMES).map((name) => [name, decimal.optional()])) as Record<
	Name,
	z.ZodOptional<typeof decimal>
>;

/** A line of input. Money in USDC, prices in USDC a unit, sizes in units (negative is short), parts as fractions, times in seconds since 1970. */
export const Schema = z.strictObject({
	id: identity,
	time: z.union(
		[
			z.int().positive("must be whole seconds since 1970"),
			z
				.string()
				.regex(/^\d{1,12}$/)
				.transform(Number),
		],
		"must be whole seconds since 1970",
	),
	indices: z.partialRecord(underlying, z.strictObject({ price: decimal, confidence: decimal.default("1") })),
	expiries: z.array(
		z.strictObject({
			underlying,
			day,
			forward: decimal,
			surface: z.strictObject({ a: decimal, b: decimal, rho: decimal, m: decimal, sigma: decimal }),
			rate: decimal.default("0"),
			confidence: decimal.default("1"),
		}),
	),
	cash: decimal.default("0"),
	positions: z.array(
		z.strictObject({ underlying, day, strike: decimal.default("0"), kind: z.enum(["call", "put", "future"]), size: decimal }),
	),
	parameters: z.strictObject(parts).optional(),
});
type Input = z.infer<typeof Schema>;

/** A line as cells of the machine. */
export type Prepared = { readonly state: LiveState; readonly settings: Settings };

const ACCOUNT = 1;
const OWNER = "0x000000000000000000000000000000000000dead";
const UNDERLYINGS = ["ETH", "BTC"] as const;
const KINDS = { call: Series.CALL, put: Series.PUT, future: Series.FUTURE } as const;
const MICRO = 1_000_000n;
const NANO = 1_000_000_000n;
const MAX_RATE = 2_147_483_647;

function demand(holds: boolean, name: string, sentence: string): void {
	if (!holds) throw new LineError(name, sentence);
}

/** The decimal in units of 1 / `unit`, as the machine's field holds it. */
function field(text: string, unit: bigint, low: number, high: number, what: string): number {
	const value = exactly(text, unit);
	// Every unit is a power of ten.
	const shown = (units: number): string => ofScaled(BigInt(units), String(unit).length - 1);
	if (value === undefined) throw new LineError("TooFine", `${what} must be a multiple of ${shown(1)}`);
	demand(value >= BigInt(low) && value <= BigInt(high), "OutOfRange", `${what} must be within ${shown(low)} .. ${shown(high)}`);
	return Number(value);
}

function dayOf(text: string): number {
	const at = Date.parse(`${text}T00:00:00Z`);
	// The parser takes the 31st of February for a day of March.
	demand(Number.isFinite(at) && new Date(at).toISOString().startsWith(text), "OutOfRange", `${text} is no day`);
	const count = Math.floor(at / 86_400_000);
	demand(count > 0 && count < 65_536, "OutOfRange", `${text} is beyond what a series can name`);
	return count;
}

/** Throws LineError: TooFine, OutOfRange, BadSurface, BadTime, SlotTaken, NoIndex, NoExpiry, Duplicate or TooMany. */
export function prepare(line: Input): Prepared {
	const state = new LiveState();
	for (const [i, name] of UNDERLYINGS.entries()) {
		const index = line.indices[name];
		if (!index) continue;
		const indexPrice = field(index.price, MICRO, 1, MAX_PRICE - 1, `${name} index`);
		const confidence = field(index.confidence, MICRO, 0, PPM, `${name} index confidence`);
		State.putUnderlying(state, i, { ...Underlyings.empty(), indexPrice, confidence, time: line.time });
	}
	const listed = new Set<number>();
	for (const expiry of line.expiries) {
		const cell = expiryOf(expiry, line.time);
		const slot = Series.slotOf(UNDERLYINGS.indexOf(expiry.underlying), cell.day);
		demand(!listed.has(slot), "SlotTaken", `${expiry.underlying} ${expiry.day} meets another expiry of the line in its place`);
		listed.add(slot);
		State.putExpiry(state, slot, cell);
	}
	State.putAccount(state, ACCOUNT, accountOf(line, listed));
	const settings: Settings = {};
	for (const [name, text] of Object.entries(line.parameters ?? {}) as [Name, string][]) {
		settings[name] = name.endsWith("Seconds")
			? field(text, 1n, 1, 1_000_000_000, name)
			: field(text, MICRO, 0, name.startsWith("spotRange") ? 249_999 : 10 * PPM, name);
		// The moves between its ends are quarters of it.
		demand(!name.startsWith("spotRange") || settings[name] % 4 === 0, "TooFine", `${name} must be a multiple of 0.000004`);
	}
	return { state, settings };
}

function expiryOf(expiry: Input["expiries"][number], time: number): Expiry {
	const what = `${expiry.underlying} ${expiry.day}`;
	const forward = field(expiry.forward, MICRO, 1, MAX_PRICE - 1, `${what} forward`);
	const parameter = (name: keyof typeof expiry.surface): number => field(expiry.surface[name], NANO, -1e10, 1e10, `${what} ${name}`);
	const surface = { a: parameter("a"), b: parameter("b"), rho: parameter("rho"), m: parameter("m"), sigma: parameter("sigma") };
	demand(
		Svi.isValid(surface.a, surface.b, surface.rho, surface.m, surface.sigma),
		"BadSurface",
		`${what} is no slice of total variance: |rho| < 1, b >= 0, sigma > 0, no negative variance`,
	);
	const cell = { ...Expiries.empty(), day: dayOf(expiry.day), forward, ...surface, time };
	demand(time < Series.expiryTimeOf(cell.day), "BadTime", `${what} is over at time ${time}`);
	cell.rate = field(expiry.rate, MICRO, -MAX_RATE, MAX_RATE, `${what} rate`);
	cell.confidence = field(expiry.confidence, MICRO, 0, PPM, `${what} confidence`);
	return cell;
}

function accountOf(line: Input, listed: ReadonlySet<number>): Account {
	const positions = line.positions.map((position): Position => {
		const i = UNDERLYINGS.indexOf(position.underlying);
		const what = `${position.underlying} ${position.day} ${position.strike} ${position.kind}`;
		demand(line.indices[position.underlying] !== undefined, "NoIndex", `${position.underlying} has no index price`);
		const strike = exactly(position.strike, MICRO / BigInt(tickSize(i)));
		demand(strike !== undefined, "TooFine", `${what}: a strike is a multiple of ${tickSize(i) / 1e6}`);
		const ticks = Number(strike);
		demand(ticks >= 0 && ticks < 2 ** 30, "OutOfRange", `${what}: the strike is beyond what a series can name`);
		const series = Series.make(i, dayOf(position.day), KINDS[position.kind], ticks);
		demand(Series.isValid(series), "OutOfRange", `${what}: no series is so: an option's strike is above 0, a future's is 0`);
		demand(listed.has(Series.expirySlotOf(series)), "NoExpiry", `${what}: the line has no such expiry`);
		const size = field(position.size, BigInt(lotsPerUnit(i)), -MAX_POSITION_LOTS, MAX_POSITION_LOTS, `${what}: size`);
		demand(size !== 0, "OutOfRange", `${what}: a position is not 0`);
		return { series, size };
	});
	demand(positions.length <= MAX_POSITIONS, "TooMany", `an account has at most ${MAX_POSITIONS} positions`);
	positions.sort((a, b) => a.series - b.series);
	for (let i = 1; i < positions.length; i++)
		demand(positions[i].series !== positions[i - 1].series, "Duplicate", "two positions are of one series");
	return { ...Accounts.empty(), owner: OWNER, cash: field(line.cash, MICRO, -MAX_CASH, MAX_CASH, "cash"), positions };
}

/** As `LabHarness.partOf`: what one underlying brings, by the twin's own sums. */
function partOf({ Margin, Parameters, Valuations }: Twin, state: State.Body, account: Account, i: number): Part {
	const { SCENARIOS } = Parameters;
	const highs = new Float64Array(SCENARIOS);
	const lows = new Float64Array(SCENARIOS);
	const lots = lotsPerUnit(i);
	let [markHigh, markLow, short, doubt, group, last] = [0, 0, 0, 0, 0, 0];
	for (const { series, size } of account.positions) {
		if (Series.underlyingOf(series) !== i) continue;
		const expiry = State.expiry(state, Series.expirySlotOf(series));
		const valuation = Valuations.of(state, series, expiry);
		for (let scenario = 0; scenario < SCENARIOS; scenario++) {
			highs[scenario] += size * valuation.high[scenario];
			lows[scenario] += size * valuation.low[scenario];
		}
		const markTop = Math.floor(valuation.mark / Valuations.SPLIT);
		markHigh += size * markTop;
		markLow += size * (valuation.mark - markTop * Valuations.SPLIT);
		if (series - Series.strikeOf(series) !== last) {
			short += Math.max(0, -group);
			group = 0;
			last = series - Series.strikeOf(series);
		}
		if (Series.kindOf(series) !== Series.FUTURE) group += size;
		doubt += Math.abs(size) * (PPM - Math.min(expiry.confidence, State.underlying(state, i).confidence));
	}
	short += Math.max(0, -group);
	const { indexPrice } = State.underlying(state, i);
	return {
		mark: Margin.quotient(markHigh, markLow, lots),
		changes: Array.from(highs, (high, scenario) => Margin.damped(scenario, Margin.quotient(high, lows[scenario], lots))),
		netShort: last === 0 ? 0 : Margin.contingencies(short, 0, indexPrice, lots),
		doubt: last === 0 ? 0 : Margin.contingencies(0, doubt, indexPrice, lots),
	};
}

/** What the TypeScript twin makes of a prepared line. */
export function assess(twin: Twin, { state }: Prepared): MarginReport {
	const account = State.account(state, ACCOUNT);
	const { equity, initial, maintenance } = twin.Margin.assess(state, account);
	return { equity, initial, maintenance, parts: UNDERLYINGS.map((_, i) => partOf(twin, state, account, i)) };
}

/** The line's cells with the proof that the Solidity twin opens them by. */
export function portfolioOf(twin: Pick<Twin, "Margin">, { state }: Prepared): Portfolio {
	const { positions } = State.account(state, ACCOUNT);
	return {
		...witnessOf(state, (body) => twin.Margin.assess(body, State.account(body, ACCOUNT))),
		account: ACCOUNT,
		positions: positions.length,
	};
}

const money = (micro: number): string => ofScaled(BigInt(micro), 6);

function shown({ equity, initial, maintenance, parts: list }: MarginReport, held: readonly boolean[]): object {
	const underlyings = UNDERLYINGS.map((name, i): [string, object] => {
		const { mark, changes, netShort, doubt } = list[i];
		return [name, { mark: money(mark), scenarios: changes.map(money), netShort: money(netShort), doubt: money(doubt) }];
	}).filter((_, i) => held[i]);
	return { equity: money(equity), initial: money(initial), maintenance: money(maintenance), underlyings: Object.fromEntries(underlyings) };
}

/** Answers prepared lines by both twins; twins under other parameters are made when first needed, and kept. */
export class Bench {
	readonly #variants = new Map<string, { variant: Variant; chain: LabChain }>();

	async #of(settings: Settings): Promise<{ variant: Variant; chain: LabChain }> {
		const key = JSON.stringify(Object.entries(settings).sort());
		const known = this.#variants.get(key);
		if (known) return known;
		const made = await variant(settings);
		const entry = { variant: made, chain: await LabChain.start(made.solidity) };
		this.#variants.set(key, entry);
		return entry;
	}

	/** The TypeScript twin under a line's parameters. */
	async twin({ settings }: Prepared): Promise<Twin> {
		return (await this.#of(settings)).variant.typescript;
	}

	/** What both twins make of the lines, in their order. */
	async reports(lines: readonly Prepared[]): Promise<{ typescript: MarginReport; solidity: MarginReport }[]> {
		const results: { typescript: MarginReport; solidity: MarginReport }[] = [];
		const bySettings = Map.groupBy(lines.entries(), ([, { settings }]) => JSON.stringify(Object.entries(settings).sort()));
		for (const group of bySettings.values()) {
			const { variant: twins, chain } = await this.#of(group[0][1].settings);
			const solidity = await chain.margin(group.map(([, line]) => portfolioOf(twins.typescript, line)));
			for (const [j, [i, line]] of group.entries()) results[i] = { typescript: assess(twins.typescript, line), solidity: solidity[j] };
		}
		return results;
	}

	async answer(lines: readonly Prepared[]): Promise<object[]> {
		const reports = await this.reports(lines);
		return reports.map(({ typescript, solidity }, i) => {
			const { positions } = State.account(lines[i].state, ACCOUNT);
			const held = UNDERLYINGS.map((_, j) => positions.some(({ series }) => Series.underlyingOf(series) === j));
			return { typescript: shown(typescript, held), solidity: shown(solidity, held) };
		});
	}

	async close(): Promise<void> {
		for (const { variant: twins, chain } of this.#variants.values()) {
			twins.close();
			await chain.close();
		}
	}
}
