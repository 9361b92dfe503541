import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { deploy } from "../../deploy/deploy.ts";
import { Bridge, separatorOf } from "../../src/chain/Bridge.ts";
import { codecOf } from "../../src/chain/Contracts.ts";
import type { Deployment } from "../../src/chain/Deployment.ts";
import * as Deployments from "../../src/chain/Deployment.ts";
import * as EmbeddedChain from "../../src/chain/EmbeddedChain.ts";
import { GameChain } from "../../src/chain/GameChain.ts";
import { L1InboxReader } from "../../src/chain/L1InboxReader.ts";
import { PLACES, testParties, testWallet } from "../../src/chain/TestKeys.ts";
import { TransactionManager } from "../../src/chain/TransactionManager.ts";
import { DerivedExecutor } from "../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../src/executor/Genesis.ts";
import * as HonestChain from "../../src/executor/HonestChain.ts";
import { Random } from "../../src/market/Random.ts";
import { Liar } from "../../src/node/Liar.ts";
import { LyingHistory } from "../../src/node/LyingHistory.ts";
import type { Acknowledgement } from "../../src/sdk/index.ts";
import { Connection, Trader, isExecuted } from "../../src/sdk/index.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { SILENT } from "../executor/liveProcessParts.ts";
import { DAY, START } from "../node/world.ts";
import { blobsAt } from "../chain/l1.ts";
import { Killable } from "./Killable.ts";

const SEED = Number(process.env.SEED ?? 1);
const TRADER = 60;
const RICH = `0x${(10n ** 21n).toString(16)}`;
/** Three strikes of each kind and underlying; futures come on top. */
const OPTIONS = 12;
const EXPIRY = DAY * 86_400 + 28_800;

