// STRIKEPROOF_PROGRAMS=100 STRIKEPROOF_SEED=7 plays more of them than the few of every run.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Arena } from "./arena.ts";
import { PERIOD, Program } from "./Program.ts";

const SEED = Number(process.env.STRIKEPROOF_SEED ?? 1);
const PROGRAMS = Number(process.env.STRIKEPROOF_PROGRAMS ?? 3);
const CALLS = 40;
/** What each run reaches at least, over all its programs. */
const REACHED = ["assert", "bisect", "timers", "mine", "reject", "forfeit", "refund"];

describe(`given ${PROGRAMS} random programs of everything that anybody may call, from seed ${SEED}`, () => {
	let arena: Arena;
	const done = new Set<string>();
	before(async () => {
		arena = await Arena.start(new Map(), PERIOD);
		await arena.postBatch();
	});
	after(() => arena.close());

	for (let seed = SEED; seed < SEED + PROGRAMS; seed++) {
		it(`keeps every invariant after every call, and the honest player comes home: seed ${seed}`, async () => {
			const snapshot = await arena.l1.chain.snapshot();
			const program = await Program.begin(arena, seed);
			for (let i = 0; i < CALLS; i++) await program.step();
			await program.finish();
			for (const name of program.done.keys()) done.add(name);
			await arena.l1.chain.revert(snapshot);
		});
	}

	it("made every kind of call that matters", () => {
		assert.deepEqual(
			REACHED.filter((name) => !done.has(name)),
			[],
		);
	});
});
