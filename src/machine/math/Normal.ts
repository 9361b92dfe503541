import * as Bytes from "./Bytes.ts";
import { BITS, ONE } from "./FixedPoint.ts";
import { COEFFICIENTS, NODE_BYTES, NODES, SPACING_BITS, TABLE } from "./NormalTable.ts";

const SHIFT = BITS - SPACING_BITS;
const HALF = 1n << (SHIFT - 1n);
/** Beyond 8.5 the distribution function is 0 or 1 in 60 bits. */
const LIMIT = BigInt(NODES - 1) << SHIFT;

const coefficients: bigint[] = [];
for (let node = 0; node < NODES; node++) {
	for (let n = 0; n < COEFFICIENTS; n++) coefficients.push(BigInt.asIntN(64, Bytes.big(TABLE, node * NODE_BYTES + n * 8, 8)));
}

/** Distribution function of the standard normal at a fixed-point x, by Taylor's series of order 6 about the nearest node; the error is below 2^-57. */
export function cdf(x: bigint): bigint {
	const magnitude = x < 0n ? -x : x;
	if (magnitude >= LIMIT) return x < 0n ? 0n : ONE;
	const node = (magnitude + HALF) >> SHIFT;
	const t = magnitude - (node << SHIFT);
	const at = Number(node) * COEFFICIENTS;
	let value = coefficients[at + 6];
	value = ((value * t) >> BITS) + coefficients[at + 5];
	value = ((value * t) >> BITS) + coefficients[at + 4];
	value = ((value * t) >> BITS) + coefficients[at + 3];
	value = ((value * t) >> BITS) + coefficients[at + 2];
	value = ((value * t) >> BITS) + coefficients[at + 1];
	value = ((value * t) >> BITS) + coefficients[at];
	return x < 0n ? ONE - value : value;
}
