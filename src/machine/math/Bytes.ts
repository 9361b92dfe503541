// Big-endian fields in byte strings. Integers up to 2^53 are numbers; wider ones are bigints.

const TWO_32 = 4_294_967_296;

/** Reads the unsigned integer of `width` bytes (at most 6, or 8 if below 2^53). */
export function uint(bytes: Uint8Array, offset: number, width: number): number {
	let value = 0;
	for (let i = 0; i < width; i++) value = value * 256 + bytes[offset + i];
	return value;
}

/** Reads a two's complement integer of `width` bytes (4 or 8) whose magnitude is below 2^53. */
export function int(bytes: Uint8Array, offset: number, width: number): number {
	if (width === 4) return uint(bytes, offset, 4) | 0;
	return (uint(bytes, offset, 4) | 0) * TWO_32 + uint(bytes, offset + 4, 4);
}

/** Reads an unsigned integer of any width. */
export function big(bytes: Uint8Array, offset: number, width: number): bigint {
	let value = 0n;
	let done = 0;
	for (; width - done >= 6; done += 6) value = (value << 48n) | BigInt(uint(bytes, offset + done, 6));
	for (; done < width; done++) value = (value << 8n) | BigInt(bytes[offset + done]);
	return value;
}

/** Writes a number (negative ones as two's complement) in `width` bytes and returns the next offset. */
export function put(bytes: Uint8Array, offset: number, width: number, value: number): number {
	let high = Math.floor(value / TWO_32);
	let low = value - high * TWO_32;
	for (let i = width - 1; i >= 0; i--) {
		bytes[offset + i] = low & 255;
		low = Math.floor(low / 256);
		if (width - i === 4) low = high;
		else if (width - i > 4) low = high >>= 8;
	}
	return offset + width;
}

/** Writes an unsigned bigint in `width` bytes and returns the next offset. */
export function putBig(bytes: Uint8Array, offset: number, width: number, value: bigint): number {
	let rest = value;
	let end = offset + width;
	// Six bytes at a time: what a number holds exactly.
	for (; end - offset >= 6; end -= 6) {
		put(bytes, end - 6, 6, Number(rest & 0xffffffffffffn));
		rest >>= 48n;
	}
	if (end > offset) put(bytes, offset, end - offset, Number(rest & 0xffffffffffffn));
	return offset + width;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
	let length = 0;
	for (const part of parts) length += part.length;
	const all = new Uint8Array(length);
	let offset = 0;
	for (const part of parts) {
		all.set(part, offset);
		offset += part.length;
	}
	return all;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
	return true;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hexadecimal with 0x. */
export function toHex(bytes: Uint8Array): string {
	let text = "0x";
	for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]];
	return text;
}

/** By character code: what a digit is worth, or nothing. */
const DIGITS: readonly (number | undefined)[] = Array.from({ length: 128 }, (_, code) => {
	const digit = Number.parseInt(String.fromCharCode(code), 16);
	return Number.isNaN(digit) ? undefined : digit;
});

/** Bytes of a hexadecimal string with or without 0x. Throws RangeError when it is not one. */
export function fromHex(text: string): Uint8Array {
	const start = text.startsWith("0x") ? 2 : 0;
	const bytes = new Uint8Array(Math.floor((text.length - start) / 2));
	for (let i = 0, at = start; at < text.length; i++, at += 2) {
		const [high, low] = [DIGITS[text.charCodeAt(at)], DIGITS[text.charCodeAt(at + 1)]];
		if (high === undefined || low === undefined) throw new RangeError("not a hexadecimal byte string");
		bytes[i] = 16 * high + low;
	}
	return bytes;
}

/** The address in 20 bytes, as lower-case hexadecimal. */
export function address(bytes: Uint8Array, offset: number): string {
	return toHex(bytes.subarray(offset, offset + 20));
}
