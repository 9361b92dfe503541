import * as Bytes from "./Bytes.ts";
import { BITS, ONE } from "./FixedPoint.ts";
import { CELL_BYTES, CELLS, COEFFICIENTS, FIELD_BITS, SPACING_BITS, TABLE } from "./NormalTable.ts";

const SHIFT = BITS - SPACING_BITS;
const MASK = (1n << SHIFT) - 1n;
/** Beyond 8.5 the distribution function is 0 or 1 in 60 bits. */
const LIMIT = BigInt(CELLS) << SHIFT;

/** By cell: degree 0 first. */
const coefficients: bigint[] = [];
for (let cell = 0; cell < CELLS; cell++) {
	let word = Bytes.big(TABLE, cell * CELL_BYTES, CELL_BYTES);
	for (let n = 0; n < COEFFICIENTS; n++) {
		const bits = FIELD_BITS[n];
		coefficients.push(n === 0 ? BigInt.asUintN(Number(bits), word) : BigInt.asIntN(Number(bits), word));
		word >>= bits;
	}
}

/**
 * Distribution function of the standard normal at a fixed-point x, by a polynomial of degree 4 a cell; the error is below 2^-45.
 * Each shift takes the product to the fraction of the next coefficient.
 */
export function cdf(x: bigint): bigint {
	const magnitude = x < 0n ? -x : x;
	if (magnitude >= LIMIT) return x < 0n ? 0n : ONE;
	const t = magnitude & MASK;
	const at = Number(magnitude >> SHIFT) * COEFFICIENTS;
	let value = coefficients[at + 4];
	value = ((value * t) >> 58n) + coefficients[at + 3];
	value = ((value * t) >> 54n) + coefficients[at + 2];
	value = ((value * t) >> 58n) + coefficients[at + 1];
	value = ((value * t) >> 56n) + coefficients[at];
	return x < 0n ? ONE - value : value;
}
