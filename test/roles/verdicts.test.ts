import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Link } from "../../src/executor/HonestChain.ts";
import type { AssertionView, GameSnapshot } from "../../src/ports/Game.ts";
import { verdictsOf, worstOf } from "../../src/roles/challenger/verdicts.ts";

const assertion = (id: string, parent: string, createdAt: number, status: AssertionView["status"] = "pending"): AssertionView => ({
	id,
	parent,
	gameId: `game-${parent}`,
	historyRoot: id,
	finalState: id === "genesis" ? new Uint8Array(0) : Uint8Array.of(createdAt),
	targetBatch: createdAt,
	asserter: "somebody",
	isOverflow: false,
	createdAt,
	status,
	decidedAt: 0,
});
const snapshotOf = (all: readonly AssertionView[]): GameSnapshot =>
	({ assertions: new Map(all.map((one) => [one.id, one])) }) as unknown as GameSnapshot;
const link = (honest: AssertionView | undefined, wrong: readonly AssertionView[]): Link => ({ honest, wrong }) as unknown as Link;
const genesis = assertion("genesis", "", 0, "confirmed");

describe("given assertions and what is known of the honest chain", () => {
	it("knows nothing of what lies beyond what it executed", () => {
		const [first, second] = [assertion("first", "genesis", 1), assertion("second", "first", 2)];
		const verdicts = verdictsOf({ snapshot: snapshotOf([genesis, first, second]), links: [], origin: undefined });
		assert.deepEqual(
			verdicts.map(({ opinion }) => opinion),
			["unknown", "unknown"],
		);
	});

	it("calls wrong what contradicts the machine and what goes on from it, and nothing else", () => {
		const all = [
			genesis,
			assertion("true", "genesis", 1, "confirmed"),
			assertion("lie", "genesis", 2, "winner"),
			assertion("child of the lie", "lie", 3),
			assertion("grandchild of the lie", "child of the lie", 4),
			assertion("not executed yet", "true", 5),
			assertion("buried lie", "genesis", 6, "rejected"),
			assertion("child of the buried lie", "buried lie", 7),
		];
		const verdicts = verdictsOf({ snapshot: snapshotOf(all), links: [link(all[1], [all[2], all[6]])], origin: undefined });
		assert.deepEqual(
			verdicts.map((one) => [one.assertion.id, one.opinion]),
			[
				["true", "agree"],
				["lie", "disagree"],
				["child of the lie", "disagree"],
				["grandchild of the lie", "disagree"],
				["not executed yet", "unknown"],
				["child of the buried lie", "disagree"],
			],
		);
	});

	it("says nothing of what L1 decided before its execution began, and calls wrong what L1 confirmed another in place of", () => {
		const all = [
			genesis,
			assertion("first", "genesis", 1, "confirmed"),
			assertion("origin", "first", 2, "confirmed"),
			assertion("beside the first", "genesis", 3),
			assertion("child of that", "beside the first", 4),
			assertion("beside the origin", "first", 5, "winner"),
			assertion("true", "origin", 6),
			assertion("lie", "origin", 7),
		];
		const verdicts = verdictsOf({ snapshot: snapshotOf(all), links: [link(all[6], [all[7]])], origin: "origin" });
		assert.deepEqual(
			verdicts.map((one) => [one.assertion.id, one.opinion]),
			[
				["beside the first", "disagree"],
				["child of that", "disagree"],
				["beside the origin", "disagree"],
				["true", "agree"],
				["lie", "disagree"],
			],
		);
		assert.equal(verdicts[0].reason, "L1 confirmed another one in its place");
		assert.equal(verdicts[3].reason, "the machine does what it says");
	});

	it("takes the worst of them for one word, and does not let a doubt hide a lie", () => {
		assert.equal(worstOf([]), "agree");
		assert.equal(worstOf(["agree", "unknown"]), "unknown");
		assert.equal(worstOf(["unknown", "disagree", "agree"]), "disagree");
	});
});
