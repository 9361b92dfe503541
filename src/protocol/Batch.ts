// Batches of the inbox: their header, their records, and what they offer to the machine's next step (docs/spec/rollup.md, docs/spec/machine.md).

import { MAX_PAYLOAD_BYTES } from "../machine/Constants.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";
import * as Merkle from "../machine/math/Merkle.ts";
import type { Input, Machine } from "../machine/types/Machine.ts";
import { InputKind, NONE } from "../machine/types/Machine.ts";

/** `streamStart`: bytes of content in all batches before. */
export type Header = {
	carrier: number;
	contentRoot: Uint8Array;
	length: number;
	minTime: number;
	maxTime: number;
	l1End: number;
	streamStart: number;
};

export const CALLDATA = 0;
export const BLOB = 1;
export const FORCED_CARRIER = 2;

export const MAX_BATCH_BYTES = 120_000;
export const CHUNK_BYTES = 1024;
export const CHUNK_DEPTH = 7;
const HEADER_LENGTH = 63;
const MAX_LENGTH_BYTES = 3;
const MAX_DELAY_BYTES = 5;
const MAX_DELAY = 4_294_967_295;

const TAG_BATCH = Keccak.hashText("strikeproof.batch.v1");

/** carrier u8 | contentRoot 32 | length u32 | minTime u40 | maxTime u40 | l1End u64 | streamStart u64 */
export function encodeHeader(header: Header): Uint8Array {
	const bytes = new Uint8Array(HEADER_LENGTH);
	bytes[0] = header.carrier;
	bytes.set(header.contentRoot, 1);
	let at = Bytes.put(bytes, 33, 4, header.length);
	at = Bytes.put(bytes, at, 5, header.minTime);
	at = Bytes.put(bytes, at, 5, header.maxTime);
	at = Bytes.put(bytes, at, 8, header.l1End);
	Bytes.put(bytes, at, 8, header.streamStart);
	return bytes;
}

/** Accumulator after a batch: keccak256(TAG_BATCH || accumulator before || keccak256(header)). */
export function accumulate(before: Uint8Array, header: Header): Uint8Array {
	return Keccak.hash(Bytes.concat(TAG_BATCH, before, Keccak.hash(encodeHeader(header))));
}

/** Root over the content's chunks of 1024 bytes: depth 7, absent leaves 0. */
export function contentRoot(content: Uint8Array): Uint8Array {
	return chunkLevels(content)[CHUNK_DEPTH]?.[0];
}

/** Siblings of a chunk, lowest first. */
export function chunkSiblings(content: Uint8Array, chunk: number): Uint8Array[] {
	const levels = chunkLevels(content);
	return Array.from({ length: CHUNK_DEPTH }, (_, level) => levels[level]?.[(chunk >> level) ^ 1]);
}

function chunkLevels(content: Uint8Array): Uint8Array[][] {
	let level: Uint8Array[] = Array.from({ length: 1 << CHUNK_DEPTH }, (_, i) => {
		const chunk = content.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
		return chunk.length === 0 ? Merkle.ZERO : Keccak.hash(chunk);
	});
	const levels = [level];
	while (level.length > 1) {
		const next: Uint8Array[] = [];
		for (let i = 0; i < level.length; i += 2) next.push(Merkle.node(level[i], level[i + 1]));
		levels.push(next);
		level = next;
	}
	return levels;
}

/** A record as it stands at an offset; not `ok` when the bytes there are none. */
export type RecordHead = { ok: boolean; payloadAt: number; length: number; delay: number };

const NOT_A_RECORD: RecordHead = { ok: false, payloadAt: 0, length: 0, delay: 0 };

/**
 * Reads the record at `offset` of content that ends at `end`; `window` holds the content from `base` on. Total: every byte string is a record or is not.
 * uvarint(length) | uvarint(delay) | payload
 */
