// How derived execution lies in its store. Keys: derived/snapshot/<step>, derived/batch/<index>, derived/withdrawal/<index>, and derived/origin where it did
// not begin at genesis. Steps are counted from where it began.

import * as Bytes from "../machine/math/Bytes.ts";
import type { InboxPlace } from "../ports/Chain.ts";
import type { Change, Store } from "../ports/Store.ts";

/** What is known at the end of a batch. */
export type DerivedBatch = {
	readonly index: number;
	/** batchAccumulator[index + 1]. */
	readonly accumulator: Uint8Array;
	readonly carrier: number;
	/** L1 block it was posted in. */
	readonly block: number;
	/** Bytes of content of all batches up to and including this one. */
	readonly streamEnd: number;
	/** Steps since genesis when the machine has read it. */
	readonly endStep: number;
	readonly clock: number;
	readonly l1Index: number;
	/** Leaves in the outbox. */
	readonly withdrawals: number;
	readonly stateRoot: Uint8Array;
	readonly outboxRoot: Uint8Array;
};

/** An L1 message that was executed from a block that L1 may still replace. */
export type RecentMessage = { readonly index: number; readonly block: number; readonly hash: Uint8Array };

export type Snapshot = {
	readonly step: number;
	/** Batches read to their end. */
	readonly batchCount: number;
	/** batchAccumulator[batchCount + 1] of the batch being read, or nothing when none is begun. */
	readonly readingAccumulator: Uint8Array | undefined;
	readonly recent: readonly RecentMessage[];
	/** Runner.save. */
	readonly machine: Uint8Array;
};

/** What an outbox leaf hashes, as a claim on L1 states it. Micro-USDC. */
export type Withdrawal = { readonly index: number; readonly account: number; readonly recipient: string; readonly amount: number };

/** Where execution began, when not at genesis: at the end of a confirmed assertion, whose machine is the snapshot of step 0. */
export type Origin = { readonly assertion: string; readonly place: InboxPlace };

const digits = (value: number): string => String(value).padStart(15, "0");
const SNAPSHOTS = ["derived/snapshot/", "derived/snapshot0"] as const;
const ORIGIN = "derived/origin";
const BATCHES = ["derived/batch/", "derived/batch0"] as const;
const WITHDRAWALS = ["derived/withdrawal/", "derived/withdrawal0"] as const;

export function snapshotChange(snapshot: Snapshot): Change {
	const recent = snapshot.recent.map(({ index, block, hash }) => ({ index, block, hash: Bytes.toHex(hash) }));
	const reading = snapshot.readingAccumulator && Bytes.toHex(snapshot.readingAccumulator);
	const head = new TextEncoder().encode(JSON.stringify({ batchCount: snapshot.batchCount, reading, recent }));
	const value = new Uint8Array(4 + head.length + snapshot.machine.length);
	Bytes.put(value, 0, 4, head.length);
	value.set(head, 4);
	value.set(snapshot.machine, 4 + head.length);
	return { key: SNAPSHOTS[0] + digits(snapshot.step), value };
}

function decodeSnapshot(step: number, bytes: Uint8Array): Snapshot {
	const length = Bytes.uint(bytes, 0, 4);
	const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as {
		batchCount: number;
		reading?: string;
		recent: { index: number; block: number; hash: string }[];
	};
	return {
		step,
		batchCount: head.batchCount,
		readingAccumulator: head.reading === undefined ? undefined : Bytes.fromHex(head.reading),
		recent: head.recent.map(({ index, block, hash }) => ({ index, block, hash: Bytes.fromHex(hash) })),
		machine: bytes.subarray(4 + length),
	};
}

/** Steps at which there are snapshots, ascending. */
export function snapshotSteps(store: Store): number[] {
	return [...store.range(...SNAPSHOTS)].map(([key]) => Number(key.slice(SNAPSHOTS[0].length)));
}

export function loadSnapshot(store: Store, step: number): Snapshot | undefined {
	const bytes = store.get(SNAPSHOTS[0] + digits(step));
	return bytes && decodeSnapshot(step, bytes);
}

