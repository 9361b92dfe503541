// Found by simulation: when L1 replaced a batch that live execution had agreed with by another one, the node called it a disagreement and stopped posting for
// ever, because it only ever looked at batches behind the last that agreed.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { compare } from "../../src/executor/compare.ts";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import { DEPOSIT as DEPOSIT_KIND } from "../../src/machine/types/Machine.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { LiveNode, Stream } from "../executor/liveNode.ts";
import { MemoryChain } from "../executor/memoryChain.ts";
import { DEPOSIT, GENESIS, START, TRADERS, deposit, opening, withdraw } from "../executor/world.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-back-"));
after(() => rmSync(root, { recursive: true, force: true }));

for (const restarted of [false, true]) {
	describe(`given a node that agreed with a batch which L1 then replaced${restarted ? ", and that was restarted in between" : ""}`, () => {
		it("goes back with L1, executes again what stays ordered, and agrees", async () => {
			const chain = new MemoryChain();
			for (let account = 1; account <= TRADERS.length; account++) chain.send(DEPOSIT_KIND, deposit(account, DEPOSIT), START - 5);
			const [store, stream] = [new MemoryStore(), new Stream()];
			let node = await LiveNode.open(store, stream, chain);
			const options = {
				store: new MemoryStore(),
				leafFile: join(root, `leaves-${restarted}`),
				inbox: chain,
				genesis: Genesis.cells(GENESIS),
			};
			const derived = await DerivedExecutor.open(options);
			await node.submit(opening(START).map((payload, i) => ({ payload, delay: i === 0 ? START : 0 })));
			let posted = await node.post(0, 120_000);
			await derived.sync();
			assert.equal(compare(node.live, derived).verdict, "agree");
			await node.submit([{ payload: withdraw(1, 500, 1), delay: 1 }]);
			const before = posted;
			posted = await node.post(posted, 120_000);
			await derived.sync();
			assert.equal(compare(node.live, derived).verdict, "agree");
			if (restarted) {
				await node.live.close();
				node = await LiveNode.open(store, stream, chain);
			}
			// The second batch is gone, and in its place L1 forces a deposit in.
			chain.reorganise(1, await chain.messageCount());
			chain.send(DEPOSIT_KIND, deposit(1, 7_000), START);
			chain.forceInclude(await chain.messageCount());
			await derived.sync();
			assert.equal(compare(node.live, derived).verdict, "rebase");
			const snapshot = derived.snapshot();
			assert.ok(snapshot);
			await node.live.rebase(snapshot, stream.bundles.length, await chain.messageCount(), START + 10);
			await node.follow();
			assert.equal(node.live.height, stream.bundles.length);
			assert.equal(await node.post(before, 120_000), posted);
			await derived.sync();
			assert.equal(compare(node.live, derived).verdict, "agree");
			assert.deepEqual(derived.batch(derived.batchCount - 1)?.stateRoot, node.live.stateRoot());
			await derived.close();
		});
	});
}
