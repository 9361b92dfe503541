import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import { Runner } from "../../src/executor/Runner.ts";
import { SignaturePool } from "../../src/executor/SignaturePool.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Merkle from "../../src/machine/math/Merkle.ts";
import { withdrawalLeaf } from "../../src/machine/step/Money.ts";
import { DEPOSIT as DEPOSIT_KIND } from "../../src/machine/types/Machine.ts";
import type { History } from "../../src/ports/History.ts";
import type { Store } from "../../src/ports/Store.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import { openStore } from "../../src/store/LmdbStore.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { fixedChain } from "./fixedChain.ts";
import { MemoryChain } from "./memoryChain.ts";
import { DEPOSIT, GENESIS, START, deposit, withdraw } from "./world.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-derived-"));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const leafFile = (): string => join(root, `leaves-${made++}`);

async function open(inbox: MemoryChain, store: Store = new MemoryStore(), file = leafFile(), snapshotSteps = 64): Promise<DerivedExecutor> {
	return DerivedExecutor.open({ store, leafFile: file, inbox, genesis: Genesis.cells(GENESIS), snapshotSteps });
}

/** Every commitment, by a loop that knows nothing of stores and snapshots. */
async function plainLeaves(chain: MemoryChain): Promise<Uint8Array[]> {
	const runner = Runner.genesis(Genesis.cells(GENESIS));
	const leaves = [runner.commitment()];
	const batches = await chain.batches(0, await chain.batchCount());
	for (const [index, posted] of batches.entries()) {
		const firstMessage = batches[index - 1]?.l1End ?? 0;
		const { carrier, contentRoot, content, blobs, minTime, maxTime, l1End, streamStart, accumulator, block } = posted;
		const header = { carrier, contentRoot, length: content.length, minTime, maxTime, l1End, streamStart };
		const messages = await chain.messages(firstMessage, l1End);
		const batch = { index, header, content, blobs, before: accumulator, after: accumulator, block, firstMessage, messages };
		while (runner.machine.cursor.batch === index) {
			runner.advance(runner.input(batch, batches.length));
			leaves.push(runner.commitment());
		}
	}
	return leaves;
}

function assertLeaves(derived: DerivedExecutor, leaves: readonly Uint8Array[]): void {
	assert.equal(derived.stepCount, leaves.length - 1);
	for (const [step, leaf] of leaves.entries()) assert.deepEqual(derived.leaf(step), leaf, `step ${step}`);
}

function known(derived: DerivedExecutor, from: number, target: number, height: number): History {
	const leaf = derived.leaf(from);
	const answer = derived.history({ leaf, state: stateAt.get(Bytes.toHex(leaf)) as Uint8Array }, target, height);
	assert.equal(answer.status, "known");
	return (answer as { history: History }).history;
}
const stateAt = new Map<string, Uint8Array>();

describe("given an L1 that reads badly", () => {
	it("refuses a content that does not hash to its header", async () => {
		const chain = fixedChain(2);
		const honest = chain.batches.bind(chain);
		chain.batches = async (from, to) =>
			(await honest(from, to)).map((batch) => ({ ...batch, content: batch.content.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) }));
		const derived = await open(chain);
		await assert.rejects(derived.sync(), { code: "MISMATCH", message: /does not hash to what L1 committed to/ });
		assert.equal(derived.stepCount, 0);
		chain.batches = honest;
		assert.equal((await derived.sync()).batchCount, 2);
		await derived.close();
	});

	it("waits when a header does not follow, or messages are missing, and goes on when they come", async () => {
		const chain = fixedChain(3);
		const [batches, messages] = [chain.batches.bind(chain), chain.messages.bind(chain)];
		chain.batches = async (from, to) =>
			(await batches(from, to)).map((batch) => (batch.index === 1 ? { ...batch, maxTime: batch.maxTime + 1 } : batch));
		const derived = await open(chain);
		assert.equal((await derived.sync()).batchCount, 1);
		chain.batches = batches;
		chain.messages = async (from, to) => (await messages(from, to)).slice(0, -1);
		assert.equal((await derived.sync()).batchCount, 1);
		chain.messages = messages;
		assert.equal((await derived.sync()).batchCount, 3);
		await derived.close();
	});
});

