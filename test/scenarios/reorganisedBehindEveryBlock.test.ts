// L1 may take back its newest eight blocks behind any block of a game: the game ends the same. Behind every block is tried, not a sample, except where all eight are empty: those are as they were before.
// STRIKEPROOF_REORGANISED=all tries the empty ones too, and each both ways: what was taken back comes again at once, or when its senders notice.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { FairGame } from "./FairGame.ts";

/** Finality of Ethereum is deeper; nobody reorganised it by more than seven blocks since it has validators. */
const DEPTH = 8;
const IS_WHOLE = process.env.STRIKEPROOF_REORGANISED === "all";

describe("ReorganisedBehindEveryBlock", () => {
	let game: FairGame;
	before(async () => {
		game = await FairGame.start(2 * (DEPTH + 1), { reorgDepth: DEPTH }, { reorgAt: Infinity });
		assert.equal(game.fair.reorganisations, 0);
	});
	after(() => game.close());

	it("given L1 reorganised by eight blocks behind each block of the game, it ends the same", async () => {
		const { fair } = game;
		const blocks = Array.from({ length: fair.mined }, (_, i) => i + 1);
		const holds = (block: number): boolean => fair.full.some((full) => full <= block && full > block - DEPTH);
		const chosen = IS_WHOLE ? blocks : blocks.filter(holds);
		assert.ok(chosen.length >= 20, `${chosen.length} of ${fair.mined} blocks`);
		let ended = 0;
		for (const block of chosen) {
			for (const isSentAgain of IS_WHOLE ? [true, false] : [block % 2 === 0]) {
				const played = await game.against({ reorgAt: block, isSentAgain });
				// What is sent when depends on how soon its sender notices, so a game may end some blocks sooner than the one that was counted.
				assert.equal(played.reorganisations, played.mined < block ? 0 : 1);
				ended += 1 - played.reorganisations;
				game.assertSame(played, `behind block ${block} of ${fair.mined}, its transactions ${isSentAgain ? "sent again" : "gone"}`);
			}
		}
		assert.ok(ended <= DEPTH, `${ended} games ended before their reorganisation`);
	});
});
