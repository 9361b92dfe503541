// Polynomials of degree below 4096 over the scalar field of BLS12-381, by their coefficients and by their values as a blob has them.

import * as Bytes from "../machine/math/Bytes.ts";
import { COSET_ELEMENTS, ELEMENTS, MODULUS, ROOT, inverse } from "../protocol/Blob.ts";

/** The values in a blob, in its own (bit-reversed) order. */
export function fromBlob(blob: Uint8Array): bigint[] {
	return Array.from({ length: ELEMENTS }, (_, i) => Bytes.big(blob, 32 * i, 32));
}

export function toBlob(values: readonly bigint[]): Uint8Array {
	const blob = new Uint8Array(32 * ELEMENTS);
	for (const [i, value] of values.entries()) Bytes.putBig(blob, 32 * i, 32, value);
	return blob;
}

/** From values in bit-reversed order to coefficients, lowest first. */
export function coefficients(values: readonly bigint[]): bigint[] {
	const all = [...values];
	const root = inverse(ROOT);
	for (let half = 1; half < ELEMENTS; half *= 2) {
		const powers = powersOf(root, half);
		for (let from = 0; from < ELEMENTS; from += 2 * half) {
			for (let i = from, k = 0; k < half; i++, k++) {
				const right = (all[i + half] * powers[k]) % MODULUS;
				const left = all[i];
				all[i] = (left + right) % MODULUS;
				all[i + half] = (left + MODULUS - right) % MODULUS;
			}
		}
	}
	const scale = inverse(BigInt(ELEMENTS));
	return all.map((value) => (value * scale) % MODULUS);
}

/** From coefficients, lowest first, to values in bit-reversed order. */
export function evaluations(polynomial: readonly bigint[]): bigint[] {
	const all = [...polynomial];
	for (let half = ELEMENTS / 2; half >= 1; half /= 2) {
		const powers = powersOf(ROOT, half);
		for (let from = 0; from < ELEMENTS; from += 2 * half) {
			for (let i = from, k = 0; k < half; i++, k++) {
				const left = all[i];
				const right = all[i + half];
				all[i] = (left + right) % MODULUS;
				all[i + half] = ((left + MODULUS - right) * powers[k]) % MODULUS;
			}
		}
	}
	return all;
}

/** The first `half` powers of the root of unity of order 2 * half. */
function powersOf(root: bigint, half: number): bigint[] {
	let base = root;
	for (let order = ELEMENTS; order > 2 * half; order /= 2) base = (base * base) % MODULUS;
	const powers = [1n];
	while (powers.length < half) powers.push((powers[powers.length - 1] * base) % MODULUS);
	return powers;
}

/** The quotient of a polynomial by x ** 8 - constant; what remains is dropped. */
export function divide(polynomial: readonly bigint[], constant: bigint): bigint[] {
	const quotient = new Array<bigint>(ELEMENTS).fill(0n);
	for (let i = ELEMENTS - 1; i >= COSET_ELEMENTS; i--) {
		quotient[i - COSET_ELEMENTS] = (polynomial[i] + constant * quotient[i]) % MODULUS;
	}
	return quotient;
}
