// A small real world for dispute games: the whole deployment on an embedded chain, real deposits, and batches of real signed messages, so that every step in
// dispute is the machine's own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Contract, TypedDataEncoder, getBytes } from "ethers";
import { deploy } from "../../../deploy/deploy.ts";
import * as Artifacts from "../../../src/chain/Artifacts.ts";
import * as Certificate from "../../../src/chain/Certificate.ts";
import { Archive } from "../../../src/chain/blobs/Archive.ts";
import { Sources } from "../../../src/chain/blobs/Sources.ts";
import type { Deployment } from "../../../src/chain/Deployment.ts";
import { DEVNET } from "../../../src/chain/Deployment.ts";
import * as EmbeddedChain from "../../../src/chain/EmbeddedChain.ts";
import { GameChain } from "../../../src/chain/GameChain.ts";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import { L1InboxReader } from "../../../src/chain/L1InboxReader.ts";
import * as Sidecar from "../../../src/chain/Sidecar.ts";
import { DerivedExecutor } from "../../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../../src/executor/Genesis.ts";
import * as Kzg from "../../../src/kzg/Kzg.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { Random } from "../../../src/market/Random.ts";
import { SyntheticMarket } from "../../../src/market/SyntheticMarket.ts";
import { TransactionManager } from "../../../src/chain/TransactionManager.ts";
import { SystemClock } from "../../../src/node/Clock.ts";
import type { Carrier } from "../../../src/ports/Inbox.ts";
import type { Log } from "../../../src/ports/Log.ts";
import { Challenger } from "../../../src/roles/challenger/Challenger.ts";
import { Proposer } from "../../../src/roles/proposer/Proposer.ts";
import { PLACES, testWallet } from "../../../src/chain/TestKeys.ts";
import * as Batch from "../../../src/protocol/Batch.ts";
import * as Blob from "../../../src/protocol/Blob.ts";
import * as Checkpoint from "../../../src/protocol/Checkpoint.ts";
import { reportOf } from "../../../src/roles/reporter/Reporter.ts";
import { MemoryStore } from "../../../src/store/MemoryStore.ts";
import * as AnvilChain from "./AnvilChain.ts";

const START_TIME = Date.UTC(2026, 1, 2, 9) / 1000;
const DAY = Math.floor(START_TIME / 86_400) + 20;
const ACCOUNTS = 6;
const STRIKES = [19_500, 20_000, 20_500];
/** LIMIT: messages of the disputed batches; what a larger tree has beyond them is the halted machine. */
const MAX_MESSAGES = 1600;
/** LIMIT: a batch's bytes. */
const JUNK_PER_BATCH = 20_000;
/** Steps of a stretch that does not fit, beyond those that do. */
const OVERFLOW = 9;
/** LIMIT: rounds of ten blocks for two assertions to be confirmed in. */
const MAX_ROUNDS = 40;
const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, alarm: () => undefined, child: () => silent };

export type World = {
	readonly chain: EmbeddedChain.EmbeddedChain;
	readonly deployment: Deployment;
	readonly derived: DerivedExecutor;
	/** What went in blobs. */
	readonly archive: Archive;
	close(): Promise<void>;
};

/** Where the disputed stretch ends: the machine halts before the last leaf, exactly at it, or not within it. */
export const ENDS = ["halted", "full", "overflow"] as const;

export type WorldOptions = {
	/** Of the games. */
	readonly height: number;
	readonly seed: number;
	readonly end?: (typeof ENDS)[number];
	readonly isAnvil?: boolean;
	/** How the batches travel; calldata unless it is said. */
	readonly carrier?: Carrier;
	/** Blocks of censorship that the challenge period allows for. */
	readonly censorBlocks?: number;
	/** Blocks by which each move may be late. */
	readonly delayBlocks?: number;
};

