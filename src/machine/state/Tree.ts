import * as Keccak from "../math/Keccak.ts";
import { ZERO } from "../math/Merkle.ts";

const PAGE_NODES = 256;
/** A node is 32 bytes, kept as 8 words: a path is hashed without making an object. */
const NODE_WORDS = 8;
const PAGE_WORDS = PAGE_NODES * NODE_WORDS;

/**
 * A binary Merkle tree of fixed depth whose leaves are set one by one and hashed together. Nodes live in pages of 256, made when first written, so that dense and
 * sparse indices cost what they hold; a node of an absent page is zero, and so is the parent of two zeros.
 */
export class Tree {
	readonly depth: number;
	/** levels[0] are the leaves; levels[depth] is the root alone. */
	readonly #levels: Map<number, Int32Array>[];
	readonly #leaf = new Uint8Array(32);
	readonly #leafWords = new Int32Array(this.#leaf.buffer);
	/** Leaves that were set since the nodes above them were hashed, with repetitions. */
	#unhashed: number[] = [];

	constructor(depth: number) {
		this.depth = depth;
		this.#levels = Array.from({ length: depth + 1 }, () => new Map());
	}

	/** A copy of the node. */
	#node(level: number, index: number): Uint8Array {
		const page = this.#levels[level].get(Math.floor(index / PAGE_NODES));
		if (!page) return ZERO.slice();
		return new Uint8Array(page.buffer, (index % PAGE_NODES) * 32, 32).slice();
	}

	/** The page that holds the node, made when it is absent. */
	#page(level: number, index: number): Int32Array {
		const pages = this.#levels[level];
		const number = Math.floor(index / PAGE_NODES);
		let page = pages.get(number);
		if (!page) {
			page = new Int32Array(PAGE_WORDS);
			pages.set(number, page);
		}
		return page;
	}

	get root(): Uint8Array {
		this.#hash();
		return this.#node(this.depth, 0);
	}

	leaf(index: number): Uint8Array {
		return this.#node(0, index);
	}

	/** Sets a leaf. The nodes above it are hashed when somebody asks: once, however many leaves below them were set. */
	set(index: number, leaf: Uint8Array): void {
		this.#leaf.set(leaf);
		this.#page(0, index).set(this.#leafWords, (index % PAGE_NODES) * NODE_WORDS);
		this.#unhashed.push(index);
	}

	#hash(): void {
		if (this.#unhashed.length === 0) return;
		const positions = this.#unhashed;
		this.#unhashed = [];
		if (positions.length > 1) positions.sort((a, b) => a - b);
		for (let level = 0; level < this.depth; level++) {
			let count = 0;
			for (let i = 0; i < positions.length; i++) {
				const position = Math.floor(positions[i] / 2);
				if (count > 0 && positions[count - 1] === position) continue;
				positions[count++] = position;
				this.#hashParent(level, position);
			}
			positions.length = count;
		}
	}

	/** Hashes the pair below `position` of the next level: both siblings lie in one page, side by side. */
	#hashParent(level: number, position: number): void {
		const page = this.#page(level, 2 * position);
		const pair = ((2 * position) % PAGE_NODES) * NODE_WORDS;
		const above = this.#page(level + 1, position);
		const parent = (position % PAGE_NODES) * NODE_WORDS;
		if (isZeroPair(page, pair)) above.fill(0, parent, parent + NODE_WORDS);
		else Keccak.hashWords(page, pair, above, parent);
	}

	/** The hashes beside the path from this leaf to the root, lowest first. */
	siblings(index: number): Uint8Array[] {
		this.#hash();
		const siblings: Uint8Array[] = [];
		let position = index;
		for (let level = 0; level < this.depth; level++) {
			siblings.push(this.#node(level, position % 2 === 0 ? position + 1 : position - 1));
			position = Math.floor(position / 2);
		}
		return siblings;
	}

	/** Indices of the leaves that are not zero. */
	*leaves(): Iterable<number> {
		for (const [number, page] of [...this.#levels[0]].sort(([a], [b]) => a - b)) {
			for (let i = 0; i < PAGE_NODES; i++) {
				if (page.subarray(i * NODE_WORDS, (i + 1) * NODE_WORDS).some((word) => word !== 0)) yield number * PAGE_NODES + i;
			}
		}
	}
}

function isZeroPair(page: Int32Array, at: number): boolean {
	for (let i = 0; i < 2 * NODE_WORDS; i++) if (page[at + i] !== 0) return false;
	return true;
}
