import { setImmediate as nextTurn } from "node:timers/promises";
import * as Bytes from "../machine/math/Bytes.ts";
import { Result } from "../machine/Result.ts";
import * as Messages from "../machine/step/Messages.ts";
import * as Machines from "../machine/types/Machine.ts";
import type { Outcome } from "../machine/types/Machine.ts";
import type { InboxPlace, InboxReader, L1Head } from "../ports/Chain.ts";
import type { Histories, HistoryAnswer, HistoryOrigin, HistoryStart } from "../ports/History.ts";
import type { Store } from "../ports/Store.ts";
import type { ConfirmedState } from "./ConfirmedState.ts";
import { BEGINNING, DerivedBatches } from "./DerivedBatches.ts";
import { DerivedHistory } from "./DerivedHistory.ts";
import * as DerivedStore from "./DerivedStore.ts";
import type { DerivedBatch, RecentMessage, Withdrawal } from "./DerivedStore.ts";
import { ExecutorError } from "./ExecutorError.ts";
import { InboxView, hashOf } from "./InboxView.ts";
import type { ReadBatch } from "./InboxView.ts";
import { LeafFile } from "./LeafFile.ts";
import type { Leaves } from "./LeafFile.ts";
import type { DerivedSnapshot } from "./LiveExecutor.ts";
import * as Outbox from "./Outbox.ts";
import { readingOf } from "./Reading.ts";
import type { Reading } from "./Reading.ts";
import { Runner } from "./Runner.ts";
import type { CellProof } from "./Runner.ts";
import type { SignaturePool } from "./SignaturePool.ts";
import { SignaturesAhead } from "./SignaturesAhead.ts";
import type { CellBytes } from "./TrackedState.ts";

/** Steps between snapshots: what a restart or a one-step proof executes again at most. */
const SNAPSHOT_STEPS = 4096;
/** A large state is saved less often, so that saving stays a small part of the work: one step for so many bytes of it. */
const BYTES_PER_STEP = 128;
/** Steps between turns of the event loop. */
const TURN_STEPS = 128;
/** L1 blocks that may still be replaced; what stands deeper is never read again. */
const REORG_BLOCKS = 64;

/** LIMIT: histories that are kept hashed; a chain of assertions that are not confirmed is seldom longer. */
const KEPT_HISTORIES = 16;

export type DerivedOptions = {
	readonly store: Store;
	/** The flat file of commitments. */
	readonly leafFile: string;
	/** Where the commitments are kept instead of in a file. */
	readonly leaves?: Leaves;
	readonly inbox: InboxReader;
	/** The machine's cells before its first step. */
	readonly genesis: Iterable<CellBytes>;
	/** Where to begin instead, if the store is empty: a state that was verified, and the place in the inbox that it was read up to. */
	readonly origin?: { readonly state: ConfirmedState; readonly place: InboxPlace } | undefined;
	readonly snapshotSteps?: number;
	/** Recovers signers on other threads, ahead of the steps that need them. */
	readonly signatures?: SignaturePool;
};

/** Where execution began: `withdrawals` were made by then. */
type Beginning = { readonly origin: HistoryOrigin; readonly place: InboxPlace; readonly withdrawals: number };

/** What one look at L1 brought. `reorganised`: L1 replaced batches or messages that were executed, and they were taken back first. */
export type SyncReport = { readonly batchCount: number; readonly steps: number; readonly reorganised: boolean };

/**
 * Executes what stands on L1, and nothing else, and knows the commitment after every step.
 * INVARIANT: leaf i of the file is the commitment i steps behind the origin, of the batches in `batches`, and a snapshot is saved only after the leaves up to it.
 */
export class DerivedExecutor implements Histories {
	readonly #store: Store;
	readonly #view: InboxView;
	readonly #inbox: InboxReader;
	readonly #leaves: Leaves;
	readonly #snapshotSteps: number;
	readonly #signatures: SignaturePool | undefined;
	readonly #origin: HistoryOrigin;
	#runner: Runner;
	readonly #batches: DerivedBatches;
	#withdrawals: Withdrawal[];
	readonly #firstWithdrawals: number;
	#recent: RecentMessage[];
	#reading: ReadBatch | undefined;
	/** Of the batch that the last snapshot lies in, to be recognised when it is read again. */
	#expected: Uint8Array | undefined;
	#savedBatches: number;
	#savedWithdrawals: number;
	#lastSnapshot: number;
	#snapshotDistance: number;
	#headHash: string | undefined;
	#generation = 0;
	readonly #histories = new Map<string, DerivedHistory>();
	#proved: { readonly key: string; readonly runner: Promise<Runner> } | undefined;
	#syncing: Promise<SyncReport> | undefined;
	#closing = false;

