import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { deploy } from "../../deploy/deploy.ts";
import { separatorOf } from "../../src/chain/Bridge.ts";
import type { Deployment } from "../../src/chain/Deployment.ts";
import * as EmbeddedChain from "../../src/chain/EmbeddedChain.ts";
import { EvidenceChain } from "../../src/chain/EvidenceChain.ts";
import { InboxChain } from "../../src/chain/InboxChain.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { L1InboxReader } from "../../src/chain/L1InboxReader.ts";
import { Staking } from "../../src/chain/Staking.ts";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { TransactionManager } from "../../src/chain/TransactionManager.ts";
import * as Kzg from "../../src/kzg/Kzg.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import type { BrokenReceipt } from "../../src/ports/Evidence.ts";
import type { Store } from "../../src/ports/Store.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import { reportOf } from "../../src/roles/reporter/Reporter.ts";
import type { Confirmed } from "../../src/roles/watcher/Promises.ts";
import { Watcher } from "../../src/roles/watcher/Watcher.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { blobsAt } from "../chain/l1.ts";
import { SILENT } from "../executor/liveProcessParts.ts";

const ZERO = `0x${"00".repeat(32)}`;
const SIX = [200, 201, 202, 203, 204, 205];
const hash = (name: string): Uint8Array => Keccak.hashText(name);