export function readRecord(window: Uint8Array, base: number, offset: number, end: number): RecordHead {
	let at = offset;
	let length = 0;
	for (let i = 0; ; i++) {
		if (i === MAX_LENGTH_BYTES || at === end) return NOT_A_RECORD;
		const byte = window[at - base];
		at += 1;
		length += (byte & 127) * 2 ** (7 * i);
		if (byte < 128) break;
	}
	let delay = 0;
	for (let i = 0; ; i++) {
		if (i === MAX_DELAY_BYTES || at === end) return NOT_A_RECORD;
		const byte = window[at - base];
		at += 1;
		delay += (byte & 127) * 2 ** (7 * i);
		if (byte < 128) break;
	}
	if (length === 0 || length > MAX_PAYLOAD_BYTES || delay > MAX_DELAY || at + length > end) return NOT_A_RECORD;
	return { ok: true, payloadAt: at, length, delay };
}

/** A record's bytes. */
export function encodeRecord(payload: Uint8Array, delay: number): Uint8Array {
	return Bytes.concat(uvarint(payload.length), uvarint(delay), payload);
}

function uvarint(value: number): Uint8Array {
	const bytes: number[] = [];
	let rest = value;
	for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
	bytes.push(rest);
	return Uint8Array.from(bytes);
}

/** Payload of the record that takes the next L1 message at its place. */
export const TAKE_L1 = 0;

/** An L1 message as the step sees it. */
export type L1Content = { kind: number; sender: string; payload: Uint8Array };

const NOBODY = "0x0000000000000000000000000000000000000000";
const NOTHING = new Uint8Array(0);

/**
 * What the inbox offers to the machine's next step. `header` is that of the batch under the cursor (unused when the machine is at `target` or has work
 * pending), `window` its content from `base` on, `l1Message` gives the L1 message of an index.
 */
export function nextInput(
	machine: Machine,
	target: number,
	header: Header,
	window: Uint8Array,
	base: number,
	l1Message: (index: number) => L1Content,
): Input {
	const { cursor, clock } = machine;
	const input: Input = { kind: InputKind.Pending, cursor, clock, payload: NOTHING, l1Kind: 0, sender: NOBODY };
	if (machine.registers.kind !== NONE) return input;
	if (cursor.batch >= target) return { ...input, kind: InputKind.Halted };
	const began = clock > header.minTime ? clock : header.minTime;
	if (cursor.offset < header.length) {
		const record = readRecord(window, base, cursor.offset, header.length);
		if (!record.ok) return { ...input, kind: InputKind.Junk, cursor: { ...cursor, offset: header.length, item: 0 }, clock: began };
		// The record's delay passed with the first item of a basket.
		const delayed = cursor.item === 0 ? began + record.delay : began;
		const bounded = delayed < header.maxTime ? delayed : header.maxTime;
		const time = bounded > clock ? bounded : clock;
		const offset = record.payloadAt + record.length;
		const payload = window.slice(record.payloadAt - base, offset - base);
		if (record.length === 1 && payload[0] === TAKE_L1 && cursor.l1Index < header.l1End) {
			const message = l1Message(cursor.l1Index);
			const next = { batch: cursor.batch, l1Index: cursor.l1Index + 1, offset, item: 0 };
			return {
				kind: InputKind.L1Message,
				cursor: next,
				clock: time,
				payload: message.payload,
				l1Kind: message.kind,
				sender: message.sender,
			};
		}
		return { ...input, kind: InputKind.Record, cursor: { ...cursor, offset, item: 0 }, clock: time, payload };
	}
	if (cursor.l1Index < header.l1End) {
		const message = l1Message(cursor.l1Index);
		const next = { ...cursor, l1Index: cursor.l1Index + 1, item: 0 };
		return {
			kind: InputKind.L1Message,
			cursor: next,
			clock: began,
			payload: message.payload,
			l1Kind: message.kind,
			sender: message.sender,
		};
	}
	const next = { batch: cursor.batch + 1, l1Index: cursor.l1Index, offset: 0, item: 0 };
	return { ...input, kind: InputKind.NextBatch, cursor: next, clock: began };
}
