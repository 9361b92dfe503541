import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { World } from "../../scripts/dev/simulation/World.ts";
import type { Parts } from "../../scripts/dev/simulation/World.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import type { Acknowledgement } from "../../src/roles/sequencer/Sequencer.ts";

async function brokenBy(seed: number, sabotage: (parts: Parts) => void): Promise<string> {
	const { broken } = await new World(seed, sabotage).run();
	return broken ?? "nothing";
}

describe("given four nodes over an L1, and what goes wrong, all from a seed", () => {
	for (const seed of [9, 11, 104, 236])
		it(`breaks no invariant with seed ${seed}, and comes to rest`, async () => {
			const { broken, settled, acknowledged } = await new World(seed).run();
			assert.equal(broken, undefined);
			assert.ok(settled && acknowledged > 50);
		});

	it("SEED=753: takes a late answer to a report for that one's, not for the one sent after it, and settles", async () => {
		const { broken, settled } = await new World(753).run();
		assert.equal(broken, undefined);
		assert.ok(settled);
	});

	it("SEED=107: rejects a lie about a step that is read from a blob, though commitments are imitated", async () => {
		const { broken, lies } = await new World(107).run();
		assert.equal(broken, undefined);
		assert.equal(lies, 1);
	});

	it("SEED=1028: lets L1 go back without giving older assertions another target", async () => {
		const { broken } = await new World(1028).run();
		assert.equal(broken, undefined);
	});

	it("does the same again with the same seed, and something else with another", async () => {
		const [once, again, other] = [await new World(3).run(), await new World(3).run(), await new World(4).run()];
		assert.deepEqual(again, once);
		assert.notEqual(other.root, once.root);
	});

	it("finds out a committee that forgets what it decided", async () => {
		const broken = await brokenBy(6, ({ committee }) => void committee.decided.splice(-3));
		assert.notEqual(broken, "nothing");
	});

	it("finds out a gateway that acknowledges what it never had ordered", async () => {
		const broken = await brokenBy(6, ({ nodes }) => {
			for (const { running } of nodes) {
				if (!running) continue;
				const sequence = 7;
				const lie = {
					sequence,
					offset: 0,
					messageHash: new Uint8Array(32),
					streamHash: new Uint8Array(32),
					time: 0,
					receipt: new Uint8Array(65),
				};
				running.sequencer.submit = () => Promise.resolve({ ...lie, result: undefined } as unknown as Acknowledgement);
			}
		});
		assert.notEqual(broken, "nothing");
	});

	it("finds out a lie that nobody disputes", async () => {
		let hasLied = false;
		for (let seed = 1; !hasLied && seed < 20; seed++) {
			const world = new World(seed, ({ challenger }) => {
				challenger.kill();
				challenger.start = async () => undefined;
			});
			const { broken, lies } = await world.run();
			hasLied = lies > 0;
			if (hasLied) assert.match(broken ?? "nothing", /games did not end|lost its bond/);
		}
		assert.ok(hasLied);
	});

	it("lets a liar, a signer of false roots and an equivocating gateway lose their stakes, and nobody else", async () => {
		let [lies, slashed] = [0, 0];
		for (let seed = 100; (lies === 0 || slashed === 0) && seed < 130; seed++) {
			const outcome = await new World(seed).run();
			assert.equal(outcome.broken, undefined);
			lies += outcome.lies;
			slashed += outcome.slashed;
		}
		assert.ok(lies > 0 && slashed > 0);
	});

	it("finds out an L1 that changes what a batch holds", async () => {
		const broken = await brokenBy(6, ({ chain }) => {
			const { batches } = chain.inbox;
			chain.inbox.batches = async (from, to) =>
				(await batches.call(chain.inbox, from, to)).map((batch) => ({ ...batch, content: Bytes.concat(batch.content, Uint8Array.of(0)) }));
		});
		assert.notEqual(broken, "nothing");
	});

	it("finds out nodes whose states are not what L1 gives", async () => {
		const broken = await brokenBy(6, ({ nodes }) => {
			for (const { running } of nodes)
				if (running) running.live.rootAt = () => Uint8Array.from({ length: 32 }, () => running.process.skew & 255);
		});
		assert.notEqual(broken, "nothing");
	});
});
