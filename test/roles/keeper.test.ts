import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decide } from "../../src/roles/keeper/decide.ts";
import type { View } from "../../src/roles/keeper/view.ts";

const NOW = 1_770_000_000;
const DAY = Math.floor(NOW / 86_400) + 5;
const nothing: View = {
	now: NOW,
	listed: [],
	indexTicks: [undefined, undefined],
	days: [],
	strikesPerSide: 2,
	unsettled: [],
	distressed: [],
	fees: 0,
	waiting: undefined,
};

describe("given a keeper's view", () => {
	it("does nothing when there is nothing to do", () => {
		assert.deepEqual(decide(nothing), []);
	});

	it("lists no day that the machine would refuse", () => {
		const today = Math.floor(NOW / 86_400);
		assert.deepEqual(decide({ ...nothing, days: [today - 1, today + 500] }), []);
	});

	it("lists an expiry first, and strikes around the index once there is one", () => {
		assert.deepEqual(decide({ ...nothing, days: [DAY], indexTicks: [20_000, undefined] }), [
			{ type: "list", underlying: 0, day: DAY, strike: 0 },
			{ type: "list", underlying: 1, day: DAY, strike: 0 },
		]);
		const listed = [{ underlying: 0, day: DAY, strikes: [] }];
		const strikes = decide({ ...nothing, days: [DAY], indexTicks: [20_000, undefined], listed }).filter(
			(action) => action.type === "list" && action.underlying === 0,
		);
		assert.deepEqual(
			strikes.map((action) => action.type === "list" && action.strike),
			[19_000, 19_500, 20_000, 20_500, 21_000],
		);
		const full = [
			{ underlying: 0, day: DAY, strikes: [20_000] },
			{ underlying: 1, day: DAY, strikes: [70_000] },
		];
		assert.deepEqual(decide({ ...nothing, days: [DAY], indexTicks: [20_000, 70_000], listed: full }), []);
	});

	it("includes an L1 message when it waited long enough, not before", () => {
		assert.deepEqual(decide({ ...nothing, waiting: { allowedAt: 1300, time: 1299, l1End: 7 } }), []);
		assert.deepEqual(decide({ ...nothing, waiting: { allowedAt: 1300, time: 1300, l1End: 7 } }), [{ type: "forceInclude", l1End: 7 }]);
	});

	it("settles whoever holds what is settled", () => {
		assert.deepEqual(decide({ ...nothing, unsettled: [3, 9] }), [
			{ type: "settle", account: 3 },
			{ type: "settle", account: 9 },
		]);
	});
});
