// When the verifier proved two outcomes of one step nothing can be confirmed any more, and who had a pending assertion could once never take his bond back.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { HDNodeWallet } from "ethers";
import { Arena, BOND, History, stateAt } from "../assertions/arena.ts";
import { refuses, send } from "../chain/l1.ts";

const STEP = 3;

describe("given a verifier that proved two outcomes of one step", () => {
	let arena: Arena;
	let players: HDNodeWallet[];
	const histories = [new History(stateAt(0), 1), new History(stateAt(0), 1, 1, STEP)] as const;
	before(async () => {
		arena = await Arena.start();
		players = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
		await arena.postBatch();
		for (const [i, history] of histories.entries()) await arena.assert(players[i], arena.genesis, history, BOND);
		const game = await arena.gameOf(arena.genesis);
		await arena.descend(game, histories, STEP, players[0]);
		for (const history of histories) {
			await refuses(send(arena.chain, players[0], "unstake", []), arena.chain.interface, "StillStaked");
			await arena.prove(players[0], history.edge(game, 0, STEP), history);
		}
	});
	after(() => arena.close());

	it("confirms nothing", async () => {
		const id = await arena.idOf(arena.genesis, histories[0]);
		await refuses(send(arena.chain, players[0], "confirm", [id, histories[0].finalState]), arena.chain.interface, "Frozen");
	});

	it("gives every bond back, because nobody can tell who was right", async () => {
		for (const player of players) {
			await send(arena.chain, player, "unstake", []);
			assert.equal(await arena.credit(player), BOND);
			await send(arena.chain, player, "withdraw", []);
		}
		assert.equal(await arena.l1.chain.provider.getBalance(await arena.chain.getAddress()), 0n);
	});
});
