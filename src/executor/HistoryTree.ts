import * as Keccak from "../machine/math/Keccak.ts";

/**
 * The perfect Merkle tree over 2^height leaves, of which the first `count` are real and the last of them repeats. Roots are hashed when first
 * asked for; those at CACHE_LEVEL and above are kept, so that a bisection re-hashes at most 2^CACHE_LEVEL leaves.
 */
export class HistoryTree {
	readonly height: number;
	readonly #count: number;
	/** Leaf at a place, counted from 0, below `count`. */
	readonly #leafAt: (place: number) => Uint8Array;
	/** repeated[h] = root of height h over the repeated last leaf alone. */
	readonly #repeated: readonly Uint8Array[];
	readonly #cache: Map<number, Uint8Array>[];

	/** @param count real leaves, 1 <= count <= 2^height */
	constructor(height: number, count: number, leafAt: (place: number) => Uint8Array) {
		if (count < 1 || count > 2 ** height)
			throw new RangeError(`a history of height ${height} has 1 to ${2 ** height} leaves, not ${count}`);
		this.height = height;
		this.#count = count;
		this.#leafAt = leafAt;
		const repeated = [leafAt(count - 1)];
		for (let level = 0; level < height; level++) repeated.push(Keccak.hashPair(repeated[level], repeated[level]));
		this.#repeated = repeated;
		this.#cache = Array.from({ length: height + 1 }, () => new Map());
	}

	/** Leaf at a place from 0 to 2^height - 1. */
	leaf(place: number): Uint8Array {
		this.#check(0, place);
		return place < this.#count ? this.#leafAt(place) : this.#repeated[0];
	}

	/** Root over the leaves at places position << height .. ((position + 1) << height) - 1. */
	root(height: number, position: number): Uint8Array {
		this.#check(height, position);
		return this.#root(height, position);
	}

	/** Siblings of the leaf at a place, lowest first. */
	path(place: number): Uint8Array[] {
		this.#check(0, place);
		const siblings: Uint8Array[] = [];
		let position = place;
		for (let level = 0; level < this.height; level++) {
			siblings.push(this.#root(level, position % 2 === 0 ? position + 1 : position - 1));
			position = Math.floor(position / 2);
		}
		return siblings;
	}

	#root(height: number, position: number): Uint8Array {
		// From the last real leaf on, everything is the last leaf.
		if (position * 2 ** height >= this.#count - 1) return this.#repeated[height];
		if (height === 0) return this.#leafAt(position);
		const known = this.#cache[height]?.get(position);
		if (known) return known;
		const root = Keccak.hashPair(this.#root(height - 1, 2 * position), this.#root(height - 1, 2 * position + 1));
		if (height >= CACHE_LEVEL) this.#cache[height]?.set(position, root);
		return root;
	}

	#check(height: number, position: number): void {
		if (height < 0 || height > this.height || position < 0 || position >= 2 ** (this.height - height)) {
			throw new RangeError(`no node of height ${height} at position ${position} in a history of height ${this.height}`);
		}
	}
}

const CACHE_LEVEL = 8;
