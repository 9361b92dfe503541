// A watcher that hears members' states, on the real contracts: who signed what L1 then confirms otherwise has nothing at stake any more.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parseEther } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import type { Deployment } from "../../src/chain/Deployment.ts";
import { EvidenceChain } from "../../src/chain/EvidenceChain.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { Staking } from "../../src/chain/Staking.ts";
import { TransactionManager } from "../../src/chain/TransactionManager.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { SystemClock } from "../../src/node/Clock.ts";
import type { InboxReader } from "../../src/ports/Chain.ts";
import type { Fields } from "../../src/ports/Log.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import type { Game } from "../../src/roles/watcher/States.ts";
import { Watcher } from "../../src/roles/watcher/Watcher.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { Arena, History, TREASURY, stateAt } from "../assertions/arena.ts";
import { domainOf, send } from "../chain/l1.ts";
import { SILENT } from "../executor/liveProcessParts.ts";

const HEIGHT = 10;
const STEP = 700;
const STAKE = parseEther("8");
const LIE = new Uint8Array(32).fill(0xbd);

describe("given a game, members who signed its state, and a watcher who derived it", () => {
	let arena: Arena;
	let registry: Contract;
	let staking: Staking;
	let deployment: Deployment;
	let honest: HDNodeWallet;
	let liar: HDNodeWallet;
	let payer: HDNodeWallet;
	let game: Uint8Array;
	let history: History;
	const domain = domainOf(TREASURY);
	const store = new MemoryStore();
	const alarms: { name: string; fields: Fields | undefined }[] = [];
	/** What the watcher derived: nothing at first. */
	let games: Game[] = [];
	let agreed = 0;

	before(async () => {
		arena = await Arena.start(new Map(), 60, [0, 0], HEIGHT);
		const { l1 } = arena;
		[honest, liar, payer] = await Promise.all([l1.wallet(2), l1.wallet(3), l1.wallet(4)]);
		const members = [honest.address, liar.address].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
		registry = await l1.deploy("StakeRegistry", [await l1.nextAddress(1), TREASURY, 1000, 500, members, []], 2n * STAKE);
		const chain = await arena.chain.getAddress();
		const evidence = await l1.deploy("SlashingEvidence", [await registry.getAddress(), TREASURY, chain, new Uint8Array(32)]);
		const contracts = { StakeRegistry: await registry.getAddress(), SlashingEvidence: await evidence.getAddress() };
		deployment = { contracts } as Deployment;
		staking = new Staking(l1.chain.provider, deployment);
		await arena.postBatch();
		await send(arena.chain, payer, "stake", [], parseEther("1"));
		history = new History(stateAt(0), 1, 0, 0, HEIGHT);
		game = await arena.gameOf(arena.genesis);
	});
	after(() => arena.close());

	/** A watcher over what the one before it left. */
	function watcherOf(): Watcher {
		const { provider } = arena.l1.chain;
		return new Watcher({
			store,
			domains: { committee: domain, users: domain },
			isKnown: (address) => [honest, liar].some((one) => one.address.toLowerCase() === address),
			inbox: { batchCount: async () => 0, batches: async () => [] } as unknown as InboxReader,
			games: () => games,
			chain: new EvidenceChain(provider, deployment),
			sender: new TransactionManager({ provider, wallet: payer, store: new MemoryStore(), log: SILENT }),
			clock: new SystemClock(),
			log: { ...SILENT, alarm: (name, _, fields) => alarms.push({ name, fields }) },
			metrics: {
				set: () => undefined,
				observe: () => undefined,
				add: (name, count = 1) => (agreed += name === "watcher_states_agreed" ? count : 0),
			},
		});
	}

	const derived = (confirmed?: string): Game => ({
		gameId: Bytes.toHex(game),
		history: { height: HEIGHT, leaf: (step) => history.root(0, step - 1), path: (position) => history.path(0, position) },
		confirmed,
	});
	const stakeOf = async (member: HDNodeWallet): Promise<bigint> => (await staking.stakeOf(member.address)).staked;
	async function says(watcher: Watcher, member: HDNodeWallet, commitment: Uint8Array, step = STEP): Promise<void> {
		const vote = { gameId: game, step, commitment };
		watcher.state(vote, await new KeySigner(member.privateKey).sign(Checkpoint.stateDigest(domain, vote)));
	}

	it("says nothing of a game that it has not derived, of a step that no game has, and of who has no stake", async () => {
		const watcher = watcherOf();
		await says(watcher, payer, LIE);
		await says(watcher, liar, LIE, 0);
		await says(watcher, liar, LIE, 2 ** HEIGHT + 1);
		await says(watcher, liar, LIE);
		await watcher.round();
		assert.deepEqual([agreed, alarms], [0, []]);
	});

	it("alarms as soon as it derived something else, and takes no stake before L1 knows", async () => {
		const watcher = watcherOf();
		await says(watcher, honest, history.root(0, STEP - 1));
		await says(watcher, liar, LIE);
		games = [derived()];
		await watcher.round();
		assert.equal(agreed, 1);
		assert.deepEqual(
			alarms.map(({ name, fields }) => [name, fields?.signer]),
			[["FalseState", liar.address.toLowerCase()]],
		);
		assert.equal(await stakeOf(liar), STAKE);
	});

	it("takes the liar's stake, and nobody else's, once the truth is confirmed, though it was started anew in between", async () => {
		await arena.assert(payer, arena.genesis, history);
		await arena.l1.chain.mine(60);
		games = [derived(await arena.win(payer, arena.genesis, history))];
		const watcher = watcherOf();
		await watcher.round();
		assert.deepEqual([await stakeOf(liar), await stakeOf(honest)], [0n, STAKE]);
		const before = await arena.l1.chain.provider.getTransactionCount(payer.address);
		await says(watcher, liar, LIE);
		await watcher.round();
		await watcher.round();
		assert.equal(await arena.l1.chain.provider.getTransactionCount(payer.address), before, "nothing is left to take");
	});
});
