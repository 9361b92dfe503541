// The perfect Merkle tree over a machine's commitments after each step (docs/spec/rollup.md). No zero rule here: every leaf is a hash.

import * as Keccak from "../machine/math/Keccak.ts";

export function node(left: Uint8Array, right: Uint8Array): Uint8Array {
	return Keccak.hashPair(left, right);
}

/** Root over the leaf that stands at `index` with these siblings, lowest first. */
export function rootOf(leaf: Uint8Array, index: number, siblings: readonly Uint8Array[]): Uint8Array {
	let hash = leaf;
	for (let i = 0; i < siblings.length; i++) {
		const sibling = siblings[i];
		hash = Math.floor(index / 2 ** i) % 2 === 0 ? node(hash, sibling) : node(sibling, hash);
	}
	return hash;
}

/** Root over a last leaf: every sibling stands left of it. */
export function rootOfLast(leaf: Uint8Array, siblings: readonly Uint8Array[]): Uint8Array {
	let hash = leaf;
	for (const sibling of siblings) hash = node(sibling, hash);
	return hash;
}
