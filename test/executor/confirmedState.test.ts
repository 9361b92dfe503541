import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as ConfirmedState from "../../src/executor/ConfirmedState.ts";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import type { DerivedOptions } from "../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import { Runner } from "../../src/executor/Runner.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Machines from "../../src/machine/types/Machine.ts";
import type { InboxPlace } from "../../src/ports/Chain.ts";
import type { HistoryStart } from "../../src/ports/History.ts";
import * as Withdrawal from "../../src/protocol/Withdrawal.ts";
import { openStore } from "../../src/store/LmdbStore.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { fixedChain } from "./fixedChain.ts";
import type { GradualChain } from "./fixedChain.ts";
import { MemoryChain } from "./memoryChain.ts";
import { DEPOSIT, GENESIS, START, deposit, withdraw } from "./world.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import { DEPOSIT as DEPOSIT_KIND } from "../../src/machine/types/Machine.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-confirmed-"));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

const FIRST = `0x${"11".repeat(32)}`;
const ASSERTION = `0x${"22".repeat(32)}`;

function open(inbox: MemoryChain, more: Partial<DerivedOptions> = {}): Promise<DerivedExecutor> {
	const leafFile = join(root, `leaves-${made++}`);
	return DerivedExecutor.open({ store: new MemoryStore(), leafFile, inbox, genesis: Genesis.cells(GENESIS), snapshotSteps: 64, ...more });
}

/** The state after a step, as an assertion that ended there would give it. */
async function startAt(derived: DerivedExecutor, step: number): Promise<HistoryStart> {
	const first = derived.origin();
	const answer = derived.history(first, derived.batchCount, 20);
	assert.equal(answer.status, "known");
	const proof = await (answer as { history: { prove(position: number): Promise<Uint8Array> } }).history.prove(step);
	return { leaf: derived.leaf(step), state: proof.subarray(0, Machines.LENGTH) };
}

async function placeOf(chain: MemoryChain, batchCount: number): Promise<InboxPlace> {
	const batches = await chain.batches(0, batchCount);
	const { accumulator, l1End, block } = batches[batchCount - 1];
	return { batchCount, accumulator, l1Index: l1End, block, streamEnd: batches.reduce((sum, { content }) => sum + content.length, 0) };
}

async function stateAt(derived: DerivedExecutor, step: number): Promise<ConfirmedState.ConfirmedState> {
	const state = await derived.confirmedState(ASSERTION, await startAt(derived, step));
	assert.ok(state);
	return { genesis: FIRST, ...state };
}

