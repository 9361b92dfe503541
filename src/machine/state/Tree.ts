import * as Keccak from "../math/Keccak.ts";
import { ZERO } from "../math/Merkle.ts";

const PAGE_NODES = 64;
/** A node is 32 bytes, kept as 8 words: a path is hashed without making an object. */
const NODE_WORDS = 8;

/**
 * A binary Merkle tree of fixed depth whose leaves are set one by one and hashed together. Nodes live in pages of 64, or of as many as the level
 * has, made when first written, so that dense and sparse indices cost what they hold; a node of an absent page is zero, and so is the parent of two zeros.
 */
export class Tree {
	readonly depth: number;
	/** levels[0] are the leaves; levels[depth] is the root alone. */
	readonly #levels: Map<number, Int32Array>[];
	readonly #leaf = new Uint8Array(32);
	readonly #leafWords = new Int32Array(this.#leaf.buffer);
	/** The root, once somebody asked for it: replaced, never written to, so that whoever has an old one keeps it, and who compares roots compares objects. */
	#root: Uint8Array | undefined = undefined;
	/** Leaves that were set since the nodes above them were hashed, with repetitions. */
	readonly #unhashed: number[] = [];
	/** The page that was last looked for: the parents of a level are the pairs of the next. */
	#held: Int32Array | undefined = undefined;
	#heldLevel = -1;
	#heldNumber = -1;

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
		const number = Math.floor(index / PAGE_NODES);
		if (this.#held && this.#heldLevel === level && this.#heldNumber === number) return this.#held;
		const pages = this.#levels[level];
		let page = pages.get(number);
		if (!page) {
			page = new Int32Array(Math.min(PAGE_NODES, 2 ** (this.depth - level)) * NODE_WORDS);
			pages.set(number, page);
		}
		this.#held = page;
		this.#heldLevel = level;
		this.#heldNumber = number;
		return page;
	}

	/** The same object until a leaf is set; not to be written to. */
	get root(): Uint8Array {
		Tree.hash([this]);
		this.#root ??= this.#node(this.depth, 0);
		return this.#root;
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

	/**
	 * Hashes what was set in these trees since they were last hashed, level by level through all of them at once: then two pairs that have nothing to do with each other are hashed together, of one tree or of two.
	 */
	static hash(trees: readonly Tree[]): void {
		const changed = trees.filter((tree) => tree.#unhashed.length > 0);
		if (changed.length === 0) return;
		let depth = 0;
		for (const tree of changed) {
			tree.#root = undefined;
			if (tree.#unhashed.length > 1) tree.#unhashed.sort((a, b) => a - b);
			depth = Math.max(depth, tree.depth);
		}
		for (let level = 0; level < depth; level++) {
			for (const tree of changed) if (level < tree.depth) tree.#hashLevel(level);
			flush();
		}
		for (const tree of changed) tree.#unhashed.length = 0;
	}

	/** Hashes the pairs of this level above which something changed, whose positions in it are `#unhashed`, in order; afterwards those are the positions of their parents. */
	#hashLevel(level: number): void {
		const positions = this.#unhashed;
		let count = 0;
		for (let i = 0; i < positions.length; i++) {
			const position = Math.floor(positions[i] / 2);
			if (count > 0 && positions[count - 1] === position) continue;
			positions[count++] = position;
			// Both siblings lie in one page, side by side.
			const page = this.#page(level, 2 * position);
			const pair = ((2 * position) % PAGE_NODES) * NODE_WORDS;
			const above = this.#page(level + 1, position);
			const parent = (position % PAGE_NODES) * NODE_WORDS;
			if (isZeroPair(page, pair)) above.fill(0, parent, parent + NODE_WORDS);
			else enqueue(page, pair, above, parent);
		}
		positions.length = count;
	}

	/** The hashes beside the path from this leaf to the root, lowest first. */
	siblings(index: number): Uint8Array[] {
		Tree.hash([this]);
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
			for (let i = 0; i < page.length / NODE_WORDS; i++) {
				if (page.subarray(i * NODE_WORDS, (i + 1) * NODE_WORDS).some((word) => word !== 0)) yield number * PAGE_NODES + i;
			}
		}
	}
}

function isZeroPair(page: Int32Array, at: number): boolean {
	for (let i = 0; i < 2 * NODE_WORDS; i++) if (page[at + i] !== 0) return false;
	return true;
}

// A pair that waits for another to be hashed with. Hashing is synchronous, so one place serves all trees.
let waiting = false;
let waitingPage: Int32Array = new Int32Array(0);
let waitingPair = 0;
let waitingAbove: Int32Array = new Int32Array(0);
let waitingParent = 0;

/** Hashes the pair into its parent, now or with the next; `flush` ends a level, whose parents no pair of it may need. */
function enqueue(page: Int32Array, pair: number, above: Int32Array, parent: number): void {
	if (waiting) {
		Keccak.hashTwoWords(waitingPage, waitingPair, waitingAbove, waitingParent, page, pair, above, parent);
		waiting = false;
		return;
	}
	waitingPage = page;
	waitingPair = pair;
	waitingAbove = above;
	waitingParent = parent;
	waiting = true;
}

function flush(): void {
	if (waiting) Keccak.hashWords(waitingPage, waitingPair, waitingAbove, waitingParent);
	waiting = false;
}
