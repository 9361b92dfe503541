// F. Black, The pricing of commodity contracts, 1976: a call on a forward F with strike K and total volatility v = sigma sqrt(T) is worth
// F N(d1) - K N(d2) before discounting, d1 = ln(F / K) / v + v / 2, d2 = d1 - v; a put follows by parity.

import { BITS } from "./FixedPoint.ts";
import * as Normal from "./Normal.ts";

/** What the values of one series under one volatility share. Forward and strike have one unit; the rest is fixed point. */
export type Smile = {
	/** By shocked spot two numbers: the forward there, and ln of it over the forward unshocked. */
	spots: readonly bigint[];
	strike: bigint;
	/** ln(forward / strike), the forward unshocked. */
	logMoneyness: bigint;
	/** sigma sqrt(T), 1e-4 .. 5. */
	volatility: bigint;
	/** At most 2^118. */
	discount: bigint;
	isPut: boolean;
};

/**
 * Writes the discounted values at the first `count` spots to `values`, from place `first` on, in the unit of the strike. The error before rounding is
 * below 2e-13 * (forward + strike).
 * ROUNDING: down; longs are marked lower, and what shorts gain by it is below a micro-USDC per unit.
 */
export function price(smile: Smile, count: number, values: bigint[], first: number): void {
	const { spots, strike, logMoneyness, volatility, discount, isPut } = smile;
	const inverse = (1n << (2n * BITS)) / volatility;
	for (let spot = 0; spot < count; spot++) {
		const forward = spots[2 * spot];
		const d1 = (((logMoneyness + spots[2 * spot + 1]) * inverse) >> BITS) + (volatility >> 1n);
		let value = forward * Normal.cdf(d1) - strike * Normal.cdf(d1 - volatility);
		if (isPut) value += (strike - forward) << BITS;
		if (value < 0n) value = 0n;
		values[first + spot] = ((value >> BITS) * discount) >> BITS;
	}
}
