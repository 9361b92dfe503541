// The engine remembers the transactions it has seen. A cut that was certified by members of whom some left had to be asked for again, in the very same bytes:
// the engine took them for known, and no batch was posted any more when every member had asked once.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Envelope from "../../src/ordering/comet/Envelope.ts";

describe("given a cut that has to be asked for again", () => {
	it("is another transaction in a later block, and says the same", async () => {
		const signer = new KeySigner(`0x${"01".repeat(32)}`);
		const proposal = { index: 3, previousAccumulator: new Uint8Array(32), minTime: 1, maxTime: 2, l1End: 3, fromHeight: 4, toHeight: 5 };
		const [first, again] = [await Envelope.encodeCut("c", signer, proposal, 7), await Envelope.encodeCut("c", signer, proposal, 8)];
		assert.notDeepEqual(first, again);
		assert.deepEqual(Envelope.read("c", first), { kind: Envelope.CUT, lane: signer.address, proposal });
		assert.deepEqual(Envelope.read("c", again), Envelope.read("c", first));
	});
});
