import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import { LocalOrderer } from "../../src/ordering/local/LocalOrderer.ts";
import type { BatchProposal } from "../../src/ports/Orderer.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import type { Store } from "../../src/ports/Store.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { bundleOf } from "./bundles.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-orderer-"));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

/** A digest that names every field, and a signer whose signature is the digest: so a test reads what was signed. */
const batchDigest = (p: BatchProposal, content: Uint8Array): Uint8Array =>
	Keccak.hashText([p.index, Bytes.toHex(p.previousAccumulator), p.minTime, p.maxTime, p.l1End, Bytes.toHex(content)].join("|"));
const signer = { address: "0x00000000000000000000000000000000000000aa", sign: async (digest: Uint8Array) => digest };

async function opened(store: Store = new MemoryStore(), directory = join(root, `orderer-${made++}`)): Promise<LocalOrderer> {
	return LocalOrderer.open({ directory, genesis: "g", store, signer, batchDigest });
}

/** Records of three bytes each, `length` bytes in all. */
const recordsOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => [1, 0, 9][i % 3]);

const proposal = (fields: Partial<BatchProposal> = {}): BatchProposal => ({
	index: 0,
	previousAccumulator: new Uint8Array(32),
	minTime: 100,
	maxTime: 200,
	l1End: 1,
	fromHeight: 1,
	toHeight: 2,
	...fields,
});

describe("given a local orderer", () => {
	it("refuses bundles that no batch can hold", async () => {
		const orderer = await opened();
		const record = Batch.encodeRecord(Uint8Array.of(6, 0, 0, 1), 0);
		for (const [records, recordCount] of [
			[new Uint8Array(0), 0],
			[new Uint8Array(0), 1],
			[record, 0],
			[record, 2],
			[record.subarray(1), 1],
			[record.subarray(0, 5), 1],
			[recordsOf(120_001), 120_001 / 3],
		] as const) {
			await assert.rejects(orderer.submit({ records, recordCount }), { code: "BAD_BUNDLE" });
		}
		assert.equal(orderer.height, 0);
		await orderer.close();
	});

	it("certifies nothing that is not ordered, and nothing larger than a batch", async () => {
		const orderer = await opened();
		await orderer.submit({ records: recordsOf(99_999), recordCount: 33_333 });
		await orderer.submit({ records: recordsOf(99_999), recordCount: 33_333 });
		await assert.rejects(orderer.certificate(proposal({ toHeight: 3 })), { code: "NOT_ORDERED" });
		await assert.rejects(orderer.certificate(proposal()), { code: "BAD_BUNDLE" });
		await orderer.close();
	});

	it("signs the content of the heights it names", async () => {
		const orderer = await opened();
		for (let height = 1; height <= 3; height++) await orderer.submit(bundleOf(height));
		const certificate = await orderer.certificate(proposal());
		const content = Bytes.concat(bundleOf(1).records, bundleOf(2).records);
		assert.deepEqual(certificate, { proposal: proposal(), content, signatures: [batchDigest(proposal(), content)] });
		const empty = await orderer.certificate(proposal({ index: 1, fromHeight: 3, toHeight: 2 }));
		assert.deepEqual(empty?.content, new Uint8Array(0));
		await orderer.close();
	});

	it("never signs a second content for one place, also when asked at once or after a restart", async () => {
		const store = new MemoryStore();
		const directory = join(root, "twice");
		const orderer = await opened(store, directory);
		for (let height = 1; height <= 3; height++) await orderer.submit(bundleOf(height));
		const [first, second] = await Promise.all([
			orderer.certificate(proposal()),
			orderer.certificate(proposal({ toHeight: 3, maxTime: 300 })),
		]);
		assert.deepEqual(second, first);
		await orderer.close();
		const again = await opened(store, directory);
		assert.deepEqual(await again.certificate(proposal({ toHeight: 1 })), first);
		const elsewhere = await again.certificate(
			proposal({ toHeight: 1, previousAccumulator: Keccak.hashText("a forced batch came between") }),
		);
		assert.deepEqual(elsewhere?.content, bundleOf(1).records);
		await again.close();
	});

	it("streams what is past and what is to come, until told to stop", async () => {
		const orderer = await opened();
		for (let height = 1; height <= 300; height++) void orderer.submit(bundleOf(height));
		const stop = new AbortController();
		const seen: number[] = [];
		const following = (async () => {
			for await (const bundle of orderer.stream(5, stop.signal)) {
				seen.push(bundle.height);
				if (bundle.height === 300) void orderer.submit(bundleOf(301));
				if (bundle.height === 301) stop.abort();
			}
		})();
		await following;
		assert.deepEqual(
			seen,
			Array.from({ length: 297 }, (_, i) => i + 5),
		);
		await orderer.close();
	});

	it("ends its streams when it is closed", async () => {
		const orderer = await opened();
		const following = (async () => {
			for await (const bundle of orderer.stream(1, new AbortController().signal)) assert.equal(bundle.height, 1);
		})();
		await orderer.submit(bundleOf(1));
		await orderer.close();
		await following;
	});
});
