// One game: liars assert, one honest challenger answers, blocks pass, and somebody is right.

import { Contract } from "ethers";
import * as Artifacts from "../../../src/chain/Artifacts.ts";
import { GameChain } from "../../../src/chain/GameChain.ts";
import { TransactionManager } from "../../../src/chain/TransactionManager.ts";
import * as HonestChain from "../../../src/executor/HonestChain.ts";
import { toHex } from "../../../src/machine/math/Bytes.ts";
import { SystemClock } from "../../../src/node/Clock.ts";
import { PLACES, testWallet } from "../../../src/chain/TestKeys.ts";
import { Liar } from "../../../src/node/Liar.ts";
import { LyingHistory } from "../../../src/node/LyingHistory.ts";
import type { Log } from "../../../src/ports/Log.ts";
import { Challenger } from "../../../src/roles/challenger/Challenger.ts";
import { MemoryStore } from "../../../src/store/MemoryStore.ts";
import type { World } from "./World.ts";

export type Gas = { readonly count: number; readonly max: number; readonly sum: number };

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
};

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, alarm: () => undefined, child: () => silent };
const metrics = { set: () => undefined, add: () => undefined, observe: () => undefined };
const LIARS_AT = 200;
/** LIMIT: rounds after which a game is given up as lost. */
const MAX_ROUNDS = 400;

/** Plays one wrong assertion per lie step against one honest challenger. Blocks hold every transaction that is waiting, as on a live chain. */
export async function play(world: World, lieSteps: readonly number[]): Promise<Played> {
	const { chain, deployment, derived } = world;
	const { provider } = chain;
	const managers: TransactionManager[] = [];
	const managerOf = async (place: number): Promise<TransactionManager> => {
		const wallet = testWallet(place);
		await provider.send("hardhat_setBalance", [wallet.address, `0x${(10n ** 21n).toString(16)}`]);
		const manager = new TransactionManager({ provider, wallet, store: new MemoryStore(), log: silent });
		managers.push(manager);
		return manager;
	};
	const honest = await managerOf(PLACES.challenger);
	const game = new GameChain(provider, deployment);
	const challenger = new Challenger({
		game: new GameChain(provider, deployment),
		sender: honest,
		clock: new SystemClock(),
		log: silent,
		metrics,
		sync: async () => undefined,
		histories: derived,
	});
	const gas: Record<string, Gas> = {};
	let honestMoves = 0;
	challenger.onMove(({ action, outcome }) => {
		if (outcome.status !== "mined") return;
		const before = gas[action] ?? { count: 0, max: 0, sum: 0 };
		const used = Number(outcome.gasUsed);
		gas[action] = { count: before.count + 1, max: Math.max(before.max, used), sum: before.sum + used };
		if (action === "bisect" || action === "prove") honestMoves += 1;
	});
	/** Runs work while blocks are mined, each as soon as everybody who acts has sent what he has. */
	const withBlocks = async (work: Promise<unknown>): Promise<void> => {
		let over = false;
		const done = work.finally(() => {
			over = true;
		});
		while (!over) {
			const busy = managers.filter((manager) => !manager.isIdle);
			if (busy.length > 0 && busy.every((manager) => manager.isWaiting)) await provider.send("evm_mine", []);
			await new Promise((resolve) => setTimeout(resolve, 4));
		}
		await done;
	};
	await provider.send("evm_setAutomine", [false]);
	const begin = async (): Promise<HonestChain.Link> => {
		const snapshot = await game.look();
		const found = await HonestChain.follow(snapshot, derived, game.parameters.height, derived.batchCount, (parent) =>
			game.gameIdOf(parent),
		);
		return found.links.at(-1) as HonestChain.Link;
	};
	const link = await begin();
	const balanceBefore = await provider.getBalance(honest.address);
	const liars: Liar[] = [];
	for (const [i, step] of lieSteps.entries()) {
		liars.push(new Liar(game, await managerOf(LIARS_AT + i), await LyingHistory.tell(link.history, step, i), link.start, link.parent));
	}
	await withBlocks(Promise.all(liars.map((liar) => liar.lie())));
	const firstBlock = await provider.getBlockNumber();
	let rounds = 0;
	let confirmedAt = 0;
	for (; rounds < MAX_ROUNDS; rounds++) {
		let moves = 0;
		await withBlocks(
			Promise.all([
				challenger.play().then((played) => (moves += played.filter(({ outcome }) => outcome.status === "mined").length)),
				...liars.map((liar) => liar.play().then((count) => (moves += count))),
			]),
		);
		const look = await game.look();
		if (confirmedAt === 0 && look.assertions.get(link.honestId)?.status === "confirmed") confirmedAt = look.block;
		if (confirmedAt !== 0 && liars.every((liar) => look.assertions.get(liar.assertion)?.status === "rejected") && moves === 0) break;
		// Nobody has a move: time alone decides, so it passes.
		if (moves === 0) await provider.send("hardhat_mine", ["0xa"]);
	}
	const stakes = new Contract(deployment.contracts.AssertionChain, Artifacts.of("AssertionChain").abi, provider).getFunction("stakes");
	let forfeited = 0;
	for (let i = 0; i < liars.length; i++) {
		const [amount] = (await stakes(testWallet(LIARS_AT + i).address)) as [bigint];
		if (amount === 0n) forfeited += 1;
	}
	await withBlocks(honest.send(game.unstake(link.honestId)).then(() => honest.send(game.withdraw(0))));
	const end = await game.look();
	await provider.send("evm_setAutomine", [true]);
	return {
		honestWon: end.latestConfirmed === link.honestId && forfeited === liars.length,
		rounds,
		honestMoves,
		gasByMove: gas,
		blocksToConfirm: confirmedAt - firstBlock,
		confirmedRoot: toHex(link.history.root(game.parameters.height, 0)),
		forfeited,
		honestNet: (await provider.getBalance(honest.address)) - balanceBefore,
	};
}

/** The stretch to dispute must have a confirmed or pending parent: asserts the first batch, honestly. */
export async function prepare(world: World): Promise<void> {
	const { provider } = world.chain;
	const wallet = testWallet(PLACES.proposer);
	await provider.send("hardhat_setBalance", [wallet.address, `0x${(10n ** 21n).toString(16)}`]);
	const { Proposer } = await import("../../../src/roles/proposer/Proposer.ts");
	const sender = new TransactionManager({ provider, wallet, store: new MemoryStore(), log: silent });
	const proposer = new Proposer({
		game: new GameChain(provider, world.deployment),
		sender,
		clock: new SystemClock(),
		log: silent,
		sync: async () => undefined,
		histories: world.derived,
	});
	await world.chain.mine(4);
	await proposer.round();
	await world.chain.mine(4);
}
