import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as Derive from "../../scripts/dev/lab/Derive.ts";
import { assess } from "../../scripts/dev/lab/Portfolios.ts";
import { typescriptOf } from "../../scripts/dev/lab/Variants.ts";
import type { Twin } from "../../scripts/dev/lab/Variants.ts";
import { sharedData } from "../machine/sharedData.ts";

const DATA = sharedData("derive-pmrm1.json");

describe("given the portfolios and margins that Derive published", { skip: DATA.missing }, () => {
	const known = new Map<string, Awaited<ReturnType<typeof typescriptOf>>>();
	after(() => known.forEach(({ close }) => close()));

	const engine: Derive.Engine = async (lines) => {
		const twins: Twin[] = [];
		for (const { settings } of lines) {
			const key = JSON.stringify(settings);
			const made = known.get(key) ?? (await typescriptOf(settings));
			known.set(key, made);
			twins.push(made.twin);
		}
		return { reports: lines.map((line, i) => assess(twins[i], line)), twins };
	};

	it("leads from this machine's margin to theirs by terms that are named, in every case, without a rest", async () => {
		const comparisons = await Derive.compareAll(DATA.text(), engine);
		assert.equal(comparisons.length, 21);
		for (const one of comparisons) assert.ok(one.holds, Derive.shown(one));
		// No bound is so wide that a margin could hide in it.
		for (const { bound, figures } of comparisons)
			assert.ok(bound <= 2e-4 * Math.abs(figures.find(({ name }) => name === "initial margin")?.theirs ?? 0));
		const names = new Set(
			comparisons.flatMap(({ maintenanceTerms, initialTerms, bound }) =>
				[...maintenanceTerms, ...initialTerms].filter(({ amount }) => Math.abs(amount) > bound).map(({ name }) => name),
			),
		);
		assert.deepEqual([...names].sort(), ["basis", "confidence", "doubt", "factor", "haircut", "held", "netting", "scenarios"]);
	});

	it("notices a margin that is off by a ten-thousandth", async () => {
		const cases = JSON.parse(DATA.text()) as Record<string, { Result: { InitialMarginHand: number } }>;
		cases.Test1.Result.InitialMarginHand *= 1.0001;
		const [first] = await Derive.compareAll(JSON.stringify(cases), engine);
		assert.equal(first.holds, false);
	});
});
