// F. Black, The pricing of commodity contracts, 1976: a call on a forward F with strike K and total volatility v = sigma sqrt(T) is worth
// F N(d1) - K N(d2) before discounting, d1 = ln(F / K) / v + v / 2, d2 = d1 - v; a put follows by parity.

import { BITS } from "./FixedPoint.ts";
import * as Normal from "./Normal.ts";

/**
 * Undiscounted value of a call with 60 fractional bits, in the unit of `forward` and `strike` (integers). `logMoneyness` = ln(forward / strike) and
 * `volatility` are fixed point, `inverse` is 2^120 / volatility. The error is below 2e-13 * (forward + strike) for volatilities of 1e-4 .. 5.
 */
export function call(forward: bigint, strike: bigint, logMoneyness: bigint, volatility: bigint, inverse: bigint): bigint {
	const d1 = ((logMoneyness * inverse) >> BITS) + (volatility >> 1n);
	const value = forward * Normal.cdf(d1) - strike * Normal.cdf(d1 - volatility);
	return value < 0n ? 0n : value;
}

/** 2^120 / volatility, for `call`. */
export function inverseOf(volatility: bigint): bigint {
	return (1n << (2n * BITS)) / volatility;
}
