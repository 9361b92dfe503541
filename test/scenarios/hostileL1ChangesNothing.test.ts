// Whoever makes L1's blocks may censor the challenger, copy its moves, take blocks back or see it die: the game ends the same.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { blocksLost } from "../../scripts/dev/dispute/BlockProducer.ts";
import type { Played, Rules } from "../../scripts/dev/dispute/Game.ts";
import { FAIR, play, prepare } from "../../scripts/dev/dispute/Game.ts";
import type { World } from "../../scripts/dev/dispute/World.ts";
import { build } from "../../scripts/dev/dispute/World.ts";
import { DEVNET } from "../../src/chain/Deployment.ts";

const SEED = 11;
const STEP = 5;
const CENSOR = 12;
/** Finality of Ethereum is deeper; nobody reorganised it by more than seven blocks since it has validators. */
const DEPTH = 8;
const BOND = BigInt(DEVNET.bond);

describe("HostileL1ChangesNothing", () => {
	let world: World;
	let snapshot: string;
	before(async () => {
		world = await build({ height: 3, seed: SEED, censorBlocks: blocksLost({ censorBlocks: CENSOR, reorgDepth: DEPTH }) });
		await prepare(world);
	});
	after(() => world.close());
	beforeEach(async () => {
		snapshot = await world.chain.snapshot();
	});
	afterEach(() => world.chain.revert(snapshot));

	const against = async (rules: Partial<Rules>): Promise<Played> => {
		const played = await play(world, [STEP], { ...FAIR, ...rules });
		assert.ok(played.honestWon);
		assert.ok(played.honestNet + played.honestGas >= 0n, "everything but gas came back");
		assert.ok(played.attackerNet <= -BOND / 2n, `the attackers got ${played.attackerNet}`);
		return played;
	};

	it("given a challenger that is censored for as long as the period allows, it wins later and by the same root", async () => {
		const played = await against({ censorBlocks: CENSOR });
		assert.equal(played.censored, CENSOR);
	});

	it("given an L1 that takes eight blocks back again and again, with or without their transactions", async () => {
		const played = await against({ reorgDepth: DEPTH, seed: SEED });
		assert.ok(played.reorganisations >= 2, `${played.reorganisations} reorganisations`);
	});

	it("given an attacker that copies every move and comes first, he pays for the honest side's game", async () => {
		const played = await against({ isFrontRun: true });
		assert.ok(played.copies >= 4, `${played.copies} copies`);
	});

	it("given a challenger that is killed after each of its moves, and another that goes on from its journal", async () => {
		const played = await against({ restarts: true, seed: SEED });
		assert.ok(played.kills >= 4, `${played.kills} kills`);
	});

	for (const strategy of ["random", "stalling", "honest-tree"] as const) {
		it(`given a liar that plays ${strategy}`, async () => {
			await against({ strategy, first: "honest" });
		});
	}
});
