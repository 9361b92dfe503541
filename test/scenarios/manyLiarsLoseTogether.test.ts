// Delay is what a liar can still buy: it must not grow with the number of liars, nor with what they pay.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { play, prepare } from "../../scripts/dev/dispute/Game.ts";
import type { World } from "../../scripts/dev/dispute/World.ts";
import { build } from "../../scripts/dev/dispute/World.ts";

const HEIGHT = 6;
const STEPS = [3, 17, 17, 40, 63];
/** Blocks that four more liars may cost: a move of theirs a block, on the path that all share. */
const SLACK_BLOCKS = 3 * HEIGHT;

describe("ManyLiarsLoseTogether", () => {
	let world: World;
	before(async () => {
		world = await build({ height: HEIGHT, seed: 5 });
		await prepare(world);
	});
	after(() => world.close());

	it("confirms the truth against five liars about as soon as against one, and takes every bond", async () => {
		const before = await world.chain.snapshot();
		const alone = await play(world, STEPS.slice(0, 1));
		await world.chain.revert(before);
		const together = await play(world, STEPS);
		assert.ok(alone.honestWon && together.honestWon);
		assert.equal(together.forfeited, STEPS.length);
		assert.equal(together.confirmedRoot, alone.confirmedRoot);
		assert.ok(
			together.blocksToConfirm <= alone.blocksToConfirm + SLACK_BLOCKS,
			`${together.blocksToConfirm} blocks, ${alone.blocksToConfirm} alone`,
		);
	});
});
