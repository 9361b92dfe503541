import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Random } from "../../src/market/Random.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Series from "../../src/machine/types/Series.ts";
import { LENGTH } from "../../src/machine/types/Machine.ts";
import { Desk } from "../../scripts/dev/lockstep/Desk.ts";
import { Evm } from "../../scripts/dev/lockstep/Evm.ts";
import type { Recorded } from "../../scripts/dev/lockstep/Lane.ts";
import * as Programs from "../../scripts/dev/lockstep/Programs.ts";
import { Referee, differences } from "../../scripts/dev/lockstep/Referee.ts";

describe("given both twins of the machine", () => {
	let evm: Evm;
	before(async () => {
		evm = await Evm.start();
	});
	after(() => evm.close());

	/** A Place into a book, under a record that lies in the middle of a batch. */
	async function placed(): Promise<Recorded> {
		let last: Recorded | undefined;
		const time = 20_455 * 86_400 + 30_000;
		const desk = new Desk(new Random(3), time, (recorded) => {
			if (recorded.input.payload[0] === 1) last = recorded;
			return Promise.resolve();
		});
		const account = desk.open(1e12);
		await desk.record(Encoding.list({ underlying: 0, day: 20_490, strike: 40_000 }));
		await desk.record(desk.report({ underlying: 0, time, surfaces: [desk.surface({ day: 20_490, time, forward: 4_000_000_000 })] }));
		await desk.flush();
		await desk.record(desk.place({ account, series: Series.make(0, 20_490, Series.CALL, 40_000), price: 900 }));
		await desk.flush();
		if (!last) throw new Error("the program places an order");
		return last;
	}

	async function changed(recorded: Recorded, proof: Uint8Array): Promise<string | undefined> {
		const [trace] = await evm.run([{ ...recorded.evm, proof }]);
		return trace.error;
	}

	it("when a proof is changed in any of its parts or in its length, then L1 refuses it", async () => {
		const recorded = await placed();
		const { proof } = recorded.evm;
		const [trace] = await evm.run([recorded.evm]);
		assert.deepEqual(differences(recorded, trace), []);
		const witnessAt = LENGTH + 4;
		const witnessEnd = witnessAt + new DataView(proof.buffer, proof.byteOffset).getUint32(LENGTH);
		const places = {
			preimage: 100,
			"kind root": witnessAt + 40,
			"cell length": witnessAt + 257,
			"cell byte": witnessAt + 265,
			"last sibling": witnessEnd - 1,
			header: witnessEnd + 3,
			chunk: proof.length - 1,
		};
		for (const [part, at] of Object.entries(places)) {
			const spoilt = proof.slice();
			spoilt[at] ^= 1;
			assert.notEqual(await changed(recorded, spoilt), undefined, `a changed ${part} was believed`);
		}
		const longer = new Uint8Array(proof.length + 1);
		longer.set(proof.subarray(0, witnessEnd));
		longer.set(proof.subarray(witnessEnd), witnessEnd + 1);
		new DataView(longer.buffer).setUint32(LENGTH, witnessEnd - witnessAt + 1);
		assert.notEqual(await changed(recorded, longer), undefined, "a log that is not used up was believed");
		assert.notEqual(await changed(recorded, proof.subarray(0, proof.length - 40)), undefined, "a cut opening was believed");
	});

	it("when a dispute ends, then the entry says of the step what lockstep was told, and refuses a spoilt proof there too", async () => {
		const recorded = await placed();
		assert.equal(await evm.prove(recorded.evm), recorded.commitment);
		const spoilt = recorded.evm.proof.slice();
		spoilt[100] ^= 1;
		await assert.rejects(evm.prove({ ...recorded.evm, proof: spoilt }), /BadProof|revert/i);
	});

	it("when the comparison is given an outcome that differs in one field, then it tells which", async () => {
		const recorded = await placed();
		const [trace] = await evm.run([recorded.evm]);
		assert.deepEqual(differences({ ...recorded, outcome: { ...recorded.outcome, price: recorded.outcome.price + 1 } }, trace), ["price"]);
	});

	it("when random programs run, then both agree on every step", async () => {
		const referee = new Referee(evm);
		await Programs.run(2026, 700, (recorded) => referee.judge(recorded));
		await referee.settle();
		assert.deepEqual(referee.mismatches, []);
		assert.equal(referee.steps, 700);
		assert.ok(Object.values(referee.byResult).filter((count) => count > 0).length >= 25);
	});
});
