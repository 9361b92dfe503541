import * as Keccak from "./Keccak.ts";

/** The hash of nothing: absent leaves and subtrees of them. */
export const ZERO: Uint8Array = new Uint8Array(32);

export function isZero(hash: Uint8Array): boolean {
	for (let i = 0; i < 32; i++) if (hash[i] !== 0) return false;
	return true;
}

/** Parent of two nodes: zero when both are, so that empty subtrees cost nothing to hash or to store. */
export function node(left: Uint8Array, right: Uint8Array): Uint8Array {
	return isZero(left) && isZero(right) ? ZERO : Keccak.hashPair(left, right);
}

/** Root over a leaf at `index` with these siblings, lowest first. */
export function rootOf(leaf: Uint8Array, index: number, siblings: readonly Uint8Array[]): Uint8Array {
	let hash = leaf;
	let position = index;
	for (const sibling of siblings) {
		hash = position % 2 === 0 ? node(hash, sibling) : node(sibling, hash);
		position = Math.floor(position / 2);
	}
	return hash;
}
