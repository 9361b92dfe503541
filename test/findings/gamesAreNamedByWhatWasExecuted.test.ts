// Found by the simulation's reorganisations (SEED=1028): between a look at the games and the question which game an assertion's children play, L1 may go back and
// hold other batches. An honest player that took L1's name for the game then put his bond on the old batches' history under the new batches' name.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as HonestChain from "../../src/executor/HonestChain.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import type { AssertionView, GameSnapshot } from "../../src/ports/Game.ts";
import type { Histories, History } from "../../src/ports/History.ts";
import * as Assertion from "../../src/protocol/Assertion.ts";

const CONFIG = Keccak.hashText("a configuration");
const [EXECUTED, REPLACED] = [Keccak.hashText("the batches that were executed"), Keccak.hashText("the batches that L1 holds since")];
const ROOT = Keccak.hashText("the history of the batches that were executed");
const GENESIS: AssertionView = {
	id: Bytes.toHex(Keccak.hashText("genesis")),
	parent: "",
	gameId: "",
	historyRoot: "",
	finalState: new Uint8Array(0),
	targetBatch: 3,
	asserter: "",
	createdAt: 0,
	status: "confirmed",
	isOverflow: false,
	decidedAt: 0,
};
const HISTORIES: Histories = {
	batchCount: 3,
	origin: () => ({ leaf: new Uint8Array(32), state: new Uint8Array(0), assertion: undefined }),
	accumulator: (batches) => (batches === GENESIS.targetBatch ? EXECUTED : undefined),
	history: () => ({ status: "known", history: { root: () => ROOT } as unknown as History }),
};
const SNAPSHOT = { assertions: new Map([[GENESIS.id, GENESIS]]) } as unknown as GameSnapshot;
const nameOf = (accumulator: Uint8Array): Uint8Array =>
	Assertion.gameId(Bytes.fromHex(GENESIS.id), GENESIS.targetBatch, accumulator, CONFIG);

describe("given an L1 that replaced batches after they were executed here", () => {
	it("names an assertion by the batches that were executed, which L1 refuses, not by those that L1 holds now", async () => {
		const { links } = await HonestChain.follow(SNAPSHOT, HISTORIES, 11, 3, (_, accumulator) =>
			Promise.resolve(Bytes.toHex(nameOf(accumulator))),
		);
		const [{ gameId, honestId }] = links;
		assert.equal(gameId, Bytes.toHex(nameOf(EXECUTED)));
		assert.notEqual(honestId, Bytes.toHex(Assertion.assertionId(nameOf(REPLACED), ROOT)));
	});

	it("says nothing about batches that are not executed here", async () => {
		const { links, isComplete } = await HonestChain.follow(SNAPSHOT, { ...HISTORIES, accumulator: () => undefined }, 11, 3, () =>
			Promise.reject(new Error("nobody should ask")),
		);
		assert.deepEqual([links.length, isComplete], [0, false]);
	});
});
