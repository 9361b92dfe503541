import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ONE } from "../../../src/machine/math/FixedPoint.ts";
import * as LogExp from "../../../src/machine/math/LogExp.ts";

describe("given the logarithm in fixed point", () => {
	it("loses none of the bits of a number near 1: the last of them are the logarithm", () => {
		for (const [bits, logarithm] of [
			[3n, 2n],
			[7n, 6n],
			[(1n << 40n) + 3n, 1_099_511_103_490n],
			[(ONE >> 2n) + 3n, 257_266_998_924_493_878n],
		] as const)
			assert.equal(LogExp.ln(ONE + bits), logarithm);
	});

	it("is 0 of 1, and a power of two's is as many times that of two", () => {
		assert.equal(LogExp.ln(ONE), 0n);
		for (let exponent = -40n; exponent <= 40n; exponent++)
			assert.equal(LogExp.ln(exponent < 0n ? ONE >> -exponent : ONE << exponent), exponent * LogExp.LN2);
	});
});
