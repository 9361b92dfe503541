// Draws mutants and compiles them together.

import type { Artifact } from "../../../src/chain/Artifacts.ts";
import { Random } from "../../../src/market/Random.ts";
import { CompilerErrors, compile } from "../solidity/Compiler.ts";
import type { Catalogue } from "./SolidityMutants.ts";

export type Built = { readonly artifacts: Map<string, Artifact>; readonly chosen: readonly number[]; readonly dropped: number };

/** Compiles these files with `count` mutants drawn from the seed in them. Those whose text does not type are drawn anew, which `dropped` counts: the language itself kills them. */
export function build(catalogue: Catalogue, files: readonly string[], count: number, seed: number): Built {
	const random = new Random(seed);
	const left = [...catalogue.mutants.keys()];
	const draw = (): number => left.splice(random.below(left.length), 1)[0];
	const chosen = new Set(Array.from({ length: Math.min(count, left.length) }, draw));
	const signed = new Set<number>();
	let dropped = 0;
	for (;;) {
		const sources = catalogue.render(chosen, signed);
		try {
			return { artifacts: compile(files, sources), chosen: [...chosen], dropped };
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
