import { InputKind, NONE, initial, noRegisters } from "../machine/types/Machine.ts";
import type { Input, Machine } from "../machine/types/Machine.ts";
import { itemPayload, parseBasket } from "../machine/step/DealMessages.ts";
import type { Basket } from "../machine/step/DealMessages.ts";
import * as Step from "../machine/step/Machine.ts";
import { NOBODY } from "../machine/types/Account.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import type { L1Message } from "../ports/Chain.ts";
import type { OrderedBundle } from "../ports/Orderer.ts";
import type { Store } from "../ports/Store.ts";
import * as Batch from "../protocol/Batch.ts";
import { Checkpoint } from "./Checkpoint.ts";
import type { AgreedBatch } from "./Checkpoint.ts";
import type { DerivedBatch } from "./DerivedStore.ts";
import type { Event, RecordResult } from "./Events.ts";
import { ExecutorError } from "./ExecutorError.ts";
import { Orders } from "./Orders.ts";
import { Positions } from "./Positions.ts";
import type { Position } from "./Positions.ts";
import { Queries } from "./Queries.ts";
import * as Restoration from "./Restoration.ts";
import { TrackedState } from "./TrackedState.ts";
import type { CellBytes } from "./TrackedState.ts";
import { Trades } from "./Trades.ts";
import { Translator } from "./Translator.ts";

/** A state root is hashed at least every so many bytes of records, so that a batch always finds a height to end at. */
const ROOT_BYTES = 32_768;
/** LIMIT: batches that may be replaced on L1 together. */
const REMEMBERED_BATCHES = 64;
/** Bundles between checkpoints: what a restart executes again at most. */
const CHECKPOINT_BUNDLES = 256;

/** The state that L1 alone gives at the end of its last batch: what a live executor is rebased on. */
export type DerivedSnapshot = {
	readonly cells: Iterable<CellBytes>;
	readonly clock: number;
	readonly l1Index: number;
	readonly batchCount: number;
	readonly streamEnd: number;
	readonly stateRoot: Uint8Array;
	/** batchAccumulator[index + 1]. */
	readonly accumulatorAt: (index: number) => Uint8Array | undefined;
};

/** Where a batch may be cut so that L1 derives exactly the live state at its end. */
export type BatchCut = {
	readonly fromHeight: number;
	readonly toHeight: number;
	readonly streamEnd: number;
	/** At least the machine clock after the last record. */
	readonly clock: number;
	readonly l1End: number;
	readonly stateRoot: Uint8Array;
};

export type LiveOptions = {
	readonly store: Store;
	/** The machine's cells before its first step. */
	readonly genesis: Iterable<CellBytes>;
	readonly checkpointBundles?: number;
	/** A state root is hashed at least every so many bytes of records. Where other nodes post batches, too, it is 1: they may end after any bundle. */
	readonly rootBytes?: number;
	/** Where an empty store begins instead of at genesis. */
	readonly beginning?: Beginning | undefined;
};

/** Where the state that L1 gives at the end of its last batch stands in the order. */
export type Beginning = {
	readonly snapshot: DerivedSnapshot;
	/** Of the bundle that ends where the last batch ends. */
	readonly height: number;
	/** Where L1 forced a batch lately: the last height that is ordered, the number of L1's messages, and the time, as of a rebase. */
	readonly forced: { readonly orderedHeight: number; readonly messageCount: number; readonly now: number } | undefined;
};

/**
 * Executes the ordered stream as it comes, without batches, and tells what happened. No input or output of its own but the store.
 * INVARIANT: the state is a function of the bundles up to `height`, the L1 messages they take, and the batch it was last rebased on.
 */
export class LiveExecutor {
	readonly #store: Store;
	readonly #checkpointBundles: number;
	readonly #rootBytes: number;
	readonly #orders: Orders;
	readonly #trades: Trades;
	readonly #listeners = new Set<(events: readonly Event[]) => void>();
	#state: TrackedState;
	#machine: Machine;
	#translator: Translator;
	#positions: Positions;
	#queries: Queries;
	#rootStreamEnd: number;
	#unsavedBundles = 0;
	#saving: Promise<void> | undefined;
	#failure: Error | undefined;
	/** Batches that the state agrees with, and the last of them. */
	#batchCount: number;
	#agreed: AgreedBatch[];
	/** Up to this height, a take-L1 record finds only messages below `rebaseMessages`. */
	#rebaseHeight: number;
	#rebaseMessages: number;
	/** Up to `rebaseHeight`, delays bring the clock no further than this: they passed before. */
	#rebaseClock: number;

