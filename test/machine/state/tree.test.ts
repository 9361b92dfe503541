import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as Merkle from "../../../src/machine/math/Merkle.ts";
import { Forest, stateRootOf } from "../../../src/machine/state/Forest.ts";
import { Tree } from "../../../src/machine/state/Tree.ts";

/** The root by definition: every node from its two children. */
function plainRoot(leaves: ReadonlyMap<number, Uint8Array>, depth: number, position = 0): Uint8Array {
	if (depth === 0) return leaves.get(position) ?? Merkle.ZERO;
	return Merkle.node(plainRoot(leaves, depth - 1, 2 * position), plainRoot(leaves, depth - 1, 2 * position + 1));
}

describe("given a tree whose leaves are set in any order, asked at any moment", () => {
	it("has the root and the paths of the definition, and a removed leaf leaves no trace", () => {
		const depth = 10;
		const tree = new Tree(depth);
		const leaves = new Map<number, Uint8Array>();
		let state = 7;
		const below = (bound: number): number => {
			state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
			return Math.floor((state / 4_294_967_296) * bound);
		};
		for (let round = 0; round < 60; round++) {
			for (let i = below(12); i >= 0; i--) {
				const index = below(4) === 0 ? below(8) : below(2 ** depth);
				const leaf = below(5) === 0 ? Merkle.ZERO : Keccak.hashText(`${round}/${i}`);
				leaves.set(index, leaf);
				tree.set(index, leaf);
			}
			if (round % 3 === 0) {
				const index = below(2 ** depth);
				assert.deepEqual(Merkle.rootOf(tree.leaf(index), index, tree.siblings(index)), plainRoot(leaves, depth));
			}
			assert.deepEqual(tree.root, plainRoot(leaves, depth));
		}
		const present = [...leaves].filter(([, leaf]) => !Merkle.isZero(leaf)).map(([index]) => index);
		assert.deepEqual(
			[...tree.leaves()],
			present.sort((a, b) => a - b),
		);
		for (const index of leaves.keys()) tree.set(index, Merkle.ZERO);
		assert.deepEqual(tree.root, Merkle.ZERO);
	});

	it("serves the deepest kind and its last index", () => {
		const tree = new Tree(24);
		const leaf = Keccak.hashText("leaf");
		for (const index of [0, 2 ** 24 - 1]) tree.set(index, leaf);
		for (const index of [0, 1, 2 ** 23, 2 ** 24 - 1])
			assert.deepEqual(Merkle.rootOf(tree.leaf(index), index, tree.siblings(index)), tree.root);
		const one = new Tree(0);
		one.set(0, leaf);
		assert.deepEqual(one.root, leaf);
	});
});

describe("given trees that are hashed together", () => {
	it("have the roots of the definition, whatever their depths and however many leaves each was set", () => {
		const depths = [0, 3, 8, 8, 5];
		const trees = depths.map((depth) => new Tree(depth));
		const leaves = depths.map(() => new Map<number, Uint8Array>());
		for (let round = 0; round < 40; round++) {
			for (const [i, tree] of trees.entries())
				for (let j = 0; j < (round * (i + 1)) % 4; j++) {
					const index = (round * 7 + j * 31) % 2 ** depths[i];
					const leaf = (round + j) % 6 === 0 ? Merkle.ZERO : Keccak.hashText(`${round} ${i} ${j}`);
					leaves[i].set(index, leaf);
					tree.set(index, leaf);
				}
			Tree.hash(trees);
			for (const [i, tree] of trees.entries()) assert.deepEqual(tree.root, plainRoot(leaves[i], depths[i]), `round ${round}, tree ${i}`);
		}
	});

	it("has the state root of the definition after every change, and hands out roots that later changes leave alone", () => {
		const forest = new Forest();
		const known: { root: Uint8Array; copy: Uint8Array }[] = [];
		for (let round = 0; round < 60; round++) {
			forest.set(round % 8, round % 8 === 0 ? 0 : (round * 5) % 16, Keccak.hashText(`cell ${round}`).subarray(0, round % 9 === 0 ? 0 : 20));
			if (round % 4 === 0) continue;
			const root = forest.stateRoot();
			assert.deepEqual(root, stateRootOf(forest.kindRoots()), `round ${round}`);
			known.push(...[root, ...forest.kindRoots()].map((one) => ({ root: one, copy: one.slice() })));
		}
		for (const { root, copy } of known) assert.deepEqual(root, copy);
	});
});
