// A refund once looked at the root of the moved edge alone. Two liars who agree on a wrong left half can open the true right half behind it, bisect it on
// and on, and would have been paid for it out of the bonds that are there for honest moves.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hexlify } from "ethers";
import type { HDNodeWallet } from "ethers";
import * as HistoryCommitment from "../../src/protocol/HistoryCommitment.ts";
import * as Edge from "../../src/protocol/Edge.ts";
import { Arena, BOND, HEIGHT, History, stateAt } from "../assertions/arena.ts";
import { refuses, send } from "../chain/l1.ts";

/** Wrong in its first half, true in its second: what it ends with is the true final state. */
class Patchwork extends History {
	readonly #wrong: History;

	constructor(wrong: History) {
		super(stateAt(0), 1);
		this.#wrong = wrong;
	}

	override root(height = HEIGHT, position = 0): Uint8Array {
		if (height === HEIGHT) return HistoryCommitment.node(this.root(HEIGHT - 1, 0), this.root(HEIGHT - 1, 1));
		const isFirstHalf = position < 2 ** (HEIGHT - 1 - height);
		return isFirstHalf ? this.#wrong.root(height, position) : super.root(height, position);
	}
}

describe("given two liars who share a wrong past, one of them with the true rest", () => {
	let arena: Arena;
	const step = 8;
	const honest = new History(stateAt(0), 1);
	const lie = new History(stateAt(0), 1, 1, 1);
	const patchwork = new Patchwork(lie);
	let alice: HDNodeWallet;
	let liars: HDNodeWallet[];
	before(async () => {
		arena = await Arena.start();
		alice = await arena.l1.wallet(2);
		liars = await Promise.all([arena.l1.wallet(3), arena.l1.wallet(4)]);
		await arena.postBatch();
		await arena.assert(alice, arena.genesis, honest, BOND);
		await arena.assert(liars[0], arena.genesis, lie, BOND);
		await arena.assert(liars[1], arena.genesis, patchwork, BOND);
	});
	after(() => arena.close());

	it("pays them nothing for moves on the true half behind the wrong one", async () => {
		const game = await arena.gameOf(arena.genesis);
		await arena.descend(game, [patchwork, lie], step, liars[1], liars[0]);
		// The liars' trees part from the honest one at step 1.
		for (const [i, edge] of arena.edgesTo(game, honest, 1).slice(0, HEIGHT).entries()) {
			await arena.bisect(alice, edge, honest);
			if (i > 0) await arena.bisect(liars[0], arena.edgesTo(game, lie, 1)[i], lie);
		}
		await arena.prove(alice, honest.edge(game, 0, 1), honest);
		const winner = await arena.win(alice, arena.genesis, honest, 1);
		for (const [i, loser] of [lie, patchwork].entries()) {
			await send(arena.chain, alice, "reject", [await arena.idOf(arena.genesis, loser)]);
			await send(arena.chain, alice, "forfeit", [liars[i].address]);
		}
		const theirs = patchwork.edge(game, HEIGHT - 1, 1);
		assert.deepEqual(theirs.historyRoot, honest.root(HEIGHT - 1, 1));
		const call = send(arena.chain, liars[1], "refund", [winner, theirs, honest.path(HEIGHT - 1, 1)]);
		await refuses(call, arena.chain.interface, "NotOnWinningTree", [hexlify(Edge.edgeId(theirs))]);
		await arena.refund(alice, winner, honest.edge(game, HEIGHT - 1, 0), honest);
		assert.ok((await arena.credit(alice)) > 0n);
	});
});
