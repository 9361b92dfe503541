import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as AnvilChain from "../../scripts/dev/dispute/AnvilChain.ts";
import { FAIR, play, prepare } from "../../scripts/dev/dispute/Game.ts";
import { build } from "../../scripts/dev/dispute/World.ts";
import type { World } from "../../scripts/dev/dispute/World.ts";

const HEIGHT = 6;
/** Behind the deposits and listings: each reads an order of more than 100 bytes, which lies across several elements of the blob. */
const LIES = [13, 21, 30];

for (const isAnvil of [false, true]) {
	const skip =
		isAnvil && !AnvilChain.isThere()
			? "there is no Anvil: the packages bring one for the usual platforms, and ANVIL may name another"
			: false;

	describe(
		`given batches in blobs on ${isAnvil ? "Anvil" : "Hardhat's EDR"}, and lies about steps that read orders out of them`,
		{ skip },
		() => {
			let world: World;
			before(async () => {
				world = await build({ height: HEIGHT, seed: 5, isAnvil, carrier: "blob" });
				await prepare(world);
			});
			after(() => world.close());

			it("proves each such step on L1 by opening the blob, and the liars lose their bonds", async () => {
				const played = await play(world, LIES, FAIR);
				assert.ok(played.honestWon);
				assert.equal(played.forfeited, LIES.length);
				assert.ok(played.honestNet + played.honestGas >= 0n, "everything but gas came back");
				assert.ok(played.gasByMove.prove.count >= 1 && played.gasByMove.prove.max < 5_000_000, `${played.gasByMove.prove.max} gas`);
			});
		},
	);
}
