import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as FixedPoint from "../../../src/machine/math/FixedPoint.ts";
import { ONE } from "../../../src/machine/math/FixedPoint.ts";
import * as Svi from "../../../src/machine/math/Svi.ts";

/** Factors whose product lies on both sides of 2^53, where a double loses its last bit. */
const products = fc.tuple(fc.integer({ min: 1, max: 2 ** 30 }), fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1, max: 2 ** 20 }));

describe("given products about the last that a double holds", () => {
	it("divides them exactly, rounding down and up", () => {
		const check = (a: number, b: number, c: number): void => {
			const [product, divisor] = [BigInt(a) * BigInt(b), BigInt(c)];
			const down = product / divisor - (product < 0n && product % divisor !== 0n ? 1n : 0n);
			if (down <= -(2n ** 53n) || down >= 2n ** 53n) return;
			assert.equal(BigInt(FixedPoint.mulDivDown(a, b, c)), down, `${a} * ${b} / ${c}, down`);
			assert.equal(BigInt(FixedPoint.mulDivUp(a, b, c)), product % divisor === 0n ? down : down + 1n, `${a} * ${b} / ${c}, up`);
		};
		// 3 * 107 * 28,059,810,762,433 is 2^53 + 1: as a double it is 2^53, of which a third rounds to one less.
		for (const sign of [1, -1]) for (const c of [1, 2, 3, 107, 321]) check(sign * 321, 28_059_810_762_433, c);
		fc.assert(
			fc.property(products, fc.boolean(), ([a, beside, c], negative) => check(negative ? -a : a, Math.floor(2 ** 53 / a) + beside, c)),
			{ numRuns: 5000 },
		);
	});
});

describe("given roots of small numbers and surfaces without variance", () => {
	it("rounds every root down", () => {
		for (let root = 0n; root < 40n; root++)
			for (let x = root * root; x < (root + 1n) * (root + 1n); x++) assert.equal(FixedPoint.isqrt(x), root, String(x));
	});

	it("keeps a total volatility within a ten-thousandth and five", () => {
		assert.equal(Svi.totalVolatility(0, 0, 0, 0, 1, 0n), 115_292_150_460_684n);
		assert.equal(Svi.totalVolatility(10_000_000_000, 10_000_000_000, 0, 0, 10_000_000_000, 0n), 5n * ONE);
	});
});
