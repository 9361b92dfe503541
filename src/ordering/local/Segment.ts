// One file of the write-ahead log: a head that names the chain, then frames, then zeros up to the preallocated end.

import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { basename, join } from "node:path";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import type { OrderedBundle } from "../../ports/Orderer.ts";
import { OrderingError } from "../OrderingError.ts";
import * as Frame from "./Frame.ts";

const TITLE = "strikeproof write-ahead log 1\n";
export const HEAD_BYTES = 64;
const EXTENSION = ".wal";

/** Head of every segment: a title of 32 bytes, then the hash of the genesis name. */
export function head(genesis: string): Buffer {
	const bytes = Buffer.alloc(HEAD_BYTES);
	bytes.write(TITLE, 0, "ascii");
	bytes.set(Keccak.hashText(genesis), 32);
	return bytes;
}

export function fileOf(directory: string, firstHeight: number): string {
	return join(directory, `${String(firstHeight).padStart(15, "0")}${EXTENSION}`);
}

/** First height of a segment by its file name, or undefined when the file is none. */
export function firstHeightOf(file: string): number | undefined {
	const match = /^(\d{15})\.wal$/.exec(basename(file));
	return match ? Number(match[1]) : undefined;
}

/** streamHash of a bundle behind the one with `previous`. */
export function chain(previous: Uint8Array, records: Uint8Array): Uint8Array {
	return Keccak.hashPair(previous, Keccak.hash(records));
}

/** Whether `bundle` stands right behind `previous` (undefined: nothing is known of what was before). */
function follows(previous: OrderedBundle | undefined, bundle: OrderedBundle): boolean {
	if (!previous) return true;
	return (
		bundle.height === previous.height + 1 &&
		bundle.firstSequence === previous.firstSequence + previous.recordCount &&
		bundle.streamEnd === previous.streamEnd + bundle.records.length &&
		Bytes.equal(bundle.streamHash, chain(previous.streamHash, bundle.records))
	);
}

export type Scan = {
	/** Offsets of the frames, of heights firstHeight, firstHeight + 1, … */
	readonly offsets: number[];
	readonly last: OrderedBundle | undefined;
	/** Where the next frame goes. */
	readonly end: number;
	/** Bytes behind `end` that are not zeros: a write that a crash tore. They were never acknowledged. */
	readonly tornBytes: number;
};

/**
 * Reads a whole segment. A torn tail is reported, for the last segment's owner to cut. SAFETY: when a good frame further on says that the bad
 * place had been durable, it was acknowledged, and the file was damaged since: that is refused, never cut. (Damage of the very last group alone
 * looks like a torn write; the executor notices when its checkpoint is ahead of the log.)
 */
export function scan(file: string, genesis: string, firstHeight: number, visit?: (bundle: OrderedBundle) => void): Scan {
	const bytes = readFileSync(file);
	if (bytes.length < HEAD_BYTES) {
		// A crash tore the making of the segment, before any frame of it.
		return { offsets: [], last: undefined, end: HEAD_BYTES, tornBytes: 0 };
	}
	const expected = head(genesis);
	if (bytes.compare(expected, 0, 32, 0, 32) !== 0) {
		if (bytes.subarray(0, HEAD_BYTES).every((byte) => byte === 0)) return { offsets: [], last: undefined, end: HEAD_BYTES, tornBytes: 0 };
		throw new OrderingError(
			"CORRUPT",
			`${file} is not a write-ahead log of this program: restore it from a copy, or start on another data directory.`,
		);
	}
	if (bytes.compare(expected, 32, 64, 32, 64) !== 0) {
		throw new OrderingError("OTHER_CHAIN", `The write-ahead log ${file} belongs to another chain: use another data directory.`);
	}
	const offsets: number[] = [];
	let last: OrderedBundle | undefined;
	let at = HEAD_BYTES;
	for (;;) {
		const frame = Frame.decode(bytes, at);
		if (!frame || frame.bundle.height !== firstHeight + offsets.length || !follows(last, frame.bundle)) break;
		offsets.push(at);
		last = frame.bundle;
		visit?.(last);
		at = frame.end;
	}
	const badHeight = firstHeight + offsets.length;
	for (let mark = Frame.nextMark(bytes, at); mark >= 0; mark = Frame.nextMark(bytes, mark + 1)) {
		const frame = Frame.decode(bytes, mark);
		if (frame && frame.durableHeight >= badHeight) {
			throw new OrderingError(
				"CORRUPT",
				`The write-ahead log ${file} is damaged at byte ${at}: bundle ${badHeight} was acknowledged and cannot be read. Restore the file from a copy.`,
			);
		}
	}
	let used = bytes.length;
	while (used > at && bytes[used - 1] === 0) used--;
	return { offsets, last, end: at, tornBytes: used - at };
}

/** Up to `length` bytes of the file from `offset` on. */
export function readAt(file: string, offset: number, length: number): Buffer {
	const handle = openSync(file, "r");
	try {
		const bytes = Buffer.allocUnsafe(length);
		let done = 0;
		for (let read = -1; read !== 0 && done < length; done += read) read = readSync(handle, bytes, done, length - done, offset + done);
		return bytes.subarray(0, done);
	} finally {
		closeSync(handle);
	}
}
