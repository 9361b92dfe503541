import type { HonestChain } from "../../executor/HonestChain.ts";
import * as Chain from "../../executor/HonestChain.ts";
import type { GameParameters, GameReader, GameSnapshot } from "../../ports/Game.ts";
import type { Histories } from "../../ports/History.ts";

export type View = {
	readonly snapshot: GameSnapshot;
	readonly parameters: GameParameters;
	readonly chain: HonestChain;
	readonly self: string;
};

export async function look(game: GameReader, histories: Histories, self: string): Promise<View> {
	const batchCount = Math.min(await game.batchCount(), histories.batchCount);
	const snapshot = await game.look();
	const chain = await Chain.follow(snapshot, histories, game.parameters.height, batchCount, (parent, accumulator) =>
		game.gameId(parent, accumulator),
	);
	return { snapshot, parameters: game.parameters, chain, self };
}
