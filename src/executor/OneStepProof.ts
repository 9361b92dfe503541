// The bytes that OneStepProofEntry.step reads: machine 250 | witness length u32 | witness | inbox opening. The contracts in contracts/prover and
// contracts/machine/state/State.sol draw the parts.

import * as Kzg from "../kzg/Kzg.ts";
import * as Opening from "../kzg/Opening.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import { isZero } from "../machine/math/Merkle.ts";
import type { AccessLog } from "../machine/state/CommittedState.ts";
import type { Input } from "../machine/types/Machine.ts";
import { InputKind } from "../machine/types/Machine.ts";
import type { L1Message } from "../ports/Chain.ts";
import * as Batch from "../protocol/Batch.ts";
import * as Blob from "../protocol/Blob.ts";
import type { ReadBatch } from "./InboxView.ts";
import type { Runner } from "./Runner.ts";

/** Takes the machine's next step and proves it. `batch` is the one under the cursor, needed below `targetBatch`. */
export function build(runner: Runner, batch: ReadBatch | undefined, targetBatch: number): Uint8Array {
	const preimage = runner.preimage();
	const { offset } = runner.machine.cursor;
	const input = runner.input(batch, targetBatch);
	const touchesState = input.kind === InputKind.Pending || input.kind === InputKind.Record || input.kind === InputKind.L1Message;
	const log = runner.record(input);
	const witness = touchesState ? encodeWitness(log) : new Uint8Array(0);
	const length = new Uint8Array(4);
	Bytes.put(length, 0, 4, witness.length);
	return Bytes.concat(preimage, length, witness, batch ? encodeOpening(input, batch, offset) : new Uint8Array(0));
}

/** The eight kind roots, then every entry in order: an open is length u16 | cell | path, a close is its path. */
export function encodeWitness(log: AccessLog): Uint8Array {
	const parts: Uint8Array[] = [...log.kindRoots];
	for (const { cell, siblings } of log.entries) {
		if (cell) {
			const length = new Uint8Array(2);
			Bytes.put(length, 0, 2, cell.length);
			parts.push(length, cell);
		}
		parts.push(encodePath(siblings, 4));
	}
	return Bytes.concat(...parts);
}

/** A bitmap of the siblings that are not zero, lowest first, then those. */
function encodePath(siblings: readonly Uint8Array[], bitmapBytes: number): Uint8Array {
	const bitmap = new Uint8Array(bitmapBytes);
	const present: Uint8Array[] = [];
	for (const [level, sibling] of siblings.entries()) {
		if (isZero(sibling)) continue;
		const place = bitmapBytes - 1 - (level >> 3);
		bitmap[place] = bitmap[place] | (1 << (level & 7));
		present.push(sibling);
	}
	return Bytes.concat(bitmap, ...present);
}

/**
 * What shows that the inbox offered `input` to a machine that stood at `offset`: header 63 | window of the content and, for an L1 message, kind u8 | sender 20 |
 * timestamp u64 | payload. Nothing when work is pending: the inbox is not read then.
 */
export function encodeOpening(input: Input, batch: ReadBatch, offset: number): Uint8Array {
	if (input.kind === InputKind.Pending || input.kind === InputKind.Halted) return new Uint8Array(0);
	const { header, content } = batch;
	const parts: Uint8Array[] = [Batch.encodeHeader(header)];
	if (offset >= header.length) parts.push(Uint8Array.of(0, 0));
	else {
		const end = lastByteRead(content, offset);
		parts.push(header.carrier === Batch.BLOB ? encodeBlobs(batch.blobs, offset, end) : encodeChunks(content, offset, end));
	}
	if (input.kind === InputKind.L1Message) parts.push(encodeMessage(batch.messages[input.cursor.l1Index - 1 - batch.firstMessage]));
	return Bytes.concat(...parts);
}

/** chunk count u8 | first chunk u8 | count x { bitmap u8 | siblings | chunk bytes } */
function encodeChunks(content: Uint8Array, offset: number, end: number): Uint8Array {
	const first = Math.floor(offset / Batch.CHUNK_BYTES);
	const last = Math.floor((end - 1) / Batch.CHUNK_BYTES);
	const parts: Uint8Array[] = [Uint8Array.of(last - first + 1, first)];
	for (let chunk = first; chunk <= last; chunk++) {
		parts.push(
			encodePath(Batch.chunkSiblings(content, chunk), 1),
			content.subarray(chunk * Batch.CHUNK_BYTES, (chunk + 1) * Batch.CHUNK_BYTES),
		);
	}
	return Bytes.concat(...parts);
}

/** coset count u8 | first coset u16 | versioned hashes | an opening of each blob that the cosets lie in */
function encodeBlobs(blobs: readonly Uint8Array[], offset: number, end: number): Uint8Array {
	const first = Math.floor(offset / Blob.COSET_BYTES);
	const last = Math.floor((end - 1) / Blob.COSET_BYTES);
	const head = new Uint8Array(3);
	Bytes.put(head, 0, 1, last - first + 1);
	Bytes.put(head, 1, 2, first);
	const parts: Uint8Array[] = [head, ...blobs.map((blob) => Kzg.versionedHash(Kzg.commit(blob)))];
	for (let coset = first; coset <= last;) {
		const next = Math.min(last + 1, (Math.floor(coset / Blob.COSETS) + 1) * Blob.COSETS);
		parts.push(Opening.open(blobs[Math.floor(coset / Blob.COSETS)], coset % Blob.COSETS, next - coset));
		coset = next;
	}
	return Bytes.concat(...parts);
}

/** End of the bytes that deciding what stands at `offset` reads: the record's end, or for junk as much as two numbers may take. */
function lastByteRead(content: Uint8Array, offset: number): number {
	const record = Batch.readRecord(content, 0, offset, content.length);
	return record.ok ? record.payloadAt + record.length : Math.min(content.length, offset + MAX_HEAD_BYTES);
}

/** LIMIT: a record's length is at most 3 bytes and its delay at most 5. */
const MAX_HEAD_BYTES = 8;

function encodeMessage(message: L1Message): Uint8Array {
	const head = new Uint8Array(29);
	head[0] = message.kind;
	head.set(Bytes.fromHex(message.sender), 1);
	Bytes.put(head, 21, 8, message.timestamp);
	return Bytes.concat(head, message.payload);
}
