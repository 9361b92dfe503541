// The engine's own log of the block that it votes on, as far as it tells whether something is missing in its middle. The engine mends such a log by leaving out
// everything behind the damage, and what it was locked on may be among that.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** crc32c u32 of the data | length u32 of the data | data. */
const HEAD = 8;
/** LIMIT: the engine's own, a message of consensus and a time. */
const MAX_DATA = 1_048_576 + 24;
/** Fewer bytes hold no time and no message: what looks like a shorter record is chance. */
const MIN_DATA = 8;

/** Castagnoli's polynomial, reflected. */
const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
	let remainder = byte;
	for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f6_3b78 : 0);
	return remainder;
});

export function crc32c(bytes: Uint8Array): number {
	let crc = 0xffff_ffff;
	for (const byte of bytes) crc = (crc >>> 8) ^ CRC32C[(crc ^ byte) & 255];
	return (crc ^ 0xffff_ffff) >>> 0;
}

/** Whether records stand behind something that is none. What breaks off at the end is a write that a fall interrupted: nothing was said that depends on it. */
export function isDamaged(home: string): boolean {
	const file = join(home, "data", "cs.wal", "wal");
	if (!existsSync(file)) return false;
	const bytes = readFileSync(file);
	let offset = 0;
	for (let end = endOf(bytes, 0); end !== undefined; end = endOf(bytes, offset)) offset = end;
	for (let later = offset + 1; later < bytes.length; later++) if (endOf(bytes, later) !== undefined) return true;
	return false;
}

/** Where the record at this offset ends, if one is there. */
function endOf(bytes: Buffer, offset: number): number | undefined {
	if (offset + HEAD > bytes.length) return undefined;
	const length = bytes.readUInt32BE(offset + 4);
	const end = offset + HEAD + length;
	if (length < MIN_DATA || length > MAX_DATA || end > bytes.length) return undefined;
	return crc32c(bytes.subarray(offset + HEAD, end)) === bytes.readUInt32BE(offset) ? end : undefined;
}
