// A withdrawal in the outbox: a tree of depth 24 whose leaves are hashes of withdrawals (docs/spec/machine.md).

import * as Merkle from "../machine/math/Merkle.ts";
import { withdrawalLeaf } from "../machine/step/Money.ts";

export const DEPTH = 24;

export function leaf(index: number, account: number, recipient: string, amount: number): Uint8Array {
	return withdrawalLeaf(index, account, recipient, amount);
}

export function rootOf(leafHash: Uint8Array, index: number, proof: readonly Uint8Array[]): Uint8Array {
	return Merkle.rootOf(leafHash, index, proof);
}
