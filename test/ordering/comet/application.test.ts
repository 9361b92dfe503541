import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { Request } from "cosmjs-types/tendermint/abci/types";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import { Application } from "../../../src/ordering/comet/Application.ts";
import * as Decided from "../../../src/ordering/comet/Decided.ts";
import * as Envelope from "../../../src/ordering/comet/Envelope.ts";
import * as Extension from "../../../src/ordering/comet/Extension.ts";
import * as Home from "../../../src/ordering/comet/Home.ts";
import { WriteAheadLog } from "../../../src/ordering/local/WriteAheadLog.ts";
import type { Store } from "../../../src/ports/Store.ts";
import { MemoryStore } from "../../../src/store/MemoryStore.ts";
import { bundleOf, CHAIN, digests, rootOf } from "./committee.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-abci-"));
after(() => rmSync(root, { recursive: true, force: true }));
const signers = [0, 1, 2, 3].map(() => new KeySigner(Bytes.toHex(Home.freshKey())));
const stranger = new KeySigner(Bytes.toHex(Home.freshKey()));
const committee = new Map(signers.map(({ address }) => [address, 1]));
let made = 0;

async function opened(store: Store = new MemoryStore(), directory = join(root, String(made++))) {
	const log = await WriteAheadLog.open({ directory, genesis: CHAIN });
	const application = new Application({
		...{ chainId: CHAIN, committee, signer: signers[0], digests, log, store },
		...{ now: () => 1_000, l1Count: () => 0, rootAt: rootOf, approves: () => true },
	});
	return { application, log, store, directory };
}

const bundle = (place: number, sequence: number, name = `${place} ${sequence}`) =>
	Envelope.encodeBundle(CHAIN, signers[place], sequence, bundleOf(name).records);

/** The engine's list of votes of a height: the members at `places` voted with these extensions. */
async function votesOf(height: number, extensions: readonly (Uint8Array | undefined)[], round = 0) {
	return Promise.all(
		signers.map(async (signer, place) => {
			const extension = extensions[place];
			const signature = extension ? await signer.sign(Extension.digestOf(extension, CHAIN, height, round)) : new Uint8Array(65);
			if (extension) signature[64] -= 27;
			return { address: signer.address, extension: extension ?? new Uint8Array(0), signature, voted: extension !== undefined };
		}),
	);
}

type Votes = Awaited<ReturnType<typeof votesOf>>;
const listOf = (votes: Votes, round = 0) => Extension.encodeCommit({ round, votes: votes.filter(({ voted }) => voted) });
const seen = (votes: Votes, round = 0) => ({
	round,
	votes: votes.map(({ address, voted }) => ({ validator: { address: Bytes.fromHex(address), power: 1n }, blockIdFlag: voted ? 2 : 1 })),
});

async function accepts(
	application: Application,
	height: number,
	txs: Uint8Array[],
	proposedLastCommit?: ReturnType<typeof seen>,
): Promise<boolean> {
	const request = Request.decode(
		Request.encode(Request.fromPartial({ processProposal: { txs, height: BigInt(height), proposedLastCommit } })).finish(),
	);
	return Number((await application.handle(request)).processProposal?.status) === 1;
}

async function decide(application: Application, height: number, txs: Uint8Array[]): Promise<void> {
	await application.handle(Request.fromPartial({ finalizeBlock: { txs, height: BigInt(height) } }));
	await application.handle(Request.fromPartial({ commit: {} }));
}

const plain = (time = 1_000, more: Partial<Extension.Extension> = {}) => Extension.encode({ time, l1Count: 0, cuts: [], ...more });

