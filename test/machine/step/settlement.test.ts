import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SECONDS_PER_DAY, SETTLEMENT_WINDOW_SECONDS, lotsPerUnit } from "../../../src/machine/Constants.ts";
import { nameOf } from "../../../src/machine/Result.ts";
import * as State from "../../../src/machine/state/State.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Accounts from "../../../src/machine/types/Account.ts";
import type { Account } from "../../../src/machine/types/Account.ts";
import * as Machines from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import {
	ACCOUNT,
	CLOCK,
	NOTHING,
	OWNER,
	STRIKES,
	TODAY,
	cells,
	forced,
	place,
	record,
	report,
	strikeOf,
} from "../../../scripts/dev/lockstep/BoundaryWorld.ts";
import { Lane } from "../../../scripts/dev/lockstep/Lane.ts";
import type { Item } from "../../../scripts/dev/lockstep/Lane.ts";

const DAY = TODAY + 1;
const EXPIRY = Series.expiryTimeOf(DAY);
const START = EXPIRY - SETTLEMENT_WINDOW_SECONDS;
const SLOT = Series.slotOf(0, DAY);

type Quote = { readonly time: number; readonly indexPrice: number };

/** A lane whose index was reported just before the window, at a price of 3000. */
function before(): Lane {
	const machine = Machines.initial();
	machine.clock = START - 1;
	return new Lane(cells({ days: [DAY], clock: START - 1, indexAge: 3 }), machine);
}

/** Reports one behind the other, each at its own time; every Result. */
function tell(lane: Lane, quotes: readonly Quote[], at?: number): string[] {
	return quotes.map((quote) => {
		const clock = Math.max(lane.machine.clock, at ?? quote.time);
		lane.open([report(quote)], { minTime: clock, maxTime: clock });
		const { outcome } = lane.advance();
		while (!lane.done) lane.advance();
		return nameOf(outcome.result);
	});
}

const settledAt = (lane: Lane): number => State.expiry(lane.state.live, SLOT).settlementPrice;

/** A path of prices from before the window to behind it, no more than a minute between two. */
const paths: fc.Arbitrary<Quote[]> = fc
	.array(fc.record({ gap: fc.integer({ min: 1, max: 60 }), indexPrice: fc.integer({ min: 1_000_000, max: 9_000_000_000 }) }), {
		minLength: 30,
		maxLength: 60,
	})
	.map((list) => {
		const quotes: Quote[] = [];
		for (let [i, time] = [0, START - 4]; time < EXPIRY; i++) {
			const { gap, indexPrice } = list[i % list.length];
			// Where few are drawn the end comes by whole minutes.
			time += i < list.length ? gap : 60;
			quotes.push({ time, indexPrice });
		}
		return quotes;
	});

/** Every second of the window at the price that was last reported by then, to the nearest micro-USDC per lot. */
function averageOf(quotes: readonly Quote[]): number {
	let sum = 0n;
	let next = 0;
	let price = 3_000_000_000;
	for (let second = START; second < EXPIRY; second++) {
		while (next < quotes.length && quotes[next].time <= second) price = quotes[next++].indexPrice;
		sum += BigInt(price);
	}
	const lots = lotsPerUnit(0);
	const [twice, unit] = [2n * sum, BigInt(SETTLEMENT_WINDOW_SECONDS * lots)];
	return Math.max(1, Number((twice + unit) / (2n * unit))) * lots;
}

describe("given reports through a settlement window", () => {
	it("settles at the average of every second of the half hour, once the report that passes 08:00 is there, and not before", () => {
		fc.assert(
			fc.property(paths, (quotes) => {
				const lane = before();
				assert.ok(tell(lane, quotes.slice(0, -1)).every((result) => result === "Ok"));
				assert.equal(settledAt(lane), 0);
				assert.deepEqual(tell(lane, quotes.slice(-1)), ["Ok"]);
				assert.equal(settledAt(lane), averageOf(quotes));
				assert.deepEqual(tell(lane, [{ time: EXPIRY + 100, indexPrice: 1 }]), ["Ok"]);
				assert.equal(settledAt(lane), averageOf(quotes), "what is fixed stays");
			}),
			{ numRuns: 10 },
		);
	});

	it("waits for what is missing, however late, and then comes to the same price", () => {
		fc.assert(
			fc.property(paths, fc.nat(25), fc.integer({ min: 2, max: 30 }), (quotes, from, count) => {
				const late = quotes.slice(from, from + count);
				const rest = quotes.slice(from + count);
				const hole = (rest[0]?.time ?? Infinity) - (quotes[from - 1]?.time ?? START - 4);
				fc.pre(rest.length > 0 && hole > 60);
				const lane = before();
				tell(lane, quotes.slice(0, from));
				const refused = tell(lane, rest);
				assert.ok(
					refused.every((result) => result === "ReportLeavesGap"),
					refused.join(),
				);
				assert.equal(settledAt(lane), 0);
				const now = EXPIRY + 9 * SECONDS_PER_DAY;
				assert.ok(tell(lane, [...late, ...rest], now).every((result) => result === "Ok"));
				assert.equal(settledAt(lane), averageOf(quotes));
			}),
			{ numRuns: 10 },
		);
	});
});

