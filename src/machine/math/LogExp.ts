import * as FixedPoint from "./FixedPoint.ts";
import { BITS, ONE } from "./FixedPoint.ts";

/** ln 2 in 60 fractional bits. */
export const LN2 = 799_144_290_325_165_979n;
/** sqrt(2) in 60 fractional bits. */
const SQRT2 = 1_630_477_228_166_597_777n;

/**
 * Natural logarithm of a fixed-point x > 0; the error is below 2^-57. x = m * 2^e with m in [sqrt(1/2), sqrt(2)), then ln m = 2 atanh z with
 * z = (m - 1) / (m + 1), by its power series (Abramowitz and Stegun 4.1.27).
 */
export function ln(x: bigint): bigint {
	let exponent = 0n;
	let m = x;
	while (m >= ONE << 1n) {
		m >>= 1n;
		exponent += 1n;
	}
	while (m < ONE) {
		m <<= 1n;
		exponent -= 1n;
	}
	if (exponent > 0n) m = x >> exponent;
	if (m >= SQRT2) {
		m = exponent >= 0n ? x >> (exponent + 1n) : m >> 1n;
		exponent += 1n;
	}
	const z = FixedPoint.div(m - ONE, m + ONE);
	const square = FixedPoint.mul(z, z);
	let sum = ONE / 21n;
	for (let n = 19n; n > 0n; n -= 2n) sum = FixedPoint.mul(sum, square) + ONE / n;
	return 2n * FixedPoint.mul(z, sum) + exponent * LN2;
}

/** LIMIT: below this exp is 0, above it saturates. */
const EXP_LIMIT = 40n * ONE;

/** Exponential of a fixed-point x, relative error below 2^-54; 0 below -40 and exp(40) above 40. exp x = 2^k exp r, |r| <= ln(2)/2, by its Taylor series. */
export function exp(x: bigint): bigint {
	if (x < -EXP_LIMIT) return 0n;
	const bounded = x > EXP_LIMIT ? EXP_LIMIT : x;
	const k = (bounded + (LN2 >> 1n)) / LN2 - (bounded + (LN2 >> 1n) < 0n ? 1n : 0n);
	const r = bounded - k * LN2;
	let sum = ONE;
	for (let n = 15n; n > 0n; n--) sum = ONE + FixedPoint.mul(r, sum) / n;
	return k >= 0n ? sum << k : sum >> -k;
}

export { BITS };
