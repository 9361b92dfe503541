import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Evm } from "../../scripts/dev/lockstep/Evm.ts";
import { worstCases } from "../../scripts/dev/lockstep/WorstCases.ts";

const MAX_GAS = 10_000_000;
const MAX_PROOF_BYTES = 100_000;

describe("given the worst case of each kind of step", () => {
	let evm: Evm;

	before(async () => {
		evm = await Evm.start();
	});

	after(() => evm.close());

	for (const { name, recorded } of worstCases()) {
		it(`proves "${name}" within the budget of a step`, async () => {
			const [trace] = await evm.run([recorded.evm]);
			assert.equal(trace?.error, undefined);
			assert.equal(trace?.commitment, recorded.commitment);
			assert.ok((trace?.gasUsed ?? 0) <= MAX_GAS, `${trace?.gasUsed} gas`);
			assert.ok(recorded.evm.proof.length <= MAX_PROOF_BYTES, `${recorded.evm.proof.length} bytes`);
		});
	}
});
