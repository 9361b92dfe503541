// Which of its moves a liar makes, and when.

import { toHex } from "../../../src/machine/math/Bytes.ts";
import type { Random } from "../../../src/market/Random.ts";
import type { GameSnapshot } from "../../../src/ports/Game.ts";
import * as Edge from "../../../src/protocol/Edge.ts";
import type { Action } from "../../../src/roles/challenger/decide.ts";

/**
 * exhaustive: answers every rival at once. random: makes a third of its moves each time. stalling: answers as late as it can without losing by time alone. honest-tree: answers, and
 * moves the honest side's edges too, for the refunds and to be in its way.
 */
export const STRATEGIES = ["exhaustive", "random", "stalling", "honest-tree"] as const;

export type Strategy = (typeof STRATEGIES)[number];

export type Choose = (actions: readonly Action[], snapshot: GameSnapshot) => readonly Action[];

/** @param stallBlocks how long a stalling liar waits with each answer */
export function chooserOf(strategy: Strategy, random: Random, stallBlocks: number): Choose {
	if (strategy === "random") return (actions) => actions.filter(() => random.below(3) === 0);
	if (strategy !== "stalling") return (actions) => actions;
	const seenAt = new Map<string, number>();
	return (actions, { block }) =>
		actions.filter((action) => {
			if (action.type !== "bisect" && action.type !== "prove") return true;
			const id = toHex(Edge.edgeId(action.edge));
			// A reorganisation may have taken back the block in which it was seen.
			const seen = Math.min(seenAt.get(id) ?? block, block);
			seenAt.set(id, seen);
			return block - seen >= stallBlocks;
		});
}
