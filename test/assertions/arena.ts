// The game's contracts around a verifier that says what it is told, and histories of a height of 4 that differ from a step on: whole disputes in a few calls.

import { TypedDataEncoder, getBytes, hexlify, keccak256, parseEther } from "ethers";
import type { Contract, HDNodeWallet, TransactionReceipt } from "ethers";
import type { Artifact } from "../../src/chain/Artifacts.ts";
import * as Certificate from "../../src/chain/Certificate.ts";
import { DEVNET } from "../../src/chain/Deployment.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Machines from "../../src/machine/types/Machine.ts";
import * as Assertion from "../../src/protocol/Assertion.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import * as Blob from "../../src/protocol/Blob.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import type { EdgeKey } from "../../src/protocol/Edge.ts";
import * as Edge from "../../src/protocol/Edge.ts";
import * as HistoryCommitment from "../../src/protocol/HistoryCommitment.ts";
import { L1, NO_BLOBS, START, send } from "../chain/l1.ts";

export const HEIGHT = 4;
export const PERIOD = 40;
export const GRACE = 5;
export const MINIMUM = 2;
export const BOND = parseEther("1");
export const TREASURY = "0x00000000000000000000000000000000000000aa";

/** Returns the first word of the proof, whatever the step: a verifier that is as sound as who calls it. */
export const STUB_VERIFIER = "6084355f5260205ff3";

/** Answers 0: an escape hatch that is not frozen. */
const NEVER_FROZEN = "5f5f5260205ff3";

/** A machine that stands before batch `batch`; `mark` tells apart states that only differ in what they hold. */
export function stateAt(batch: number, mark = 0): Uint8Array {
	const machine = { ...Machines.initial(), cursor: { batch, l1Index: 0, offset: 0, item: 0 } };
	return Machines.encode(machine, new Uint8Array(32).fill(mark), new Uint8Array(32).fill(7));
}

/** Leaves of an honest or a lying stretch repeat after 2^8, so that a tree of any height is hashed in no time. */
const PERIOD_HEIGHT = 8;

/** What somebody says the machine did: a leaf for each step, the last of which is the final state's. */
export class History {
	readonly start: Uint8Array;
	readonly finalState: Uint8Array;
	readonly height: number;
	readonly #batch: number;
	readonly #mark: number;
	readonly #from: number;
	readonly #roots = new Map<string, Uint8Array>();

	/** `mark` 0 tells the truth; another lies from step `from` on. The stretch ends at `batch`. */
	constructor(start: Uint8Array, batch: number, mark = 0, from = 0, height = HEIGHT) {
		this.height = height;
		this.start = Keccak.hash(start);
		this.finalState = stateAt(batch, mark);
		this.#batch = batch;
		this.#mark = mark;
		this.#from = mark === 0 ? 0 : from;
	}