describe("given a watcher, and members and reporters with stake on the real contracts", () => {
	const keys = SIX.map((place) => new KeySigner(testWallet(place).privateKey));
	const [twin, liar, gateway, reporter, honest, late] = keys;
	const paid = testWallet(7);
	let chain: EmbeddedChain.EmbeddedChain;
	let deployment: Deployment;
	let committee: Uint8Array;
	let users: Uint8Array;
	let staking: Staking;
	before(async () => {
		chain = await EmbeddedChain.start({});
		for (const place of [0, 7, ...SIX])
			await chain.provider.send("hardhat_setBalance", [testWallet(place).address, `0x${(10n ** 21n).toString(16)}`]);
		const addresses = keys.map(({ address }) => address);
		deployment = await deploy(testWallet(0).connect(chain.provider), {
			...{ network: "embedded", committee: addresses, reporters: addresses, quorum: 2, treasury: testWallet(0).address },
		});
		committee = separatorOf(deployment, "SequencerInbox");
		users = separatorOf(deployment, "Vault");
		staking = new Staking(chain.provider, deployment);
	});
	after(() => chain.close());

	function watcherOn(store: Store, patienceMs = 0, confirmed?: Confirmed): Watcher {
		return new Watcher({
			store,
			...(confirmed && { confirmed }),
			domains: { committee, users },
			isKnown: (address) => keys.some((key) => key.address === address),
			inbox: new L1InboxReader(chain.provider, deployment, blobsAt()),
			chain: new EvidenceChain(chain.provider, deployment),
			sender: new TransactionManager({
				provider: chain.provider,
				wallet: paid.connect(chain.provider),
				store: new MemoryStore(),
				log: SILENT,
			}),
			clock: { now: () => Math.floor(Date.now() / 1000), sleep: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined) },
			log: SILENT,
			metrics: { set: () => undefined, add: () => undefined, observe: () => undefined },
			patienceMs,
		});
	}

	const stakeOf = async (key: KeySigner): Promise<bigint> => (await staking.stakeOf(key.address)).staked;
	const vote = async (watcher: Watcher, key: KeySigner, height: number, root: string): Promise<void> => {
		const said = { height, streamHash: hash(`stream ${height}`), root: hash(root) };
		watcher.checkpoint(said, await key.sign(Checkpoint.checkpointDigest(committee, said)));
	};
	const receipt = async (watcher: Watcher, key: KeySigner, message: string, time = 1): Promise<string | undefined> => {
		const said = { sequence: 7, offset: 700, messageHash: hash(message), streamHash: hash("stream"), time };
		return watcher.receipt(said, await key.sign(Checkpoint.receiptDigest(committee, said)));
	};
	const report = async (indexPrice: number, signers: readonly KeySigner[]): Promise<Uint8Array> => {
		const quote = { underlying: 0, time: 1_000, indexPrice, confidence: 10, surfaces: [] };
		const digest = Messages.reportDigest(users, reportOf(quote, 0, []));
		const bits = signers.reduce((all, key) => all | (1 << keys.indexOf(key)), 0);
		return Encoding.report(reportOf(quote, bits, await Promise.all(signers.map((key) => key.sign(digest)))));
	};

	it("leaves alone who says the same twice, who says things of different places, and who has no stake here", async () => {
		const watcher = watcherOn(new MemoryStore());
		for (let i = 0; i < 2; i++) for (const height of [1, 2, 3]) await vote(watcher, honest, height, `root ${height}`);
		await receipt(watcher, honest, "a message", 1);
		// L1 forces a batch in between, and the record's time is another: the message is the same.
		assert.equal(await receipt(watcher, honest, "a message", 2), honest.address);
		watcher.record(await report(100, [honest, liar]));
		watcher.record(await report(100, [honest, liar]));
		const stranger = new KeySigner(testWallet(30).privateKey);
		assert.equal(await receipt(watcher, stranger, "one"), undefined);
		assert.equal(await receipt(watcher, stranger, "two"), undefined);
		await watcher.round();
		for (const key of keys) assert.ok((await stakeOf(key)) > 0n);
	});

	it("takes the stake of a member that signs two roots for one height, and is paid for it", async () => {
		const watcher = watcherOn(new MemoryStore());
		const before = await chain.provider.getBalance(paid.address);
		await vote(watcher, twin, 9, "a root");
		await vote(watcher, honest, 9, "a root");
		await vote(watcher, twin, 9, "another root");
		await watcher.round();
		assert.equal(await stakeOf(twin), 0n);
		assert.ok((await staking.stakeOf(twin.address)).isSlashed);
		assert.equal((await staking.stakeOf(twin.address)).power, 0n);
		assert.ok((await stakeOf(honest)) > 0n);
		assert.ok((await chain.provider.getBalance(paid.address)) > before + 10n ** 18n);
	});

	it("takes the stake of a gateway that promises one sequence number to two messages, also when it was heard before a crash", async () => {
		const store = new MemoryStore();
		const crashed = watcherOn(store);
		await receipt(crashed, gateway, "one message");
		await receipt(crashed, gateway, "another message");
		await crashed.stop();
		assert.ok((await stakeOf(gateway)) > 0n);
		await watcherOn(store).round();
		assert.equal(await stakeOf(gateway), 0n);
	});

	it("takes the stake of a reporter that signs two prices for one time, whatever the machine made of them", async () => {
		const watcher = watcherOn(new MemoryStore());
		watcher.record(await report(100, [honest, reporter]));
		watcher.record(await report(101, [reporter, liar]));
		await watcher.round();
		assert.equal(await stakeOf(reporter), 0n);
		assert.ok((await stakeOf(honest)) > 0n);
		assert.ok((await stakeOf(liar)) > 0n);
	});

	it("takes the stake of members under a batch on L1 that is not the one they certified in the order", async () => {
		const content = Batch.encodeRecord(Uint8Array.of(99), 0);
		const proposal = { index: 0, previousAccumulator: new Uint8Array(32), minTime: 0, maxTime: 1, l1End: 0, fromHeight: 1, toHeight: 1 };
		const digestOf = (bytes: Uint8Array): Uint8Array =>
			Checkpoint.batchDigest(committee, { ...proposal, contentHash: Kzg.contentHash(bytes) });
		// All who have stake left: more than two thirds of it.
		const signers = [liar, honest, late].sort((a, b) => (a.address < b.address ? -1 : 1));
		const signatures = await Promise.all(signers.map((key) => key.sign(digestOf(content))));
		const poster = new TransactionManager({
			...{ provider: chain.provider, wallet: testWallet(0).connect(chain.provider), store: new MemoryStore(), log: SILENT },
		});
		const posted = await poster.send(new InboxChain(deployment).postBatch(proposal, content, signatures, "calldata"));
		assert.equal(posted.status, "mined");
		const watcher = watcherOn(new MemoryStore());
		const other = Batch.encodeRecord(Uint8Array.of(98), 0);
		watcher.batch(proposal, Kzg.contentHash(content), [await honest.sign(digestOf(content))]);
		watcher.batch(proposal, Kzg.contentHash(other), [await liar.sign(digestOf(other))]);
		await watcher.round();
		await watcher.round();
		assert.equal(await stakeOf(liar), 0n);
		assert.ok((await stakeOf(honest)) > 0n);
	});

	it("holds a receipt until L1 confirmed what stands where it says, and accuses who signed for another message", async () => {
		const store = new MemoryStore();
		const message = Keccak.hashText("promised");
		let found: string | undefined;
		const proof = { assertionId: ZERO, gameId: ZERO, step: 1, path: [], machine: "0x", opening: "0x" };
		const confirmed: Confirmed = async () => (found ? { ...proof, messageHash: found } : undefined);
		const said = { sequence: 900, offset: 90_000, messageHash: message, streamHash: Keccak.hashText("stream"), time: 100 };
		const signature = await honest.sign(Checkpoint.receiptDigest(committee, said));
		const first = watcherOn(store, 60_000, confirmed);
		assert.equal(first.receipt(said, signature), honest.address);
		await first.round();
		await first.stop();
		assert.equal([...store.range("promise/", "promise0")].length, 1, "nothing is confirmed, so it waits, on the disk");
		found = Bytes.toHex(Keccak.hashText("another"));
		const second = watcherOn(store, 60_000, confirmed);
		await second.round();
		assert.equal([...store.range("promise/", "promise0")].length, 0);
		const kept = JSON.parse(new TextDecoder().decode(store.get(`evidence/${honest.address}`))) as BrokenReceipt;
		assert.deepEqual([kept.kind, kept.receipt.messageHash, kept.proof], ["receipt", Bytes.toHex(message), proof]);
		const kind = new MemoryStore();
		found = Bytes.toHex(message);
		const third = watcherOn(kind, 60_000, confirmed);
		third.receipt(said, signature);
		await third.round();
		assert.deepEqual(
			[...kind.range("promise/", "promise0"), kind.get(`evidence/${honest.address}`)],
			[undefined],
			"a word that was kept is forgotten",
		);
	});

	it("leaves evidence to those before it, and takes it for done when they showed it", async () => {
		const store = new MemoryStore();
		const [first, second] = [watcherOn(new MemoryStore()), watcherOn(store, 60_000)];
		for (const watcher of [first, second]) for (const root of ["a", "b"]) await vote(watcher, late, 5, root);
		await second.round();
		assert.ok((await stakeOf(late)) > 0n);
		await first.round();
		assert.equal(await stakeOf(late), 0n);
		await second.round();
		assert.ok(store.get(`settled/evidence/${late.address}`));
	});
});
