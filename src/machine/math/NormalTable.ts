// The table of the normal distribution: a polynomial of degree 4 for each of the 544 cells [i / 64, (i + 1) / 64) of 0 .. 8.5, in the distance from the
// cell's lower end.
// Both twins read these bytes; on chain they are the code of a data contract whose hash contracts/machine/math/NormalTable.sol states.

import * as Bytes from "./Bytes.ts";
import { isqrt } from "./FixedPoint.ts";

/** Cells are 2^-6 wide. */
export const SPACING_BITS = 6n;
export const CELLS = 544;
/** One word a cell: the coefficients of degree 4, 3, 2, 1 (signed) and 0, of 42, 46, 52, 56 and 60 bits, highest first. */
export const CELL_BYTES = 32;
export const COEFFICIENTS = 5;
/** Bits of each coefficient's field, and of its fraction, by degree. */
export const FIELD_BITS: readonly bigint[] = [60n, 56n, 52n, 46n, 42n];
export const FRACTION_BITS: readonly bigint[] = [60n, 56n, 54n, 48n, 46n];
/** Degree of the Taylor series that the polynomials are made from. */
const TAYLOR_DEGREE = 12;

/** Precision of the computation; what is kept has 60 bits. */
const WORK = 200n;
const UNIT = 1n << WORK;
/** pi * 2^200, rounded (from its decimal expansion). */
const PI = (31415926535897932384626433832795028841971693993751058209749445923n * UNIT) / 10n ** 64n;

/** A value with 200 fractional bits, with fewer. */
function round(value: bigint, fractionBits: bigint): bigint {
	return (value + (1n << (WORK - fractionBits - 1n))) >> (WORK - fractionBits);
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

/** Coefficients of the distribution function's Taylor series about x: derivatives of the density are Hermite polynomials times it. */
function taylorAt(x: bigint): bigint[] {
	const { density, distribution } = normalAt(x);
	const coefficients = [distribution];
	let previous = 0n;
	let hermite = UNIT;
	let factorial = 1n;
	for (let n = 1n; n <= TAYLOR_DEGREE; n++) {
		factorial *= n;
		const derivative = (density * hermite) >> WORK;
		coefficients.push((n % 2n === 1n ? derivative : -derivative) / factorial);
		// He_(n+1) = x He_n - n He_(n-1).
		const next = ((x * hermite) >> WORK) - (n - 1n) * previous;
		previous = hermite;
		hermite = next;
	}
	return coefficients;
}

/** Coefficients of the Chebyshev polynomial of a degree: T_(n+1)(x) = 2 x T_n - T_(n-1). */
function chebyshev(degree: number): bigint[] {
	let previous = [1n];
	let current = [0n, 1n];
	for (let n = 1; n < degree; n++) {
		const next = [0n, ...current.map((value) => 2n * value)];
		previous.forEach((value, i) => (next[i] = next[i] - value));
		previous = current;
		current = next;
	}
	return current;
}

/**
 * Lowers a polynomial's degree to `degree` at the smallest cost within half a spacing of 0 (Lanczos's economisation): its highest term gives way to the
 * lower terms of that Chebyshev polynomial which never leaves -1 .. 1 there.
 */
function economise(coefficients: bigint[], degree: number): bigint[] {
	const lowered = [...coefficients];
	while (lowered.length > degree + 1) {
		const top = lowered.length - 1;
		const highest = lowered.pop() as bigint;
		chebyshev(top).forEach((value, n) => {
			// x^top = ... - value / 2^(top-1) h^(top-n) x^n, with h = 2^-(SPACING_BITS + 1).
			if (n < top) lowered[n] = lowered[n] - ((highest * value) >> (BigInt(top - 1) + (SPACING_BITS + 1n) * BigInt(top - n)));
		});
	}
	return lowered;
}

/** Coefficients of the polynomial p(x + distance). */
function shift(coefficients: bigint[], distance: bigint): bigint[] {
	const shifted = [...coefficients];
	for (let n = 0; n < shifted.length - 1; n++) {
		for (let i = shifted.length - 2; i >= n; i--) shifted[i] = shifted[i] + ((shifted[i + 1] * distance) >> WORK);
	}
	return shifted;
}

function build(): Uint8Array {
	const bytes = new Uint8Array(CELLS * CELL_BYTES);
	for (let i = 0; i < CELLS; i++) {
		const half = 1n << (WORK - SPACING_BITS - 1n);
		const middle = (BigInt(i) << (WORK - SPACING_BITS)) + half;
		const coefficients = shift(economise(taylorAt(middle), COEFFICIENTS - 1), -half);
		let word = 0n;
		for (let n = COEFFICIENTS - 1; n >= 0; n--) {
			const bits = Number(FIELD_BITS[n]);
			word = (word << BigInt(bits)) | BigInt.asUintN(bits, round(coefficients[n], FRACTION_BITS[n]));
		}
		Bytes.putBig(bytes, i * CELL_BYTES, CELL_BYTES, word);
	}
	return bytes;
}

/** The table's bytes. */
export const TABLE: Uint8Array = build();