	root(height = this.height, position = 0): Uint8Array {
		const first = position * 2 ** height;
		const end = first + 2 ** height;
		const isUniform = end < 2 ** this.height && (end <= this.#from || first >= this.#from);
		const place = isUniform ? position % 2 ** Math.max(0, PERIOD_HEIGHT - height) : position;
		const key = `${height}/${place}/${isUniform ? first >= this.#from : ""}`;
		const known = this.#roots.get(key);
		if (known) return known;
		const root =
			height === 0
				? this.#leaf(first)
				: HistoryCommitment.node(this.root(height - 1, 2 * position), this.root(height - 1, 2 * position + 1));
		this.#roots.set(key, root);
		return root;
	}

	#leaf(step: number): Uint8Array {
		if (step === 2 ** this.height - 1) return Keccak.hash(this.finalState);
		return Keccak.hash(Uint8Array.of(this.#batch, step % 2 ** PERIOD_HEIGHT, step < this.#from ? 0 : this.#mark));
	}

	/** Siblings of an edge, lowest first. */
	path(height: number, position: number): Uint8Array[] {
		return Array.from({ length: this.height - height }, (_, i) => this.root(height + i, Math.floor(position / 2 ** i) ^ 1));
	}

	edge(gameId: Uint8Array, height: number, position: number): EdgeKey {
		let prefix = this.start;
		for (let level = this.height - 1; level >= height; level--) {
			const at = Math.floor(position / 2 ** (level - height));
			if (at % 2 === 1) prefix = Edge.rightPrefix(prefix, this.root(level, at - 1));
		}
		return { gameId, height, position, prefix, historyRoot: this.root(height, position) };
	}

	/** The leaf before a step, and what shows it under the step's prefix. */
	preState(gameId: Uint8Array, position: number): { leaf: Uint8Array; earlierPrefix: Uint8Array; siblings: Uint8Array[] } {
		if (position === 0) return { leaf: this.start, earlierPrefix: new Uint8Array(32), siblings: [] };
		const height = Math.log2(position & -position);
		const left = this.edge(gameId, height, position / 2 ** height - 1);
		const siblings = Array.from({ length: height }, (_, i) => this.root(i, Math.floor((position - 1) / 2 ** i) ^ 1));
		return { leaf: this.root(0, position - 1), earlierPrefix: left.prefix, siblings };
	}
}

/** What an assertion is bonded with, and what of a move's gas is refunded, in wei a unit. */
export type Money = { readonly bond: bigint; readonly refundCap: bigint };

export class Arena {
	readonly l1: L1;
	readonly committee: HDNodeWallet;
	readonly sequencerInbox: Contract;
	readonly games: Contract;
	readonly chain: Contract;
	readonly outbox: Contract;
	readonly genesis: string;
	readonly verifier: string;
	/** As contracts/protocol/Assertion.sol orders it. */
	readonly config: readonly unknown[];

	private constructor(
		parts: Pick<Arena, "l1" | "committee" | "sequencerInbox" | "games" | "chain" | "outbox" | "genesis" | "verifier" | "config">,
	) {
		this.l1 = parts.l1;
		this.committee = parts.committee;
		this.sequencerInbox = parts.sequencerInbox;
		this.games = parts.games;
		this.chain = parts.chain;
		this.outbox = parts.outbox;
		this.genesis = parts.genesis;
		this.verifier = parts.verifier;
		this.config = parts.config;
	}

	/** `built` puts contracts that were compiled beside the build in the place of the committed ones. */
	static async start(
		built: ReadonlyMap<string, Artifact> = new Map(),
		periodBlocks = PERIOD,
		budget: readonly [number, number] = [0, 0],
		height = HEIGHT,
		money: Money = { bond: BOND, refundCap: BigInt(DEVNET.refundCap) },
	): Promise<Arena> {
		const l1 = await L1.start();
		try {
			return await Arena.#deploy(l1, built, periodBlocks, budget, height, money);
		} catch (error) {
			// A chain that nobody closes keeps its process alive.
			await l1.close();
			throw error;
		}
	}

	static async #deploy(
		l1: L1,
		built: ReadonlyMap<string, Artifact>,
		periodBlocks: number,
		budget: readonly [number, number],
		height: number,
		{ bond, refundCap }: Money,
	): Promise<Arena> {
		const committee = await l1.wallet(1);
		const verifier = await l1.runtime(STUB_VERIFIER);
		const at = await Promise.all([0, 1, 2, 3, 4, 6].map((ahead) => l1.nextAddress(ahead)));
		const [inbox, registry, sequencer, challenges, assertionChain, outboxAt] = at;
		await l1.deploy("Inbox", [TREASURY]);
		await l1.deploy("StakeRegistry", [TREASURY, TREASURY, 1, 1, [committee.address], []], BOND);
		const sequencerInbox = await l1.deploy("SequencerInbox", [inbox, registry, 300, 300, 1]);
		const games = await l1.deploy(built.get("ChallengeManager") ?? "ChallengeManager", [assertionChain]);
		const config = [verifier, height, periodBlocks, GRACE, MINIMUM, bond, refundCap];
		const leaf = keccak256(stateAt(0));
		const chain = await l1.deploy(built.get("AssertionChain") ?? "AssertionChain", [
			challenges,
			sequencer,
			outboxAt,
			TREASURY,
			config,
			budget,
			leaf,
		]);
		const hatch = await l1.runtime(NEVER_FROZEN);
		const outbox = await l1.deploy("Outbox", [assertionChain, TREASURY, hatch]);
		const genesis = (await chain.getFunction("latestConfirmed")()) as string;
		return new Arena({ l1, committee, sequencerInbox, games, chain, outbox, genesis, verifier, config });
	}

	async postBatch(given?: Uint8Array): Promise<void> {
		const index = Number(await this.sequencerInbox.getFunction("batchCount")());
		const content = given ?? Batch.encodeRecord(Uint8Array.of(index + 1), 0);
		const previousAccumulator = getBytes((await this.sequencerInbox.getFunction("batchAccumulator")(index)) as string);
		const verifyingContract = await this.sequencerInbox.getAddress();
		const domain = getBytes(TypedDataEncoder.hashDomain({ name: "Strikeproof", version: "1", chainId: 31337, verifyingContract }));
		const vote = {
			index,
			previousAccumulator,
			contentHash: Blob.contentHash(Keccak.hash(content), content.length, NO_BLOBS),
			minTime: START,
			maxTime: START,
			l1End: 0,
		};
		const signature = await new KeySigner(this.committee.privateKey).sign(Checkpoint.batchDigest(domain, vote));
		await send(this.sequencerInbox, this.committee, "postBatch", [
			index,
			START,
			START,
			0,
			content,
			NO_BLOBS,
			Certificate.pack([signature]),
		]);
	}

	async gameOf(parent: string): Promise<Uint8Array> {
		return getBytes((await this.chain.getFunction("gameIdOf")(parent)) as string);
	}

	async idOf(parent: string, history: History): Promise<string> {
		return hexlify(Assertion.assertionId(await this.gameOf(parent), history.root()));
	}

	/** Asserts, and puts a bond down where `value` says so. Gives the assertion's id. */
	async assert(who: HDNodeWallet, parent: string, history: History, value = 0n, lineage: readonly string[] = []): Promise<string> {
		const id = await this.idOf(parent, history);
		const args = [parent, history.root(), history.finalState, history.path(0, 2 ** history.height - 1), lineage, id];
		await send(this.chain, who, "createAssertion", args, value);
		return id;
	}

	bisect(who: HDNodeWallet, edge: EdgeKey, history: History): Promise<TransactionReceipt> {
		const left = history.root(edge.height - 1, 2 * edge.position);
		return send(this.games, who, "bisect", [edge, left, history.root(edge.height - 1, 2 * edge.position + 1)]);
	}

	/** What the game of an assertion's children is named after. */
	async gameNamed(parent: string): Promise<unknown[]> {
		const { targetBatch } = (await this.chain.getFunction("assertions")(parent)) as { targetBatch: bigint };
		return [parent, targetBatch, await this.sequencerInbox.getFunction("batchAccumulator")(targetBatch), this.config];
	}

	/** Proves a step; the verifier answers `says`, which is what the edge claims where nothing else is given. */
	async prove(
		who: HDNodeWallet,
		edge: EdgeKey,
		history: History,
		says = edge.historyRoot,
		parent = this.genesis,
	): Promise<TransactionReceipt> {
		const { leaf, earlierPrefix, siblings } = history.preState(edge.gameId, edge.position);
		return send(this.games, who, "proveOneStep", [edge, await this.gameNamed(parent), leaf, earlierPrefix, siblings, says]);
	}

	/** Every edge of a history on the way to a step, top first. */
	edgesTo(gameId: Uint8Array, history: History, step: number): EdgeKey[] {
		const { height } = history;
		return Array.from({ length: height + 1 }, (_, i) => history.edge(gameId, height - i, Math.floor(step / 2 ** (height - i))));
	}

	/** Bisects two histories in turn down to the step at which they part: who moves is `first` for the first of them, and `second`. */
	async descend(
		game: Uint8Array,
		histories: readonly [History, History],
		step: number,
		first: HDNodeWallet,
		second = first,
	): Promise<void> {
		const [mine, theirs] = histories.map((history) => this.edgesTo(game, history, step));
		for (let i = 0; i < histories[0].height; i++) {
			await this.bisect(first, mine[i], histories[0]);
			await this.bisect(second, theirs[i], histories[1]);
		}
	}

	/** Carries the timers of a history that was moved down to a step up to its top. */
	async updateTimers(who: HDNodeWallet, parent: string, history: History, step: number): Promise<TransactionReceipt> {
		const game = await this.gameOf(parent);
		const update = [history.edge(game, history.height, 0), step, history.root(0, step), history.path(0, step)];
		return send(this.games, who, "updateTimers", [[update]]);
	}

	/** Timer of an edge that has not been bisected. */
	async updateTimer(who: HDNodeWallet, edge: EdgeKey): Promise<void> {
		await send(this.games, who, "updateTimers", [[[edge, edge.position, edge.historyRoot, []]]]);
	}

	async timerOf(edge: EdgeKey): Promise<bigint> {
		return (await this.games.getFunction("timerOf")(Edge.edgeId(edge))) as bigint;
	}

	/** Lets a period pass since the last move, so that the winner's timer is full, declares it and confirms it after the grace period. */
	async win(who: HDNodeWallet, parent: string, history: History, step?: number): Promise<string> {
		const id = await this.idOf(parent, history);
		await this.l1.chain.mine(PERIOD);
		// Without a step nobody moved.
		if (step === undefined) await this.updateTimer(who, history.edge(await this.gameOf(parent), history.height, 0));
		else await this.updateTimers(who, parent, history, step);
		await send(this.chain, who, "declareWinner", [id, history.root()]);
		await this.l1.chain.mine(GRACE);
		await send(this.chain, who, "confirm", [id, history.finalState]);
		return id;
	}

	/** What a move's refund needs, for an edge of a history. */
	refund(who: HDNodeWallet, assertion: string, edge: EdgeKey, history: History): Promise<TransactionReceipt> {
		return send(this.chain, who, "refund", [assertion, edge, history.path(edge.height, edge.position)]);
	}

	/** The next block's price of gas. One block at that price comes before it, from which senders know what to offer. */
	async price(baseFee: bigint): Promise<void> {
		const { chain } = this.l1;
		for (const blocks of [1, 0]) {
			await chain.provider.send("hardhat_setNextBlockBaseFeePerGas", [`0x${baseFee.toString(16)}`]);
			if (blocks > 0) await chain.mine(blocks);
		}
	}

	async statusOf(assertion: string): Promise<number> {
		return Number(((await this.chain.getFunction("assertions")(assertion)) as { status: bigint }).status);
	}

	async credit(who: HDNodeWallet | string): Promise<bigint> {
		return (await this.chain.getFunction("credits")(typeof who === "string" ? who : who.address)) as bigint;
	}

	async close(): Promise<void> {
		await this.l1.close();
	}
}
