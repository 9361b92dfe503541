import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as FixedPoint from "../../../src/machine/math/FixedPoint.ts";
import { ONE } from "../../../src/machine/math/FixedPoint.ts";
import * as Svi from "../../../src/machine/math/Svi.ts";

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
