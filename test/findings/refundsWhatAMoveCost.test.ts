// A refund was once reckoned at the price of gas in the block in which somebody asked for it, and anybody may ask: who waited for a cheap block took the honest
// side's refunds away for good.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { HDNodeWallet } from "ethers";
import { Arena, BOND, HEIGHT, History, stateAt } from "../assertions/arena.ts";
import { send } from "../chain/l1.ts";

const STEP = 5;

describe("given moves made in dear blocks and a stranger who asks for their refund in a cheap one", () => {
	let arena: Arena;
	let alice: HDNodeWallet;
	let mallory: HDNodeWallet;
	const honest = new History(stateAt(0), 1);
	const lie = new History(stateAt(0), 1, 1, STEP);
	const baseFee = (wei: bigint): Promise<unknown> =>
		arena.l1.chain.provider.send("hardhat_setNextBlockBaseFeePerGas", [`0x${wei.toString(16)}`]);
	before(async () => {
		arena = await Arena.start();
		[alice, mallory] = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
		await arena.postBatch();
		await arena.assert(alice, arena.genesis, honest, BOND);
		await arena.assert(mallory, arena.genesis, lie, BOND);
	});
	after(() => arena.close());

	it("pays what each move cost when it was made, within a twentieth, and no prize", async () => {
		const game = await arena.gameOf(arena.genesis);
		const costs: bigint[] = [];
		const edges = arena.edgesTo(game, honest, STEP);
		for (let i = 0; i <= HEIGHT; i++) {
			await baseFee(1_000_000_000n);
			const moved = i < HEIGHT ? await arena.bisect(alice, edges[i], honest) : await arena.prove(alice, edges[i], honest);
			const block = await arena.l1.chain.provider.getBlock(moved.blockNumber);
			costs.push(moved.gasUsed * (block?.baseFeePerGas as bigint));
			if (i < HEIGHT) await arena.bisect(mallory, arena.edgesTo(game, lie, STEP)[i], lie);
		}
		const winner = await arena.win(alice, arena.genesis, honest, STEP);
		await send(arena.chain, alice, "reject", [await arena.idOf(arena.genesis, lie)]);
		await send(arena.chain, alice, "forfeit", [mallory.address]);
		for (const [i, edge] of edges.entries()) {
			const before = await arena.credit(alice);
			await baseFee(7n);
			await arena.refund(mallory, winner, edge, honest);
			const paid = (await arena.credit(alice)) - before;
			assert.ok(paid * 20n >= costs[i] * 19n, `move ${i} cost ${costs[i]} and ${paid} came back`);
			assert.ok(paid * 20n <= costs[i] * 21n, `move ${i} cost ${costs[i]} and ${paid} came back`);
		}
	});
});