describe("given bytes that say that they are a confirmed state", () => {
	let state: ConfirmedState.ConfirmedState;
	let finalLeaf: Uint8Array;
	let bytes: Uint8Array;

	before(async () => {
		const chain = new MemoryChain();
		chain.send(DEPOSIT_KIND, deposit(1, DEPOSIT), START);
		chain.send(DEPOSIT_KIND, deposit(2, DEPOSIT), START);
		const records = [1, 2, 3].map((nonce) => Batch.encodeRecord(withdraw(1, 100 + nonce, nonce), 0));
		chain.post(Bytes.concat(Uint8Array.from(Batch.encodeRecord(Uint8Array.of(Batch.TAKE_L1), 0)), ...records), START, START, 2);
		const derived = await open(chain);
		await derived.sync();
		assert.equal(derived.withdrawals.length, 3);
		state = await stateAt(derived, derived.stepCount);
		finalLeaf = derived.leaf(derived.stepCount);
		bytes = ConfirmedState.encode(state);
		await derived.close();
	});

	const changed = (at: number, xor = 1): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ xor : byte));
	/** The state with other cells behind the same machine. */
	const withCells = (cells: Uint8Array): ConfirmedState.ConfirmedState => ({
		...state,
		machine: Bytes.concat(state.machine.subarray(0, Machines.LENGTH), cells),
	});
	const cell = (kind: number, index: number, content: Uint8Array): Uint8Array => {
		const head = new Uint8Array(9);
		head[0] = kind;
		Bytes.put(head, 1, 4, index);
		Bytes.put(head, 5, 4, content.length);
		return Bytes.concat(head, content);
	};
	const refuses = (work: () => unknown, message: RegExp): void => void assert.throws(work, { code: "REFUSED", message });

	it("refuses what has another beginning, or another length than it says", () => {
		refuses(() => ConfirmedState.decode(new Uint8Array(0)), /no snapshot of this version/);
		refuses(() => ConfirmedState.decode(changed(0)), /no snapshot of this version/);
		for (const end of [99, 101, 400, bytes.length - 1])
			refuses(() => ConfirmedState.decode(bytes.subarray(0, end)), /snapshot of this version|bytes where/);
		refuses(() => ConfirmedState.decode(Bytes.concat(bytes, Uint8Array.of(0))), /bytes where it says that it has/);
		refuses(() => ConfirmedState.decode(changed(96, 0xff)), /bytes where it says that it has/);
	});

	it("refuses a machine that is not the one that L1 confirmed", () => {
		const [batch, l1Index, clock, registers] = [100 + 96, 100 + 104, 100 + 116, 100 + 122];
		for (const at of [100, 100 + 32, 100 + 64, batch, l1Index, clock, registers])
			refuses(() => ConfirmedState.verify(ConfirmedState.decode(changed(at)), finalLeaf), /is not the one that the assertion ends with/);
		refuses(() => ConfirmedState.verify(state, Keccak.hash(finalLeaf)), /is not the one that the assertion ends with/);
	});

	it("refuses every change of any byte behind the machine", () => {
		const cellsAt = 100 + Machines.LENGTH;
		for (let at = cellsAt; at < bytes.length; at++) {
			let given: ConfirmedState.ConfirmedState;
			try {
				given = ConfirmedState.decode(changed(at, 1 + (at % 255)));
			} catch (error) {
				assert.equal((error as { code?: string }).code, "REFUSED");
				continue;
			}
			assert.throws(() => ConfirmedState.verify(given, finalLeaf), { code: "REFUSED" }, `byte ${at}`);
		}
	});

	it("refuses cells that are missing, doubled, unordered, empty, of no kind, outside their tree, or cut short, before it makes anything of them", () => {
		const cells = state.machine.subarray(Machines.LENGTH);
		const leaf = new Uint8Array(32).fill(7);
		refuses(() => ConfirmedState.verify(withCells(cells.subarray(0, 0)), finalLeaf), /do not hash to the state root/);
		refuses(() => ConfirmedState.verify(withCells(Bytes.concat(cells, cells)), finalLeaf), /out of place/);
		for (const wrong of [
			cell(8, 4_000_000_000, leaf),
			cell(8, 4, leaf),
			cell(8, 3, leaf.subarray(1)),
			cell(9, 0, leaf),
			cell(255, 0, leaf),
			cell(8, 3, leaf.subarray(32)),
			cell(0, 1, leaf),
		])
			refuses(() => ConfirmedState.verify(withCells(Bytes.concat(cells, wrong)), finalLeaf), /out of place/);
		refuses(() => ConfirmedState.verify(withCells(Bytes.concat(cells, cell(8, 3, leaf))), finalLeaf), /do not hash to the state root/);
		refuses(() => ConfirmedState.verify(withCells(cells.subarray(0, cells.length - 1)), finalLeaf), /out of place/);
		refuses(() => ConfirmedState.verify(withCells(Bytes.concat(cells, Uint8Array.of(8))), finalLeaf), /cut short/);
	});

	it("refuses withdrawals that the outbox does not hold, also too few and in another order", () => {
		const [first, second, third] = state.withdrawals;
		for (const withdrawals of [
			[],
			[first, second],
			[second, first, third],
			[first, second, third, third],
			[first, second, { ...third, amount: third.amount + 1 }],
			[first, second, { ...third, recipient: `0x${"ab".repeat(20)}` }],
		])
			refuses(() => ConfirmedState.verify({ ...state, withdrawals }, finalLeaf), /withdrawals are not those of the outbox/);
	});

	it("pays, begun there, every withdrawal of before under the confirmed outbox root", async () => {
		const chain = new MemoryChain();
		const place = { batchCount: 1, accumulator: new Uint8Array(32), streamEnd: 0, l1Index: 2, block: 1 };
		const derived = await open(chain, { origin: { state, place } });
		const outboxRoot = state.machine.subarray(64, 96);
		for (const [index, { amount }] of state.withdrawals.entries()) {
			const proof = derived.withdrawalProof(index, outboxRoot);
			assert.ok(proof);
			assert.equal(proof.withdrawal.amount, amount);
			const { account, recipient } = proof.withdrawal;
			assert.deepEqual(Withdrawal.rootOf(Withdrawal.leaf(index, account, recipient, amount), index, proof.siblings), outboxRoot);
		}
		assert.equal(derived.withdrawalProof(3, outboxRoot), undefined);
		assert.equal(derived.withdrawalProof(0, new Uint8Array(32)), undefined);
		await derived.close();
	});

	it("takes what it wrote itself", () => {
		const read = ConfirmedState.decode(bytes);
		ConfirmedState.verify(read, finalLeaf);
		assert.deepEqual(read, state);
		assert.equal(ConfirmedState.cursorOf(read).batch, 1);
	});
});

