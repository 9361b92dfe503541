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
	/** As when the state root was last asked for: the kind roots, then the nodes above them by level, and last the state root. */
	readonly #known: Uint8Array[][] = [];

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
		Tree.hash(this.#trees);
		return this.#trees.slice(0, Kinds.STATE_KINDS).map((tree) => tree.root);
	}

	/** As `stateRootOf`, of which only what a kind that changed lies below is hashed anew: a step changes two or three of the eight. */
	stateRoot(): Uint8Array {
		let level = this.kindRoots();
		for (let height = 0; ; height++) {
			const before = this.#known[height];
			this.#known[height] = level;
			if (level.length === 1) return level[0];
			const above = this.#known[height + 1];
			const next: Uint8Array[] = [];
			for (let i = 0; i < level.length; i += 2) {
				const same = before !== undefined && above !== undefined && before[i] === level[i] && before[i + 1] === level[i + 1];
				next.push(same ? above[i / 2] : Merkle.node(level[i], level[i + 1]));
			}
			level = next;
		}
	}

	outboxRoot(): Uint8Array {
		return this.#trees[Kinds.OUTBOX].root;
	}
}