	private constructor(options: LiveOptions, checkpoint: Checkpoint, state: TrackedState, positions: Positions) {
		this.#store = options.store;
		this.#checkpointBundles = options.checkpointBundles ?? CHECKPOINT_BUNDLES;
		this.#rootBytes = options.rootBytes ?? ROOT_BYTES;
		this.#orders = new Orders(options.store);
		this.#trades = new Trades(options.store);
		this.#state = state;
		this.#machine = machineAt(checkpoint.clock, checkpoint.l1Index);
		this.#positions = positions;
		this.#translator = new Translator(state.live, this.#orders, this.#trades, checkpoint.eventNumber, Restoration.deadlinesOf(state.live));
		this.#queries = this.#makeQueries();
		this.#rootStreamEnd = positions.last.streamEnd;
		this.#batchCount = checkpoint.batchCount;
		this.#agreed = [...checkpoint.agreed];
		this.#rebaseHeight = checkpoint.rebaseHeight;
		this.#rebaseMessages = checkpoint.rebaseMessages;
		this.#rebaseClock = checkpoint.rebaseClock;
		Restoration.restoreOrders(state.live, this.#orders);
	}

	/** Whether a store has no state yet. */
	static isEmpty(store: Store): boolean {
		return Checkpoint.load(store) === undefined;
	}

	/** Resumes from the store's checkpoint, or begins where `beginning` says, or at genesis. */
	static async open(options: LiveOptions): Promise<LiveExecutor> {
		const { store } = options;
		let checkpoint = Checkpoint.load(store);
		if (!checkpoint) {
			const { beginning } = options;
			const state = TrackedState.restore(beginning ? beginning.snapshot.cells : options.genesis);
			checkpoint = beginning ? checkpointAt(beginning) : Checkpoint.genesis();
			const { height, clock, l1Index } = checkpoint;
			const positions = new Positions([]);
			const streamEnd = beginning?.snapshot.streamEnd ?? 0;
			positions.add({ height, streamEnd, clock, l1Index, took: false, missed: false, stateRoot: state.stateRoot() });
			await store.commit([...Checkpoint.replaceCells(store, state.takeAll()), ...positions.takeChanges(), checkpoint.change()]);
		}
		return new LiveExecutor(options, checkpoint, TrackedState.restore(Checkpoint.cells(store)), Checkpoint.positions(store));
	}

	/** Height of the last bundle that was applied. */
	get height(): number {
		return this.#positions.last.height;
	}

	/** Machine time in seconds. */
	get clock(): number {
		return this.#machine.clock;
	}

	/** L1 messages consumed since genesis. */
	get l1Index(): number {
		return this.#machine.cursor.l1Index;
	}

	/** Bytes of the stream that are applied. */
	get streamEnd(): number {
		return this.#positions.last.streamEnd;
	}

	/** Batches on L1 that this state was found to agree with, or was rebased on. */
	get batchCount(): number {
		return this.#batchCount;
	}

	/**
	 * What the state is a function of beside the bundles and L1's messages, while L1 has not decided it: how records that were ordered before the last rebase are
	 * read. Nodes that name the same have the same state at the same height.
	 */
	get reading(): string {
		const rebased = this.#positions.atHeight(this.#rebaseHeight);
		if (this.#rebaseHeight === 0 || (rebased && rebased.streamEnd <= (this.#agreed.at(-1)?.streamEnd ?? 0))) return "";
		return `${this.#rebaseHeight}/${this.#rebaseMessages}/${this.#rebaseClock}`;
	}

	get queries(): Queries {
		return this.#queries;
	}

	/** Root of the state as it now stands. */
	stateRoot(): Uint8Array {
		const last = this.#positions.last;
		if (!last.stateRoot) this.#positions.setRoot(last, this.#state.stateRoot());
		this.#rootStreamEnd = last.streamEnd;
		return last.stateRoot as Uint8Array;
	}

	/** Calls back with the events of each bundle, in order. Returns the removal. */
	onEvents(listener: (events: readonly Event[]) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** How many L1 messages the bundle's take-L1 records ask for. */
	takes(bundle: OrderedBundle): number {
		const { takes } = survey(bundle);
		return bundle.height <= this.#rebaseHeight ? Math.max(0, Math.min(takes, this.#rebaseMessages - this.l1Index)) : takes;
	}

	/**
	 * Applies the next bundle. `messages` are those L1 messages from `l1Index` on that its take-L1 records find; one that finds none is a
	 * message of unknown kind, as it would be at the end of a batch's L1 messages.
	 */
	apply(bundle: OrderedBundle, messages: readonly L1Message[]): RecordResult[] {
		const before = this.#positions.last;
		if (this.#failure) throw this.#failure;
		if (bundle.height !== before.height + 1 || bundle.streamEnd !== before.streamEnd + bundle.records.length) {
			throw new ExecutorError(
				"MISMATCH",
				`Bundle ${bundle.height} (to byte ${bundle.streamEnd}) does not follow height ${before.height} (byte ${before.streamEnd}): the log and the store belong to different runs.`,
			);
		}
		const firstL1 = this.l1Index;
		for (const [i, message] of messages.entries()) {
			if (message.index !== firstL1 + i)
				throw new ExecutorError("MISMATCH", `L1 message ${message.index} was given where ${firstL1 + i} is due.`);
		}
		survey(bundle);
		const results: RecordResult[] = [];
		const events: Event[] = [];
		const missed = this.#execute(bundle, messages, firstL1, results, events);
		this.#state.collect();
		this.#positions.add({
			height: bundle.height,
			streamEnd: bundle.streamEnd,
			clock: this.#machine.clock,
			l1Index: this.l1Index,
			took: this.l1Index !== firstL1,
			missed,
			stateRoot: undefined,
		});
		// A batch may have to end at a record that found no message, and anywhere behind a rebase: it can only where the root is known.
		const mayEndBatch = missed || bundle.height <= this.#rebaseHeight;
		if (mayEndBatch || bundle.streamEnd - this.#rootStreamEnd >= this.#rootBytes) this.stateRoot();
		this.#unsavedBundles += 1;
		if (this.#unsavedBundles >= this.#checkpointBundles && !this.#saving) this.checkpoint().catch(() => undefined);
		this.#emit(events);
		return results;
	}

	/**
	 * Executes the records as a batch that bounds time only behind a rebase, and ends with these messages: so the rules of reading are those of L1. Returns whether a
	 * take-L1 record found no message.
	 */
	#execute(bundle: OrderedBundle, messages: readonly L1Message[], firstL1: number, results: RecordResult[], events: Event[]): boolean {
		const { records } = bundle;
		const machine = this.#machine;
		const translator = this.#translator;
		const maxTime = bundle.height <= this.#rebaseHeight ? this.#rebaseClock : MAX_TIME;
		const header = { ...UNBOUNDED, maxTime, length: records.length, l1End: firstL1 + messages.length };
		const l1Message = (index: number): L1Message => messages[index - firstL1];
		let missed = false;
		machine.cursor = { batch: 0, l1Index: firstL1, offset: 0, item: 0 };
		while (machine.cursor.offset < records.length) {
			const input = Batch.nextInput(machine, 1, header, records, 0, l1Message);
			if (input.kind === InputKind.Record && input.payload[0] === Batch.TAKE_L1) missed = true;
			translator.begin(bundle.firstSequence + results.length);
			this.#message(input);
			// A basket is read again for each of its items.
			while (machine.cursor.item !== 0) this.#message(Batch.nextInput(machine, 1, header, records, 0, l1Message));
			results.push(translator.end(events));
		}
		return missed;
	}

	/** One message, or one item of a basket, and the matching that it begins. */
	#message(input: Input): void {
		const machine = this.#machine;
		const { live } = this.#state;
		const { item } = machine.cursor;
		const payload = item === 0 ? input.payload : itemPayload(parseBasket(input.payload) as Basket, item - 1);
		this.#translator.message(Step.step(live, machine, input), payload, input.clock);
		while (machine.registers.kind !== NONE) this.#translator.matched(Step.step(live, machine, PENDING));
	}

	/**
	 * The longest batch that may be posted as number `index` behind `streamStart` bytes of posted content, or undefined when there is nothing to
	 * post, or when the state is not known to agree with all batches before it. It ends at `lastHeight` at the latest.
	 */
	cut(index: number, streamStart: number, maxBytes: number, lastHeight = Number.POSITIVE_INFINITY): BatchCut | undefined {
		const start = index === this.#batchCount ? this.#positions.atStream(streamStart) : undefined;
		if (!start || start === this.#positions.last) return undefined;
		let end: Position | undefined;
		let missed = false;
		let latest = MAX_TIME;
		const head = this.#positions.last;
		for (const position of this.#positions.after(start)) {
			// A take that found nothing would find, in the batch, what a later one took: they may not share a batch.
			if (position.streamEnd - streamStart > maxBytes || (missed && position.took) || position.height > lastHeight) break;
			// Nor may records whose time was bounded by that of the rebase share one with later records: a batch has one bound.
			if (position.clock > latest) break;
			if (position.height <= this.#rebaseHeight && position.clock >= this.#rebaseClock) latest = position.clock;
			missed ||= position.missed;
			if (position === head) this.stateRoot();
			if (position.stateRoot) end = position;
		}
		if (!end) return undefined;
		return {
			fromHeight: start.height + 1,
			toHeight: end.height,
			streamEnd: end.streamEnd,
			clock: end.clock,
			l1End: end.l1Index,
			stateRoot: end.stateRoot as Uint8Array,
		};
	}

	/** The root after exactly `streamEnd` bytes of records, if it was hashed there. */
	rootAt(streamEnd: number): Uint8Array | undefined {
		return this.#positions.atStream(streamEnd)?.stateRoot;
	}

	/**
	 * Whether the records between these bytes were read here as they are on L1 in one batch that ends at this time and with message `l1Index`: there a record
	 * finds no message only when no later one of its batch finds one.
	 */
	readAsBatch(streamStart: number, { streamEnd, clock, l1Index }: { streamEnd: number; clock: number; l1Index: number }): boolean {
		const [start, end] = [this.#positions.atStream(streamStart), this.#positions.atStream(streamEnd)];
		if (!start || end?.l1Index !== l1Index) return false;
		// Where nothing was ever forced, every node bounds time alike, and another time is somebody's fault.
		if (this.#rebaseHeight > 0 && end.clock !== clock) return false;
		let missed = false;
		for (const position of this.#positions.after(start)) {
			if (position.streamEnd > streamEnd) break;
			if (missed && position.took) return false;
			missed ||= position.missed;
		}
		return true;
	}

	/** The root after the bundle of a height, if it was hashed there. */
	rootAtHeight(height: number): Uint8Array | undefined {
		return this.#positions.atHeight(height)?.stateRoot;
	}

	/** Notes that the state agrees with L1 up to this batch. What L1 may still replace is remembered, so that the state can go back with it. */
	confirmBatch({ index, streamEnd, accumulator }: DerivedBatch): void {
		this.#batchCount = index + 1;
		this.#agreed.push({ index, streamEnd, accumulator: Bytes.toHex(accumulator) });
		if (this.#agreed.length > REMEMBERED_BATCHES) this.#agreed.shift();
		this.#positions.dropBefore(this.#agreed[0].streamEnd);
	}

	agreedAt(index: number): Uint8Array | undefined {
		const agreed = this.#agreed.find((batch) => batch.index === index);
		return agreed && Bytes.fromHex(agreed.accumulator);
	}

	/**
	 * Starts again from what L1 alone gives, because L1 put something between the records that are posted and those that are not. The caller then
	 * applies the bundles from `height` + 1 on again. `orderedHeight` is the last height ordered by now, `messageCount` the L1 messages known by now, `now` the
	 * time: the forced batch brought the clock forward, and the delays of what was ordered before would bring it there once more.
	 */
	async rebase(snapshot: DerivedSnapshot, orderedHeight: number, messageCount: number, now: number): Promise<void> {
		const posted = this.#positions.atStream(snapshot.streamEnd);
		if (!posted)
			throw new ExecutorError(
				"MISMATCH",
				`L1 holds ${snapshot.streamEnd} bytes of records, which is not where any bundle ends: another node posts other records.`,
			);
		await this.#saving;
		this.#state = TrackedState.restore(snapshot.cells);
		this.#machine = machineAt(snapshot.clock, snapshot.l1Index);
		this.#positions.reset({
			height: posted.height,
			streamEnd: posted.streamEnd,
			clock: snapshot.clock,
			l1Index: snapshot.l1Index,
			took: false,
			missed: false,
			stateRoot: snapshot.stateRoot,
		});
		this.#rootStreamEnd = snapshot.streamEnd;
		this.#batchCount = snapshot.batchCount;
		// What L1 has replaced is forgotten, and the last batch that it has now is agreed with.
		const stays = this.#agreed.filter(({ index, accumulator }) => accumulator === hexOf(snapshot.accumulatorAt(index)));
		const last = lastOf(snapshot);
		this.#agreed = [...stays.filter(({ index }) => index < last.index), last];
		this.#rebaseHeight = orderedHeight;
		this.#rebaseMessages = messageCount;
		this.#rebaseClock = Math.max(snapshot.clock, now);
		this.#translator = new Translator(
			this.#state.live,
			this.#orders,
			this.#trades,
			this.#translator.number,
			Restoration.deadlinesOf(this.#state.live),
		);
		this.#queries = this.#makeQueries();
		Restoration.undoTrades(this.#state.live, this.#orders, this.#trades);
		Restoration.restoreOrders(this.#state.live, this.#orders);
		await this.#save(Checkpoint.replaceCells(this.#store, this.#state.takeAll()));
		this.#emit([this.#translator.note({ type: "Rebased", height: posted.height }, 0, this.#machine.clock)]);
	}

	/** Saves the state as it now stands; resolves when it is durable. A failure stops the executor: it would only fall further behind. */
	async checkpoint(): Promise<void> {
		await this.#saving;
		if (this.#unsavedBundles > 0) await this.#save(Checkpoint.cellChanges(this.#state.takeUnsaved()));
	}

	/** Saves and forgets its listeners. The store is its owner's to close. */
	async close(): Promise<void> {
		await this.checkpoint();
		this.#listeners.clear();
	}

	#save(cells: { key: string; value?: Uint8Array }[]): Promise<void> {
		const last = this.#positions.last;
		const checkpoint = new Checkpoint({
			height: last.height,
			clock: last.clock,
			l1Index: last.l1Index,
			eventNumber: this.#translator.number,
			batchCount: this.#batchCount,
			rebaseHeight: this.#rebaseHeight,
			rebaseMessages: this.#rebaseMessages,
			rebaseClock: this.#rebaseClock,
			agreed: this.#agreed,
		});
		// SAFETY: everything is gathered before the first wait, so the checkpoint is of one moment.
		const changes = [
			...cells,
			...this.#orders.takeChanges(),
			...this.#trades.takeChanges(),
			...this.#positions.takeChanges(),
			checkpoint.change(),
		];
		this.#unsavedBundles = 0;
		const saving = this.#store.commit(changes).then(
			() => {
				this.#orders.saved();
				this.#trades.saved();
				this.#saving = undefined;
			},
			(error: unknown) => {
				this.#failure = error instanceof Error ? error : new Error(String(error));
				throw error;
			},
		);
		this.#saving = saving;
		return saving;
	}

	#makeQueries(): Queries {
		return new Queries(this.#state, this.#orders, this.#trades, () => this.#machine.clock);
	}

	#emit(events: readonly Event[]): void {
		if (events.length > 0) for (const listener of this.#listeners) listener(events);
	}
}

function hexOf(accumulator: Uint8Array | undefined): string {
	return accumulator ? Bytes.toHex(accumulator) : "";
}

/** A machine with nothing pending; live execution knows no batches, so the rest of its cursor stays zero. */
function machineAt(clock: number, l1Index: number): Machine {
	return { ...initial(), cursor: { batch: 0, l1Index, offset: 0, item: 0 }, clock, registers: noRegisters() };
}

/** Behind the last batch of L1, with which the state agrees because it is made of it. */
function checkpointAt({ snapshot, height, forced }: Beginning): Checkpoint {
	const { clock, l1Index, batchCount } = snapshot;
	return new Checkpoint({
		...{ height, clock, l1Index, batchCount, eventNumber: 0 },
		rebaseHeight: forced?.orderedHeight ?? 0,
		rebaseMessages: forced?.messageCount ?? 0,
		rebaseClock: forced ? Math.max(clock, forced.now) : 0,
		agreed: [lastOf(snapshot)],
	});
}

function lastOf({ batchCount, streamEnd, accumulatorAt }: DerivedSnapshot): AgreedBatch {
	return { index: batchCount - 1, streamEnd, accumulator: hexOf(accumulatorAt(batchCount - 1)) };
}

const MAX_TIME = 2 ** 40 - 1;
const UNBOUNDED = { carrier: Batch.CALLDATA, contentRoot: new Uint8Array(32), minTime: 0, streamStart: 0 };
const PENDING: Input = {
	kind: InputKind.Pending,
	cursor: { batch: 0, l1Index: 0, offset: 0, item: 0 },
	clock: 0,
	payload: new Uint8Array(0),
	l1Kind: 0,
	sender: NOBODY,
};

/** Reads the frames of a bundle's records. Throws when they are not what it says. */
function survey(bundle: OrderedBundle): { takes: number } {
	let takes = 0;
	let count = 0;
	for (let at = 0; at < bundle.records.length; count++) {
		const record = Batch.readRecord(bundle.records, 0, at, bundle.records.length);
		if (!record.ok) throw notRecords(bundle);
		if (record.length === 1 && bundle.records[record.payloadAt] === Batch.TAKE_L1) takes += 1;
		at = record.payloadAt + record.length;
	}
	if (count !== bundle.recordCount) throw notRecords(bundle);
	return { takes };
}

function notRecords(bundle: OrderedBundle): ExecutorError {
	return new ExecutorError(
		"MISMATCH",
		`Bundle ${bundle.height} does not consist of ${bundle.recordCount} whole records: whoever sealed it is at fault.`,
	);
}
