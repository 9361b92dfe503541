// A challenger may die at any block of a game: the game ends the same. Every block is tried, not a sample.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Played, Rules } from "../../scripts/dev/dispute/Game.ts";
import { FAIR, play, prepare } from "../../scripts/dev/dispute/Game.ts";
import type { World } from "../../scripts/dev/dispute/World.ts";
import { build } from "../../scripts/dev/dispute/World.ts";

const STEP = 2;

describe("KilledAtEveryBlock", () => {
	let world: World;
	let fair: Played;
	before(async () => {
		world = await build({ height: 2, seed: 11 });
		await prepare(world);
		fair = await against({});
	});
	after(() => world.close());

	async function against(rules: Partial<Rules>): Promise<Played> {
		const snapshot = await world.chain.snapshot();
		const played = await play(world, [STEP], { ...FAIR, ...rules });
		await world.chain.revert(snapshot);
		return played;
	}

	const isSame = (played: Played, when: string): void => {
		assert.ok(played.honestWon, `it won ${when}`);
		assert.equal(played.confirmedRoot, fair.confirmedRoot, when);
		assert.equal(played.forfeited, 1, when);
		assert.ok(played.honestNet + played.honestGas >= 0n, `everything but gas came back ${when}`);
	};

	it("given the challenger killed at each block of the game, another that goes on from its journal ends it the same", async () => {
		let kills = 0;
		for (let block = 0; block < fair.mined; block++) {
			const played = await against({ killAt: block });
			isSame(played, `when killed at block ${block} of ${fair.mined}`);
			kills += played.kills;
		}
		// In the first blocks the liar asserts and nobody plays yet; in the last ones the money is taken home.
		assert.ok(kills >= 5, `${kills} kills in games of ${fair.mined} blocks`);
	});
});