describe("given an executor over L1", () => {
	it("knows the commitment after every step, however L1 grew", async () => {
		const chain = fixedChain();
		const leaves = await plainLeaves(chain);
		const derived = await open(chain);
		for (let count = 1; count <= 8; count += 3) {
			chain.show(count);
			await derived.sync();
			assert.equal(derived.batchCount, count);
		}
		chain.show(8);
		const [one, other] = await Promise.all([derived.sync(), derived.sync()]);
		assert.deepEqual(one, other);
		assertLeaves(derived, leaves);
		await derived.close();
	});

	it("finds the same with signers recovered ahead on other threads, from any place in a batch", async () => {
		const chain = fixedChain();
		const leaves = await plainLeaves(chain);
		const [store, file, signatures] = [new MemoryStore(), leafFile(), new SignaturePool(2)];
		const options = { store, leafFile: file, inbox: chain, genesis: Genesis.cells(GENESIS), snapshotSteps: 64, signatures };
		const first = await DerivedExecutor.open(options);
		chain.show(4);
		await first.sync();
		await first.close();
		chain.show(8);
		const second = await DerivedExecutor.open(options);
		assert.ok(second.stepCount > 0, "it resumes inside a batch");
		await second.sync();
		assertLeaves(second, leaves);
		await second.close();
		await signatures.close();
	});

	it("proves withdrawals under the outbox root of any batch that has them", async () => {
		const chain = new MemoryChain();
		chain.send(DEPOSIT_KIND, deposit(1, DEPOSIT), START);
		chain.post(new Uint8Array(0), START, START, 1);
		for (let batch = 0; batch < 3; batch++) {
			const records = [0, 1].map((i) => Batch.encodeRecord(withdraw(1, 100 + 2 * batch + i, 1 + 2 * batch + i), 0));
			chain.post(Bytes.concat(...records), START, START, 1);
		}
		const derived = await open(chain);
		await derived.sync();
		assert.equal(derived.withdrawals.length, 6);
		for (let batch = 1; batch <= 3; batch++) {
			const { outboxRoot } = derived.batch(batch) as { outboxRoot: Uint8Array };
			for (let index = 0; index < 6; index++) {
				const proof = derived.withdrawalProof(index, outboxRoot);
				if (index >= 2 * batch) {
					assert.equal(proof, undefined);
					continue;
				}
				assert.ok(proof);
				const { account, recipient, amount } = proof.withdrawal;
				assert.equal(amount, 100 + index);
				assert.deepEqual(Merkle.rootOf(withdrawalLeaf(index, account, recipient, amount), index, proof.siblings), outboxRoot);
			}
		}
		assert.equal(derived.withdrawalProof(0, Keccak.hashText("no outbox root")), undefined);
		await derived.close();
	});
});

describe("given histories", () => {
	it("answers unknown before, foreign beside, and known on the machine's path", async () => {
		const chain = fixedChain(4);
		chain.show(3);
		const derived = await open(chain);
		const genesis = derived.origin();
		assert.equal(derived.history(genesis, 1, 10).status, "unknown");
		await derived.sync();
		assert.equal(derived.history(genesis, 4, 10).status, "unknown");
		const answer = derived.history(genesis, 3, 10);
		assert.equal(answer.status, "known");
		const { history } = answer as { history: History };
		const state = await history.finalState();
		assert.deepEqual(Keccak.hash(state), history.leaf(1024));
		assert.equal(derived.history({ leaf: history.leaf(1024), state }, 4, 10).status, "unknown");
		const lie = state.slice();
		lie[40] = lie[40] ^ 1;
		assert.equal(
			derived.history({ leaf: Keccak.hash(lie), state: lie }, 4, 10).status,
			"foreign",
			"a wrong state at the end of what is derived",
		);
		chain.show(4);
		await derived.sync();
		assert.equal(derived.history({ leaf: history.leaf(1024), state }, 4, 10).status, "known");
		assert.equal(derived.history({ leaf: Keccak.hash(lie), state: lie }, 4, 10).status, "foreign");
		await derived.close();
	});

	it("covers what it should: leaves, roots, paths and final state, halted and overflowing", async () => {
		const chain = fixedChain(4);
		const leaves = await plainLeaves(chain);
		const derived = await open(chain);
		await derived.sync();
		const genesis = derived.origin();
		stateAt.set(Bytes.toHex(genesis.leaf), genesis.state);
		const firstEnd = (derived.batch(0) as { endStep: number }).endStep;
		for (const [target, height] of [
			[0, 3],
			[1, 6],
			[1, 3],
			[4, 9],
		] as const) {
			const history = known(derived, 0, target, height);
			const end = target === 0 ? 0 : (derived.batch(target - 1) as { endStep: number }).endStep;
			assert.equal(history.halts, end <= 2 ** height);
			assert.equal(history.stepCount, Math.min(end, 2 ** height));
			for (let step = 0; step <= 2 ** height; step++) assert.deepEqual(history.leaf(step), leaves[Math.min(step, end)]);
			for (const place of [0, 1, 2 ** height - 1])
				assert.deepEqual(Merkle.rootOf(history.leaf(place + 1), place, history.path(place)), history.root(height, 0));
			const state = await history.finalState();
			assert.deepEqual(Keccak.hash(state), history.leaf(2 ** height));
			stateAt.set(Bytes.toHex(history.leaf(2 ** height)), state);
		}
		// A history that overflowed ends in the middle of a batch, and the next begins there.
		const next = known(derived, 8, 1, 6);
		assert.equal(next.stepCount, firstEnd - 8);
		assert.deepEqual(next.leaf(1), leaves[9]);
		await derived.close();
	});
});

