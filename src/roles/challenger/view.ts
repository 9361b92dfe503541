import type { Link } from "../../executor/HonestChain.ts";
import * as HonestChain from "../../executor/HonestChain.ts";
import type { GameParameters, GameReader, GameSnapshot } from "../../ports/Game.ts";
import type { Histories } from "../../ports/History.ts";

/** What a challenger sees in one look. Nothing in it changes while he decides. */
export type View = {
	readonly snapshot: GameSnapshot;
	readonly parameters: GameParameters;
	/** The honest chain as far as it is known; what is not in it is unknown, and not disputed. */
	readonly links: readonly Link[];
	readonly isComplete: boolean;
	/** The confirmed assertion that the histories begin with; undefined when that is the genesis. What came before is L1's word alone. */
	readonly origin: string | undefined;
	/** The challenger's own address. */
	readonly self: string;
};

export async function look(game: GameReader, histories: Histories, self: string): Promise<View> {
	const batchCount = await game.batchCount();
	const snapshot = await game.look();
	const known = Math.min(batchCount, histories.batchCount);
	const chain = await HonestChain.follow(snapshot, histories, game.parameters.height, known, (parent, accumulator) =>
		game.gameId(parent, accumulator),
	);
	return {
		snapshot,
		parameters: game.parameters,
		links: chain.links,
		isComplete: chain.isComplete,
		origin: histories.origin().assertion,
		self,
	};
}
