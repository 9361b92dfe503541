// Runs the committed vectors against mutants of the Solidity twin, all of which are in one compilation; and, when asked, the worst cases and random programs against those that are left.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../checks/files.ts";
import { evmStepOf } from "../../../test/vectors/vector.ts";
import type { Vector } from "../../../test/vectors/vector.ts";
import { Evm, FAMILIES, OUTCOME_FIELDS } from "../lockstep/Evm.ts";
import type { EvmStep, EvmTrace } from "../lockstep/Evm.ts";
import { build } from "./Schemata.ts";
import { Catalogue } from "./SolidityMutants.ts";
import type { Outcome } from "../../../src/machine/types/Machine.ts";
import type { Recorded } from "../lockstep/Lane.ts";
import * as Programs from "../lockstep/Programs.ts";
import { worstCases } from "../lockstep/WorstCases.ts";
import type { Verdicts } from "./Mutant.ts";

/** Vectors that one call runs; a killer is among the first for most mutants, so small calls are fast calls. */
const STEPS_A_CALL = 8;
/** Steps of random programs. */
const STEPS = 2000;

/** A step and what both twins must make of it. */
type Case = { readonly name: string; readonly step: EvmStep; readonly commitment: string; readonly outcome: Outcome };

async function cases(thorough: boolean): Promise<Case[]> {
	const vectors = JSON.parse(readFileSync(join(ROOT, "test", "vectors", "machine.json"), "utf8")) as Vector[];
	// Edges first: they were made to tell.
	const order = vectors.toSorted((a, b) => Number(b.name.startsWith("edge/")) - Number(a.name.startsWith("edge/")));
	const all: Case[] = order.map((vector) => ({ ...vector, step: evmStepOf(vector) }));
	if (!thorough) return all;
	const add = (name: string, { evm, commitment, outcome }: Recorded): void => void all.push({ name, step: evm, commitment, outcome });
	await Programs.run(1, STEPS, async (recorded) => add("a random program", recorded));
	for (const { name, recorded } of worstCases()) add(name, recorded);
	return all;
}

function agrees(trace: EvmTrace, vector: Case): boolean {
	return (
		trace.error === undefined &&
		trace.commitment === vector.commitment &&
		OUTCOME_FIELDS.every((field) => trace.outcome[field] === vector.outcome[field])
	);
}

/** Verdicts of `count` mutants drawn from the seed. Throws when the vectors do not hold without a mutant. */
export async function run(count: number, seed: number, thorough = false): Promise<Verdicts> {
	const catalogue = new Catalogue();
	// The entry takes a message out of its basket itself.
	const files = [...FAMILIES, "OneStepProofEntry"].map((name) => `contracts/prover/${name}.sol`);
	const { artifacts, chosen, dropped } = build(catalogue, files, count, seed);
	const evm = await Evm.start(artifacts);
	// What has just killed may kill again.
	const order = await cases(thorough);
	const kills = async (mutant: number | undefined): Promise<boolean> => {
		for (let i = 0; i < order.length; i += STEPS_A_CALL) {
			const chunk = order.slice(i, i + STEPS_A_CALL);
			let traces: EvmTrace[];
			try {
				traces = await evm.run(
					chunk.map(({ step }) => step),
					mutant === undefined ? 0 : mutant + 1,
				);
			} catch (error) {
				// Without a mutant every step has gas enough.
				if (mutant === undefined) throw error;
				return true;
			}
			const at = traces.findIndex((trace, j) => !agrees(trace, chunk[j]));
			if (at < 0) continue;
			order.unshift(...order.splice(i + at, 1));
			return true;
		}
		return false;
	};
	try {
		if (await kills(undefined))
			throw new Error(`The vectors do not hold without any change (${order[0].name}): run npm run vectors, or mend the machine.`);
		const verdicts: Verdicts["verdicts"] = [];
		for (const mutant of chosen) verdicts.push({ mutant: catalogue.mutants[mutant], killed: await kills(mutant) });
		return { verdicts, dropped };
	} finally {
		await evm.close();
	}
}