describe("given an account with settled positions among others", () => {
	const LATER = TODAY + 7;
	const settled = [Series.CALL, Series.PUT].flatMap((kind) => STRIKES.map((step) => Series.make(0, DAY, kind, strikeOf(0, step))));
	const settledAll = [...settled, Series.make(0, DAY, Series.FUTURE, 0)];
	const alive = STRIKES.map((step) => Series.make(0, LATER, Series.CALL, strikeOf(0, step)));
	const portfolios = fc
		.uniqueArray(
			fc.tuple(
				fc.constantFrom(...settledAll, ...alive),
				fc.integer({ min: -900, max: 900 }).filter((size) => size !== 0),
			),
			{
				selector: ([series]) => series,
				minLength: 1,
				maxLength: 20,
				size: "max",
			},
		)
		.map((list) => list.map(([series, size]) => ({ series, size })).sort((a, b) => a.series - b.series));
	const message = { account: ACCOUNT, nonce: 1001, signature: NOTHING };
	const keeper: Item = record(Encoding.settle({ account: ACCOUNT }));
	const nonce = { nonce: 1002 };
	/** What folds an account on its way: it moves a micro-USDC out, or rests an order. */
	const touches: readonly Item[] = [
		forced(Encoding.withdraw({ ...message, ...nonce, recipient: OWNER, amount: 1 })),
		forced(Encoding.transfer({ ...message, ...nonce, recipient: ACCOUNT + 1, amount: 1 })),
		place({ ...nonce, series: Series.make(0, LATER, Series.CALL, strikeOf(0, 0)), size: 1, price: 1000 }),
	];

	function after(
		items: readonly Item[],
		positions: Account["positions"],
		price: number,
	): { account: Account; results: string[]; open: number } {
		const machine = Machines.initial();
		machine.clock = CLOCK;
		const account = { cash: 1_000_000_000_000, positions: positions.map((one) => ({ ...one })) };
		const lane = new Lane(cells({ days: [DAY, LATER], account, others: [{ owner: OWNER }] }), machine);
		State.expiry(lane.state.live, SLOT).settlementPrice = price;
		lane.open(items, { minTime: CLOCK, maxTime: CLOCK });
		const results = items.map(() => nameOf(lane.advance().outcome.result));
		return { account: State.account(lane.state.live, ACCOUNT), results, open: State.expiry(lane.state.live, SLOT).openPositions };
	}

	it("has the same cash and positions whether a keeper folds them or whatever touches the account next, and each pays its intrinsic value", () => {
		fc.assert(
			fc.property(portfolios, fc.integer({ min: 1, max: 60_000_000 }), (positions, hundreds) => {
				const price = hundreds * lotsPerUnit(0);
				const worth = positions.reduce((sum, { series, size }) => {
					if (Series.dayOf(series) !== DAY) return sum;
					const strike = BigInt(Series.strikeOf(series)) * 100_000n;
					const gain = Series.kindOf(series) === Series.PUT ? strike - BigInt(price) : BigInt(price) - strike;
					return sum + (BigInt(size) * (gain > 0n ? gain : 0n)) / BigInt(lotsPerUnit(0));
				}, 0n);
				const kept = positions.filter(({ series }) => Series.dayOf(series) !== DAY);
				const folded = after([keeper], positions, price);
				assert.equal(BigInt(folded.account.cash), 1_000_000_000_000n + worth);
				assert.deepEqual(folded.account.positions, kept);
				for (const touch of touches) {
					const [kept_, lazy] = [after([keeper, touch], positions, price), after([touch], positions, price)];
					assert.deepEqual(lazy.results[0], kept_.results[1]);
					if (lazy.results[0] !== "Ok" && lazy.results[0] !== "Rested") continue;
					assert.deepEqual(lazy.account, kept_.account);
					assert.equal(lazy.open, kept_.open);
				}
				assert.deepEqual(after([keeper, keeper], positions, price).results[1], "NothingToSettle");
			}),
			{ numRuns: 20 },
		);
	});

	it("gives both sides of a position what the other loses, to a micro-USDC", () => {
		for (const series of settledAll)
			for (const price of [100, 2_500_000_000, 3_000_000_100, 4_000_000_000]) {
				const [one, other] = [7, -7].map((size) => after([keeper], [{ series, size }], price).account);
				assert.equal(one.cash + other.cash, 2_000_000_000_000);
				assert.equal(Accounts.sizeOf(one, series) + Accounts.sizeOf(other, series), 0);
			}
	});
});
