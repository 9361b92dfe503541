import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TrackedState } from "../../../src/executor/TrackedState.ts";
import { MAX_CASH, PPM, lotsPerUnit, tickSize } from "../../../src/machine/Constants.ts";
import * as Margin from "../../../src/machine/risk/Margin.ts";
import * as Parameters from "../../../src/machine/risk/Parameters.ts";
import * as Scenarios from "../../../src/machine/risk/Scenarios.ts";
import * as Valuations from "../../../src/machine/risk/Valuations.ts";
import { CommittedState } from "../../../src/machine/state/CommittedState.ts";
import * as State from "../../../src/machine/state/State.ts";
import * as Accounts from "../../../src/machine/types/Account.ts";
import type { Position } from "../../../src/machine/types/Account.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { CLOCK, STRIKES, TODAY, cells, strikeOf } from "../../../scripts/dev/lockstep/BoundaryWorld.ts";
import type { World } from "../../../scripts/dev/lockstep/BoundaryWorld.ts";
import { Random } from "../../../src/market/Random.ts";

const DAYS = [TODAY + 2, TODAY + 7, TODAY + 90];

function market(world: World): State.Body {
	const state = new CommittedState();
	TrackedState.fill(state, cells({ days: DAYS, ...world }));
	return state.live;
}

/** Another market for each seed, and one in which no confidence is missing. */
const MARKETS = [1, 2, 3, 4].map((seed) => market({ random: new Random(seed), confidence: PPM - 20_000 * seed }));
const SURE = market({});
const ALL = [0, 1].flatMap((underlying) =>
	DAYS.flatMap((day) => [
		...[Series.CALL, Series.PUT].flatMap((kind) => STRIKES.map((step) => Series.make(underlying, day, kind, strikeOf(underlying, step)))),
		Series.make(underlying, day, Series.FUTURE, 0),
	]),
);
const OPTIONS = ALL.filter((series) => Series.kindOf(series) !== Series.FUTURE);

const lots = fc.integer({ min: -5000, max: 5000 }).filter((size) => size !== 0);
const longs = fc.integer({ min: 1, max: 5000 });
const held = (from: readonly number[], size: fc.Arbitrary<number>, maxLength = 24): fc.Arbitrary<Position[]> =>
	fc
		.uniqueArray(fc.tuple(fc.constantFrom(...from), size), { selector: ([series]) => series, maxLength, size: "max" })
		.map((list) => list.map(([series, one]) => ({ series, size: one })).sort((a, b) => a.series - b.series));
const portfolio = held(ALL, lots);
const markets = fc.constantFrom(...MARKETS, SURE);
const money = fc.integer({ min: -1e12, max: 1e12 });

function assess(state: State.Body, positions: readonly Position[], cash = 0): Margin.Assessment {
	return Margin.assess(state, { ...Accounts.empty(), cash, positions: [...positions] });
}

/** What two portfolios come to in one account. */
function together(one: readonly Position[], other: readonly Position[]): Position[] {
	const account = { ...Accounts.empty(), positions: one.map((position) => ({ ...position })) };
	for (const { series, size } of other) Accounts.setSize(account, series, Accounts.sizeOf(account, series) + size);
	return account.positions;
}

const of = (positions: readonly Position[], underlying: number): Position[] =>
	positions.filter(({ series }) => Series.underlyingOf(series) === underlying);

/** Every rounding of two portfolios instead of one, in two underlyings, each of a micro-USDC. */
const ROUNDING = 16;
/** What is charged for doubt is rounded to a millionth of a lot of the index first, which is at most 90 micro-USDC here. */
const DOUBT_ROUNDING = 90;

