// One game: liars assert, one honest challenger answers, blocks pass, and somebody is right.

import { Contract } from "ethers";
import type { JsonRpcProvider } from "ethers";
import * as Artifacts from "../../../src/chain/Artifacts.ts";
import { codecOf } from "../../../src/chain/Contracts.ts";
import { GameChain } from "../../../src/chain/GameChain.ts";
import { PLACES, testWallet } from "../../../src/chain/TestKeys.ts";
import { TransactionManager } from "../../../src/chain/TransactionManager.ts";
import * as HonestChain from "../../../src/executor/HonestChain.ts";
import { toHex } from "../../../src/machine/math/Bytes.ts";
import { Random } from "../../../src/market/Random.ts";
import { SystemClock } from "../../../src/node/Clock.ts";
import { Liar } from "../../../src/node/Liar.ts";
import { LyingHistory } from "../../../src/node/LyingHistory.ts";
import type { Log } from "../../../src/ports/Log.ts";
import { Challenger } from "../../../src/roles/challenger/Challenger.ts";
import { refundsOf } from "../../../src/roles/challenger/decide.ts";
import { prepare as prepareMove } from "../../../src/roles/challenger/prepare.ts";
import { look } from "../../../src/roles/challenger/view.ts";
import { Proposer } from "../../../src/roles/proposer/Proposer.ts";
import { MemoryStore } from "../../../src/store/MemoryStore.ts";
import { BlockProducer, RESEND_MS } from "./BlockProducer.ts";
import type { Strategy } from "./Strategies.ts";
import { chooserOf } from "./Strategies.ts";
import type { World } from "./World.ts";

export type Gas = { readonly count: number; readonly max: number; readonly sum: number };

export type Rules = {
	readonly strategy: Strategy;
	/** Who asserts first. */
	readonly first: "honest" | "lie";
	readonly censorBlocks: number;
	readonly reorgDepth: number;
	/** Or once, behind this block of those that are made; `isSentAgain` says whether what it drops comes back at once. */
	readonly reorgAt?: number;
	readonly isSentAgain?: boolean;
	readonly isFrontRun: boolean;
	/** Whether the challenger is killed in each round, and another goes on from its journal. */
	readonly restarts: boolean;
	/** Or killed once, before so many blocks were made. */
	readonly killAt?: number;
	readonly seed: number;
};

export const FAIR: Rules = {
	strategy: "exhaustive",
	first: "lie",
	censorBlocks: 0,
	reorgDepth: 0,
	isFrontRun: false,
	restarts: false,
	seed: 1,
};

export type Played = {
	readonly honestWon: boolean;
	readonly rounds: number;
	/** Bisections and proofs by the honest challenger. */
	readonly honestMoves: number;
	readonly gasByMove: Record<string, Gas>;
	/** From the first wrong assertion to the confirmation of the true one. */
	readonly blocksToConfirm: number;
	readonly confirmedRoot: string;
	/** Bonds lost. */
	readonly forfeited: number;
	/** Wei: bond back + refunds - bond - gas, as the challenger's balance tells. */
	readonly honestNet: bigint;
	/** Wei that the honest side paid for gas, refunded or not. */
	readonly honestGas: bigint;
	/** Wei: everything that all attackers got back, without what they put in and paid. */
	readonly attackerNet: bigint;
	readonly censored: number;
	readonly reorganisations: number;
	readonly copies: number;
	readonly kills: number;
	/** Blocks made while somebody waited for one, or for time to pass one by one. */
	readonly mined: number;
	/** Where L1 is reorganised: those of the blocks that held transactions, the first being 1. */
	readonly full: readonly number[];
};

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, alarm: () => undefined, child: () => silent };
const metrics = { set: () => undefined, add: () => undefined, observe: () => undefined };
const LIARS_AT = 200;
const FRONT_RUNNER_AT = 198;
const MEDDLER_AT = 199;
const RICH = `0x${(10n ** 21n).toString(16)}`;
/** LIMIT: rounds after which a game is given up as lost. */
const MAX_ROUNDS = 600;
/** Milliseconds without a transaction after which a block is made all the same. */
const PATIENCE_MS = 2000;
/** Blocks that pass when nobody has a move. */
const IDLE_BLOCKS = 10;
/** Blocks that a challenger which is killed in every round lives for, at most. */
const LONGEST_LIFE = 2;
/** Of the challenge period, how much a stalling liar spends in all. */
const STALLED_SHARE = 0.7;

