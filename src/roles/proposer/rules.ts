import type { AssertionView, GameParameters } from "../../ports/Game.ts";

/** The minimum period since the parent, which an overflowing parent does not impose. */
export function isOldEnough(parent: AssertionView, block: number, parameters: GameParameters): boolean {
	return parent.isOverflow || block >= parent.createdAt + parameters.minimumPeriodBlocks;
}