describe("given an application of a member, and proposals of others", () => {
	it("refuses what no gateway of the committee signed for the next place of its lane", async () => {
		const { application, log } = await opened();
		assert.ok(await accepts(application, 1, [await bundle(0, 0), await bundle(1, 0), await bundle(0, 1)]));
		const forged = await bundle(0, 0);
		forged[forged.length - 2] ^= 1;
		const late = Envelope.encodeBundle(CHAIN, signers[0], 0, Uint8Array.of(2, 5, 6, 1));
		for (const [why, txs] of [
			["a hole in a lane", [await bundle(0, 1)]],
			["a lane twice", [await bundle(0, 0), await bundle(0, 0, "other")]],
			["a lane backwards", [await bundle(0, 1), await bundle(0, 0)]],
			["a stranger", [await Envelope.encodeBundle(CHAIN, stranger, 0, bundleOf("x").records)]],
			["a forged signature", [forged]],
			["another chain", [await Envelope.encodeBundle("other", signers[0], 0, bundleOf("x").records)]],
			["a delay of its own", [await late]],
			["junk", [Uint8Array.of(1, 2, 3)]],
			["extensions before there was a vote", [Extension.encodeCommit({ round: 0, votes: [] })]],
		] as const) {
			assert.equal(await accepts(application, 1, [...txs]), false, why);
		}
		await log.close();
	});

	it("refuses a proposal that lacks, changes or invents an extension of a member that voted", async () => {
		const { application, log } = await opened();
		await decide(application, 1, [await bundle(0, 0)]);
		const votes = await votesOf(1, [plain(), plain(), plain(), undefined]);
		assert.ok(await accepts(application, 2, [listOf(votes), await bundle(0, 1)], seen(votes)));
		const changed = votes.map((vote, place) => (place === 1 ? { ...vote, extension: plain(2_000) } : vote));
		const swapped = [votes[1], votes[0], ...votes.slice(2)];
		const later = await votesOf(2, [plain(), plain(), plain(), undefined]);
		for (const [why, txs] of [
			["no list", [await bundle(0, 1)]],
			["nothing at all", []],
			["one left out", [listOf(votes.map((vote, place) => ({ ...vote, voted: vote.voted && place !== 2 })))]],
			["one changed", [listOf(changed)]],
			["another order", [listOf(swapped)]],
			["one who did not vote", [listOf(votes.map((vote) => ({ ...vote, voted: true })))]],
			["of another height", [listOf(later)]],
			["of another round", [listOf(votes, 1)]],
			["twice", [listOf(votes), listOf(votes)]],
		] as const) {
			assert.equal(await accepts(application, 2, [...txs], seen(votes)), false, why);
		}
		await log.close();
	});

	it("accepts an extension that says nothing readable, and counts it for nothing", async () => {
		const { application, log } = await opened();
		await decide(application, 1, []);
		const votes = await votesOf(1, [plain(500), Uint8Array.of(1, 2, 3), plain(700), plain(600)]);
		assert.ok(await accepts(application, 2, [listOf(votes), await bundle(2, 0)], seen(votes)));
		await decide(application, 2, [listOf(votes), await bundle(2, 0)]);
		assert.equal(application.decided.clock, 600);
		assert.equal(application.medianTime, 600);
		await log.close();
	});

	it("proposes lanes without holes, within the block, whatever order gossip brought", async () => {
		const { application, log } = await opened();
		const txs = [await bundle(1, 1), await bundle(0, 2), await bundle(1, 0), await bundle(0, 0), Uint8Array.of(9)];
		const prepare = async (maxTxBytes: number) =>
			(await application.handle(Request.fromPartial({ prepareProposal: { txs, height: 1n, maxTxBytes: BigInt(maxTxBytes) } })))
				.prepareProposal?.txs ?? [];
		const whole = await prepare(100_000);
		assert.deepEqual(new Set(whole.map(Bytes.toHex)), new Set([txs[3], txs[2], txs[0]].map(Bytes.toHex)));
		assert.ok(await accepts(application, 1, whole));
		const size = txs[0].length + 4;
		assert.equal((await prepare(2 * size + 1)).length, 2);
		assert.ok(await accepts(application, 1, await prepare(2 * size + 1)));
		assert.deepEqual(await prepare(size - 1), []);
		await log.close();
	});

	it("lets no gateway fill its pool: a lane that is passed or far ahead is not admitted", async () => {
		const { application, log } = await opened();
		await decide(application, 1, [await bundle(0, 0)]);
		const code = async (tx: Uint8Array) => (await application.handle(Request.fromPartial({ checkTx: { tx } }))).checkTx?.code;
		assert.equal(await code(await bundle(0, 0)), 2);
		assert.equal(await code(await bundle(0, 1)), 0);
		assert.equal(await code(await bundle(0, 64)), 0);
		assert.equal(await code(await bundle(0, 65)), 3);
		assert.equal(await code(await Envelope.encodeBundle(CHAIN, stranger, 0, bundleOf("x").records)), 1);
		await log.close();
	});

	it("keeps one bundle of a place of a lane in its pool, so that no gateway fills it with many for one place", async () => {
		const { application, log } = await opened();
		const code = async (tx: Uint8Array) => (await application.handle(Request.fromPartial({ checkTx: { tx } }))).checkTx?.code;
		const [ahead, other] = await Promise.all([bundle(0, 63), bundle(0, 63, "another")]);
		assert.equal(await code(ahead), 0);
		assert.equal(await code(ahead), 0, "the same again");
		assert.equal(await code(other), 2);
		assert.equal(await code(await bundle(0, 62)), 0, "another place");
		assert.equal(await code(await bundle(1, 63)), 0, "another lane");
		// No proposer can take it while the lane does not go on, and after each block the engine checks it again.
		let height = 1;
		for (; height < 64; height++) {
			await decide(application, height, [Extension.encodeCommit({ round: 0, votes: [] })]);
			assert.equal(await code(ahead), 0);
		}
		await decide(application, height, [Extension.encodeCommit({ round: 0, votes: [] })]);
		assert.equal(await code(ahead), 2, "it goes, and its place is free");
		assert.equal(await code(other), 0);
		await log.close();
	});

	const cut = (place: number, index: number, [fromHeight, toHeight]: [number, number] = [1, 1], block = 0) => {
		const proposal = { index, previousAccumulator: new Uint8Array(32), minTime: 1, maxTime: 2, l1End: 0, fromHeight, toHeight };
		return Envelope.encodeCut(CHAIN, signers[place], proposal, block);
	};

	it("takes one cut of a member into a block and into its pool, and none of whose last one nobody wanted", async () => {
		const { application, log, store } = await opened();
		const code = async (tx: Uint8Array) => (await application.handle(Request.fromPartial({ checkTx: { tx } }))).checkTx?.code;
		const [first, second, another] = await Promise.all([cut(0, 0), cut(0, 1), cut(1, 1)]);
		assert.ok(await accepts(application, 1, [first, another]));
		assert.equal(await accepts(application, 1, [first, second]), false);
		assert.deepEqual([await code(first), await code(second), await code(another)], [0, 2, 0]);
		const barred: Decided.Decided = { ...Decided.GENESIS, barred: { [signers[0].address]: 9 } };
		await store.commit([{ key: "decided", value: Buffer.from(JSON.stringify(barred)) }]);
		const { application: later, log: its } = await opened(store);
		assert.equal(await accepts(later, 1, [first]), false);
		assert.ok(await accepts(later, 1, [another]));
		await log.close();
		await its.close();
	});

	it("reads no more of the order than a batch holds, whatever a member wants cut", async () => {
		const { application, log } = await opened();
		const large = bundleOf("large", 1_000);
		for (let sequence = 0; sequence < 200; sequence++) {
			const transaction = await Envelope.encodeBundle(CHAIN, signers[0], sequence, large.records);
			await decide(
				application,
				sequence + 1,
				sequence === 0 ? [transaction] : [Extension.encodeCommit({ round: 0, votes: [] }), transaction],
			);
		}
		let read = 0;
		const honest = log.read.bind(log);
		log.read = (from, to) => {
			const bundles = honest(from, to);
			read += bundles.length;
			return bundles;
		};
		await decide(application, 201, [Extension.encodeCommit({ round: 0, votes: [] }), await cut(0, 0, [1, 200])]);
		assert.deepEqual(application.decided.cuts, {});
		assert.ok(read > 0 && read < 100, `${read} bundles were read`);
		await log.close();
	});

	const hello = (place: number, number: number) => Envelope.encodeHello(CHAIN, signers[place], new Uint8Array(32).fill(number));

	it("takes one hello of a member into a block, so that none fills it with what orders nothing", async () => {
		const { application, log } = await opened();
		const [first, second, another] = await Promise.all([hello(0, 1), hello(0, 2), hello(1, 1)]);
		assert.ok(await accepts(application, 1, [first, another, await bundle(0, 0)]));
		assert.equal(await accepts(application, 1, [first, second]), false, "two numbers");
		assert.equal(await accepts(application, 1, [first, first]), false, "one number twice");
		const request = { height: 1n, maxTxBytes: 100_000n, txs: [first, second, another] };
		const made = (await application.handle(Request.fromPartial({ prepareProposal: request }))).prepareProposal?.txs ?? [];
		assert.deepEqual(made.map(Bytes.toHex), [first, another].map(Bytes.toHex));
		await log.close();
	});

	it("keeps one hello of a member in its pool, until a block took it or none did for long", async () => {
		const { application, log } = await opened();
		const code = async (tx: Uint8Array) => (await application.handle(Request.fromPartial({ checkTx: { tx } }))).checkTx?.code;
		const [first, second, third] = await Promise.all([hello(0, 1), hello(0, 2), hello(0, 3)]);
		assert.equal(await code(first), 0);
		assert.equal(await code(second), 2, "the first one waits");
		assert.equal(await code(await hello(1, 1)), 0, "another member's");
		await decide(application, 1, [first]);
		assert.equal(await code(second), 0, "the engine did not check the first again: it is gone");
		// Nobody proposes it, and after each block the engine checks it again.
		let height = 2;
		for (; height < 65; height++) {
			await decide(application, height, [Extension.encodeCommit({ round: 0, votes: [] })]);
			assert.equal(await code(second), 0);
			assert.equal(await code(third), 2);
		}
		await decide(application, height, [Extension.encodeCommit({ round: 0, votes: [] })]);
		assert.equal(await code(second), 2, "it is in this pool alone, and the engine lets it go");
		assert.equal(await code(third), 0);
		await log.close();
	});
});

