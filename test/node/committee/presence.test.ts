import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import type { Decision } from "../../../src/ordering/comet/Application.ts";
import type { CometOrderer } from "../../../src/ordering/comet/CometOrderer.ts";
import { Presence } from "../../../src/node/committee/Presence.ts";

/** A member's view of a committee of these powers, whose blocks a test makes. */
function open(powers: readonly number[]) {
	let clock = 1_000;
	mock.method(performance, "now", () => clock);
	const committee = new Map(powers.map((power, place) => [`0x${place}`, power]));
	let listener: (decision: Decision) => void = () => undefined;
	let decidedAt = clock;
	const orderer = {
		application: { watch: (one: typeof listener) => (listener = one) },
		get stillForMilliseconds() {
			return clock - decidedAt;
		},
	} as unknown as CometOrderer;
	const presence = new Presence(orderer, () => committee);
	let blockHeight = 1;
	return {
		presence,
		pass: (milliseconds: number) => (clock += milliseconds),
		block: (voters: readonly number[], skew = 0) => {
			decidedAt = clock;
			const said = voters.map((place) => ({ address: `0x${place}`, said: { time: 100 + skew } }));
			listener({ decided: { blockHeight: ++blockHeight }, time: 100, voters: said } as unknown as Decision);
		},
	};
}

describe("given a member that sees the committee's blocks", { concurrency: false }, () => {
	it("calls nobody missing before there was time to be seen, and then whoever did not vote", () => {
		const { presence, pass, block } = open([1, 1, 1, 1]);
		block([0, 1, 2]);
		assert.equal(presence.slack, 1);
		assert.deepEqual(presence.missing.members, []);
		pass(5_000);
		block([0, 1, 2]);
		assert.deepEqual(presence.missing, { power: 1, total: 4, members: ["0x3"] });
		assert.equal(presence.slack, 0);
		assert.deepEqual(
			presence.members().map(({ state }) => state),
			["present", "present", "present", "missing"],
		);
		block([0, 1, 2, 3], 7);
		assert.equal(presence.slack, 1);
		assert.equal(presence.members()[3].clock_skew_seconds, 7);
	});

	it("counts power, the strongest first, because they may be who fails", () => {
		const strong = open([4, 1, 1, 1]);
		strong.block([0, 1, 2, 3]);
		assert.equal(strong.presence.slack, 0, "without the strongest nothing is decided");
		const even = open([1, 1, 1, 1, 1, 1, 1]);
		even.block([0, 1, 2, 3, 4, 5, 6]);
		assert.equal(even.presence.slack, 2);
	});

	it("knows nothing of anybody while it sees no blocks", () => {
		const { presence, pass, block } = open([1, 1, 1, 1]);
		block([0, 1, 2, 3]);
		pass(5_001);
		assert.equal(presence.slack, undefined);
		assert.deepEqual(new Set(presence.members().map(({ state }) => state)), new Set(["unknown"]));
	});
});
