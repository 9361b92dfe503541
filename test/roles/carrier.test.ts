import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { L1Fees } from "../../src/ports/Chain.ts";
import { blobCost, calldataCost, chooseCarrier } from "../../src/roles/batcher/carrier.ts";

const GWEI = 10n ** 9n;
const content = Uint8Array.from({ length: 60_000 }, (_, i) => i & 255);
const cheap: L1Fees = { gasPrice: GWEI, blobGasPrice: 1n };
const dear: L1Fees = { gasPrice: GWEI, blobGasPrice: 10n ** 12n };

describe("given a batch, and what L1 asks for gas and for blobs", () => {
	it("goes by calldata where L1 has no blobs, and where there is nothing to carry", () => {
		const without = { gasPrice: GWEI, blobGasPrice: undefined };
		for (const choice of ["auto", "blob", "calldata"] as const) {
			assert.equal(chooseCarrier(choice, "blob", content, without), "calldata");
			assert.equal(chooseCarrier(choice, "blob", new Uint8Array(0), cheap), "calldata");
		}
		assert.equal(blobCost(content, without), undefined);
	});

	it("goes in blobs when calldata cannot hold it, whatever is wanted", () => {
		assert.equal(chooseCarrier("calldata", "calldata", new Uint8Array(120_001), dear), "blob");
	});

	it("goes as the operator says, at any price", () => {
		assert.equal(chooseCarrier("blob", "calldata", content, dear), "blob");
		assert.equal(chooseCarrier("calldata", "blob", content, cheap), "calldata");
	});

	it("goes the cheaper way at first", () => {
		assert.equal(chooseCarrier("auto", undefined, content, cheap), "blob");
		assert.equal(chooseCarrier("auto", undefined, content, dear), "calldata");
	});

	it("stays with its carrier until the other is cheaper by a fifth", () => {
		const overhead = calldataCost(content, cheap);
		const gwei = Number(overhead / GWEI);
		const priceAt = (share: number): L1Fees => ({
			gasPrice: GWEI,
			blobGasPrice: BigInt(Math.round((gwei * share - 110_000) * 1e9)) / 131_072n,
		});
		assert.equal(chooseCarrier("auto", "blob", content, priceAt(1.2)), "blob", "a little dearer");
		assert.equal(chooseCarrier("auto", "blob", content, priceAt(1.3)), "calldata", "clearly dearer");
		assert.equal(chooseCarrier("auto", "calldata", content, priceAt(0.85)), "calldata", "a little cheaper");
		assert.equal(chooseCarrier("auto", "calldata", content, priceAt(0.75)), "blob", "clearly cheaper");
	});

	it("pays the floor of EIP-7623 for calldata where that is more than its bytes and its execution", () => {
		const zeros = new Uint8Array(120_000);
		const full = zeros.map(() => 1);
		assert.equal(calldataCost(full, { gasPrice: 1n, blobGasPrice: 1n }), 4_821_000n);
		assert.equal(calldataCost(zeros, { gasPrice: 1n, blobGasPrice: 1n }), 1_221_000n);
	});

	it("never takes a carrier that costs more than five fourths of the other, and changes only for less", () => {
		const fees = fc.record({ gasPrice: fc.bigInt(1n, 10n ** 12n), blobGasPrice: fc.bigInt(1n, 10n ** 13n) });
		const carriers = fc.constantFrom("blob" as const, "calldata" as const);
		fc.assert(
			fc.property(fees, carriers, fc.integer({ min: 1, max: 120_000 }), (now, last, length) => {
				const posted = content.length >= length ? content.subarray(0, length) : new Uint8Array(length).fill(7);
				const costs = { calldata: calldataCost(posted, now), blob: blobCost(posted, now) ?? 0n };
				const chosen = chooseCarrier("auto", last, posted, now);
				const other = chosen === "blob" ? "calldata" : "blob";
				assert.ok(4n * costs[chosen] <= 5n * costs[other]);
				if (chosen !== last) assert.ok(costs[chosen] < costs[last]);
			}),
			{ numRuns: 200 },
		);
	});
});
