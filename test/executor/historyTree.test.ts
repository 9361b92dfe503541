import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HistoryTree } from "../../src/executor/HistoryTree.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Merkle from "../../src/machine/math/Merkle.ts";

const leafAt = (place: number): Uint8Array => Keccak.hashText(`leaf ${place}`);

/** All levels, hashed the plain way, with the last leaf repeated. */
function plainLevels(height: number, count: number): Uint8Array[][] {
	const levels = [Array.from({ length: 2 ** height }, (_, place) => leafAt(Math.min(place, count - 1)))];
	while ((levels.at(-1) as Uint8Array[]).length > 1) {
		const below = levels.at(-1) as Uint8Array[];
		levels.push(Array.from({ length: below.length / 2 }, (_, i) => Keccak.hashPair(below[2 * i], below[2 * i + 1])));
	}
	return levels;
}

describe("given a history tree", () => {
	it("refuses a count or a place that it does not have", () => {
		assert.throws(() => new HistoryTree(3, 0, leafAt), RangeError);
		assert.throws(() => new HistoryTree(3, 9, leafAt), RangeError);
		const tree = new HistoryTree(3, 5, leafAt);
		for (const [height, position] of [
			[-1, 0],
			[4, 0],
			[0, 8],
			[3, 1],
			[2, -1],
		] as const)
			assert.throws(() => tree.root(height, position), RangeError);
		assert.throws(() => tree.leaf(8), RangeError);
		assert.throws(() => tree.path(8), RangeError);
	});

	it("has every node of the plain tree, whatever part of it repeats", () => {
		for (const height of [0, 1, 4, 6]) {
			for (let count = 1; count <= 2 ** height; count++) {
				const tree = new HistoryTree(height, count, leafAt);
				const levels = plainLevels(height, count);
				for (const [level, nodes] of levels.entries())
					for (const [position, node] of nodes.entries()) assert.deepEqual(tree.root(level, position), node);
				for (let place = 0; place < 2 ** height; place++) {
					assert.deepEqual(Merkle.rootOf(tree.leaf(place), place, tree.path(place)), tree.root(height, 0));
				}
			}
		}
	});

	it("asks for each real leaf about once however large it is", () => {
		const asked = new Map<number, number>();
		const count = 3000;
		const tree = new HistoryTree(22, count, (place) => {
			assert.ok(place < count);
			asked.set(place, (asked.get(place) ?? 0) + 1);
			return leafAt(place);
		});
		tree.root(22, 0);
		assert.equal(asked.size, count);
		for (let place = 0; place < count - 1; place++) assert.equal(asked.get(place), 1);
		const before = [...asked.values()].reduce((sum, n) => sum + n, 0);
		for (let height = 21; height >= 8; height--) tree.root(height, 0);
		assert.equal(
			[...asked.values()].reduce((sum, n) => sum + n, 0),
			before,
		);
	});
});
