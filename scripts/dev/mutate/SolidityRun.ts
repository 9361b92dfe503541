// Runs the committed vectors against mutants of the Solidity twin, all of which are in one compilation; and, when asked, the worst cases and random programs against those that are left.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../checks/files.ts";
import { evmStepOf } from "../../../test/vectors/vector.ts";
import type { Vector } from "../../../test/vectors/vector.ts";
import { Random } from "../../../src/market/Random.ts";
import { Evm, FAMILIES, OUTCOME_FIELDS } from "../lockstep/Evm.ts";
import type { EvmStep, EvmTrace } from "../lockstep/Evm.ts";
import { CompilerErrors, compile } from "../solidity/Compiler.ts";
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

type Built = { readonly evm: Evm; readonly chosen: readonly number[]; readonly dropped: number };

/** Compiles `count` mutants drawn from the seed. Those whose text does not type are drawn anew, which `dropped` counts: the language itself kills them. */
async function build(catalogue: Catalogue, count: number, seed: number, families: readonly string[]): Promise<Built> {
	const random = new Random(seed);
	const left = [...catalogue.mutants.keys()];
	const draw = (): number => left.splice(random.below(left.length), 1)[0];
	const chosen = new Set(Array.from({ length: Math.min(count, left.length) }, draw));
	const signed = new Set<number>();
	let dropped = 0;
	for (;;) {
		const sources = catalogue.render(chosen, signed);
		try {
			const artifacts = compile(
				families.map((family) => `contracts/prover/${family}.sol`),
				sources,
			);
			return { evm: await Evm.start(artifacts), chosen: [...chosen], dropped };
		} catch (error) {
			if (!(error instanceof CompilerErrors)) throw error;
			for (const mutant of mutantsAt(error, sources)) {
				// A literal may only be of the wrong sign.
				if (/^\d[\d_]*$/.test(catalogue.mutants[mutant].before) && !signed.has(mutant)) signed.add(mutant);
				else if (chosen.delete(mutant)) dropped += 1;
			}
			while (chosen.size < count && left.length > 0) chosen.add(draw());
		}
	}
}

/** The mutants whose text the compiler refuses. Throws the error when it is about none. */
function mutantsAt(error: CompilerErrors, sources: ReadonlyMap<string, string>): Set<number> {
	const found = new Set<number>();
	for (const { file, start, end } of error.places) {
		const text = sources.get(file) ?? "";
		const ids = (from: number, to: number): number[] =>
			[...text.slice(from, to).matchAll(/mutant\((\d+)\)/g)].map(([, id]) => Number(id) - 1);
		const inside = ids(start, end);
		const around = inside.length > 0 ? inside : ids(text.lastIndexOf("\n", start) + 1, text.indexOf("\n", end));
		for (const id of around) found.add(id);
	}
	if (found.size === 0) throw error;
	return found;
}

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

/** Verdicts of `count` mutants drawn from the seed, in the given families only when there are any. Throws when the vectors do not hold without a mutant. */
export async function run(count: number, seed: number, thorough = false, families: readonly string[] = FAMILIES): Promise<Verdicts> {
	const catalogue = new Catalogue();
	const { evm, chosen, dropped } = await build(catalogue, count, seed, families);
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
