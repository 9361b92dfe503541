// One bundle as it stands in the write-ahead log. A frame proves itself: its checksum covers everything after the checksum.

import { crc32 } from "node:zlib";
import type { OrderedBundle } from "../../ports/Orderer.ts";

/** Starts every frame, so that frames can be found again behind bytes that are not one. */
const MARK = Buffer.from([0x5b, 0xb5, 0x0d, 0xf7]);
export const HEAD_BYTES = 80;
/** LIMIT: a batch must hold a whole bundle (docs/spec/rollup.md). */
export const MAX_RECORDS_BYTES = 120_000;

/** A frame, and how far the log was durable when it was written. */
export type Frame = { readonly bundle: OrderedBundle; readonly durableHeight: number; readonly end: number };

/**
 * mark 4 | crc32 u32 over the rest | length u32 of the records | recordCount u32 | height u64 | durableHeight u64 | firstSequence u64
 * | streamEnd u64 | streamHash 32 | records
 */
export function encode(bundle: OrderedBundle, durableHeight: number): Buffer {
	const frame = Buffer.allocUnsafe(HEAD_BYTES + bundle.records.length);
	MARK.copy(frame, 0);
	frame.writeUInt32BE(bundle.records.length, 8);
	frame.writeUInt32BE(bundle.recordCount, 12);
	frame.writeBigUInt64BE(BigInt(bundle.height), 16);
	frame.writeBigUInt64BE(BigInt(durableHeight), 24);
	frame.writeBigUInt64BE(BigInt(bundle.firstSequence), 32);
	frame.writeBigUInt64BE(BigInt(bundle.streamEnd), 40);
	frame.set(bundle.streamHash, 48);
	frame.set(bundle.records, HEAD_BYTES);
	frame.writeUInt32BE(crc32(frame.subarray(8)), 4);
	return frame;
}

/** The frame at `offset`, or undefined when the bytes there are not one whole frame. */
export function decode(bytes: Buffer, offset: number): Frame | undefined {
	if (offset + HEAD_BYTES > bytes.length || bytes.compare(MARK, 0, 4, offset, offset + 4) !== 0) return undefined;
	const length = bytes.readUInt32BE(offset + 8);
	const end = offset + HEAD_BYTES + length;
	if (length > MAX_RECORDS_BYTES || end > bytes.length) return undefined;
	if (crc32(bytes.subarray(offset + 8, end)) !== bytes.readUInt32BE(offset + 4)) return undefined;
	return {
		bundle: {
			height: Number(bytes.readBigUInt64BE(offset + 16)),
			firstSequence: Number(bytes.readBigUInt64BE(offset + 32)),
			streamEnd: Number(bytes.readBigUInt64BE(offset + 40)),
			recordCount: bytes.readUInt32BE(offset + 12),
			streamHash: new Uint8Array(bytes.subarray(offset + 48, offset + HEAD_BYTES)),
			records: new Uint8Array(bytes.subarray(offset + HEAD_BYTES, end)),
		},
		durableHeight: Number(bytes.readBigUInt64BE(offset + 24)),
		end,
	};
}

/** Offset of the next mark at or after `offset`, or -1. */
export function nextMark(bytes: Buffer, offset: number): number {
	return bytes.indexOf(MARK, offset);
}
