// Points of the curve of BLS12-381 as EIP-2537 takes them.

import * as Bytes from "../machine/math/Bytes.ts";

/** Order of the base field. */
const ORDER = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;

/** A compressed point of 48 bytes as its two coordinates of 48 bytes; zeros for the point at infinity. The bytes must be those of a point. */
export function decompress(compressed: Uint8Array): Uint8Array {
	const point = new Uint8Array(96);
	if ((compressed[0] & 0x40) !== 0) return point;
	point.set(compressed);
	point[0] = compressed[0] & 0x1f;
	const x = Bytes.big(point, 0, 48);
	const square = (x * x * x + 4n) % ORDER;
	const y = power(square, (ORDER + 1n) / 4n);
	if ((y * y) % ORDER !== square) throw new RangeError("The bytes are no point of the curve.");
	const isLarger = y > (ORDER - 1n) / 2n;
	Bytes.putBig(point, 48, 48, isLarger === ((compressed[0] & 0x20) !== 0) ? y : ORDER - y);
	return point;
}

function power(base: bigint, exponent: bigint): bigint {
	let result = 1n;
	let square = base;
	for (let rest = exponent; rest > 0n; rest >>= 1n) {
		if ((rest & 1n) === 1n) result = (result * square) % ORDER;
		square = (square * square) % ORDER;
	}
	return result;
}
