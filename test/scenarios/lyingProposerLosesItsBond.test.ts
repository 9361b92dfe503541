import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { play, prepare } from "../../scripts/dev/dispute/Game.ts";
import type { World } from "../../scripts/dev/dispute/World.ts";
import { build } from "../../scripts/dev/dispute/World.ts";

const HEIGHT = 5;

describe("LyingProposerLosesItsBond", () => {
	let world: World;
	let clean = "";

	before(async () => {
		world = await build({ height: HEIGHT, seed: 3 });
		await prepare(world);
		clean = await world.chain.snapshot();
	});

	after(() => world.close());

	for (const [where, steps] of [
		["at the first step", [0]],
		["at the last step, where the machine has long halted", [2 ** HEIGHT - 1]],
		["at three steps by three liars", [4, 11, 11]],
	] as const) {
		it(`given lies ${where}, it confirms the truth, takes the bonds, and keeps the challenger whole`, async () => {
			await world.chain.revert(clean);
			clean = await world.chain.snapshot();
			const played = await play(world, steps);
			assert.equal(played.honestWon, true);
			assert.equal(played.forfeited, steps.length);
			assert.ok(played.honestMoves <= (HEIGHT + 1) * steps.length);
			assert.ok((played.gasByMove.bisect?.max ?? 0) <= 120_000);
			assert.ok((played.gasByMove.prove?.max ?? 0) <= 10_000_000);
			// His bond is back: what he is short of is gas, a small part of it.
			assert.ok(played.honestNet > -(10n ** 16n), `${played.honestNet}`);
		});
	}
});
