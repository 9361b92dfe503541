// Exact products and quotients of integers, with the rounding in the name.

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
	return -mulDivDown(-a, b, c);
}
