// Content in blobs (EIP-4844), and the arithmetic by which a part of a blob is opened (docs/spec/rollup.md, docs/decisions/0012-blobs.md). A blob is a
// polynomial of degree below 4096, given by its values at the 4096th roots of unity in bit-reversed order: its elements. Eight neighbours from a multiple of
// eight on are its values on a coset of the eighth roots of unity.

import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";

export const ELEMENTS = 4096;
/** Bytes of content in an element: its low ones. The high byte is not read. */
export const USABLE_BYTES = 31;
export const CONTENT_BYTES = 126_976;
/** LIMIT: what one transaction may carry since EIP-7594. */
export const MAX_BLOBS = 6;

export const COSET_ELEMENTS = 8;
export const COSET_BYTES = 248;
/** Cosets of a blob. */
export const COSETS = 512;

/** Order of the scalar field of BLS12-381. */
export const MODULUS = 52435875175126190479447740508185965837690552500527637822603658699938581184513n;
/** A primitive 4096th root of unity: 7 ** ((MODULUS - 1) / 4096). */
export const ROOT = 39033254847818212395286706435128746857159659164139250548781411570340225835782n;
/** ROOT ** 512, a primitive eighth root, its square and its cube. */
const EIGHTH = 23674694431658770659612952115660802947967373701506253797663184111817857449850n;
const QUARTER = 3465144826073652318776269530687742778270252468765361963008n;
const THREE_EIGHTHS = 8685283084174350996472453922654922162880456818468779543064782192722679779374n;

const TAG_CONTENT = Keccak.hashText("strikeproof.content.v1");
const TAG_OPENING = Keccak.hashText("strikeproof.opening.v1");

/** Blobs that content of `length` bytes takes. */
export function count(length: number): number {
	return Math.floor((length + CONTENT_BYTES - 1) / CONTENT_BYTES);
}

/** Names the blobs of a batch: keccak256 of their versioned hashes in order. */
export function root(versionedHashes: readonly Uint8Array[]): Uint8Array {
	return Keccak.hash(Bytes.concat(...versionedHashes));
}

/** What a certificate binds of a batch's content: keccak256 of the bytes, for calldata, and the root of the blobs that hold the same bytes. */
export function contentHash(plainHash: Uint8Array, length: number, blobsRoot: Uint8Array): Uint8Array {
	const size = new Uint8Array(4);
	Bytes.put(size, 0, 4, length);
	return Keccak.hash(Bytes.concat(TAG_CONTENT, plainHash, size, blobsRoot));
}

/** The content bytes of elements of 32 bytes each. */
export function content(elements: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(Math.floor(elements.length / 32) * USABLE_BYTES);
	for (let from = 0, to = 0; to < bytes.length; from += 32, to += USABLE_BYTES) bytes.set(elements.subarray(from + 1, from + 32), to);
	return bytes;
}

/** The blobs that hold content, the high byte of every element and what is behind the content zero. Empty content takes none. */
export function pack(bytes: Uint8Array): Uint8Array[] {
	return Array.from({ length: count(bytes.length) }, (_, i) => {
		const part = bytes.subarray(i * CONTENT_BYTES, (i + 1) * CONTENT_BYTES);
		const blob = new Uint8Array(ELEMENTS * 32);
		for (let at = 0; at * USABLE_BYTES < part.length; at++) {
			blob.set(part.subarray(at * USABLE_BYTES, (at + 1) * USABLE_BYTES), at * 32 + 1);
		}
		return blob;
	});
}

/** The point at which an opening is tried: it depends on everything that the opening says, so that nobody can choose it. */
export function challenge(versionedHash: Uint8Array, first: number, quotient: Uint8Array, elements: Uint8Array): bigint {
	const place = new Uint8Array(2);
	Bytes.put(place, 0, 2, first);
	const hash = Keccak.hash(Bytes.concat(TAG_OPENING, versionedHash, place, quotient, elements));
	return Bytes.big(hash, 0, 32) % MODULUS;
}

/**
 * For the cosets from `first` on, whose values are `elements`: the polynomial that vanishes on them, and the one of least degree with those values, both at `z`.
 * Throws when a value is not below MODULUS.
 */
export function interpolate(first: number, elements: Uint8Array, z: bigint): { vanishing: bigint; value: bigint } {
	const cosets = Math.floor(elements.length / (32 * COSET_ELEMENTS));
	const constants: bigint[] = [];
	// The sum over the cosets as one fraction.
	let numerator = 0n;
	let denominator = 1n;
	const raised = power8(z);
	let vanishing = 1n;
	for (let i = 0; i < cosets; i++) {
		constants.push(power8(shift(first + i)));
		vanishing = (vanishing * (raised + MODULUS - constants[i])) % MODULUS;
	}
	for (let i = 0; i < cosets; i++) {
		let term = onCoset(shift(first + i), elements, i * COSET_ELEMENTS, z);
		let under = (BigInt(COSET_ELEMENTS) * constants[i]) % MODULUS;
		for (let k = 0; k < cosets; k++) {
			if (k === i) continue;
			term = (term * (raised + MODULUS - constants[k])) % MODULUS;
			under = (under * (constants[i] + MODULUS - constants[k])) % MODULUS;
		}
		numerator = (numerator * under + term * denominator) % MODULUS;
		denominator = (denominator * under) % MODULUS;
	}
	return { vanishing, value: (numerator * inverse(denominator)) % MODULUS };
}

/** Sum over a coset of value * point * product of (z - the other points). */
function onCoset(shifted: bigint, elements: Uint8Array, from: number, z: bigint): bigint {
	const roots = [1n, QUARTER, EIGHTH, THREE_EIGHTHS];
	let sum = 0n;
	let product = 1n;
	for (let i = 0; i < COSET_ELEMENTS; i++) {
		const value = Bytes.big(elements, 32 * (from + i), 32);
		if (value >= MODULUS) throw new RangeError(`Element ${from + i} of an opening is not below the modulus: no blob holds it.`);
		// In bit-reversed order every odd place is the negative of the one before.
		let point = (shifted * roots[i >> 1]) % MODULUS;
		if (i % 2 === 1) point = MODULUS - point;
		const distance = (z + MODULUS - point) % MODULUS;
		sum = (sum * distance + ((value * point) % MODULUS) * product) % MODULUS;
		product = (product * distance) % MODULUS;
	}
	return sum;
}

/** What a coset is the eighth roots of unity times: ROOT to the coset's number with its nine bits reversed. */
export function shift(coset: number): bigint {
	let factor = ROOT;
	let shifted = 1n;
	for (let mask = COSETS / 2; mask > 0; mask >>= 1) {
		if ((coset & mask) !== 0) shifted = (shifted * factor) % MODULUS;
		factor = (factor * factor) % MODULUS;
	}
	return shifted;
}

export function power8(value: bigint): bigint {
	let squared = (value * value) % MODULUS;
	squared = (squared * squared) % MODULUS;
	return (squared * squared) % MODULUS;
}

/** 1 / value; `value` is not 0. */
export function inverse(value: bigint): bigint {
	let result = 1n;
	let power = value;
	for (let rest = MODULUS - 2n; rest > 0n; rest >>= 1n) {
		if ((rest & 1n) === 1n) result = (result * power) % MODULUS;
		power = (power * power) % MODULUS;
	}
	return result;
}
