// Fixed point with 60 fractional bits in signed integers, and exact products and quotients of plain integers. A shift rounds down (towards minus
// infinity), a division towards zero, in both twins.

import { MAX_CASH } from "../Constants.ts";

export const BITS = 60n;
export const ONE = 1n << BITS;
/** Fields of surfaces are in 1e-9. */
const NANO = 1_000_000_000n;

/** a * b, rounded down. */
export function mul(a: bigint, b: bigint): bigint {
	return (a * b) >> BITS;
}

/** a / b, rounded towards zero; b must not be 0. */
export function div(a: bigint, b: bigint): bigint {
	return (a << BITS) / b;
}

/** The fixed-point value of a field in 1e-9. */
export function fromNano(value: number): bigint {
	return (BigInt(value) << BITS) / NANO;
}

/** floor(sqrt(x)) of an integer x >= 0. */
export function isqrt(x: bigint): bigint {
	if (x < 2n) return x;
	let root = BigInt(Math.floor(Math.sqrt(Number(x))));
	// Newton's iteration from any start above 0 falls to the floor of the root once it is at least that; one step up first makes it so.
	root = (root + x / root) >> 1n;
	for (;;) {
		const next = (root + x / root) >> 1n;
		if (next >= root) break;
		root = next;
	}
	return root;
}

/**
 * Keeps a sum of money within +-2^52, more than all the money there can be: so every sum stays exact, and a loss beyond it is still beyond every equity.
 */
export function saturate(money: number): number {
	if (money > MAX_CASH) return MAX_CASH;
	return money < -MAX_CASH ? -MAX_CASH : money;
}

/** LIMIT: products up to here are exact in a double. */
const EXACT = 9_007_199_254_740_992;

/** floor(a * b / c) for signed a and b and positive c; the quotient must be below 2^53 in magnitude. */
export function mulDivDown(a: number, b: number, c: number): number {
	const product = a * b;
	if (product < EXACT && product > -EXACT) return Math.floor(product / c);
	const exact = BigInt(a) * BigInt(b);
	const divisor = BigInt(c);
	const quotient = exact / divisor;
	return Number(exact < 0n && quotient * divisor !== exact ? quotient - 1n : quotient);
}

/** ceil(a * b / c), likewise. */
export function mulDivUp(a: number, b: number, c: number): number {
	return 0 - mulDivDown(0 - a, b, c);
}
