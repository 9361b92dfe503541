import * as Keccak from "../math/Keccak.ts";
import * as Merkle from "../math/Merkle.ts";
import * as Kinds from "./Kinds.ts";
import { Tree } from "./Tree.ts";

/** Leaf of a cell: zero when it is absent, its hash otherwise; a withdrawal is its own leaf. */
export function leafOf(kind: number, bytes: Uint8Array): Uint8Array {
	if (bytes.length === 0) return Merkle.ZERO;
	return kind === Kinds.OUTBOX ? bytes : Keccak.hash(bytes);
}

/** Root over the eight kind roots. */
export function stateRootOf(kindRoots: readonly Uint8Array[]): Uint8Array {
	let level = kindRoots.slice(0, Kinds.STATE_KINDS);
	while (level.length > 1) {
		const next: Uint8Array[] = [];
		for (let i = 0; i < level.length; i += 2) next.push(Merkle.node(level[i], level[i + 1]));
		level = next;
	}
	return level[0];
}

/** The trees of all kinds. */
export class Forest {
	readonly #trees: readonly Tree[] = Kinds.DEPTHS.map((depth) => new Tree(depth));

	set(kind: number, index: number, cell: Uint8Array): void {
		this.#trees[kind].set(index, leafOf(kind, cell));
	}

	siblings(kind: number, index: number): Uint8Array[] {
		return this.#trees[kind].siblings(index);
	}

	leaf(kind: number, index: number): Uint8Array {
		return this.#trees[kind].leaf(index);
	}

	/** Roots of the eight kinds of the state. */
	kindRoots(): Uint8Array[] {
		return this.#trees.slice(0, Kinds.STATE_KINDS).map((tree) => tree.root);
	}

	stateRoot(): Uint8Array {
		return stateRootOf(this.kindRoots());
	}

	outboxRoot(): Uint8Array {
		return this.#trees[Kinds.OUTBOX].root;
	}
}