	private constructor(options: DerivedOptions, leaves: Leaves, { origin, place, withdrawals }: Beginning, snapshot: DerivedStore.Snapshot) {
		this.#store = options.store;
		this.#inbox = options.inbox;
		this.#view = new InboxView(options.inbox);
		this.#leaves = leaves;
		this.#snapshotSteps = options.snapshotSteps ?? SNAPSHOT_STEPS;
		this.#signatures = options.signatures;
		this.#origin = origin;
		this.#runner = Runner.restore(snapshot.machine, snapshot.step);
		this.#batches = new DerivedBatches(place, DerivedStore.loadBatches(options.store), snapshot.batchCount);
		this.#withdrawals = DerivedStore.loadWithdrawals(options.store).slice(0, this.#runner.withdrawals.length);
		this.#recent = [...snapshot.recent];
		this.#expected = snapshot.readingAccumulator;
		this.#savedBatches = this.#batches.count;
		this.#savedWithdrawals = this.#withdrawals.length;
		this.#firstWithdrawals = withdrawals;
		this.#lastSnapshot = snapshot.step;
		this.#snapshotDistance = this.#distance(snapshot.machine);
	}

	/** Resumes from the last snapshot whose leaves are on the disk, or begins at the origin. */
	static async open(options: DerivedOptions): Promise<DerivedExecutor> {
		const { store } = options;
		if (options.origin && DerivedStore.isEmpty(store)) await begin(store, options.origin);
		const { assertion, place } = DerivedStore.loadOrigin(store) ?? { assertion: undefined, place: BEGINNING };
		const first =
			assertion === undefined
				? Runner.genesis(options.genesis)
				: Runner.restore((DerivedStore.loadSnapshot(store, 0) as DerivedStore.Snapshot).machine, 0);
		const origin = { leaf: first.commitment(), state: first.preimage(), assertion };
		const leaves = options.leaves ?? LeafFile.open(options.leafFile);
		const steps = DerivedStore.snapshotSteps(store);
		let snapshot: DerivedStore.Snapshot | undefined;
		if (leaves.length > 0 && Bytes.equal(leaves.at(0), origin.leaf)) {
			const step = steps.findLast((saved) => saved < leaves.length);
			snapshot = step === undefined ? undefined : DerivedStore.loadSnapshot(store, step);
		}
		snapshot ??= { step: 0, batchCount: place.batchCount, readingAccumulator: undefined, recent: [], machine: first.save() };
		leaves.truncate(Math.min(leaves.length, snapshot.step + 1));
		if (leaves.length === 0 || snapshot.step === 0) {
			leaves.truncate(0);
			leaves.append(origin.leaf);
			await leaves.sync();
		}
		const last = snapshot.step;
		const later = steps.filter((step) => step > last).map(DerivedStore.removeSnapshot);
		await store.commit([DerivedStore.snapshotChange(snapshot), ...later]);
		const executor = new DerivedExecutor(options, leaves, { origin, place, withdrawals: first.withdrawals.length }, snapshot);
		if (!Bytes.equal(executor.#runner.commitment(), leaves.at(last))) {
			leaves.close();
			throw new ExecutorError(
				"CORRUPT",
				`The snapshot of step ${last} does not have the commitment that stands in ${options.leafFile}: remove the data directory, and it is derived again from L1.`,
			);
		}
		return executor;
	}

	/** Batches that are executed to their end, or lie before the origin. */
	get batchCount(): number {
		return this.#batches.count;
	}

	/** Steps executed since the origin. */
	get stepCount(): number {
		return this.#runner.step;
	}

	/** Bytes of content of all batches up to here: how much of the ordered stream is posted. */
	get streamEnd(): number {
		return (this.#batches.last ?? this.#batches.origin).streamEnd;
	}

	/** What is known at the end of batch `index`; nothing before the origin. */
	batch(index: number): DerivedBatch | undefined {
		return this.#batches.get(index);
	}

	/** Where the inbox stands after so many batches; undefined before the origin, and of what is not executed yet. */
	place(batches: number): InboxPlace | undefined {
		return this.#batches.place(batches);
	}

	/** Commitment after `step` steps since the origin; requires step <= stepCount. */
	leaf(step: number): Uint8Array {
		return this.#leaves.at(step);
	}

	origin(): HistoryOrigin {
		return this.#origin;
	}

	/**
	 * Looks at L1 and executes what is new there, to the end of its last batch. Calls that overlap share one look. When L1 reads inconsistently (a provider
	 * behind another, a reorganisation under way), it executes what is certain and leaves the rest for the next look.
	 */
	sync(): Promise<SyncReport> {
		this.#syncing ??= this.#sync().finally(() => {
			this.#syncing = undefined;
		});
		return this.#syncing;
	}

