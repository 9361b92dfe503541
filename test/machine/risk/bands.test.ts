import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SETTLEMENT_WINDOW_SECONDS } from "../../../src/machine/Constants.ts";
import { nameOf } from "../../../src/machine/Result.ts";
import * as Scenarios from "../../../src/machine/risk/Scenarios.ts";
import * as Reporting from "../../../src/machine/step/Reporting.ts";
import type { Place } from "../../../src/machine/step/Messages.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import * as Underlyings from "../../../src/machine/types/Underlying.ts";
import {
	ACCOUNT,
	CLOCK,
	INDEX,
	STRIKES,
	TODAY,
	bandOf,
	cells,
	place,
	play,
	strikeOf,
} from "../../../scripts/dev/lockstep/BoundaryWorld.ts";
import { standingOf } from "../../../scripts/dev/lockstep/DealBoundaries.ts";

const DAY = TODAY + 7;
const CALL = Series.make(0, DAY, Series.CALL, strikeOf(0, 0));
const RICH = { cash: 1_000_000_000_000_000 };

function resultOf(fields: Partial<Place>, world: object = {}): string {
	return nameOf(play(cells({ account: RICH, ...world }), place(fields)).outcome.result);
}

describe("given a trader with a fat finger", () => {
	it("refuses a price with a digit too many or too few where it would cost him, and only there", () => {
		const fair = 910;
		assert.equal(resultOf({ side: 0, price: fair * 10 }), "BeyondBand");
		assert.equal(resultOf({ side: 1, price: fair / 10 }), "BeyondBand");
		assert.equal(resultOf({ side: 0, price: fair / 10 }), "Rested");
		assert.equal(resultOf({ side: 1, price: fair * 10 }), "Rested");
	});

	it("has a band around every strike that holds the mark and is wider than any spread", () => {
		for (const underlying of [0, 1]) {
			for (const kind of [Series.CALL, Series.PUT]) {
				for (const step of STRIKES) {
					const { buy, sell } = bandOf(Series.make(underlying, DAY, kind, strikeOf(underlying, step)));
					assert.ok(buy - sell >= 40, `${underlying}/${kind}/${step}: ${sell} .. ${buy}`);
				}
			}
		}
	});
});

describe("given prices that went stale", () => {
	const short = { account: { ...RICH, positions: [{ series: CALL, size: -10 }] }, surfaceAge: 121 };

	it("lets a trader out of his position, and not into another", () => {
		assert.equal(resultOf({ size: 10 }, short), "Rested");
		assert.equal(resultOf({ size: 11 }, short), "StalePrice");
		assert.equal(resultOf({ side: 1, price: 1000, size: 1 }, short), "StalePrice");
		assert.equal(resultOf({ account: ACCOUNT, series: CALL + 1 }, short), "NotListed");
	});

	it("does not let him trade out at a price of his own making", () => {
		assert.equal(resultOf({ size: 10, price: 100_000 }, short), "BeyondBand");
	});
});

describe("given an expiry inside its settlement window", () => {
	const expiry = Series.expiryTimeOf(DAY);
	const positions = [{ series: Series.make(0, DAY, Series.FUTURE, 0), size: 100 }];

	it("asks of a future less and less, and at the last second next to nothing", () => {
		const requirement = (left: number): number => standingOf({ positions, ...RICH }, { clock: expiry - left + 3 }).initial;
		const before = requirement(SETTLEMENT_WINDOW_SECONDS + 600);
		let last = Infinity;
		for (const left of [1803, 1500, 900, 300, 4]) {
			const now = requirement(left);
			assert.ok(now < last, `${left} s: ${now}`);
			last = now;
		}
		assert.ok(Math.abs(requirement(SETTLEMENT_WINDOW_SECONDS) / before - 1) < 0.001);
		assert.ok(Math.abs(requirement(900) / before - 0.5) < 0.001, "half of the window is open: half of the risk");
		assert.ok(last < before / 100);
	});

	it("moves the spots of no other expiry", () => {
		assert.equal(
			Scenarios.openSeconds({ day: DAY + 1, time: expiry } as Parameters<typeof Scenarios.openSeconds>[0]),
			SETTLEMENT_WINDOW_SECONDS,
		);
	});

	it("expects the average so far for the part that is fixed, and the forward for the rest: at the end it is the settlement price", () => {
		const opening = expiry - SETTLEMENT_WINDOW_SECONDS;
		const underlying = { ...Underlyings.empty(), indexPrice: INDEX[0] as number, time: opening - 10, confidence: 1_000_000 };
		const surface = { day: DAY, forward: 0, a: 0, b: 0, rho: 0, m: 0, sigma: 1, rate: 0, confidence: 1_000_000 };
		// The index falls by a tenth of a dollar a second.
		let settled = 0;
		for (let time = opening + 20; time <= expiry; time += 20) {
			settled = Reporting.average(underlying, 100, time).settlementPrice;
			underlying.time = time;
			underlying.indexPrice = INDEX[0] - (time - opening) * 100_000;
			if (time === expiry) break;
			const expected = Reporting.expected(underlying, { ...surface, forward: underlying.indexPrice });
			const done = (time - opening) / SETTLEMENT_WINDOW_SECONDS;
			const average = INDEX[0] - ((time - opening) / 2) * 100_000;
			const exact = average * done + underlying.indexPrice * (1 - done);
			assert.ok(Math.abs(expected / exact - 1) < 0.001, `${time - opening} s: ${expected}, not ${exact}`);
		}
		assert.ok(Math.abs(settled / (INDEX[0] - 90_000_000) - 1) < 0.001);
	});

	it("takes a report of another day's expiry as it is", () => {
		const underlying = { ...Underlyings.empty(), indexPrice: 1, time: CLOCK, windowDay: DAY - 1 };
		assert.equal(Reporting.expected(underlying, { day: DAY, forward: 77 } as Parameters<typeof Reporting.expected>[1]), 77);
	});
});
