// A liar once kept his bond out of everybody's reach by asserting once more on top of his lie: a descendant that nobody rivals wins its own game, and a winner could
// not be rejected; and what was taken from a descendant went to a game that nothing can ever confirm, so that no refund was paid.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { HDNodeWallet } from "ethers";
import { Arena, BOND, HEIGHT, History, PERIOD, stateAt } from "../assertions/arena.ts";
import { send } from "../chain/l1.ts";

const STEP = 9;

describe("given a liar who goes on asserting on top of his lie", () => {
	let arena: Arena;
	let alice: HDNodeWallet;
	let mallory: HDNodeWallet;
	let lieId: string;
	let childId: string;
	let snapshot: string | undefined;
	const honest = new History(stateAt(0), 1);
	const lie = new History(stateAt(0), 1, 1, STEP);
	const child = new History(lie.finalState, 2);

	before(async () => {
		arena = await Arena.start();
		[alice, mallory] = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
		await arena.postBatch();
		await arena.assert(alice, arena.genesis, honest, BOND);
		lieId = await arena.assert(mallory, arena.genesis, lie, BOND);
		await arena.postBatch();
		childId = await arena.assert(mallory, lieId, child);
		await arena.descend(await arena.gameOf(arena.genesis), [honest, lie], STEP, alice, mallory);
		await arena.prove(alice, honest.edge(await arena.gameOf(arena.genesis), 0, STEP), honest);
	});
	after(() => arena.close());
	beforeEach(async () => {
		if (snapshot) await arena.l1.chain.revert(snapshot);
		snapshot = await arena.l1.chain.snapshot();
	});

	async function buried(): Promise<void> {
		const winner = await arena.win(alice, arena.genesis, honest, STEP);
		await send(arena.chain, alice, "reject", [lieId]);
		await send(arena.chain, alice, "reject", [childId]);
		await send(arena.chain, alice, "forfeit", [mallory.address]);
		const top = honest.edge(await arena.gameOf(arena.genesis), HEIGHT, 0);
		await arena.refund(alice, winner, top, honest);
		assert.ok((await arena.credit(alice)) > 0n, "the liar's bond pays for the honest moves");
		const pot = (await arena.chain.getFunction("pots")(arena.genesis)) as bigint;
		assert.equal(pot + (await arena.credit(alice)), BOND);
	}

	it("forfeits the bond to the game that his line lost", buried);

	it("rejects a descendant that won its own game, because its parent lost", async () => {
		await arena.l1.chain.mine(PERIOD);
		await arena.updateTimer(mallory, child.edge(await arena.gameOf(lieId), HEIGHT, 0));
		await send(arena.chain, mallory, "declareWinner", [childId, child.root()]);
		await buried();
	});
});
