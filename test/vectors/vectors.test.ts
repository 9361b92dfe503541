import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Evm } from "../../scripts/dev/lockstep/Evm.ts";
import { Result } from "../../src/machine/Result.ts";
import { evmStepOf, replay } from "./vector.ts";
import type { Vector } from "./vector.ts";

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "machine.json"), "utf8")) as Vector[];

describe("given the committed vectors of the machine", () => {
	it("has one for every Result", () => {
		const met = new Set(vectors.map(({ outcome }) => outcome.result));
		for (const [name, result] of Object.entries(Result)) assert.ok(met.has(result), name);
	});

	it("gives their outcome and commitment in TypeScript", () => {
		for (const vector of vectors) {
			const { outcome, commitment } = replay(vector);
			assert.deepEqual({ name: vector.name, outcome, commitment }, { name: vector.name, outcome: vector.outcome, commitment: vector.commitment });
		}
	});

	it("refuses a log with an entry too many, or one too few", () => {
		const vector = vectors.find(({ name }) => name === "Place/Rested") as Vector;
		assert.throws(() => replay({ ...vector, log: vector.log.slice(0, -1) }));
		assert.throws(() => replay({ ...vector, log: [...vector.log, [1, 5, true]] }));
	});
});

describe("given the same vectors on an EVM", () => {
	let evm: Evm;

	before(async () => {
		evm = await Evm.start();
	});

	after(() => evm.close());

	it("gives the same in Solidity", async () => {
		for (const vector of vectors) {
			const [trace] = await evm.run([evmStepOf(vector)]);
			assert.equal(trace?.error, undefined, vector.name);
			assert.deepEqual({ name: vector.name, outcome: trace?.outcome, commitment: trace?.commitment }, { name: vector.name, outcome: vector.outcome, commitment: vector.commitment });
		}
	});
});