describe("given an executor that begins with a confirmed state", () => {
	let chain: GradualChain;
	let whole: DerivedExecutor;

	before(async () => {
		chain = fixedChain();
		whole = await open(chain);
		await whole.sync();
	});
	after(() => whole.close());

	/** Begins at a step of the whole history, in an empty store. */
	async function beginAt(step: number, more: Partial<DerivedOptions> = {}): Promise<DerivedExecutor> {
		const state = await stateAt(whole, step);
		const place = await placeOf(chain, ConfirmedState.cursorOf(state).batch);
		return open(chain, { origin: { state, place }, ...more });
	}

	const ends = (batch: number): number => whole.batch(batch)?.endStep ?? 0;

	for (const [where, stepOf] of [
		["between two batches", () => ends(3)],
		["inside a batch", () => ends(3) + 17],
		["one step before a batch ends", () => ends(4) - 1],
	] as const)
		it(`knows, begun ${where}, the same commitments, histories and proofs from there on`, async () => {
			const first = stepOf();
			const derived = await beginAt(first);
			assert.equal(derived.stepCount, 0);
			const start = await startAt(whole, first);
			assert.deepEqual(derived.origin(), { ...start, assertion: ASSERTION });
			await derived.sync();
			assert.equal(derived.batchCount, 8);
			assert.equal(derived.streamEnd, whole.streamEnd);
			assert.equal(derived.stepCount, whole.stepCount - first);
			for (let step = 0; step <= derived.stepCount; step++) assert.deepEqual(derived.leaf(step), whole.leaf(first + step), `step ${step}`);
			assert.deepEqual(derived.withdrawals, whole.withdrawals);
			for (let batches = 4; batches <= 8; batches++) assert.deepEqual(derived.accumulator(batches), whole.accumulator(batches));
			const [mine, theirs] = [derived, whole].map((executor) => executor.history(start, 8, 12));
			assert.ok(mine.status === "known" && theirs.status === "known");
			assert.deepEqual(mine.history.root(12, 0), theirs.history.root(12, 0));
			assert.deepEqual(await mine.history.finalState(), await theirs.history.finalState());
			for (const position of [0, 1, 5, 60, derived.stepCount - 1, derived.stepCount, 4095])
				assert.deepEqual(await mine.history.prove(position), await theirs.history.prove(position), `step ${position}`);
			await derived.close();
		});

	it("says of what came before that it is not known, never that it is wrong", async () => {
		const derived = await beginAt(ends(3) + 17);
		await derived.sync();
		for (const earlier of [0, ends(2), ends(3), ends(3) + 4]) {
			const start = await startAt(whole, earlier);
			assert.equal(derived.history(start, 8, 12).status, "unknown", `step ${earlier}`);
			assert.equal(await derived.confirmedState(ASSERTION, start), undefined);
		}
		assert.equal(derived.batch(2), undefined);
		assert.equal(derived.accumulator(2), undefined);
		const later = await startAt(whole, ends(5));
		assert.equal(derived.history({ ...later, leaf: Keccak.hash(later.leaf) }, 8, 12).status, "foreign");
		await derived.close();
	});

	it("hands its own state on, which is the same", async () => {
		const derived = await beginAt(ends(2));
		await derived.sync();
		const start = await startAt(whole, ends(5));
		assert.deepEqual(await derived.confirmedState(ASSERTION, start), await whole.confirmedState(ASSERTION, start));
		await derived.close();
	});

	it("goes on from its store after every batch, and does not begin anew with another state", async () => {
		const directory = join(root, "resumed");
		const leafFile = join(root, "resumed.leaves");
		chain.show(4);
		let derived: DerivedExecutor | undefined;
		for (let count = 4; count <= 8; count++) {
			chain.show(count);
			const store = await openStore({ directory, genesis: "test" });
			derived = count === 4 ? await beginAt(ends(3), { store, leafFile }) : await beginAt(ends(1), { store, leafFile });
			await derived.sync();
			assert.equal(derived.batchCount, count);
			assert.deepEqual(derived.leaf(derived.stepCount), whole.leaf(ends(count - 1)));
			await derived.close();
			await store.close();
		}
		assert.equal(derived?.origin().assertion, ASSERTION);
		assert.deepEqual(derived?.origin().leaf, whole.leaf(ends(3)));
	});

	it("gives what a live executor begins with: the state between two batches", async () => {
		const derived = await beginAt(ends(3));
		const snapshot = derived.snapshot();
		assert.equal(snapshot?.batchCount, 4);
		assert.equal(snapshot.streamEnd, whole.batch(3)?.streamEnd);
		assert.deepEqual(snapshot.stateRoot, whole.batch(3)?.stateRoot);
		await derived.close();
		const inside = await beginAt(ends(3) + 17);
		assert.equal(inside.snapshot(), undefined);
		await inside.close();
	});

	it("goes back with L1 as far as its state, and stops with a sentence when L1 replaces what that had read", async () => {
		const own = fixedChain();
		const state = await stateAt(whole, ends(3));
		const derived = await open(own, { origin: { state, place: await placeOf(own, 4) } });
		await derived.sync();
		const { l1End, minTime, maxTime } = (await own.batches(5, 6))[0];
		own.reorganise(5, l1End);
		own.post(new Uint8Array(0), minTime, maxTime, l1End);
		const report = await derived.sync();
		assert.equal(report.reorganised, true);
		assert.equal(derived.batchCount, 6);
		const again = await open(own);
		await again.sync();
		assert.deepEqual(derived.leaf(derived.stepCount), again.leaf(again.stepCount));
		await again.close();
		const [before] = await own.batches(3, 4);
		own.reorganise(3, before.l1End);
		own.post(new Uint8Array(0), before.minTime, before.maxTime, before.l1End);
		own.post(new Uint8Array(0), before.maxTime, before.maxTime, before.l1End);
		await assert.rejects(derived.sync(), {
			code: "MISMATCH",
			message: /replaced batch 3, which the snapshot .* remove the data directory/,
		});
		await derived.close();
	});

	it("takes no state whose cells are another machine's, however it is dressed", async () => {
		const [state, other] = [await stateAt(whole, ends(3)), await stateAt(whole, ends(4))];
		const dressed = Bytes.concat(state.machine.subarray(0, Machines.LENGTH), other.machine.subarray(Machines.LENGTH));
		assert.throws(() => ConfirmedState.verify({ ...state, machine: dressed }, whole.leaf(ends(3))), {
			code: "REFUSED",
			message: /do not hash to the state root/,
		});
		assert.deepEqual(Runner.restore(state.machine, 0).commitment(), whole.leaf(ends(3)));
	});
});
