// The witness of a reading over a handful of cells. A CommittedState keeps whole trees for a machine that goes on; a line of the laboratory needs one proof, of a
// state that is forgotten at once, so its trees are nothing but the paths to its cells.

import { encodeWitness } from "../../../src/executor/OneStepProof.ts";
import * as Merkle from "../../../src/machine/math/Merkle.ts";
import type { LogEntry } from "../../../src/machine/state/CommittedState.ts";
import { leafOf, stateRootOf } from "../../../src/machine/state/Forest.ts";
import * as Kinds from "../../../src/machine/state/Kinds.ts";
import type { LiveState } from "../../../src/machine/state/LiveState.ts";
import type { Body } from "../../../src/machine/state/State.ts";

/** By level, the nodes that are not zero: level 0 are the leaves, the last is the root. */
function nodesOf(state: LiveState, kind: number): Map<number, Uint8Array>[] {
	const levels = [new Map([...state.entries(kind)].map(([index]) => [index, leafOf(kind, state.bytesOf(kind, index))]))];
	for (let level = 0; level < Kinds.DEPTHS[kind]; level++) {
		const below = levels[level];
		const parents = new Map<number, Uint8Array>();
		for (const index of below.keys()) {
			const left = index - (index % 2);
			const parent = left / 2;
			if (!parents.has(parent)) parents.set(parent, Merkle.node(below.get(left) ?? Merkle.ZERO, below.get(left + 1) ?? Merkle.ZERO));
		}
		levels.push(parents);
	}
	return levels;
}

/** The state's root, and the witness by which `State.load` opens what `reading` reads, in its order. The reading must not put cells. */
export function witnessOf(state: LiveState, reading: (body: Body) => void): { stateRoot: Uint8Array; witness: Uint8Array } {
	const trees = Array.from({ length: Kinds.STATE_KINDS }, (_, kind) => nodesOf(state, kind));
	const kindRoots = trees.map((levels) => levels.at(-1)?.get(0) ?? Merkle.ZERO);
	const entries: LogEntry[] = [];
	const refuse = (): never => {
		throw new Error("A reading puts no cells.");
	};
	reading({
		get(kind, index) {
			if (!entries.some((entry) => entry.kind === kind && entry.index === index)) {
				const siblings = Array.from(
					{ length: Kinds.DEPTHS[kind] },
					(_, level) => trees[kind][level].get(Math.floor(index / 2 ** level) ^ 1) ?? Merkle.ZERO,
				);
				entries.push({ kind, index, cell: state.bytesOf(kind, index), siblings });
			}
			return state.get(kind, index);
		},
		put: refuse,
		pushWithdrawal: refuse,
	});
	return { stateRoot: stateRootOf(kindRoots), witness: encodeWitness({ kindRoots, outboxRoot: Merkle.ZERO, entries }) };
}