describe("given a member that signs", () => {
	it("signs roots of decided heights only, and one root for a height for ever", async () => {
		const store = new MemoryStore();
		const { application, log, directory } = await opened(store);
		const extend = async (one: Application) =>
			Extension.decode(
				(await one.handle(Request.fromPartial({ extendVote: { height: 1n } }))).extendVote?.voteExtension ?? new Uint8Array(0),
			);
		assert.equal((await extend(application))?.checkpoint, undefined, "nothing is decided");
		await decide(application, 1, [await bundle(0, 0)]);
		assert.deepEqual((await extend(application))?.checkpoint?.root, rootOf(1));
		await log.close();
		const again = await WriteAheadLog.open({ directory, genesis: CHAIN });
		const other = new Application({
			...{ chainId: CHAIN, committee, signer: signers[0], digests, log: again, store },
			...{ now: () => 1_000, l1Count: () => 0, rootAt: () => rootOf(77), approves: () => true },
		});
		assert.equal((await extend(other))?.checkpoint, undefined, "after a restart with another root");
		await again.close();
	});

	it("signs one state for a place for ever, and says it until a block brought it to all", async () => {
		const store = new MemoryStore();
		const { log } = await opened();
		const stand = { gameId: rootOf(1), step: 3, commitment: rootOf(2), digest: rootOf(3) };
		let standsBehind: typeof stand | undefined = stand;
		const application = new Application({
			...{ chainId: CHAIN, committee, signer: signers[0], digests, log, store },
			...{ now: () => 1_000, l1Count: () => 0, rootAt: () => undefined, approves: () => true, standsBehind: () => standsBehind },
		});
		const extend = async () => (await application.handle(Request.fromPartial({ extendVote: { height: 1n } }))).extendVote?.voteExtension;
		const [own, again] = [await extend(), await extend()];
		assert.deepEqual(own, again);
		assert.deepEqual(Extension.decode(own ?? new Uint8Array(0))?.state?.commitment, rootOf(2));
		standsBehind = { ...stand, commitment: rootOf(9) };
		assert.equal(Extension.decode((await extend()) ?? new Uint8Array(0))?.state, undefined, "another one for the same place");
		standsBehind = stand;
		await decide(application, 1, []);
		await decide(application, 2, [listOf(await votesOf(1, [own, plain(), plain(), plain()]))]);
		assert.equal(Extension.decode((await extend()) ?? new Uint8Array(0))?.state, undefined, "all heard it");
		standsBehind = { ...stand, step: 4 };
		assert.equal(Extension.decode((await extend()) ?? new Uint8Array(0))?.state?.step, 4);
		await log.close();
	});

	it("goes on after a crash between the log and the state as if it had not happened", async () => {
		const store = new MemoryStore();
		const { application, log, directory } = await opened(store);
		await decide(application, 1, [await bundle(0, 0)]);
		const before = store.get("decided");
		const votes = await votesOf(1, [plain(), plain(), plain(), plain()]);
		const txs = [listOf(votes), await bundle(0, 1), await bundle(1, 0)];
		await decide(application, 2, txs);
		const { decided } = application;
		await log.close();
		await store.commit([{ key: "decided", value: before }]);
		const replayed = await opened(store, directory);
		await decide(replayed.application, 2, txs);
		assert.deepEqual(replayed.application.decided, decided);
		assert.equal(replayed.log.height, 3);
		assert.equal(Bytes.toHex(replayed.log.read(3, 3)[0].streamHash), decided.streamHash);
		await replayed.log.close();
	});

	it("takes two roots of one member for one height as evidence", async () => {
		const { application, log } = await opened();
		await decide(application, 1, [await bundle(0, 0)]);
		const { target } = application.decided;
		assert.ok(target);
		const sign = async (root: Uint8Array) => ({
			height: 1,
			root,
			signature: await signers[2].sign(digests.checkpoint(1, Bytes.fromHex(target.streamHash), root)),
		});
		const heard: Decided.Contradiction[] = [];
		application.watch(({ contradictions }) => heard.push(...contradictions));
		for (const [height, root] of [
			[2, rootOf(1)],
			[3, rootOf(99)],
		] as const) {
			const votes = await votesOf(height - 1, [plain(), plain(), plain(1_000, { checkpoint: await sign(root) }), undefined]);
			await decide(application, height, [listOf(votes)]);
		}
		assert.deepEqual(
			heard.map(({ member, height }) => ({ member, height })),
			[{ member: signers[2].address, height: 1 }],
		);
		await log.close();
	});
});