/** Builds it. The first batch is one message; the second interval has about three quarters of 2^height steps, unless it is to end otherwise. */
export async function build(options: WorldOptions): Promise<World> {
	const { height, seed, end = "halted", censorBlocks = 0, delayBlocks = 0 } = options;
	const chain = options.isAnvil ? await AnvilChain.start(START_TIME) : await EmbeddedChain.start({ startTime: START_TIME });
	const { provider } = chain;
	for (const place of [PLACES.deployer, PLACES.batcher])
		await provider.send("hardhat_setBalance", [testWallet(place).address, `0x${(10n ** 22n).toString(16)}`]);
	const deployer = testWallet(PLACES.deployer).connect(provider);
	const reporters = Array.from({ length: 7 }, (_, i) => testWallet(PLACES.reporters + i));
	const deployment = await deploy(deployer, {
		network: "dispute",
		reporters: reporters.map(({ address }) => address),
		quorum: 5,
		committee: [testWallet(PLACES.sequencer).address],
		treasury: deployer.address,
		parameters: {
			...DEVNET,
			height,
			challengePeriodBlocks: Math.max(60, (delayBlocks + 1) * (2 * height + 3) + 20) + censorBlocks,
			censorshipBudgetBlocks: censorBlocks,
			delayBlocks,
		},
	});
	const usdc = new Contract(deployment.contracts.MockUSDC, Artifacts.of("MockUSDC").abi, deployer);
	const vault = new Contract(deployment.contracts.Vault, Artifacts.of("Vault").abi, deployer);
	const amount = 10n ** 12n;
	await (await usdc.getFunction("mint")(deployer.address, amount * BigInt(ACCOUNTS))).wait();
	await (await usdc.getFunction("approve")(deployment.contracts.Vault, amount * BigInt(ACCOUNTS))).wait();
	for (let i = 0; i < ACCOUNTS; i++) await (await vault.getFunction("deposit")(testWallet(PLACES.traders + i).address, 0, amount)).wait();
	const archive = new Archive(new MemoryStore());
	const post: Posting = { chain, deployment, archive, carrier: options.carrier ?? "calldata" };
	await postBatches(post, await messagesOf(deployment, Math.min(MAX_MESSAGES, Math.floor(2 ** height / 2)), seed));
	const folder = mkdtempSync(join(tmpdir(), "strikeproof-dispute-"));
	const genesis = {
		domainSeparator: getBytes(deployment.domainSeparator),
		reporters: deployment.reporters,
		quorum: deployment.quorum,
		house: deployment.house,
	};
	const derived = await DerivedExecutor.open({
		store: new MemoryStore(),
		leafFile: join(folder, "leaves"),
		inbox: new L1InboxReader(
			provider,
			deployment,
			Sources.at(archive, {}, () => undefined),
		),
		genesis: Genesis.cells(genesis),
	});
	await derived.sync();
	if (end !== "halted") {
		// Junk is a step a message, so it fills the stretch to the step.
		const missing = await missingSteps(derived, height);
		await postJunk(post, missing + (end === "overflow" ? OVERFLOW : 0));
		await derived.sync();
		const left = await missingSteps(derived, height);
		if (left !== (end === "full" ? 0 : -OVERFLOW))
			throw new Error(`The stretch misses ${left} steps of 2^${height}, though it was filled.`);
	}
	return {
		chain,
		deployment,
		derived,
		archive,
		async close() {
			await derived.close();
			await chain.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Listings, a report, and orders that rest, cross, are cancelled and refused; some of it junk. */
async function messagesOf(deployment: Deployment, count: number, seed: number): Promise<Uint8Array[]> {
	const random = new Random(seed);
	const domain = getBytes(deployment.domainSeparator);
	const signers = Array.from({ length: ACCOUNTS }, (_, i) => new KeySigner(testWallet(PLACES.traders + i).privateKey));
	const messages: Uint8Array[] = STRIKES.map((strike) => Encoding.list({ underlying: 0, day: DAY, strike }));
	const time = START_TIME + 30;
	const quote = await new SyntheticMarket(seed, START_TIME).source(1, 0).quote(0, time, [DAY]);
	if (!quote) throw new Error("the synthetic market has no quote");
	const digest = Messages.reportDigest(domain, reportOf(quote, 0, []));
	const signatures = await Promise.all(
		[0, 1, 2, 3, 4].map((place) => new KeySigner(testWallet(PLACES.reporters + place).privateKey).sign(digest)),
	);
	messages.push(Encoding.report(reportOf(quote, 0b11111, signatures)));
	for (let nonce = 1; messages.length < count; nonce++) {
		const account = 1 + random.below(ACCOUNTS);
		const signer = signers[account - 1];
		if (random.next() < 0.05) {
			messages.push(Uint8Array.from({ length: 1 + random.below(40) }, () => random.below(256)));
			continue;
		}
		const place: Messages.Place = {
			account,
			series: Series.make(0, DAY, random.below(2), random.pick(STRIKES)),
			side: random.below(2),
			timeInForce: random.below(2),
			flags: 0,
			price: 900 + random.below(400),
			size: 1 + random.below(20),
			expiresAt: 0,
			nonce,
			label: 0,
			signature: new Uint8Array(65),
		};
		place.signature = await signer.sign(Messages.placeDigest(domain, place));
		messages.push(Encoding.place(place));
	}
	return messages;
}

async function postBatches(post: Posting, messages: readonly Uint8Array[]): Promise<void> {
	const contents: Uint8Array[] = [Batch.encodeRecord(Uint8Array.of(0xff), 0)];
	let bytes: Uint8Array[] = [];
	for (const [i, message] of messages.entries()) {
		bytes.push(Batch.encodeRecord(message, i === 0 ? 45 : 0));
		if (i === messages.length - 1 || bytes.reduce((sum, record) => sum + record.length, 0) > 100_000) {
			contents.push(Bytes.concat(...bytes));
			bytes = [];
		}
	}
	await post.chain.mineAt(START_TIME + 200);
	for (const [index, content] of contents.entries()) {
		const times = { minTime: index === 0 ? START_TIME : START_TIME + 100, maxTime: START_TIME + 100 };
		// The first real batch takes the deposits before its orders.
		const deposits = index === 1 ? Array.from({ length: ACCOUNTS }, () => Batch.encodeRecord(Uint8Array.of(Batch.TAKE_L1), 0)) : [];
		await postBatch(post, Bytes.concat(...deposits, content), times, index === 0 ? 0 : ACCOUNTS);
	}
}

/** Behind everything else, messages that mean nothing: so many steps, of which each batch takes one to end. */
async function postJunk(post: Posting, steps: number): Promise<void> {
	const record = Batch.encodeRecord(Uint8Array.of(0xff), 0);
	for (let left = steps; left > 0;) {
		const count = Math.min(left - 1, JUNK_PER_BATCH);
		const content = Bytes.concat(...Array.from({ length: count }, () => record));
		await postBatch(post, content, { minTime: START_TIME + 100, maxTime: START_TIME + 100 }, ACCOUNTS);
		left -= count + 1;
	}
}

/** Steps that the stretch behind the first batch is short of a whole tree; below 0 where it is longer. */
async function missingSteps(derived: DerivedExecutor, height: number): Promise<number> {
	const first = derived.history(derived.origin(), 1, height);
	if (first.status !== "known") throw new Error("The first batch is not derived.");
	return 2 ** height - (derived.stepCount - first.history.stepCount);
}

/** How and where batches are posted; what goes in blobs is kept. */
type Posting = {
	readonly chain: EmbeddedChain.EmbeddedChain;
	readonly deployment: Deployment;
	readonly archive: Archive;
	readonly carrier: Carrier;
};

async function postBatch(
	{ chain, deployment, archive, carrier }: Posting,
	content: Uint8Array,
	times: { readonly minTime: number; readonly maxTime: number },
	l1End: number,
): Promise<void> {
	const batcher = testWallet(PLACES.batcher).connect(chain.provider);
	const inbox = new Contract(deployment.contracts.SequencerInbox, Artifacts.of("SequencerInbox").abi, batcher);
	const domain = getBytes(TypedDataEncoder.hashDomain({ ...deployment.domain, verifyingContract: deployment.contracts.SequencerInbox }));
	const index = Number(await inbox.getFunction("batchCount")());
	const previousAccumulator = getBytes((await inbox.getFunction("batchAccumulator")(index)) as string);
	const isBlob = carrier === "blob";
	// Loading what commits to blobs takes a while: only where there are any.
	const blobsRoot = isBlob ? Kzg.blobsRoot(content) : new Uint8Array(32);
	const plainHash = Keccak.hash(content);
	const vote = { index, previousAccumulator, contentHash: Blob.contentHash(plainHash, content.length, blobsRoot), ...times, l1End };
	const signature = await new KeySigner(testWallet(PLACES.sequencer).privateKey).sign(Checkpoint.batchDigest(domain, vote));
	const certificate = Certificate.pack([signature]);
	const place = [index, times.minTime, times.maxTime, l1End];
	if (isBlob) {
		const blobs = Kzg.commitAll(content).map(({ blob }) => blob);
		await archive.keep(blobs);
		const sidecar = await Sidecar.make(blobs, 2n * (await Sidecar.baseFee(chain.provider)), 0);
		await (
			await inbox.getFunction("postBlobBatch")(...place, content.length, plainHash, certificate, { ...sidecar, gasLimit: 500_000 })
		).wait();
	} else await (await inbox.getFunction("postBatch")(...place, content, blobsRoot, certificate)).wait();
}

/** Asserts everything that is posted, unrivalled, and lets time pass until all of it is confirmed. */
export async function confirmAll({ chain, deployment, derived }: World): Promise<void> {
	const { provider } = chain;
	const wallet = testWallet(PLACES.proposer);
	await provider.send("hardhat_setBalance", [wallet.address, `0x${(10n ** 21n).toString(16)}`]);
	const game = new GameChain(provider, deployment);
	const ports = {
		game,
		sender: new TransactionManager({ provider, wallet, store: new MemoryStore(), log: silent }),
		clock: new SystemClock(),
		log: silent,
		metrics: { set: () => undefined, add: () => undefined, observe: () => undefined },
		sync: async () => undefined,
		histories: derived,
	};
	const roles = [new Proposer(ports), new Challenger(ports)];
	for (let round = 0; round < MAX_ROUNDS; round++) {
		for (const role of roles) await role.round();
		const { assertions, latestConfirmed } = await game.look();
		const latest = assertions.get(latestConfirmed);
		if (latest && latest.targetBatch > derived.batchCount) return;
		await chain.mine(10);
	}
	throw new Error(`What is posted was not confirmed within ${MAX_ROUNDS} rounds of ten blocks.`);
}