describe(`KilledRolesResume (seed ${SEED})`, () => {
	const random = new Random(SEED);
	let chain: EmbeddedChain.EmbeddedChain;
	let deployment: Deployment;
	let home = "";
	let node: Killable;
	let challenger: Killable;
	let url = "";
	const environment: Record<string, string> = {};
	let account = 0;
	/** Everything that the exchange ever acknowledged, by nonce. */
	const acknowledged = new Map<number, Acknowledgement>();

	before(async () => {
		chain = await EmbeddedChain.start({ startTime: START });
		for (const place of [...Object.values(PLACES).slice(0, 8), TRADER])
			await chain.provider.send("hardhat_setBalance", [testWallet(place).address, RICH]);
		deployment = await deploy(testWallet(PLACES.deployer).connect(chain.provider), {
			network: "embedded",
			...testParties(),
		});
		home = mkdtempSync(join(tmpdir(), "strikeproof-killed-"));
		Deployments.save(home, deployment);
		node = new Killable(["test/scenarios/nodeProcess.ts", home, chain.url]);
		Object.assign(environment, { STRIKEPROOF_HOME: home, STRIKEPROOF_KEY: `test/${PLACES.challenger}`, LOCALHOST_RPC_URL: chain.url });
		challenger = new Killable(["src/cli/main.ts", "challenger", "--json", "--data", join(home, "watch")], environment);
		url = await startNode();
		account = await new Bridge(chain.provider, deployment).fund(testWallet(TRADER).connect(chain.provider), 1_000_000_000_000n);
	});

	after(async () => {
		await node.kill();
		await challenger.kill();
		await chain.close();
		rmSync(home, { recursive: true, force: true });
	});

	/** Whoever starts later finds the node's archive where it answers now. */
	async function startNode(): Promise<string> {
		environment.STRIKEPROOF_API_URL = await node.start(/^ws:/);
		return environment.STRIKEPROOF_API_URL;
	}

	async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 90): Promise<void> {
		for (const end = Date.now() + seconds * 1000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 60)))
			if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}.`);
	}

	/** Asks the node, if it lives. */
	async function ask<T>(method: string, params: object): Promise<T | undefined> {
		let connection: Connection | undefined;
		try {
			connection = await Connection.open(url);
			return await connection.call<T>(method, params);
		} catch {
			return undefined;
		} finally {
			connection?.close();
		}
	}

	async function restartNode(): Promise<void> {
		await node.kill();
		url = await startNode();
	}

	/** Sends `count` orders, and kills the node when so many of them are acknowledged. Those sent and not acknowledged are returned by nonce. */
	async function trade(count: number, killAt = Infinity): Promise<number[]> {
		const connection = await Connection.open(url);
		const trader = await Trader.open(connection, testWallet(TRADER), account);
		const instruments = await connection.call<{ series: number }[]>("public/get_instruments", {});
		const open = new Set<number>();
		let [done, killing] = [0, Promise.resolve()];
		const send = async (i: number): Promise<void> => {
			const nonce = trader.takeNonce();
			open.add(nonce);
			const ack = await trader.place({ series: instruments[i % instruments.length].series, side: 0, price: 1 + (i % 7), size: 1, nonce });
			// A refused order uses no nonce, and leaves nothing that could be lost.
			assert.ok(isExecuted(ack), ack.result);
			assert.equal(acknowledged.has(nonce), false);
			acknowledged.set(nonce, ack);
			open.delete(nonce);
			done += 1;
			if (done === killAt) killing = node.kill();
		};
		// A few at a time and without pause, so that there is always something on the way.
		const lanes = Array.from({ length: 12 }, async (_, lane) => {
			for (let i = lane; i < count; i += 12) await send(i);
		});
		const outcomes = await Promise.allSettled(lanes);
		await killing;
		const failed = outcomes.find((outcome) => outcome.status === "rejected");
		if (done < Math.min(killAt, count)) throw failed?.reason ?? new Error(`Only ${done} orders were acknowledged.`);
		connection.close();
		return [...open];
	}

	/** Every acknowledged order is known, with what was acknowledged. */
	async function allKept(): Promise<void> {
		const connection = await Connection.open(url);
		await Promise.all(
			[...acknowledged].map(async ([nonce, ack]) => {
				const { state } = await connection.call<{ state: string }>("private/get_order_state", { account, order: nonce });
				assert.notEqual(state, "unknown", `order ${nonce}, acknowledged as ${ack.sequence}, is known`);
			}),
		);
		connection.close();
	}

	it("given a node killed while orders flow, it knows every order that it acknowledged, and answers about every other", async (t) => {
		await until("listings and the deposit", async () => {
			const instruments = (await ask<{ instrument_name: string }[]>("public/get_instruments", {})) ?? [];
			for (const { instrument_name } of instruments)
				if (!(await ask<{ price_timestamp: number }>("public/ticker", { instrument_name }))?.price_timestamp) return false;
			return instruments.length >= OPTIONS && (await ask("public/get_account", { account })) !== undefined;
		});
		for (let round = 0; round < 3; round++) {
			const open = await trade(200, 20 + random.below(100));
			assert.ok(open.length > 0 && acknowledged.size > 0);
			t.diagnostic(`killed with ${acknowledged.size} orders acknowledged and ${open.length} on the way`);
			url = await startNode();
			await until("the node to answer", async () => (await ask("public/get_account", { account })) !== undefined);
			await allKept();
			for (const nonce of open) {
				const state = await ask<{ state: string; nonce_used?: boolean }>("private/get_order_state", { account, order: nonce });
				assert.ok(
					state !== undefined && (state.state !== "unknown" || state.nonce_used === false),
					`order ${nonce} is known or had no effect`,
				);
			}
		}
		const sequences = [...acknowledged.values()].map(({ sequence }) => sequence);
		assert.equal(new Set(sequences).size, sequences.length, "no sequence number was given twice");
		await trade(5);
		assert.equal(node.kills, 3);
	});

	it("given a challenger and a node killed in the middle of a dispute, the lie loses in 17 moves, each made once", async () => {
		const store = new MemoryStore();
		const derived = await DerivedExecutor.open({
			store,
			leafFile: join(home, "liar.leaves"),
			inbox: new L1InboxReader(chain.provider, deployment, blobsAt(url)),
			genesis: Genesis.cells({
				domainSeparator: separatorOf(deployment, "Vault"),
				reporters: deployment.reporters,
				quorum: deployment.quorum,
				house: deployment.house,
			}),
		});
		const game = new GameChain(chain.provider, deployment);
		let link: HonestChain.Link | undefined;
		await until("a place for a lie", async () => {
			await derived.sync();
			const snapshot = await game.look();
			const honest = await HonestChain.follow(snapshot, derived, game.parameters.height, await game.batchCount(), (parent, accumulator) =>
				game.gameId(parent, accumulator),
			);
			link = honest.links.find((one) => one.history.stepCount > 4 && (one.honest === undefined || one.honest.status === "pending"));
			return link !== undefined;
		});
		const at = link as HonestChain.Link;
		const wallet = testWallet(PLACES.liar);
		const sender = new TransactionManager({ provider: chain.provider, wallet, store: new MemoryStore(), log: SILENT });
		const lieStep = random.below(at.history.stepCount);
		const liar = new Liar(game, sender, await LyingHistory.tell(at.history, lieStep, SEED), at.start, at.parent);
		assert.equal((await liar.lie()).status, "mined");
		await challenger.start(/^watching/);
		const honest = testWallet(PLACES.challenger).address.toLowerCase();
		const movesOf = async (): Promise<number> =>
			[...(await game.look()).edges.values()].filter(({ move, mover }) => move !== "none" && mover.toLowerCase() === honest).length;
		// Killed behind these moves, a random part of a second later: while it derives, signs, waits or sleeps.
		const killsAt = [2, 7, 12, 16];
		await until(
			"the dispute to end",
			async () => {
				await liar.play();
				const moves = await movesOf();
				if (killsAt.length > 0 && moves >= killsAt[0]) {
					killsAt.shift();
					await new Promise((resolve) => setTimeout(resolve, random.below(300)));
					await challenger.kill();
					if (killsAt.length === 2) await restartNode();
					await challenger.start(/^watching/);
				}
				if (moves >= 17) await chain.mine(2);
				const look = await game.look();
				return look.assertions.get(liar.assertion)?.status === "rejected" && !look.stakes.has(wallet.address.toLowerCase());
			},
			240,
		);
		assert.equal(challenger.kills, 4);
		assert.equal(await movesOf(), 17, "a bisection on each of 16 heights, and the proof");
		assert.equal((await game.look()).assertions.get(at.honestId)?.status, "confirmed");
		await derived.close();
	});

	it("given a node killed in a settlement window, machine and L1 settle at one price, and every role's transactions succeeded", async () => {
		const bridge = new Bridge(chain.provider, deployment);
		await chain.mineAt(EXPIRY - 1000);
		await until("L1 to hear of the window", async () => {
			return (await bridge.feed(0)).time > EXPIRY - 1800;
		});
		await restartNode();
		await chain.mineAt(EXPIRY + 15);
		await new Promise((resolve) => setTimeout(resolve, 400 + random.below(800)));
		await restartNode();
		await until("L1 to settle", async () => (await bridge.settlementPrice(0, DAY)) > 0n && (await bridge.settlementPrice(1, DAY)) > 0n);
		type Instrument = { readonly currency: string; readonly settlement_price: string | null };
		await until("the machine to settle", async () => {
			const instruments = await ask<Instrument[]>("public/get_instruments", { expired: true });
			return (instruments?.length ?? 0) >= OPTIONS;
		});
		for (const { currency, settlement_price } of (await ask<Instrument[]>("public/get_instruments", { expired: true })) ?? []) {
			const fixed = await bridge.settlementPrice(currency === "ETH" ? 0 : 1, DAY);
			assert.equal(BigInt(Math.round(Number(settlement_price) * 1e6)), fixed);
		}
		await allKept();
		await node.kill();
		await challenger.kill();
		const roles = new Set(
			["batcher", "proposer", "challenger", "keeper", "feeder"].map((role) => testWallet(PLACES[role as "batcher"]).address),
		);
		const head = await chain.provider.getBlockNumber();
		const calls = new Map<string, number>();
		for (let number = deployment.deployBlock; number <= head; number++) {
			for (const hash of (await chain.provider.getBlock(number))?.transactions ?? []) {
				const [transaction, receipt] = await Promise.all([chain.provider.getTransaction(hash), chain.provider.getTransactionReceipt(hash)]);
				if (!transaction || !receipt || !roles.has(transaction.from)) continue;
				assert.equal(receipt.status, 1, `transaction ${hash} of ${transaction.from} succeeded`);
				const call = `${transaction.to}/${transaction.data}`;
				calls.set(call, (calls.get(call) ?? 0) + 1);
			}
		}
		assert.ok(calls.size > 100, `${calls.size} calls`);
		// A timer may have to be carried up again; nothing else is ever sent twice.
		const updateTimers = codecOf("ChallengeManager").getFunction("updateTimers")?.selector as string;
		const repeated = [...calls].filter(([call, count]) => count > 1 && !call.includes(updateTimers)).map(([call]) => call.slice(0, 60));
		assert.deepEqual(repeated, []);
	});
});
