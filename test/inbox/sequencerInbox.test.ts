import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Contract, TypedDataEncoder, getBytes, hexlify, parseEther } from "ethers";
import type { HDNodeWallet } from "ethers";
import * as Certificate from "../../src/chain/Certificate.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import * as Blob from "../../src/protocol/Blob.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import { L1, NO_BLOBS, START, eventOf, refuses, send } from "../chain/l1.ts";

const FORCE_DELAY = 300;
const hashOf = (content: Uint8Array): Uint8Array => Blob.contentHash(Keccak.hash(content), content.length, NO_BLOBS);
const STAKE = parseEther("1");

describe("given a sequencer inbox and a committee of four with equal stakes", () => {
	let l1: L1;
	let inbox: Contract;
	let sequencerInbox: Contract;
	let registry: Contract;
	let batcher: HDNodeWallet;
	let domain: Uint8Array;
	/** In ascending order of their addresses, as signatures must be. */
	let committee: KeySigner[];
	let accumulator: Uint8Array = new Uint8Array(32);
	const content = Batch.encodeRecord(Uint8Array.of(1, 2, 3), 5);

	before(async () => {
		l1 = await L1.start();
		batcher = await l1.wallet(1);
		const wallets = await Promise.all([11, 12, 13, 14].map((place) => l1.wallet(place)));
		committee = wallets.map(({ privateKey }) => new KeySigner(privateKey)).sort((a, b) => (a.address < b.address ? -1 : 1));
		inbox = await l1.deploy("Inbox", [batcher.address]);
		registry = await l1.deploy(
			"StakeRegistry",
			[batcher.address, batcher.address, 1000, 100, committee.map(({ address }) => address), []],
			4n * STAKE,
		);
		sequencerInbox = await l1.deploy("SequencerInbox", [
			await inbox.getAddress(),
			await registry.getAddress(),
			FORCE_DELAY,
			FORCE_DELAY,
			1,
		]);
		const verifyingContract = await sequencerInbox.getAddress();
		domain = getBytes(TypedDataEncoder.hashDomain({ name: "Strikeproof", version: "1", chainId: 31337, verifyingContract }));
	});
	after(() => l1.close());

	type Post = {
		index: number;
		minTime: number;
		maxTime: number;
		l1End: number;
		content: Uint8Array;
		signers: KeySigner[];
		signed?: Uint8Array;
		previous?: Uint8Array;
	};
	const post = (change: Partial<Post> = {}, contract = sequencerInbox): Promise<unknown> => postOf(change, contract);
	async function postOf(change: Partial<Post>, contract: Contract): ReturnType<typeof send> {
		const defaults = { index: 0, minTime: START, maxTime: START + 10, l1End: 0, content, signers: committee.slice(0, 3) };
		const { signers, signed, previous, ...batch } = { ...defaults, ...change };
		const vote = { ...batch, previousAccumulator: previous ?? accumulator, contentHash: hashOf(signed ?? batch.content) };
		const digest = Checkpoint.batchDigest(domain, vote);
		const signatures = Certificate.pack(await Promise.all(signers.map((signer) => signer.sign(digest))));
		return send(contract, batcher, "postBatch", [
			batch.index,
			batch.minTime,
			batch.maxTime,
			batch.l1End,
			batch.content,
			NO_BLOBS,
			signatures,
		]);
	}

	it("refuses a batch out of turn", async () => {
		await refuses(post({ index: 1 }), sequencerInbox.interface, "WrongIndex", [1n, 0n]);
	});

	it("refuses content that a proof could not open", async () => {
		const long = new Uint8Array(Batch.MAX_BATCH_BYTES + 1);
		await refuses(post({ content: long }), sequencerInbox.interface, "ContentTooLong", [120_001n, 120_000n]);
	});

	it("refuses times that run backwards or far ahead of L1's clock", async () => {
		await refuses(post({ minTime: START + 11 }), sequencerInbox.interface, "BadTimes");
		const time = (await l1.now()) + 10;
		await l1.at(time);
		await refuses(post({ maxTime: time + 61 }), sequencerInbox.interface, "BadTimes", [
			BigInt(START),
			BigInt(time + 61),
			0n,
			BigInt(time + 60),
		]);
	});

	it("refuses to consume L1 messages that do not exist", async () => {
		await refuses(post({ l1End: 1 }), sequencerInbox.interface, "BadMessageCount", [1n, 0n, 0n]);
	});

	it("refuses a batch that a contract posts, because nodes read content from the transaction itself", async () => {
		const forwarder = await l1.forwarder(await sequencerInbox.getAddress());
		const through = new Contract(forwarder, sequencerInbox.interface, l1.deployer);
		await refuses(post({}, through), sequencerInbox.interface, "ContentNotInCalldata", [forwarder]);
	});

	it("refuses two of four: a quorum is more than two thirds", async () => {
		await refuses(post({ signers: committee.slice(0, 2) }), registry.interface, "NoQuorum", [2n * STAKE, 4n * STAKE]);
		await refuses(post({ signers: [] }), registry.interface, "NoQuorum", [0n, 4n * STAKE]);
	});

	it("counts nobody twice", async () => {
		const [first, second] = committee;
		await refuses(post({ signers: [first, second, second] }), registry.interface, "SignersNotAscending");
		await refuses(post({ signers: [second, first] }), registry.interface, "SignersNotAscending");
	});

	it("refuses the signature of somebody who has no stake, and one of other content", async () => {
		await refuses(post({ signers: [new KeySigner(batcher.privateKey)] }), registry.interface, "NotAValidator");
		const refusal = post({ signed: Uint8Array.of(1) });
		await assert.rejects(refusal, "what was signed is not what is posted");
	});

	it("has an empty log as long as it refused everything", async () => {
		assert.equal(await sequencerInbox.getFunction("batchCount")(), 0n);
	});

	it("appends a batch that three of four signed, and names the log as the other twin does", async () => {
		const digest = (await sequencerInbox.getFunction("batchDigest")(0, hexlify(hashOf(content)), START, START + 10, 0)) as string;
		const vote = {
			index: 0,
			previousAccumulator: accumulator,
			contentHash: hashOf(content),
			minTime: START,
			maxTime: START + 10,
			l1End: 0,
		};
		assert.equal(digest, hexlify(Checkpoint.batchDigest(domain, vote)));
		const receipt = await postOf({}, sequencerInbox);
		const header = {
			carrier: Batch.CALLDATA,
			contentRoot: Batch.contentRoot(content),
			length: content.length,
			minTime: START,
			maxTime: START + 10,
			l1End: 0,
			streamStart: 0,
		};
		accumulator = Batch.accumulate(accumulator, header);
		assert.equal(await sequencerInbox.getFunction("batchAccumulator")(1), hexlify(accumulator));
		assert.equal(eventOf(sequencerInbox, receipt, "BatchPosted").accumulator, hexlify(accumulator));
	});

	it("does not take the committee's old signatures for the next batch", async () => {
		await assert.rejects(post({ index: 1, minTime: START + 10, maxTime: START + 10, previous: new Uint8Array(32) }));
		assert.equal(await sequencerInbox.getFunction("batchCount")(), 1n);
	});

	it("refuses to go back in time behind the last batch", async () => {
		await refuses(post({ index: 1 }), sequencerInbox.interface, "BadTimes");
	});

	describe("when the sequencer leaves L1 messages unserved", () => {
		let delivered: number;
		before(async () => {
			await send(inbox, batcher, "force", ["0x01"]);
			await send(inbox, batcher, "force", ["0x02"]);
			delivered = await l1.now();
		});

		it("lets nobody force before the delay, not by a second", async () => {
			await l1.at(delivered + FORCE_DELAY - 1);
			await refuses(send(sequencerInbox, batcher, "forceInclude", [2]), sequencerInbox.interface, "TooEarlyToForce", [
				BigInt(delivered),
				BigInt(delivered + FORCE_DELAY),
			]);
		});

		it("refuses to force nothing, or what does not exist", async () => {
			await refuses(send(sequencerInbox, batcher, "forceInclude", [0]), sequencerInbox.interface, "BadMessageCount");
			await refuses(send(sequencerInbox, batcher, "forceInclude", [3]), sequencerInbox.interface, "BadMessageCount", [3n, 1n, 2n]);
		});

		it("includes them for anybody afterwards, at the time of the last message", async () => {
			const time = (await l1.now()) + FORCE_DELAY;
			await l1.at(time);
			const stranger = await l1.wallet(20);
			await send(sequencerInbox, stranger, "forceInclude", [2]);
			const header = {
				carrier: Batch.FORCED_CARRIER,
				contentRoot: new Uint8Array(32),
				length: 0,
				minTime: delivered,
				maxTime: delivered,
				l1End: 2,
				streamStart: content.length,
			};
			accumulator = Batch.accumulate(accumulator, header);
			assert.equal(await sequencerInbox.getFunction("batchAccumulator")(2), hexlify(accumulator));
			assert.equal(await sequencerInbox.getFunction("lastL1End")(), 2n);
		});

		it("refuses a batch that would consume fewer than are consumed", async () => {
			const times = { index: 2, minTime: delivered, maxTime: delivered };
			await refuses(post({ ...times, l1End: 1 }), sequencerInbox.interface, "BadMessageCount", [1n, 2n, 2n]);
		});

		it("refuses to include the same messages again", async () => {
			await refuses(send(sequencerInbox, batcher, "forceInclude", [2]), sequencerInbox.interface, "BadMessageCount", [2n, 3n, 2n]);
		});

		it("goes on with the sequencer's batches", async () => {
			await post({ index: 2, minTime: delivered, maxTime: delivered + 5, l1End: 2 });
			assert.equal(await sequencerInbox.getFunction("batchCount")(), 3n);
		});
	});
});
