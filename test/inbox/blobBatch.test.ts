import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Contract, getBytes, hexlify, parseEther } from "ethers";
import type { HDNodeWallet, TransactionReceipt, TransactionResponse } from "ethers";
import * as Certificate from "../../src/chain/Certificate.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Sidecar from "../../src/chain/Sidecar.ts";
import * as Kzg from "../../src/kzg/Kzg.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import * as Blob from "../../src/protocol/Blob.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import { L1, START, domainOf, eventOf, refuses } from "../chain/l1.ts";

const STAKE = parseEther("1");

describe("given a sequencer inbox, a committee of four, and batches in blobs", () => {
	let l1: L1;
	let sequencerInbox: Contract;
	let registry: Contract;
	let batcher: HDNodeWallet;
	let domain: Uint8Array;
	let committee: KeySigner[];
	let accumulator: Uint8Array = new Uint8Array(32);
	const content = Batch.encodeRecord(Uint8Array.of(1, 2, 3), 5);
	/** Of two blobs. */
	const long = Uint8Array.from({ length: Blob.CONTENT_BYTES + 1 }, (_, i) => i % 250);

	before(async () => {
		l1 = await L1.start();
		batcher = await l1.wallet(1);
		const wallets = await Promise.all([11, 12, 13, 14].map((place) => l1.wallet(place)));
		committee = wallets.map(({ privateKey }) => new KeySigner(privateKey)).sort((a, b) => (a.address < b.address ? -1 : 1));
		const inbox = await l1.deploy("Inbox", [batcher.address]);
		const members = committee.map(({ address }) => address);
		registry = await l1.deploy("StakeRegistry", [batcher.address, batcher.address, 1000, 100, members, []], 4n * STAKE);
		sequencerInbox = await l1.deploy("SequencerInbox", [await inbox.getAddress(), await registry.getAddress(), 300, 300, 1]);
		domain = domainOf(await sequencerInbox.getAddress());
	});
	after(() => l1.close());

	type Post = {
		index: number;
		maxTime: number;
		content: Uint8Array;
		/** What the committee signed, where that is something else. */
		signed: Uint8Array;
		/** What the transaction carries. */
		blobs: readonly Uint8Array[];
		length: number;
		signers: KeySigner[];
		/** By calldata, under the same certificate. */
		plain: boolean;
		through: Contract;
	};
	async function post(change: Partial<Post> = {}): Promise<TransactionReceipt> {
		const { content: posted = content, signers = committee.slice(0, 3), index = 0, maxTime = START + 10 } = change;
		const { signed = posted, blobs = Kzg.commitAll(posted).map(({ blob }) => blob), length = posted.length } = change;
		const minTime = index === 0 ? START : START + 10;
		const vote = { index, previousAccumulator: accumulator, minTime, maxTime, l1End: 0, contentHash: Kzg.contentHash(signed) };
		const signatures = Certificate.pack(await Promise.all(signers.map((signer) => signer.sign(Checkpoint.batchDigest(domain, vote)))));
		const place = [index, minTime, maxTime, 0];
		const inbox = (change.through ?? sequencerInbox).connect(batcher) as Contract;
		const sent = change.plain
			? await inbox.getFunction("postBatch")(...place, posted, Kzg.blobsRoot(posted), signatures, { gasLimit: 12_000_000 })
			: await inbox.getFunction("postBlobBatch")(...place, length, Keccak.hash(posted), signatures, {
					...(blobs.length > 0 && (await Sidecar.make(blobs, 10n ** 9n, 0))),
					gasLimit: 1_000_000,
				});
		return (await (sent as TransactionResponse).wait()) as TransactionReceipt;
	}

	it("refuses a batch without blobs, with too few, and with a length that no blobs have", async () => {
		await refuses(post({ blobs: [] }), sequencerInbox.interface, "NoSuchBlob", [0n]);
		await refuses(post({ content: long, blobs: Blob.pack(long).slice(0, 1) }), sequencerInbox.interface, "NoSuchBlob", [1n]);
		await refuses(post({ length: 0 }), sequencerInbox.interface, "BadBlobCount", [0n, 6n]);
		await refuses(post({ length: 6 * Blob.CONTENT_BYTES + 1 }), sequencerInbox.interface, "BadBlobCount", [7n, 6n]);
	});

	it("refuses blobs that the committee did not sign, and another length or hash of the content", async () => {
		await assert.rejects(post({ signed: Uint8Array.of(1, 0, 9) }), "another content");
		await assert.rejects(post({ length: content.length - 1 }), "a shorter one");
		await assert.rejects(post({ length: content.length + 1 }), "a longer one");
		const padded = Blob.pack(content)[0].slice();
		padded[131_071] = 1;
		await assert.rejects(post({ blobs: [padded] }), "the same content in a blob packed otherwise");
		await assert.rejects(post({ content: long, blobs: Blob.pack(long).toReversed() }), "the same blobs in another order");
	});

	it("refuses what calldata may not do either: two of four, out of turn, too far ahead", async () => {
		await refuses(post({ signers: committee.slice(0, 2) }), registry.interface, "NoQuorum", [2n * STAKE, 4n * STAKE]);
		await refuses(post({ index: 1 }), sequencerInbox.interface, "WrongIndex", [1n, 0n]);
		const time = (await l1.now()) + 10;
		await l1.at(time);
		await refuses(post({ maxTime: time + 61 }), sequencerInbox.interface, "BadTimes");
		assert.equal(await sequencerInbox.getFunction("batchCount")(), 0n);
	});

	it("takes a batch in a blob and names it as the other twin does, for less than 120,000 gas", async () => {
		const receipt = await post();
		const blobsRoot = Kzg.blobsRoot(content);
		const header = {
			carrier: Batch.BLOB,
			contentRoot: blobsRoot,
			length: content.length,
			minTime: START,
			maxTime: START + 10,
			l1End: 0,
			streamStart: 0,
		};
		accumulator = Batch.accumulate(accumulator, header);
		const event = eventOf(sequencerInbox, receipt, "BatchPosted");
		assert.deepEqual([event.carrier, event.contentRoot, event.accumulator], [1n, hexlify(blobsRoot), hexlify(accumulator)]);
		assert.ok(receipt.gasUsed < 130_000n, `${receipt.gasUsed} gas with three signers`);
		assert.equal(receipt.blobGasUsed ?? 131_072n, 131_072n);
	});

	it("takes two blobs in one batch, also through a contract, because nodes find blobs by the transaction", async () => {
		const forwarder = await l1.forwarder(await sequencerInbox.getAddress());
		const through = new Contract(forwarder, sequencerInbox.interface, batcher);
		const before_ = accumulator;
		const receipt = await post({ index: 1, maxTime: START + 10, content: long, through });
		const header = {
			carrier: Batch.BLOB,
			contentRoot: Kzg.blobsRoot(long),
			length: long.length,
			minTime: START + 10,
			maxTime: START + 10,
			l1End: 0,
			streamStart: content.length,
		};
		accumulator = Batch.accumulate(before_, header);
		assert.equal(hexlify(getBytes((await sequencerInbox.getFunction("batchAccumulator")(2)) as string)), hexlify(accumulator));
		assert.equal(receipt.status, 1);
	});

	it("takes the same certificate for calldata, whatever its poster had in mind", async () => {
		const receipt = await post({ index: 2, plain: true });
		const event = eventOf(sequencerInbox, receipt, "BatchPosted");
		assert.deepEqual([event.carrier, event.contentRoot], [0n, hexlify(Batch.contentRoot(content))]);
	});
});
