// Found by simulation: L1 was away for longer than the delay of forced inclusion. The forced batch brought the machine's clock forward, and the delays of everything
// that was ordered and not posted brought it there once more, so that no batch could be posted until L1 had caught up. Whoever forced another message meanwhile
// moved the clock on again: nothing was ever posted any more.

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

const OUTAGE_SECONDS = 3600;
const root = mkdtempSync(join(tmpdir(), "strikeproof-held-"));
after(() => rmSync(root, { recursive: true, force: true }));

describe("given an hour of records that could not be posted, and a message that L1 forced then", () => {
	it("the records that follow it end in the present, are posted, and agree after a restart, too", async () => {
		const chain = new MemoryChain();
		for (let account = 1; account <= TRADERS.length; account++) chain.send(DEPOSIT_KIND, deposit(account, DEPOSIT), START - 5);
		const [store, stream] = [new MemoryStore(), new Stream()];
		let node = await LiveNode.open(store, stream, chain);
		const inbox = { inbox: chain, genesis: Genesis.cells(GENESIS) };
		const derived = await DerivedExecutor.open({ store: new MemoryStore(), leafFile: join(root, "leaves"), ...inbox });
		await node.submit(opening(START).map((payload, i) => ({ payload, delay: i === 0 ? START : 0 })));
		let posted = await node.post(0, 120_000);
		await derived.sync();
		assert.equal(compare(node.live, derived).verdict, "agree");
		for (let nonce = 1; nonce <= 6; nonce++) await node.submit([{ payload: withdraw(1, 500, nonce), delay: OUTAGE_SECONDS / 6 }]);
		const now = START + OUTAGE_SECONDS;
		chain.send(DEPOSIT_KIND, deposit(2, 7_000), now - 5);
		chain.forceInclude(await chain.messageCount());
		await derived.sync();
		assert.equal(compare(node.live, derived).verdict, "rebase");
		const snapshot = derived.snapshot();
		assert.ok(snapshot);
		await node.live.rebase(snapshot, stream.bundles.length, await chain.messageCount(), now);
		await node.live.checkpoint();
		node = await LiveNode.open(store, stream, chain);
		await node.follow();
		assert.equal(node.live.clock, now, "the hour did not pass twice");
		// What is ordered later is later, and bounded by another batch's time.
		await node.submit([{ payload: withdraw(1, 500, 7), delay: 9 }]);
		assert.equal(node.live.clock, now + 9);
		const before = await chain.batchCount();
		for (let last = -1; last !== posted;) {
			last = posted;
			posted = await node.post(posted, 120_000);
			await derived.sync();
			assert.equal(compare(node.live, derived).verdict, "agree");
		}
		assert.equal(posted, node.live.streamEnd);
		assert.equal((await chain.batchCount()) - before, 2);
		assert.equal(chain.last.maxTime, now + 9);
		assert.deepEqual(derived.batch(derived.batchCount - 1)?.stateRoot, node.live.stateRoot());
		await derived.close();
	});
});
