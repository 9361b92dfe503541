// Gatheral's "raw SVI" slice of total variance: w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), k = ln(K / F).
// Source: J. Gatheral and A. Jacquier, Arbitrage-free SVI volatility surfaces, 2014.

import * as FixedPoint from "./FixedPoint.ts";
import { BITS, ONE } from "./FixedPoint.ts";

/** LIMIT: no parameter is beyond 10 in magnitude, in 1e-9. */
const BOUND = 10_000_000_000;
const NANO = 1_000_000_000;

/** Total volatility is kept within 1e-4 .. 5: a report can be wrong, a valuation cannot be undefined. */
export const MIN_VOLATILITY = ONE / 10_000n;
export const MAX_VOLATILITY = 5n * ONE;

/** Whether parameters in 1e-9 make a slice: in range, |rho| < 1, sigma > 0, and nowhere a negative variance. */
export function isValid(a: number, b: number, rho: number, m: number, sigma: number): boolean {
	if (a > BOUND || a < -BOUND || b > BOUND || b < 0 || m > BOUND || m < -BOUND) return false;
	if (rho >= NANO || rho <= -NANO || sigma > BOUND || sigma <= 0) return false;
	const root = FixedPoint.isqrt(BigInt(NANO) * BigInt(NANO) - BigInt(rho) * BigInt(rho));
	return BigInt(a) * BigInt(NANO) * BigInt(NANO) + BigInt(b) * BigInt(sigma) * root >= 0n;
}

/** Total volatility sqrt(w(k)) at a fixed-point k, within the limits. Parameters in 1e-9. */
export function totalVolatility(a: number, b: number, rho: number, m: number, sigma: number, k: bigint): bigint {
	const distance = k - FixedPoint.fromNano(m);
	const width = FixedPoint.fromNano(sigma);
	const root = FixedPoint.isqrt(distance * distance + width * width);
	const skew = FixedPoint.mul(FixedPoint.fromNano(rho), distance);
	const variance = FixedPoint.fromNano(a) + FixedPoint.mul(FixedPoint.fromNano(b), skew + root);
	if (variance <= 0n) return MIN_VOLATILITY;
	return clamp(FixedPoint.isqrt(variance << BITS));
}

/** The volatility within its limits. */
export function clamp(volatility: bigint): bigint {
	if (volatility < MIN_VOLATILITY) return MIN_VOLATILITY;
	return volatility > MAX_VOLATILITY ? MAX_VOLATILITY : volatility;
}
