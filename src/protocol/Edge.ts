// Content-addressed names of edges (docs/spec/rollup.md): an L1 reorganisation can never redirect a move.

import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";

/** A claim about a stretch of history: what a player says the machine did at the leaves (position << height) + 1 .. (position + 1) << height. */
export type EdgeKey = {
	gameId: Uint8Array;
	height: number;
	position: number;
	/** Commits to every leaf before the stretch. */
	prefix: Uint8Array;
	historyRoot: Uint8Array;
};

const TAG_MUTUAL = Keccak.hashText("strikeproof.mutual.v1");
const TAG_EDGE = Keccak.hashText("strikeproof.edge.v1");
const TAG_PREFIX = Keccak.hashText("strikeproof.prefix.v1");

/** Who is a rival of whom: edges of one mutual id claim different histories of the same stretch after the same past. */
export function mutualId(edge: EdgeKey): Uint8Array {
	return mutualIdOf(edge.gameId, edge.height, edge.position, edge.prefix);
}

/** The same from its parts. */
export function mutualIdOf(gameId: Uint8Array, height: number, position: number, prefix: Uint8Array): Uint8Array {
	const place = new Uint8Array(9);
	place[0] = height;
	Bytes.put(place, 1, 8, position);
	return Keccak.hash(Bytes.concat(TAG_MUTUAL, gameId, place, prefix));
}

/** Name of an edge. A left half is named by what goes on from it, the mutual id of the right halves beside it; a right half by what it claims. */
export function edgeId(edge: EdgeKey): Uint8Array {
	return edgeIdOf(edge, mutualId(edge));
}

/** Name of an edge whose mutual id is known. */
export function edgeIdOf(edge: EdgeKey, mutual: Uint8Array): Uint8Array {
	if (edge.position % 2 === 1) return idOf(mutual, edge.historyRoot);
	return mutualIdOf(edge.gameId, edge.height, edge.position + 1, rightPrefix(edge.prefix, edge.historyRoot));
}

/** Name of a right half. */
export function idOf(mutual: Uint8Array, historyRoot: Uint8Array): Uint8Array {
	return Keccak.hash(Bytes.concat(TAG_EDGE, mutual, historyRoot));
}

export function rightPrefix(prefix: Uint8Array, leftRoot: Uint8Array): Uint8Array {
	return Keccak.hash(Bytes.concat(TAG_PREFIX, prefix, leftRoot));
}

export function leftChild(edge: EdgeKey, leftRoot: Uint8Array): EdgeKey {
	return { gameId: edge.gameId, height: edge.height - 1, position: edge.position * 2, prefix: edge.prefix, historyRoot: leftRoot };
}

export function rightChild(edge: EdgeKey, leftRoot: Uint8Array, rightRoot: Uint8Array): EdgeKey {
	const prefix = rightPrefix(edge.prefix, leftRoot);
	return { gameId: edge.gameId, height: edge.height - 1, position: edge.position * 2 + 1, prefix, historyRoot: rightRoot };
}
