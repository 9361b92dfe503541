import { DEPTHS, OUTBOX } from "../machine/state/Kinds.ts";
import { Tree } from "../machine/state/Tree.ts";

/** Siblings of leaf `index` in the outbox of the first `count` leaves, lowest first. */
export function siblings(leaves: readonly Uint8Array[], count: number, index: number): Uint8Array[] {
	const tree = new Tree(DEPTHS[OUTBOX]);
	for (let i = 0; i < count; i++) tree.set(i, leaves[i]);
	return tree.siblings(index);
}