	/** The state at the end of the last batch; undefined in the middle of one. */
	snapshot(): DerivedSnapshot | undefined {
		const { machine, step } = this.#runner;
		const { batchCount, ...last } = this.#batches.place(this.#batches.count) as InboxPlace;
		// Behind the origin's batches nothing is read yet; but the origin itself may lie inside the next one.
		const { offset, item, l1Index } = machine.cursor;
		const isBetween = offset === 0 && item === 0 && l1Index === last.l1Index && machine.registers.kind === Machines.NONE;
		if (batchCount === 0 || this.#batches.endStep(batchCount) !== step || !isBetween) return undefined;
		const accumulatorAt = (index: number): Uint8Array | undefined => this.accumulator(index + 1);
		const { clock } = machine;
		return {
			cells: this.#runner.cells(),
			clock,
			l1Index,
			batchCount,
			streamEnd: last.streamEnd,
			stateRoot: this.#runner.stateRoot(),
			accumulatorAt,
		};
	}

	accumulator(batches: number): Uint8Array | undefined {
		return this.#batches.place(batches)?.accumulator;
	}

	history(start: HistoryStart, targetBatch: number, height: number): HistoryAnswer {
		const place = this.#find(start);
		if (place === "foreign") return { status: "foreign" };
		if (place === undefined || targetBatch > this.#batches.count) return { status: "unknown" };
		const generation = this.#generation;
		// Roles ask for the same histories in every round, and each hashes its leaves when somebody asks for a root.
		const key = `${generation}/${place}/${targetBatch}/${height}`;
		const kept = this.#histories.get(key);
		if (kept) return { status: "known", history: kept };
		const endStep = this.#batches.endStep(targetBatch);
		const context = {
			leaf: (step: number): Uint8Array => {
				if (generation !== this.#generation)
					throw new ExecutorError("NOT_DERIVED", "L1 replaced batches that this history was derived from: ask for it again.");
				return this.#leaves.at(step);
			},
			runnerAt: (step: number): Promise<Runner> => this.#runnerAt(step),
			read: (index: number): Promise<ReadBatch | undefined> => this.#read(index),
		};
		const history = new DerivedHistory(context, place, Math.max(place, endStep), targetBatch, height);
		this.#histories.set(key, history);
		for (const oldest of this.#histories.keys()) {
			if (this.#histories.size <= KEPT_HISTORIES) break;
			this.#histories.delete(oldest);
		}
		return { status: "known", history };
	}

	/** A confirmed state, for a node that begins with it; undefined when it is not derived here. */
	async confirmedState(assertion: string, state: HistoryStart): Promise<Omit<ConfirmedState, "genesis"> | undefined> {
		const place = this.#find(state);
		if (place === undefined || place === "foreign") return undefined;
		const runner = await this.#runnerAt(place);
		return { assertion, machine: runner.save(), withdrawals: this.#withdrawals.slice(0, runner.withdrawals.length) };
	}

	/**
	 * A cell in a state that was derived, such as that of a confirmed assertion; undefined when the state is not derived yet, or never was. The last state
	 * that was asked about is kept, so that many accounts cost one execution.
	 */
	async proveCell(state: HistoryStart, kind: number, index: number): Promise<CellProof | undefined> {
		const key = `${this.#generation}/${Bytes.toHex(state.leaf)}`;
		if (this.#proved?.key !== key) {
			const place = this.#find(state);
			if (place === undefined || place === "foreign") return undefined;
			this.#proved = { key, runner: this.#runnerAt(place) };
		}
		const { runner } = this.#proved;
		try {
			return (await runner).prove(kind, index);
		} catch (error) {
			this.#proved = undefined;
			throw error;
		}
	}

	/**
	 * The state that is about to read what stands at an offset of the order's stream of bytes, or the record in whose middle the offset lies; undefined while
	 * that is not derived. `opening` shows the record, as a one-step proof does (docs/spec/rollup.md).
	 */
	async reading(offset: number): Promise<Reading | undefined> {
		const held = this.#batches.holding(offset);
		const batch = held && (await this.#read(held.index));
		if (!batch) return undefined;
		const { index, streamStart } = held;
		const runner = await this.#runnerAt(this.#batches.endStep(index));
		return readingOf(runner, batch, offset - streamStart);
	}

	/** A claim on L1 against this outbox root: the withdrawal and its siblings under the root; undefined when the root or the leaf is not known. */
	withdrawalProof(
		index: number,
		outboxRoot: Uint8Array,
	): { readonly withdrawal: Withdrawal; readonly siblings: readonly Uint8Array[] } | undefined {
		const batch = this.#batches.findLast((candidate) => Bytes.equal(candidate.outboxRoot, outboxRoot));
		const count = batch?.withdrawals ?? (Bytes.equal(outboxRoot, this.#origin.state.subarray(64, 96)) ? this.#firstWithdrawals : 0);
		const withdrawal = this.#withdrawals[index];
		if (!withdrawal || index >= count) return undefined;
		return { withdrawal, siblings: Outbox.siblings(this.#runner.withdrawals, count, index) };
	}

	/** Withdrawals executed so far, by index. */
	get withdrawals(): readonly Withdrawal[] {
		return this.#withdrawals;
	}

	/** Stops a look that is under way at its next turn. The store is its owner's to close. */
	async close(): Promise<void> {
		if (this.#closing) return;
		this.#closing = true;
		await this.#syncing?.catch(() => undefined);
		this.#leaves.close();
	}

	async #sync(): Promise<SyncReport> {
		const before = this.#runner.step;
		const head = await this.#inbox.head();
		const reorganised = head.hash !== this.#headHash && (await this.#takeBack(head));
		const target = await this.#inbox.batchCount();
		while (this.#batches.count < target && !this.#closing) {
			const batch = await this.#read(this.#batches.count);
			if (!batch) break;
			if (this.#expected && !Bytes.equal(this.#expected, batch.after)) {
				// The snapshot lies inside a batch that L1 has replaced since.
				await this.#rewind(this.#batches.count);
				continue;
			}
			await this.#execute(batch);
		}
		if (this.#batches.count >= target) this.#headHash = head.hash;
		return { batchCount: this.#batches.count, steps: this.#runner.step - before, reorganised };
	}

	#read(index: number): Promise<ReadBatch | undefined> {
		const { accumulator, l1Index } = this.#batches.place(index) as InboxPlace;
		return this.#view.batch(index, accumulator, l1Index);
	}

	/** Executes a batch to its end. */
	async #execute(batch: ReadBatch): Promise<void> {
		this.#reading = batch;
		const target = batch.index + 1;
		const { cursor } = this.#runner.machine;
		const ahead =
			this.#signatures &&
			new SignaturesAhead(this.#signatures, batch, cursor.batch === batch.index ? cursor.offset : 0, this.#runner.domainSeparator);
		while (this.#runner.machine.cursor.batch < target) {
			if (ahead?.isDue(this.#runner.machine.cursor.offset)) await ahead.wait();
			const input = this.#runner.input(batch, target);
			const outcome = this.#runner.advance(input);
			this.#leaves.append(this.#runner.commitment());
			if (outcome.kind === Messages.WITHDRAW && outcome.result === Result.Ok) this.#withdrawn(outcome, input.payload);
			if (outcome.result === Result.NextBatch) this.#finished(batch);
			if (this.#runner.step - this.#lastSnapshot >= this.#snapshotDistance) await this.#save();
			else if (this.#runner.step % TURN_STEPS === 0) await nextTurn();
			if (this.#closing) return;
		}
	}

	#withdrawn(outcome: Outcome, payload: Uint8Array): void {
		this.#withdrawals.push({
			index: outcome.makerOrder,
			account: outcome.account,
			recipient: Bytes.address(payload, 4),
			amount: outcome.amount,
		});
	}

	#finished(batch: ReadBatch): void {
		const { machine, step } = this.#runner;
		this.#batches.push({
			index: batch.index,
			accumulator: batch.after,
			carrier: batch.header.carrier,
			block: batch.block,
			streamEnd: this.streamEnd + batch.content.length,
			endStep: step,
			clock: machine.clock,
			l1Index: machine.cursor.l1Index,
			withdrawals: this.#runner.withdrawals.length,
			stateRoot: this.#runner.stateRoot(),
			outboxRoot: this.#runner.outboxRoot(),
		});
		for (const message of batch.messages) this.#recent.push({ index: message.index, block: message.block, hash: hashOf(message) });
		this.#recent = this.#recent.filter(({ block }) => block > batch.block - REORG_BLOCKS);
		this.#reading = undefined;
		this.#expected = undefined;
	}

	/** Saves the state as it stands. SAFETY: the leaves reach the disk before the snapshot that counts on them. */
	async #save(): Promise<void> {
		const { step } = this.#runner;
		await this.#leaves.sync();
		const machine = this.#runner.save();
		const snapshot = { step, batchCount: this.#batches.count, readingAccumulator: this.#reading?.after, recent: this.#recent, machine };
		await this.#store.commit([
			DerivedStore.snapshotChange(snapshot),
			...this.#batches.from(this.#savedBatches).map(DerivedStore.batchChange),
			...this.#withdrawals.slice(this.#savedWithdrawals).map(DerivedStore.withdrawalChange),
		]);
		this.#savedBatches = this.#batches.count;
		this.#savedWithdrawals = this.#withdrawals.length;
		this.#lastSnapshot = step;
		this.#snapshotDistance = this.#distance(machine);
	}

	#distance(saved: Uint8Array): number {
		return Math.max(this.#snapshotSteps, Math.floor(saved.length / BYTES_PER_STEP));
	}

	/** Takes back what L1 has replaced since the last look. Returns whether there was anything. */
	async #takeBack(head: L1Head): Promise<boolean> {
		let common = this.#batches.count;
		while (common > 0) {
			const { accumulator, block } = this.#batches.place(common) as InboxPlace;
			const now = await this.#view.accumulatorAfter(common - 1);
			if (now && Bytes.equal(now, accumulator)) break;
			// A provider that has not seen the batch's block yet is behind, and says nothing about the batch.
			if (!now && head.number < block) break;
			if (common === this.#batches.origin.batchCount)
				throw new ExecutorError(
					"MISMATCH",
					`L1 has replaced batch ${common - 1}, which the snapshot that this node began with had read: remove the data directory, and it is derived again.`,
				);
			common -= 1;
		}
		common = Math.min(common, await this.#commonMessages());
		if (common === this.#batches.count) return false;
		await this.#rewind(common);
		return true;
	}

	/** How many batches read only messages that L1 still has. */
	async #commonMessages(): Promise<number> {
		const [first, last] = [this.#recent[0], this.#recent.at(-1)];
		if (!first || !last) return this.#batches.count;
		const hashes = await this.#view.messageHashes(first.index, last.index + 1);
		const replaced = this.#recent.find(({ index, hash }) => {
			const now = hashes[index - first.index];
			return now !== undefined && !Bytes.equal(now, hash);
		});
		return replaced ? this.#batches.readingBelow(replaced.index) : this.#batches.count;
	}

	/** Goes back to the last snapshot before the end of `batchCount` batches. */
	async #rewind(batchCount: number): Promise<void> {
		const limit = this.#batches.endStep(batchCount);
		const steps = DerivedStore.snapshotSteps(this.#store);
		const step = steps.findLast((saved) => saved <= limit) ?? 0;
		const snapshot = DerivedStore.loadSnapshot(this.#store, step);
		if (!snapshot)
			throw new ExecutorError(
				"CORRUPT",
				"The store of derived state holds no snapshot to go back to: remove the data directory, and it is derived again from L1.",
			);
		this.#generation += 1;
		this.#view.clear();
		this.#runner = Runner.restore(snapshot.machine, step);
		const withdrawals = this.#runner.withdrawals.length;
		await this.#store.commit([
			...steps.filter((saved) => saved > step).map(DerivedStore.removeSnapshot),
			...this.#batches
				.from(snapshot.batchCount)
				.filter(({ index }) => index < this.#savedBatches)
				.map(({ index }) => DerivedStore.removeBatch(index)),
			...this.#withdrawals.slice(withdrawals, this.#savedWithdrawals).map(({ index }) => DerivedStore.removeWithdrawal(index)),
		]);
		this.#leaves.truncate(step + 1);
		this.#batches.cut(snapshot.batchCount);
		this.#withdrawals = this.#withdrawals.slice(0, withdrawals);
		this.#recent = [...snapshot.recent];
		this.#reading = undefined;
		this.#expected = snapshot.readingAccumulator;
		this.#savedBatches = this.#batches.count;
		this.#savedWithdrawals = withdrawals;
		this.#lastSnapshot = step;
		this.#headHash = undefined;
	}

	/** The machine after `step` steps since the origin, executed again from the snapshot before. */
	async #runnerAt(step: number): Promise<Runner> {
		const from = DerivedStore.snapshotSteps(this.#store).findLast((saved) => saved <= step) ?? 0;
		const snapshot = DerivedStore.loadSnapshot(this.#store, from);
		if (!snapshot)
			throw new ExecutorError(
				"CORRUPT",
				"The store of derived state lacks its snapshots: remove the data directory, and it is derived again from L1.",
			);
		const runner = Runner.restore(snapshot.machine, from);
		const target = this.#batches.count;
		for (let batch: ReadBatch | undefined; runner.step < step;) {
			const index = runner.machine.cursor.batch;
			if (batch?.index !== index) batch = await this.#read(index);
			if (!batch) throw new ExecutorError("NOT_DERIVED", `L1 does not give batch ${index} at the moment: try again.`);
			runner.advance(runner.input(batch, target));
			if (runner.step % TURN_STEPS === 0) await nextTurn();
		}
		if (!Bytes.equal(runner.commitment(), this.#leaves.at(step)))
			throw new Error(`executing step ${step} again gave another commitment than the first time`);
		return runner;
	}

	/** Step at which the machine was in this state: undefined when that is not derived yet, "foreign" when it never was. */
	#find(start: HistoryStart): number | "foreign" | undefined {
		const { cursor, registers } = Machines.decode(start.state);
		const { batch } = cursor;
		if (batch > this.#batches.count || isBefore(cursor, Machines.decode(this.#origin.state).cursor)) return undefined;
		const first = this.#batches.endStep(batch);
		const last = this.#batches.get(batch)?.endStep ?? this.#runner.step;
		for (let step = first; step <= last; step++) if (Bytes.equal(this.#leaves.at(step), start.leaf)) return step;
		if (batch < this.#batches.count) return "foreign";
		// Nothing of that batch is derived yet; but the state in which its reading begins is, and there is only one.
		const begins =
			cursor.offset === 0 &&
			cursor.item === 0 &&
			registers.kind === Machines.NONE &&
			cursor.l1Index <= (this.#batches.place(batch) as InboxPlace).l1Index;
		return begins ? "foreign" : undefined;
	}
}

/** Whether a machine with the one cursor stood earlier in the inbox than one with the other. */
function isBefore(one: Machines.Cursor, other: Machines.Cursor): boolean {
	return one.batch < other.batch || (one.batch === other.batch && (one.offset < other.offset || one.l1Index < other.l1Index));
}

/** Puts an origin into an empty store. */
async function begin(store: Store, { state, place }: NonNullable<DerivedOptions["origin"]>): Promise<void> {
	await store.commit([
		DerivedStore.originChange({ assertion: state.assertion, place }),
		DerivedStore.snapshotChange({
			step: 0,
			batchCount: place.batchCount,
			readingAccumulator: undefined,
			recent: [],
			machine: state.machine,
		}),
		...state.withdrawals.map(DerivedStore.withdrawalChange),
	]);
}
