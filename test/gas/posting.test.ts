// What batches in blobs take on L1, posted and disputed, held against snapshots/gas/posting.json. STRIKEPROOF_UPDATE_GAS=1 writes what is measured.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { getBytes, parseEther } from "ethers";
import type { Contract, HDNodeWallet, TransactionReceipt, TransactionResponse } from "ethers";
import { ROOT, read } from "../../scripts/checks/files.ts";
import { Evm } from "../../scripts/dev/lockstep/Evm.ts";
import { worstCases } from "../../scripts/dev/lockstep/WorstCases.ts";
import * as Certificate from "../../src/chain/Certificate.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Sidecar from "../../src/chain/Sidecar.ts";
import * as Kzg from "../../src/kzg/Kzg.ts";
import * as Opening from "../../src/kzg/Opening.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import * as Blob from "../../src/protocol/Blob.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import { L1, START, domainOf } from "../chain/l1.ts";

const SNAPSHOT = "snapshots/gas/posting.json";
const MAX_GAS = 10_000_000;
const MAX_PROOF_BYTES = 100_000;
/** Of a whole transaction with one signer, beside the data. */
const MAX_OVERHEAD = 120_000;
const TOLERANCE = 0.01;
const UPDATE = process.env.STRIKEPROOF_UPDATE_GAS === "1";

type Measured = {
	/** Whole transactions, with a certificate of one signer, by how many blobs they carry. */
	posting: Record<string, number>;
	/** Of so many cosets in one blob, the call around it with it. */
	opening: Record<string, number>;
	/** The dearest steps of each kind that read a record, which lies in two blobs. */
	steps: Record<string, { gas: number; proofBytes: number }>;
};

describe("given what batches in blobs take", () => {
	const measured: Measured = { posting: {}, opening: {}, steps: {} };
	let evm: Evm;
	let l1: L1;
	let wallet: HDNodeWallet;
	let inbox: Contract;
	let harness: Contract;

	before(async () => {
		[evm, l1] = [await Evm.start(), await L1.start()];
		wallet = await l1.wallet(1);
		const messages = await l1.deploy("Inbox", [wallet.address]);
		const registry = await l1.deploy("StakeRegistry", [wallet.address, wallet.address, 1000, 100, [wallet.address], []], parseEther("1"));
		inbox = (await l1.deploy("SequencerInbox", [await messages.getAddress(), await registry.getAddress(), 300, 300, 1])).connect(
			wallet,
		) as Contract;
		harness = await l1.deploy("BlobHarness", []);
	});
	after(async () => {
		await evm.close();
		await l1.close();
	});

	async function post(content: Uint8Array): Promise<number> {
		const index = Number(await inbox.getFunction("batchCount")());
		const previousAccumulator = getBytes((await inbox.getFunction("batchAccumulator")(index)) as string);
		const vote = { index, previousAccumulator, contentHash: Kzg.contentHash(content), minTime: START, maxTime: START, l1End: 0 };
		const digest = Checkpoint.batchDigest(domainOf(await inbox.getAddress()), vote);
		const signatures = Certificate.pack([await new KeySigner(wallet.privateKey).sign(digest)]);
		const sidecar = await Sidecar.make(Blob.pack(content), 10n ** 9n, 0);
		const place = [index, START, START, 0, content.length, Keccak.hash(content), signatures];
		const sent = (await inbox.getFunction("postBlobBatch")(...place, { ...sidecar, gasLimit: 500_000 })) as TransactionResponse;
		return Number(((await sent.wait()) as TransactionReceipt).gasUsed);
	}

	it("posts a batch for less than 120,000 gas beside its data, in one blob or six", async () => {
		// The first one writes slots that are empty before.
		await post(Uint8Array.of(1));
		for (const blobs of [1, Blob.MAX_BLOBS]) {
			const content = Uint8Array.from({ length: blobs * Blob.CONTENT_BYTES }, (_, i) => i % 249);
			const gas = await post(content);
			measured.posting[`${blobs} blobs`] = gas;
			assert.ok(gas <= MAX_OVERHEAD, `${gas} gas`);
		}
	});

	it("opens any record by one evaluation", async () => {
		const [blob] = Blob.pack(Uint8Array.from({ length: Blob.CONTENT_BYTES }, (_, i) => i % 249));
		const name = Kzg.versionedHash(Kzg.commit(blob));
		for (const cosets of [1, 2, 6, 18]) {
			const opening = Opening.open(blob, 7, cosets);
			const bytes = getBytes(harness.interface.encodeFunctionData("open", [opening, name, 7, cosets]));
			const used = Number(await harness.getFunction("open").estimateGas(opening, name, 7, cosets));
			measured.opening[`${cosets} cosets`] = used - 21_000 - bytes.reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0);
		}
	});

	for (const { name, recorded } of worstCases(Batch.BLOB)) {
		it(`proves every step within its budget where its record lies in two blobs: "${name}"`, async () => {
			const [trace] = await evm.run([recorded.evm]);
			assert.equal(trace?.error, undefined);
			assert.equal(trace.commitment, recorded.commitment);
			const proofBytes = recorded.evm.proof.length;
			measured.steps[name] = { gas: trace.gasUsed, proofBytes };
			assert.ok(trace.gasUsed <= MAX_GAS, `${trace.gasUsed} gas`);
			assert.ok(proofBytes <= MAX_PROOF_BYTES, `${proofBytes} bytes`);
		});
	}

	it("takes what snapshots/gas/posting.json says", () => {
		if (UPDATE) writeFileSync(join(ROOT, SNAPSHOT), `${JSON.stringify(measured, null, "\t")}\n`);
		const committed = JSON.parse(read(SNAPSHOT)) as Measured;
		const flat = ({ posting, opening, steps }: Measured): [string, number][] => [
			...Object.entries(posting),
			...Object.entries(opening),
			...Object.entries(steps).flatMap(([name, { gas, proofBytes }]): [string, number][] => [
				[`${name}, gas`, gas],
				[`${name}, bytes`, proofBytes],
			]),
		];
		const before_ = new Map(flat(committed));
		assert.deepEqual(
			flat(measured).map(([name]) => name),
			[...before_.keys()],
		);
		for (const [name, now] of flat(measured)) {
			const then = before_.get(name) ?? 0;
			assert.ok(
				Math.abs(now - then) <= TOLERANCE * then,
				`${name}: ${now}, committed ${then}; run it with STRIKEPROOF_UPDATE_GAS=1 if that is meant`,
			);
		}
	});
});
