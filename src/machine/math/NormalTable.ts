// The table of the normal distribution: for x = i / 32, i = 0 .. 272, the value of the distribution function and its derivatives divided by
// factorials, so that six multiplications give it anywhere near the node. Both twins read these bytes; on chain they are the code of a data
// contract whose hash contracts/machine/math/NormalTable.sol states.

import * as Bytes from "./Bytes.ts";
import { isqrt } from "./FixedPoint.ts";

/** Nodes stand 2^-5 apart. */
export const SPACING_BITS = 5n;
export const NODES = 273;
/** Seven signed coefficients of 64 bits, then 64 bits of nothing: two words. */
export const NODE_BYTES = 64;
export const COEFFICIENTS = 7;

/** Precision of the computation; what is kept has 60 bits. */
const WORK = 200n;
const UNIT = 1n << WORK;
/** pi * 2^200, rounded (from its decimal expansion). */
const PI = (31415926535897932384626433832795028841971693993751058209749445923n * UNIT) / 10n ** 64n;

function round(value: bigint): bigint {
	return (value + (1n << (WORK - 61n))) >> (WORK - 60n);
}

/** exp(-y) for y >= 0: halved until small, Taylor's series, squared back. */
function expNegative(y: bigint): bigint {
	const halvings = 12n;
	const small = y >> halvings;
	let term = UNIT;
	let sum = UNIT;
	for (let n = 1n; term !== 0n; n++) {
		term = -((term * small) >> WORK) / n;
		sum += term;
	}
	for (let i = 0n; i < halvings; i++) sum = (sum * sum) >> WORK;
	return sum;
}

/** Density and distribution function at x >= 0: N(x) = 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + ...) (Abramowitz and Stegun 26.2.11). */
function normalAt(x: bigint): { density: bigint; distribution: bigint } {
	const density = (expNegative((x * x) >> (WORK + 1n)) << WORK) / isqrt((2n * PI) << WORK);
	let term = x;
	let sum = x;
	for (let n = 3n; term !== 0n; n += 2n) {
		term = ((((term * x) >> WORK) * x) >> WORK) / n;
		sum += term;
	}
	return { density, distribution: UNIT / 2n + ((density * sum) >> WORK) };
}

function build(): Uint8Array {
	const bytes = new Uint8Array(NODES * NODE_BYTES);
	for (let i = 0; i < NODES; i++) {
		const x = BigInt(i) << (WORK - SPACING_BITS);
		const { density, distribution } = normalAt(x);
		// Derivatives of the density are Hermite polynomials times it: He_(n+1) = x He_n - n He_(n-1).
		const coefficients = [distribution];
		let previous = 0n;
		let hermite = UNIT;
		let factorial = 1n;
		for (let n = 1n; n < COEFFICIENTS; n++) {
			factorial *= n;
			const derivative = (density * hermite) >> WORK;
			coefficients.push((n % 2n === 1n ? derivative : -derivative) / factorial);
			const next = ((x * hermite) >> WORK) - (n - 1n) * previous;
			previous = hermite;
			hermite = next;
		}
		coefficients.forEach((value, n) => Bytes.putBig(bytes, i * NODE_BYTES + n * 8, 8, BigInt.asUintN(64, round(value))));
	}
	return bytes;
}

/** The table's bytes. */
export const TABLE: Uint8Array = build();