describe("given an L1 that changes its mind", () => {
	it("takes back batches that were replaced, and ends where a fresh executor does", async () => {
		for (const keep of [0, 1, 4, 7]) {
			const chain = fixedChain();
			const store = new MemoryStore();
			const derived = await open(chain, store);
			await derived.sync();
			const start = derived.origin();
			const answer = derived.history(start, 8, 10);
			chain.reorganise(keep, 100);
			chain.post(
				Bytes.concat(Batch.encodeRecord(withdraw(1, 77, 5_000), 1)),
				chain.last.maxTime + 5,
				chain.last.maxTime + 50,
				await chain.messageCount(),
			);
			const report = await derived.sync();
			assert.equal(report.reorganised, true);
			assert.equal(report.batchCount, keep + 1);
			assertLeaves(derived, await plainLeaves(chain));
			assert.throws(() => (answer as { history: History }).history.leaf(3), { code: "NOT_DERIVED" });
			assert.equal((await derived.sync()).reorganised, false);
			await derived.close();
		}
	});

	it("takes back batches whose L1 messages were replaced, though their headers are the same", async () => {
		const chain = fixedChain(5, 10);
		const derived = await open(chain);
		await derived.sync();
		const batches = await chain.batches(0, 5);
		const honest = chain.messages.bind(chain);
		chain.messages = async (from, to) =>
			(await honest(from, to)).map((message) => (message.index === 10 ? { ...message, payload: deposit(3, 5) } : message));
		chain.reorganise(5, 100);
		assert.equal((await derived.sync()).reorganised, true);
		assert.equal(batches.length, derived.batchCount);
		assertLeaves(derived, await plainLeaves(chain));
		await derived.close();
	});

	it("takes nothing back when a provider is merely behind", async () => {
		const chain = fixedChain(4, 10);
		const derived = await open(chain);
		await derived.sync();
		const { stepCount } = derived;
		const head = await chain.head();
		chain.head = async () => ({ ...head, number: 3, hash: "0xbehind" });
		chain.show(1);
		assert.deepEqual(await derived.sync(), { batchCount: 4, steps: 0, reorganised: false });
		assert.equal(derived.stepCount, stepCount);
		await derived.close();
	});
});

describe("given a process that is killed while it derives", () => {
	it("goes on from its store at every moment of death, and ends with the same leaves", async () => {
		const leaves = await plainLeaves(fixedChain());
		const directory = join(root, "killed");
		const script = fileURLToPath(new URL("./deriver.ts", import.meta.url));
		const starts: number[] = [];
		let finished = false;
		for (let round = 0; round < 40 && !finished; round++) {
			const child = spawn(process.execPath, [script, directory], { stdio: ["ignore", "pipe", "inherit"] });
			let output = "";
			child.stdout.on("data", (chunk) => {
				output += String(chunk);
				if (/^from /m.test(output) && !child.killed && !output.includes("done"))
					setTimeout(() => child.kill("SIGKILL"), 20 + ((round * 37) % 130));
			});
			await once(child, "close");
			starts.push(Number(/^from (\d+)/.exec(output)?.[1] ?? 0));
			finished = output.includes("done");
		}
		assert.ok(finished && starts.some((step) => step > 0), `it resumed: ${starts.join(", ")}`);
		const store = await openStore({ directory, genesis: "test" });
		const derived = await open(fixedChain(), store, join(directory, "leaves"), 50);
		assert.ok(derived.stepCount > 0);
		await derived.sync();
		assertLeaves(derived, leaves);
		await derived.close();
		await store.close();
	});

	it("falls back to an older snapshot when the leaves on the disk end before the newest", async () => {
		const chain = fixedChain();
		const leaves = await plainLeaves(chain);
		const [store, file] = [new MemoryStore(), leafFile()];
		const first = await open(chain, store, file);
		await first.sync();
		await first.close();
		for (const bytes of [32 * 200 + 7, 32 * 70, 32, 5, 0]) {
			truncateSync(file, Math.min(bytes, readFileSync(file).length));
			const again = await open(chain, store, file);
			assert.ok(again.stepCount < Math.max(1, bytes / 32));
			await again.sync();
			assertLeaves(again, leaves);
			await again.close();
		}
	});

	it("says what to do when the leaves are not those of the snapshot", async () => {
		const chain = fixedChain();
		const [store, file] = [new MemoryStore(), leafFile()];
		const first = await open(chain, store, file);
		await first.sync();
		await first.close();
		const bytes = readFileSync(file);
		bytes.fill(1, 32);
		writeFileSync(file, bytes);
		await assert.rejects(open(chain, store, file), { code: "CORRUPT", message: /remove the data directory/ });
	});

	it("says in one sentence that its file cannot be written", async () => {
		const blocked = leafFile();
		writeFileSync(blocked, "x");
		await assert.rejects(open(fixedChain(1), new MemoryStore(), join(blocked, "leaves")), {
			code: "UNWRITABLE",
			message: /cannot be written \((ENOTDIR|EEXIST)\)/,
		});
	});
});
