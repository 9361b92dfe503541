import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import { Follower } from "../../src/executor/Follower.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import { LiveExecutor } from "../../src/executor/LiveExecutor.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import { Result } from "../../src/machine/Result.ts";
import { DEPOSIT as DEPOSIT_KIND } from "../../src/machine/types/Machine.ts";
import { LocalOrderer } from "../../src/ordering/local/LocalOrderer.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { SILENT } from "./liveProcessParts.ts";
import { MemoryChain } from "./memoryChain.ts";
import { GENESIS, START, TAKE, deposit, withdraw } from "./world.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-follower-"));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

/** A node of store, log and executor, on a chain that the test moves. `onSleep` is called whenever the follower waits. */
async function open(
	onSleep: (times: number) => void = () => undefined,
	store = new MemoryStore(),
	directory = join(root, `log-${made++}`),
) {
	const chain = new MemoryChain();
	const signer = { address: "0x", sign: async (digest: Uint8Array) => digest };
	const orderer = await LocalOrderer.open({ directory, genesis: "test", store, signer, batchDigest: (_, content) => Keccak.hash(content) });
	const live = await LiveExecutor.open({ store, genesis: Genesis.cells(GENESIS), checkpointBundles: 1 });
	let slept = 0;
	const clock = {
		now: () => START,
		sleep: async () => {
			onSleep(++slept);
			await new Promise((resolve) => setImmediate(resolve));
		},
	};
	const follower = new Follower({ live, orderer, inbox: chain, clock, log: SILENT });
	const stop = new AbortController();
	const running = follower.run(stop.signal);
	const submit = async (...payloads: Uint8Array[]) => {
		const ordered = await orderer.submit({
			records: Bytes.concat(...payloads.map((payload) => Batch.encodeRecord(payload, 0))),
			recordCount: payloads.length,
		});
		return follower.results(ordered.height);
	};
	const close = async (): Promise<void> => {
		stop.abort();
		await running;
		await live.close();
		await orderer.close();
	};
	return { chain, orderer, live, follower, running, submit, close, store, directory };
}

describe("given a follower whose world is late or broken", () => {
	it("refuses a log that is shorter than the state", async () => {
		const node = await open();
		node.chain.send(DEPOSIT_KIND, deposit(1, 5), START);
		await node.submit(TAKE);
		await node.close();
		const signer = { address: "0x", sign: async (digest: Uint8Array) => digest };
		const orderer = await LocalOrderer.open({
			directory: join(root, "empty"),
			genesis: "test",
			store: node.store,
			signer,
			batchDigest: (_, content) => Keccak.hash(content),
		});
		const live = await LiveExecutor.open({ store: node.store, genesis: Genesis.cells(GENESIS) });
		const clock = { now: () => START, sleep: async () => undefined };
		const follower = new Follower({ live, orderer, inbox: node.chain, clock, log: SILENT });
		const waiting = assert.rejects(follower.results(5), { code: "MISMATCH" });
		await assert.rejects(follower.run(new AbortController().signal), {
			code: "MISMATCH",
			message: /the log lost bundles that were acknowledged/,
		});
		await waiting;
		await assert.rejects(follower.results(6), { code: "MISMATCH" });
		await orderer.close();
	});

	it("waits for an L1 message that its provider shows late", async () => {
		const node = await open((times) => {
			if (times === 3) node.chain.send(DEPOSIT_KIND, deposit(1, 777), START);
		});
		const [result] = await node.submit(TAKE);
		assert.equal(result?.result, Result.Ok);
		assert.equal(node.live.queries.account(1)?.cash, 777);
		await node.close();
	});

	it("goes on without an L1 message that never comes", async () => {
		let slept = 0;
		const node = await open((times) => {
			slept = times;
		});
		const [taken, settled] = await node.submit(TAKE, Uint8Array.of(6, 0, 0, 1));
		assert.deepEqual([taken?.result, settled?.result], [Result.UnknownKind, Result.NoAccount]);
		assert.ok(slept > 10);
		await node.close();
	});
});

describe("given a batch forced on L1 while the follower runs", () => {
	it("rebases, answers for what follows, and resumes from the rebased state", async () => {
		const node = await open();
		const derived = await DerivedExecutor.open({
			store: new MemoryStore(),
			leafFile: join(root, "leaves"),
			inbox: node.chain,
			genesis: Genesis.cells(GENESIS),
		});
		node.chain.send(DEPOSIT_KIND, deposit(1, 1_000), START);
		await node.submit(TAKE);
		await node.submit(withdraw(1, 10, 1));
		node.chain.forceInclude(1);
		await derived.sync();
		assert.equal((await node.follower.reconcile(derived)).verdict, "rebase");
		// What is ordered is executed again at once, and not when the next bundle comes.
		for (let turns = 0; node.live.height < 2 && turns < 1000; turns++) await new Promise((resolve) => setImmediate(resolve));
		assert.equal(node.live.height, 2);
		await node.submit(withdraw(1, 20, 2));
		assert.equal(node.live.queries.account(1)?.cash, 970);
		assert.equal((await node.follower.reconcile(derived)).verdict, "agree");
		const cut = node.live.cut(1, 0, 120_000);
		assert.ok(cut && cut.fromHeight === 1 && cut.toHeight === 3 && cut.l1End === 1);
		const content = Bytes.concat(...(await node.orderer.read(1, 3)).map(({ records }) => records));
		node.chain.post(content, node.chain.last.maxTime, Math.max(node.chain.last.maxTime, cut.clock), cut.l1End);
		await derived.sync();
		assert.equal((await node.follower.reconcile(derived)).verdict, "agree");
		assert.equal(node.live.batchCount, 2);
		const stateRoot = node.live.stateRoot();
		await node.close();
		const again = await LiveExecutor.open({ store: node.store, genesis: Genesis.cells(GENESIS) });
		assert.deepEqual([again.stateRoot(), again.height], [stateRoot, 3]);
		await derived.close();
	});
});