export function removeSnapshot(step: number): Change {
	return { key: SNAPSHOTS[0] + digits(step) };
}

export function originChange({ assertion, place }: Origin): Change {
	const fields = { assertion, ...place, accumulator: Bytes.toHex(place.accumulator) };
	return { key: ORIGIN, value: new TextEncoder().encode(JSON.stringify(fields)) };
}

export function loadOrigin(store: Store): Origin | undefined {
	const bytes = store.get(ORIGIN);
	if (!bytes) return undefined;
	const { assertion, accumulator, ...place } = JSON.parse(new TextDecoder().decode(bytes)) as Omit<InboxPlace, "accumulator"> & {
		assertion: string;
		accumulator: string;
	};
	return { assertion, place: { ...place, accumulator: Bytes.fromHex(accumulator) } };
}

/** Whether nothing was derived into this store yet. */
export function isEmpty(store: Store): boolean {
	return loadOrigin(store) === undefined && snapshotSteps(store).length === 0;
}

/** Batches from the first one executed on, as far as they are saved without a hole. */
export function loadBatches(store: Store): DerivedBatch[] {
	return [...store.range(...BATCHES)].map(([, value]) => decodeBatch(value));
}

/** index block streamEnd endStep clock l1Index withdrawals u64 | carrier u8 | accumulator 32 | stateRoot 32 | outboxRoot 32 */
export function batchChange(batch: DerivedBatch): Change {
	const value = new Uint8Array(153);
	let at = 0;
	for (const field of [batch.index, batch.block, batch.streamEnd, batch.endStep, batch.clock, batch.l1Index, batch.withdrawals]) {
		at = Bytes.put(value, at, 8, field);
	}
	value[at++] = batch.carrier;
	for (const hash of [batch.accumulator, batch.stateRoot, batch.outboxRoot]) {
		value.set(hash, at);
		at += 32;
	}
	return { key: BATCHES[0] + digits(batch.index), value };
}

function decodeBatch(bytes: Uint8Array): DerivedBatch {
	const field = (place: number): number => Bytes.uint(bytes, 8 * place, 8);
	return {
		index: field(0),
		block: field(1),
		streamEnd: field(2),
		endStep: field(3),
		clock: field(4),
		l1Index: field(5),
		withdrawals: field(6),
		carrier: bytes[56],
		accumulator: bytes.slice(57, 89),
		stateRoot: bytes.slice(89, 121),
		outboxRoot: bytes.slice(121, 153),
	};
}

export function removeBatch(index: number): Change {
	return { key: BATCHES[0] + digits(index) };
}

/** Bytes of a withdrawal. */
export const WITHDRAWAL_BYTES = 44;

/** index u64 | account u64 | recipient 20 | amount u64 */
export function encodeWithdrawal(withdrawal: Withdrawal): Uint8Array {
	const value = new Uint8Array(WITHDRAWAL_BYTES);
	Bytes.put(value, 0, 8, withdrawal.index);
	Bytes.put(value, 8, 8, withdrawal.account);
	value.set(Bytes.fromHex(withdrawal.recipient), 16);
	Bytes.put(value, 36, 8, withdrawal.amount);
	return value;
}

export function decodeWithdrawal(bytes: Uint8Array): Withdrawal {
	return {
		index: Bytes.uint(bytes, 0, 8),
		account: Bytes.uint(bytes, 8, 8),
		recipient: Bytes.address(bytes, 16),
		amount: Bytes.uint(bytes, 36, 8),
	};
}

export function withdrawalChange(withdrawal: Withdrawal): Change {
	return { key: WITHDRAWALS[0] + digits(withdrawal.index), value: encodeWithdrawal(withdrawal) };
}

export function loadWithdrawals(store: Store): Withdrawal[] {
	return [...store.range(...WITHDRAWALS)].map(([, bytes]) => decodeWithdrawal(bytes));
}

export function removeWithdrawal(index: number): Change {
	return { key: WITHDRAWALS[0] + digits(index) };
}