describe("given what members say of time", () => {
	it("takes the median by power, so that less than half of it cannot move it out of the others' range", () => {
		assert.equal(Decided.weightedMedian([]), 0);
		assert.equal(Decided.weightedMedian([[5, 1]]), 5);
		assert.equal(
			Decided.weightedMedian([
				[1e12, 1],
				[10, 1],
				[11, 1],
				[12, 1],
			]),
			11,
		);
		assert.equal(
			Decided.weightedMedian([
				[0, 1],
				[10, 1],
				[11, 1],
				[12, 1],
			]),
			10,
		);
		assert.equal(
			Decided.weightedMedian([
				[0, 3],
				[10, 4],
			]),
			10,
		);
	});

	it("asks for more than two thirds of the power", () => {
		assert.equal(
			Decided.isQuorum(
				new Map([
					["a", 1],
					["b", 1],
					["c", 1],
				]),
				["a", "b"],
			),
			false,
		);
		assert.equal(
			Decided.isQuorum(
				new Map([
					["a", 1],
					["b", 1],
					["c", 1],
				]),
				["a", "b", "c"],
			),
			true,
		);
		assert.equal(
			Decided.isQuorum(
				new Map([
					["a", 5],
					["b", 1],
					["c", 1],
				]),
				["a"],
			),
			true,
		);
		assert.equal(
			Decided.isQuorum(
				new Map([
					["a", 5],
					["b", 1],
					["c", 1],
				]),
				["b", "c", "stranger"],
			),
			false,
		);
	});
});