/** Plays one wrong assertion per lie step against one honest challenger. Blocks hold every transaction that is waiting, as on a live chain. */
export async function play(world: World, lieSteps: readonly number[], rules: Rules = FAIR): Promise<Played> {
	const { chain, deployment, derived } = world;
	const { provider } = chain;
	const random = new Random(rules.seed);
	const frontRunner = testWallet(FRONT_RUNNER_AT);
	const copied = [
		...["bisect", "proveOneStep"].map((name) => codecOf("ChallengeManager").getFunction(name)?.selector),
		codecOf("AssertionChain").getFunction("createAssertion")?.selector,
	].map(String);
	const hostility = { ...rules, frontRunner: rules.isFrontRun ? frontRunner : undefined, copied };
	const blocks = new BlockProducer(chain, hostility, random);
	const managers = new Set<TransactionManager>();
	// The attackers' way to L1, on which nobody is held back.
	const open = blocks.connectOpenly();
	const managerOf = async (place: number, through: JsonRpcProvider = open, store = new MemoryStore()): Promise<TransactionManager> => {
		const manager = new TransactionManager({
			provider: through,
			wallet: testWallet(place),
			store,
			log: silent,
			// Sent again at once where transactions are lost; where they are not, that would be work for nothing.
			...(rules.reorgDepth > 0 || rules.restarts || rules.killAt !== undefined || rules.censorBlocks > 0 || rules.isFrontRun
				? { resendMs: RESEND_MS }
				: {}),
			pollMs: 10 + 2 * lieSteps.length,
		});
		managers.add(manager);
		return manager;
	};
	const liarAddresses = lieSteps.map((_, i) => testWallet(LIARS_AT + i).address);
	const attackers = [...[FRONT_RUNNER_AT, MEDDLER_AT].map((place) => testWallet(place).address), ...liarAddresses];
	for (const address of [...attackers, testWallet(PLACES.challenger).address]) await provider.send("hardhat_setBalance", [address, RICH]);
	const game = new GameChain(provider, deployment);
	const gas: Record<string, Gas> = {};
	let honestMoves = 0;
	let kills = 0;
	const journal = new MemoryStore();
	/** The challenger and its way to L1, as it starts: it knows its journal and L1. */
	const startHonest = async (): Promise<{ challenger: Challenger; manager: TransactionManager; kill: () => void }> => {
		const own = blocks.connect();
		const manager = await managerOf(PLACES.challenger, own, journal);
		const challenger = new Challenger({
			game: new GameChain(own, deployment),
			sender: manager,
			clock: new SystemClock(),
			log: silent,
			metrics,
			sync: async () => undefined,
			histories: derived,
		});
		challenger.onMove(({ action, outcome }) => {
			if (outcome.status !== "mined") return;
			const before = gas[action] ?? { count: 0, max: 0, sum: 0 };
			const used = Number(outcome.gasUsed);
			gas[action] = { count: before.count + 1, max: Math.max(before.max, used), sum: before.sum + used };
			if (action === "bisect" || action === "prove") honestMoves += 1;
		});
		const kill = (): void => {
			managers.delete(manager);
			own.kill();
			kills += 1;
		};
		return { challenger, manager, kill };
	};
	/** Runs work while blocks are mined, each as soon as everybody who acts has sent what he has. */
	const withBlocks = async (work: Promise<unknown>, killAfter = Infinity, kill: () => void = () => undefined): Promise<void> => {
		let over = false;
		const done = work.finally(() => {
			over = true;
		});
		for (let mined = 0, last = performance.now(); !over;) {
			const busy = [...managers].filter((manager) => !manager.isIdle);
			const isWaiting = busy.length > 0 && busy.every((manager) => manager.isWaiting);
			// Who waits for what is mined already has only not noticed: blocks for him would be time that nobody needs. What is gone comes again.
			if (isWaiting && ((await blocks.hasWork()) || performance.now() - last > PATIENCE_MS)) {
				// Killed with its transactions sent and not mined, or just mined and not yet noticed.
				if (mined === killAfter) kill();
				await blocks.mine();
				mined += 1;
				last = performance.now();
			}
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
		await done;
	};
	await provider.send("evm_setAutomine", [false]);
	const begin = async (): Promise<HonestChain.Link> => {
		const snapshot = await game.look();
		const found = await HonestChain.follow(snapshot, derived, game.parameters.height, derived.batchCount, (parent, accumulator) =>
			game.gameId(parent, accumulator),
		);
		return found.links.at(-1) as HonestChain.Link;
	};
	const link = await begin();
	let honest = await startHonest();
	const honestAddress = honest.manager.address;
	const balanceOf = (addresses: readonly string[]): Promise<bigint> =>
		Promise.all(addresses.map((address) => provider.getBalance(address))).then((all) => all.reduce((sum, wei) => sum + wei, 0n));
	const [honestBefore, attackersBefore] = [await balanceOf([honestAddress]), await balanceOf(attackers)];
	const startBlock = await provider.getBlockNumber();
	const assertTruth = async (): Promise<void> => {
		const view = await look(game, derived, honestAddress);
		await withBlocks(honest.manager.send(await prepareMove(game, view, { type: "assert", link })));
	};
	const stall = Math.max(1, Math.floor((STALLED_SHARE * game.parameters.challengePeriodBlocks) / (game.parameters.height + 1)));
	const choose = lieSteps.map(() => chooserOf(rules.strategy, random, stall));
	const liars: Liar[] = [];
	for (const [i, step] of lieSteps.entries()) {
		liars.push(new Liar(game, await managerOf(LIARS_AT + i), await LyingHistory.tell(link.history, step, i), link.start, link.parent));
	}
	const meddler = new Liar(game, await managerOf(MEDDLER_AT), link.history, link.start, link.parent);
	if (rules.first === "honest") await assertTruth();
	await withBlocks(Promise.all(liars.map((liar) => liar.lie())));
	const firstBlock = await provider.getBlockNumber();
	const assertions = new Contract(deployment.contracts.AssertionChain, Artifacts.of("AssertionChain").abi, provider);
	const stakeOf = async (address: string): Promise<bigint> => ((await assertions.getFunction("stakes")(address)) as [bigint])[0];
	const creditOf = (address: string): Promise<bigint> => assertions.getFunction("credits")(address) as Promise<bigint>;
	let rounds = 0;
	const takeHome = async (manager: TransactionManager): Promise<void> => {
		const view = await look(game, derived, manager.address);
		const own = view.links.find(({ honestId }) => honestId === link.honestId);
		for (const refund of own ? refundsOf(view, own) : []) await manager.send(await prepareMove(game, view, refund));
		await manager.send(game.unstake(link.honestId));
		await manager.send(game.withdraw(rounds));
	};
	/** Who has something to take home: the honest side, and who played honest moves for their reward. */
	const winners = async (): Promise<TransactionManager[]> => [
		honest.manager,
		...(rules.strategy === "honest-tree" ? [await managerOf(MEDDLER_AT)] : []),
		...(rules.isFrontRun ? [await managerOf(FRONT_RUNNER_AT)] : []),
	];
	let confirmedAt = 0;
	for (; rounds < MAX_ROUNDS; rounds++) {
		let moves = 0;
		const count = (played: number): void => {
			moves += played;
		};
		const others = [
			...liars.map((liar, i) => liar.play(choose[i]).then(count)),
			...(rules.strategy === "honest-tree" ? [meddler.play().then(count)] : []),
			// What a reorganisation dropped is asserted again by who lives off it.
			...(rules.reorgDepth > 0 ? liars.map((liar) => liar.lie()) : []),
		];
		const playing = honest.challenger.play().then((played) => count(played.filter(({ outcome }) => outcome.status === "mined").length));
		if (rules.restarts || rules.killAt !== undefined) {
			let isKilled = false;
			const life = rules.killAt === undefined ? random.below(LONGEST_LIFE) : rules.killAt - blocks.mined;
			const { kill } = honest;
			const dying = playing.catch((error: unknown) => {
				if (!isKilled) throw error;
				moves += 1;
			});
			await withBlocks(Promise.all([dying, ...others]), life, () => {
				isKilled = true;
				kill();
			});
			if (isKilled) honest = await startHonest();
		} else await withBlocks(Promise.all([playing, ...others]));
		const seen = await game.look();
		if (seen.assertions.get(link.honestId)?.status !== "confirmed") confirmedAt = 0;
		else if (confirmedAt === 0) confirmedAt = seen.block;
		const isOver = moves === 0 && confirmedAt !== 0 && liars.every((liar) => seen.assertions.get(liar.assertion)?.status === "rejected");
		if (isOver) {
			// Not yet the end: L1 may take back, while everybody goes home, what was over.
			if ((await stakeOf(honestAddress)) + (await creditOf(honestAddress)) === 0n) break;
			await withBlocks(Promise.all((await winners()).map(takeHome)));
			continue;
		}
		// Nobody has a move: time alone decides, so it passes.
		if (moves === 0) await blocks.pass(rules.strategy === "stalling" ? Math.min(IDLE_BLOCKS, stall) : IDLE_BLOCKS);
	}
	let forfeited = 0;
	for (const liar of liarAddresses) if ((await stakeOf(liar)) === 0n) forfeited += 1;
	const end = await game.look();
	await provider.send("evm_setAutomine", [true]);
	const result = {
		honestWon: end.latestConfirmed === link.honestId && forfeited === liars.length,
		rounds,
		honestMoves,
		gasByMove: gas,
		blocksToConfirm: confirmedAt - firstBlock,
		confirmedRoot: toHex(link.history.root(game.parameters.height, 0)),
		forfeited,
		honestNet: (await balanceOf([honestAddress])) - honestBefore,
		honestGas: await gasPaid(provider, honestAddress, startBlock + 1),
		attackerNet: (await balanceOf(attackers)) - attackersBefore,
		censored: blocks.censored,
		reorganisations: blocks.reorganisations,
		copies: blocks.copies,
		kills,
		mined: blocks.mined,
		full: blocks.full,
	};
	blocks.close();
	return result;
}

type Block = { readonly transactions: readonly { readonly from: string; readonly hash: string }[] };

/** Wei that an account paid for its transactions from a block on, those that reverted too. */
async function gasPaid(provider: JsonRpcProvider, address: string, from: number): Promise<bigint> {
	let paid = 0n;
	const head = await provider.getBlockNumber();
	for (let number = from; number <= head; number++) {
		// As the node says it: the library would recover each transaction's sender anew.
		const block = (await provider.send("eth_getBlockByNumber", [`0x${number.toString(16)}`, true])) as Block;
		for (const transaction of block.transactions) {
			if (transaction.from.toLowerCase() !== address) continue;
			const receipt = await provider.getTransactionReceipt(transaction.hash);
			paid += (receipt?.gasUsed ?? 0n) * (receipt?.gasPrice ?? 0n);
		}
	}
	return paid;
}

/** The stretch to dispute must have a confirmed or pending parent: asserts the first batch, honestly. */
export async function prepare(world: World): Promise<void> {
	const { provider } = world.chain;
	const wallet = testWallet(PLACES.proposer);
	await provider.send("hardhat_setBalance", [wallet.address, RICH]);
	const proposer = new Proposer({
		game: new GameChain(provider, world.deployment),
		sender: new TransactionManager({ provider, wallet, store: new MemoryStore(), log: silent }),
		clock: new SystemClock(),
		log: silent,
		sync: async () => undefined,
		histories: world.derived,
	});
	await world.chain.mine(4);
	await proposer.round();
	await world.chain.mine(4);
}
