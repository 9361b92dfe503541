// The engine's own log of the block that it votes on, as far as it tells whether damage took something of it. The engine mends such a log by leaving out everything
// behind the damage, and what it was locked on may be among that.

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

/**
 * Whether damage took what the engine voted last. What breaks off, or was never filled, is a write that a fall interrupted: the engine makes its own votes durable
 * before it says them. SAFETY: everything else behind the whole records is damage; where this vote (`signature`) stands before it, what it is locked on does, too.
 */
export function lostVote(home: string, signature: Uint8Array): boolean {
	const file = join(home, "data", "cs.wal", "wal");
	if (!existsSync(file)) return false;
	const bytes = readFileSync(file);
	let whole = 0;
	for (let end = endOf(bytes, 0); end !== undefined; end = endOf(bytes, whole)) whole = end;
	return !isTorn(bytes.subarray(whole)) && !bytes.subarray(0, whole).includes(Buffer.from(signature));
}

/** Whether these bytes, which do not begin with a record, are the beginning of one with nothing behind it, or nothing. */
function isTorn(rest: Buffer): boolean {
	if (rest.length < HEAD || rest.every((byte) => byte === 0)) return true;
	const length = rest.readUInt32BE(4);
	if (length > MAX_DATA || rest.length >= HEAD + length) return false;
	for (let later = 1; later < rest.length; later++) if (endOf(rest, later) !== undefined) return false;
	return true;
}

/** Where the record at this offset ends, if one is there. */
function endOf(bytes: Buffer, offset: number): number | undefined {
	if (offset + HEAD > bytes.length) return undefined;
	const length = bytes.readUInt32BE(offset + 4);
	const end = offset + HEAD + length;
	if (length < MIN_DATA || length > MAX_DATA || end > bytes.length) return undefined;
	return crc32c(bytes.subarray(offset + HEAD, end)) === bytes.readUInt32BE(offset) ? end : undefined;
}
