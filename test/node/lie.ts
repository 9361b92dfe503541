import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import { TransactionManager } from "../../src/chain/TransactionManager.ts";
import * as HonestChain from "../../src/executor/HonestChain.ts";
import { Liar } from "../../src/node/Liar.ts";
import { LyingHistory } from "../../src/node/LyingHistory.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { SILENT } from "../executor/liveProcessParts.ts";
import type { World } from "./world.ts";

/** Posts a rival of the first assertion that is open, wrong from its second step on. The liar defends it when its `play` is called. */
export async function lie({ exchange, chain }: World): Promise<Liar> {
	await exchange.derived.sync();
	const { links } = await HonestChain.follow(
		await exchange.game.look(),
		exchange.derived,
		exchange.game.parameters.height,
		Math.min(exchange.derived.batchCount, await exchange.game.batchCount()),
		(parent, accumulator) => exchange.game.gameId(parent, accumulator),
	);
	const [{ history, start, parent }] = links;
	const wallet = testWallet(PLACES.liar);
	const sender = new TransactionManager({ provider: chain.provider, wallet, store: new MemoryStore(), log: SILENT });
	const liar = new Liar(exchange.game, sender, await LyingHistory.tell(history, 1, 0), start, parent);
	await liar.lie();
	return liar;
}
