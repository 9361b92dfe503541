// A short game of one liar against one honest challenger, played once undisturbed: however it is disturbed, it must end as that one did.

import assert from "node:assert/strict";
import type { Played, Rules } from "../../scripts/dev/dispute/Game.ts";
import { FAIR, play, prepare } from "../../scripts/dev/dispute/Game.ts";
import type { World } from "../../scripts/dev/dispute/World.ts";
import { build } from "../../scripts/dev/dispute/World.ts";

/** The step that the liar lies about. */
const STEP = 2;

export class FairGame {
	readonly #world: World;
	readonly #rules: Rules;
	/** How the game goes when nothing disturbs it. */
	readonly fair: Played;

	private constructor(world: World, rules: Rules, fair: Played) {
		this.#world = world;
		this.#rules = rules;
		this.fair = fair;
	}

	/** Plays the undisturbed game; `rules` are those of every game, and `undisturbed` what is different in this one. */
	static async start(censorBlocks = 0, rules: Partial<Rules> = {}, undisturbed: Partial<Rules> = {}): Promise<FairGame> {
		const world = await build({ height: 2, seed: 11, censorBlocks });
		await prepare(world);
		const all = { ...FAIR, ...rules };
		return new FairGame(world, all, await once(world, { ...all, ...undisturbed }));
	}

	against(rules: Partial<Rules>): Promise<Played> {
		return once(this.#world, { ...this.#rules, ...rules });
	}

	assertSame(played: Played, when: string): void {
		assert.ok(played.honestWon, `it won ${when}`);
		assert.equal(played.confirmedRoot, this.fair.confirmedRoot, when);
		assert.equal(played.forfeited, 1, when);
		assert.ok(played.honestNet + played.honestGas >= 0n, `everything but gas came back ${when}`);
	}

	async close(): Promise<void> {
		await this.#world.close();
	}
}

/** Plays from the same state each time. */
async function once(world: World, rules: Rules): Promise<Played> {
	const snapshot = await world.chain.snapshot();
	const played = await play(world, [STEP], rules);
	await world.chain.revert(snapshot);
	return played;
}
