import * as Keccak from "../math/Keccak.ts";
import { isZero, ZERO } from "../math/Merkle.ts";

const PAGE_NODES = 256;
const PAGE_BYTES = PAGE_NODES * 32;

/**
 * A binary Merkle tree of fixed depth whose leaves are set one by one. Nodes live in pages of 256, made when first written, so that dense and
 * sparse indices cost what they hold; a node of an absent page is zero, and so is the parent of two zeros.
 */
export class Tree {
	readonly depth: number;
	/** levels[0] are the leaves; levels[depth] is the root alone. */
	readonly #levels: Map<number, Uint8Array>[];

	constructor(depth: number) {
		this.depth = depth;
		this.#levels = Array.from({ length: depth + 1 }, () => new Map());
	}

	/** The node; a view, valid until the tree changes. */
	#node(level: number, index: number): Uint8Array {
		const page = (this.#levels[level] as Map<number, Uint8Array>).get(Math.floor(index / PAGE_NODES));
		if (!page) return ZERO;
		const at = (index % PAGE_NODES) * 32;
		return page.subarray(at, at + 32);
	}

	#put(level: number, index: number, hash: Uint8Array): void {
		const pages = this.#levels[level] as Map<number, Uint8Array>;
		const number = Math.floor(index / PAGE_NODES);
		let page = pages.get(number);
		if (!page) {
			page = new Uint8Array(PAGE_BYTES);
			pages.set(number, page);
		}
		page.set(hash, (index % PAGE_NODES) * 32);
	}

	get root(): Uint8Array {
		return this.#node(this.depth, 0).slice();
	}

	leaf(index: number): Uint8Array {
		return this.#node(0, index).slice();
	}

	/** Sets a leaf and every node above it. */
	set(index: number, leaf: Uint8Array): void {
		this.#put(0, index, leaf);
		let position = index;
		for (let level = 0; level < this.depth; level++) {
			const parent = Math.floor(position / 2);
			this.#put(level + 1, parent, this.#parentHash(level, parent * 2));
			position = parent;
		}
	}

	/** Hash over the pair of siblings whose left one is at `left`: both lie in one page, side by side. */
	#parentHash(level: number, left: number): Uint8Array {
		const page = (this.#levels[level] as Map<number, Uint8Array>).get(Math.floor(left / PAGE_NODES));
		if (!page) return ZERO;
		const at = (left % PAGE_NODES) * 32;
		const pair = page.subarray(at, at + 64);
		for (let i = 0; i < 64; i++) if (pair[i] !== 0) return Keccak.hash(pair);
		return ZERO;
	}

	/** The hashes beside the path from this leaf to the root, lowest first. */
	siblings(index: number): Uint8Array[] {
		const siblings: Uint8Array[] = [];
		let position = index;
		for (let level = 0; level < this.depth; level++) {
			siblings.push(this.#node(level, position % 2 === 0 ? position + 1 : position - 1).slice());
			position = Math.floor(position / 2);
		}
		return siblings;
	}

	/** Indices of the leaves that are not zero. */
	*leaves(): Iterable<number> {
		for (const [number, page] of [...(this.#levels[0] as Map<number, Uint8Array>)].sort(([a], [b]) => a - b)) {
			for (let i = 0; i < PAGE_NODES; i++) if (!isZero(page.subarray(i * 32, i * 32 + 32))) yield number * PAGE_NODES + i;
		}
	}
}
