import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as Series from "../../src/machine/types/Series.ts";
import * as Decimal from "../../src/wire/Decimal.ts";
import * as Names from "../../src/wire/Names.ts";

describe("given an instrument's name", () => {
	it("refuses what is not one", () => {
		const wrong = [
			"",
			"ETH",
			"ETH-PERPETUAL",
			"DOGE-25DEC26-4000-C",
			"ETH-25XYZ26-4000-C",
			"ETH-31FEB26-4000-C",
			"ETH-25DEC26-0-C",
			"ETH-25DEC26-4000-F",
			"ETH-05DEC26-4000-C",
			"ETH-25DEC26-4000.05-C",
		];
		for (const name of wrong) assert.equal(Names.seriesOf(name), undefined, name);
	});

	it("finds the series, and the series its name again", () => {
		assert.equal(Names.nameOf(Names.seriesOf("ETH-25DEC26-4000-C") as number), "ETH-25DEC26-4000-C");
		const series = fc
			.tuple(
				fc.integer({ min: 0, max: 1 }),
				fc.integer({ min: 18_000, max: 40_000 }),
				fc.integer({ min: 0, max: 1 }),
				fc.integer({ min: 1, max: 8_000_000 }),
			)
			.map(([underlying, day, kind, strike]) => Series.make(underlying, day, kind, strike));
		fc.assert(fc.property(series, (id) => Names.seriesOf(Names.nameOf(id)) === id));
	});
});

describe("given a decimal string", () => {
	it("refuses what is no decimal, or finer than the unit", () => {
		for (const text of ["", "1e3", "0x10", "1,5", ".5", "5.", "1.0000001", "99999999999999999999", "NaN", "--1"]) {
			assert.equal(Decimal.parse(text, Decimal.MICRO), undefined, text);
		}
	});

	it("reads what it wrote", () => {
		fc.assert(
			fc.property(
				fc.maxSafeInteger(),
				fc.constantFrom(100, 1000, 1_000_000),
				(value, scale) => Decimal.parse(Decimal.format(value, scale), scale) === value || Math.abs(value) >= 1e15,
			),
		);
	});
});