function floor(a: bigint, b: bigint): bigint {
	const quotient = a / b;
	return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

const ceil = (a: bigint, b: bigint): bigint => -floor(-a, b);

/** Margin as docs/spec/margin.md says it, sum by sum and in whole numbers without end. */
function specified(
	state: State.Body,
	positions: readonly Position[],
	cash: number,
): { equity: bigint; initial: bigint; maintenance: bigint } {
	let equity = BigInt(cash);
	let initial = 0n;
	for (const underlying of [0, 1]) {
		const mine = of(positions, underlying);
		if (mine.length === 0) continue;
		const { indexPrice, confidence: indexConfidence } = State.underlying(state, underlying);
		const unit = BigInt(lotsPerUnit(underlying));
		const changes = new Array<bigint>(Parameters.SCENARIOS).fill(0n);
		const groups = new Map<string, bigint>();
		let [marked, doubted] = [0n, 0n];
		for (const { series, size } of mine) {
			const expiry = State.expiry(state, Series.expirySlotOf(series));
			const values = Valuations.valuesOf(series, expiry, Scenarios.shocksOf(expiry, Valuations.movesOf(underlying, expiry)));
			const mark = values[Parameters.MARK_SCENARIO];
			marked += BigInt(size) * BigInt(mark);
			for (const [i, value] of values.entries()) changes[i] += BigInt(size) * BigInt(value - mark);
			const group = `${Series.dayOf(series)}/${Series.kindOf(series)}`;
			if (Series.kindOf(series) !== Series.FUTURE) groups.set(group, (groups.get(group) ?? 0n) + BigInt(size));
			doubted += BigInt(Math.abs(size)) * BigInt(PPM - Math.min(expiry.confidence, indexConfidence));
		}
		equity += floor(marked, unit);
		const damping = [25n, 35n, 50n, 50n, 35n, 25n];
		const losses = changes.map((change, i) => (i < 27 ? floor(change, unit) : floor(floor(change, unit) * damping[i - 27], 100n)));
		const worst = losses.reduce((a, b) => (b < a ? b : a), 0n);
		const short = [...groups.values()].reduce((sum, group) => (group < 0n ? sum - group : sum), 0n);
		const netShort = ceil(BigInt(indexPrice) * short, 100n * unit);
		const doubt = ceil(BigInt(indexPrice) * ceil(doubted, 2n), BigInt(PPM) * unit);
		initial += netShort + doubt - worst;
	}
	return { equity, initial, maintenance: ceil(initial * 8n, 10n) };
}

describe("given sums beyond what a double holds exactly", () => {
	it("divides them by the lots of a unit, rounding down, and keeps what is beyond all money at its limit", () => {
		const limit = BigInt(MAX_CASH);
		fc.assert(
			fc.property(
				fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
				fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
				fc.constantFrom(0, 1).map(lotsPerUnit),
				(high, low, unit) => {
					const exact = floor(BigInt(high) * BigInt(Valuations.SPLIT) + BigInt(low), BigInt(unit));
					const kept = exact > limit ? limit : exact < -limit ? -limit : exact;
					assert.equal(BigInt(Margin.quotient(high, low, unit)), kept, `${high}, ${low} over ${unit}`);
				},
			),
			{ numRuns: 5000 },
		);
	});
});

describe("given any portfolio of options and futures in both underlyings", () => {
	it("is margined as the specification says, sum by sum", () => {
		fc.assert(
			fc.property(markets, portfolio, money, (state, positions, cash) => {
				const { equity, initial, maintenance } = assess(state, positions, cash);
				const said = specified(state, positions, cash);
				assert.deepEqual({ equity: BigInt(equity), initial: BigInt(initial), maintenance: BigInt(maintenance) }, said);
				assert.ok(maintenance >= 0 && maintenance <= initial);
			}),
			{ numRuns: 300 },
		);
	});

	it("has the margin of its parts in each underlying, and not a micro-USDC less", () => {
		fc.assert(
			fc.property(markets, portfolio, money, (state, positions, cash) => {
				const whole = assess(state, positions, cash);
				const [eth, btc] = [assess(state, of(positions, 0)), assess(state, of(positions, 1))];
				assert.equal(whole.initial, eth.initial + btc.initial);
				assert.equal(whole.equity, cash + eth.equity + btc.equity);
				assert.equal(whole.equity, cash + Margin.markOf(state, positions));
			}),
			{ numRuns: 300 },
		);
	});

	it("never needs more than its parts held apart, and is worth what they are", () => {
		fc.assert(
			fc.property(markets, portfolio, portfolio, (state, one, other) => {
				const [a, b, both] = [assess(state, one), assess(state, other), assess(state, together(one, other))];
				assert.ok(both.initial <= a.initial + b.initial + ROUNDING, `${both.initial} > ${a.initial} + ${b.initial}`);
				assert.ok(Math.abs(both.equity - a.equity - b.equity) <= 2);
			}),
			{ numRuns: 300 },
		);
	});

	it("needs n times as much when all of it is n times as large", () => {
		fc.assert(
			fc.property(
				markets,
				held(
					ALL,
					fc.integer({ min: -500, max: 500 }).filter((size) => size !== 0),
				),
				fc.integer({ min: 2, max: 9 }),
				(state, positions, times) => {
					const one = assess(state, positions);
					const many = assess(
						state,
						positions.map(({ series, size }) => ({ series, size: times * size })),
					);
					assert.ok(Math.abs(many.initial - times * one.initial) <= times * (ROUNDING + 2 * DOUBT_ROUNDING));
					assert.ok(many.equity - times * one.equity >= 0 && many.equity - times * one.equity <= 2 * times);
				},
			),
			{ numRuns: 300 },
		);
	});

	it("is found alike before and after a trade in one pass, and by itself", () => {
		fc.assert(
			fc.property(markets, portfolio, money, fc.constantFrom(...ALL), lots, money, (state, positions, cash, series, size, paid) => {
				const account = { ...Accounts.empty(), cash, positions };
				const trade = Margin.assessTrade(state, account, series, size, paid);
				const before = assess(state, positions, cash);
				const after = assess(state, together(positions, [{ series, size }]), cash + paid);
				assert.equal(trade.excessBefore, before.equity - before.initial);
				assert.equal(trade.excessAfter, after.equity - after.initial);
				assert.equal(trade.oldestPriceTime, CLOCK - 3);
			}),
			{ numRuns: 300 },
		);
	});
});

describe("given a market in which no confidence is missing", () => {
	it("never harms anybody by a gift of options", () => {
		fc.assert(
			fc.property(portfolio, held(OPTIONS, longs, 6), (positions, gift) => {
				const [before, after] = [assess(SURE, positions), assess(SURE, together(positions, gift))];
				assert.ok(after.equity - after.initial >= before.equity - before.initial - ROUNDING);
			}),
			{ numRuns: 300 },
		);
	});

	it("asks for nothing beyond the price of whoever only buys options and pays for them", () => {
		fc.assert(
			fc.property(held(OPTIONS, longs), (positions) => {
				const { equity, initial } = assess(SURE, positions);
				assert.ok(initial <= equity + ROUNDING, `${initial} for ${equity}`);
			}),
			{ numRuns: 300 },
		);
	});

	it("asks of a vertical spread no more than the distance of its strikes", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(0, 1),
				fc.constantFrom(...DAYS),
				fc.constantFrom(Series.CALL, Series.PUT),
				fc.integer({ min: 0, max: STRIKES.length - 2 }),
				fc.integer({ min: 1, max: 2000 }),
				(underlying, day, kind, at, size) => {
					const [low, high] = [strikeOf(underlying, STRIKES[at]), strikeOf(underlying, STRIKES[at + 1])];
					const [near, far] = kind === Series.CALL ? [low, high] : [high, low];
					const positions = [
						{ series: Series.make(underlying, day, kind, near), size: -size },
						{ series: Series.make(underlying, day, kind, far), size },
					].sort((a, b) => a.series - b.series);
					const { equity, initial } = assess(SURE, positions);
					const width = ((high - low) * tickSize(underlying) * size) / lotsPerUnit(underlying);
					assert.ok(initial - equity <= width + ROUNDING, `${initial - equity} for a spread of ${width}`);
					const naked = assess(
						SURE,
						positions.filter((position) => position.size < 0),
					);
					assert.ok(initial <= naked.initial + ROUNDING, "the bought option hedges the sold one");
				},
			),
			{ numRuns: 300 },
		);
	});

	it("asks less of a single position that became smaller", () => {
		fc.assert(
			fc.property(fc.constantFrom(...ALL), lots, fc.double({ min: 0, max: 1, noNaN: true }), (series, size, part) => {
				const smaller = Math.trunc(size * part);
				const [whole, rest] = [assess(SURE, [{ series, size }]), assess(SURE, smaller === 0 ? [] : [{ series, size: smaller }])];
				assert.ok(rest.initial <= whole.initial);
			}),
			{ numRuns: 300 },
		);
	});

	it("asks more where confidence is missing", () => {
		const unsure = market({ confidence: PPM - 100_000 });
		fc.assert(
			fc.property(portfolio, (positions) => {
				const [sure, less] = [assess(SURE, positions), assess(unsure, positions)];
				assert.ok(positions.length === 0 ? less.initial === 0 : less.initial > sure.initial);
				assert.equal(less.equity, sure.equity);
			}),
			{ numRuns: 200 },
		);
	});
});
