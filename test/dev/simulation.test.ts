import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { World } from "../../scripts/dev/simulation/World.ts";

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
		assert.notEqual(other.trace, once.trace);
	});

	it("prints the same trace of a seed from a process of its own, whatever ran before in this one", async () => {
		const { trace, root } = await new World(3).run();
		const command = [fileURLToPath(new URL("../../scripts/dev/simulate.ts", import.meta.url)), "--json"];
		const { stdout } = await promisify(execFile)(process.execPath, command, { env: { ...process.env, SEED: "3" } });
		const printed = JSON.parse(stdout) as { trace: string; root: string };
		assert.deepEqual([printed.trace, printed.root], [trace, root]);
	});

	it("says how many seeds fitted into the time, when they were fewer than asked for", async () => {
		const command = [
			fileURLToPath(new URL("../../scripts/dev/simulate.ts", import.meta.url)),
			"--seeds",
			"1000",
			"--seconds",
			"1",
			"--json",
		];
		const { stdout, stderr } = await promisify(execFile)(process.execPath, command);
		const { seeds, broken } = JSON.parse(stdout) as { seeds: number; broken: number };
		assert.ok(seeds < 1000 && broken === 0);
		assert.match(stderr, new RegExp(`^Only ${seeds} of 1000 seeds were run: `));
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
});
