// Two implementations of the EVM, and of a node around it: a game that ends otherwise on the second would rest on what one of them alone does.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { programOf } from "../../scripts/dev/dispute/AnvilChain.ts";
import { FAIR, play, prepare } from "../../scripts/dev/dispute/Game.ts";
import { build } from "../../scripts/dev/dispute/World.ts";

const isThere = spawnSync(programOf(), ["--version"]).status === 0;

describe("AnvilAgrees", () => {
	it(
		"given the same lies on EDR and on Anvil, the same root is confirmed and every bond is lost",
		{ skip: isThere ? false : "Anvil is not installed: npm install --no-save --ignore-scripts @foundry-rs/anvil@1.7.1" },
		async () => {
			const roots: string[] = [];
			for (const isAnvil of [false, true]) {
				const world = await build({ height: 4, seed: 5, isAnvil });
				try {
					await prepare(world);
					const played = await play(world, [3, 9], FAIR);
					assert.ok(played.honestWon, isAnvil ? "on Anvil" : "on EDR");
					assert.ok(played.honestNet + played.honestGas >= 0n);
					roots.push(played.confirmedRoot);
				} finally {
					await world.close();
				}
			}
			assert.equal(roots[0], roots[1]);
		},
	);
});
