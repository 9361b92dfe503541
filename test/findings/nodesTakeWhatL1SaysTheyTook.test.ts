// Found by simulation: after L1 had forced a batch, two nodes went back to it at different times, and so knew of different L1 messages. Records that were ordered
// before then took a message on one node and none on the other. When the first posted them, the second called it a disagreement and stopped posting for ever.

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
import { DEPOSIT, GENESIS, START, TAKE, TRADERS, deposit, opening } from "../executor/world.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-take-"));
after(() => rmSync(root, { recursive: true, force: true }));

describe("given two nodes that go back to a forced batch, one before and one after another deposit reached L1", () => {
	it("the one whose records took another number of messages than the posted batch goes back with L1, and agrees", async () => {
		const chain = new MemoryChain();
		for (let account = 1; account <= TRADERS.length; account++) chain.send(DEPOSIT_KIND, deposit(account, DEPOSIT), START - 5);
		const stream = new Stream();
		const early = await LiveNode.open(new MemoryStore(), stream, chain);
		const late = await LiveNode.open(new MemoryStore(), stream, chain);
		const derived = await DerivedExecutor.open({
			store: new MemoryStore(),
			leafFile: join(root, "leaves"),
			inbox: chain,
			genesis: Genesis.cells(GENESIS),
		});
		await early.submit(opening(START).map((payload, i) => ({ payload, delay: i === 0 ? START : 0 })));
		await late.follow();
		const posted = await early.post(0, 120_000);
		await derived.sync();
		late.live.stateRoot();
		for (const { live } of [early, late]) assert.equal(compare(live, derived).verdict, "agree");
		// A deposit is ordered and taken, and before that is posted L1 forces it in.
		chain.send(DEPOSIT_KIND, deposit(1, 7_000), START);
		await early.submit([{ payload: TAKE, delay: 1 }]);
		await late.follow();
		chain.forceInclude(await chain.messageCount());
		await derived.sync();
		const snapshot = derived.snapshot();
		assert.ok(snapshot);
		const rebase = async (node: LiveNode): Promise<void> => {
			assert.equal(compare(node.live, derived).verdict, "rebase");
			await node.live.rebase(snapshot, stream.bundles.length, await chain.messageCount(), START + 10);
			await node.follow();
		};
		await rebase(early);
		chain.send(DEPOSIT_KIND, deposit(2, 9_000), START);
		await rebase(late);
		assert.notDeepEqual(early.live.stateRoot(), late.live.stateRoot(), "their records took another number of messages");
		await late.post(posted, 120_000);
		await derived.sync();
		assert.equal(compare(late.live, derived).verdict, "agree");
		assert.equal(compare(early.live, derived).verdict, "rebase");
		const after = derived.snapshot();
		assert.ok(after);
		await early.live.rebase(after, stream.bundles.length, await chain.messageCount(), START + 10);
		await early.follow();
		assert.equal(compare(early.live, derived).verdict, "agree");
		assert.deepEqual(early.live.stateRoot(), late.live.stateRoot());
		await derived.close();
	});
});
