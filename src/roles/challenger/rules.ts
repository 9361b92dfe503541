// Named predicates that every move satisfies: the contract would refuse the others, or they would cost without need.

import type { AssertionView, EdgeView, GameParameters, GameSnapshot } from "../../ports/Game.ts";

/** Only a rivalled edge needs an answer. */
export function isRivalled(edge: EdgeView): boolean {
	return edge.rivalledAt !== 0;
}

export function isUnmoved(edge: EdgeView): boolean {
	return edge.move === "none";
}

/** Blocks for which the edge had no rival. */
export function unrivalledBlocks(edge: EdgeView, block: number): number {
	if (!edge.isFirst) return 0;
	return (edge.rivalledAt === 0 ? block : edge.rivalledAt) - edge.createdAt;
}

export function isPending(assertion: AssertionView): boolean {
	return assertion.status === "pending";
}

/** Whether a winner may be confirmed now: its parent is the last confirmed, and its wait is over. */
export function isConfirmable(
	assertion: AssertionView,
	isRivalledGame: boolean,
	snapshot: GameSnapshot,
	parameters: GameParameters,
): boolean {
	if (assertion.status !== "winner" || assertion.parent !== snapshot.latestConfirmed || snapshot.isFrozen) return false;
	const grace = isRivalledGame ? assertion.decidedAt + parameters.gracePeriodBlocks : 0;
	return snapshot.block >= Math.max(grace, assertion.createdAt + parameters.challengePeriodBlocks);
}

/** Whether an assertion lost: a sibling is confirmed, or its parent is rejected, which takes down even who won a game below a lie. */
export function isLost(assertion: AssertionView, confirmedSibling: AssertionView | undefined, parent: AssertionView | undefined): boolean {
	if (assertion.status !== "pending" && assertion.status !== "winner") return false;
	return (confirmedSibling !== undefined && confirmedSibling.id !== assertion.id) || parent?.status === "rejected";
}
