// A challenger may die at any block of a game: the game ends the same. Every block is tried, not a sample.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { FairGame } from "./FairGame.ts";

describe("KilledAtEveryBlock", () => {
	let game: FairGame;
	before(async () => {
		game = await FairGame.start();
	});
	after(() => game.close());

	it("given the challenger killed at each block of the game, another that goes on from its journal ends it the same", async () => {
		const { mined } = game.fair;
		let kills = 0;
		for (let block = 0; block < mined; block++) {
			const played = await game.against({ killAt: block });
			game.assertSame(played, `when killed at block ${block} of ${mined}`);
			kills += played.kills;
		}
		// In the first blocks the liar asserts and nobody plays yet; in the last ones the money is taken home.
		assert.ok(kills >= 5, `${kills} kills in games of ${mined} blocks`);
	});
});
