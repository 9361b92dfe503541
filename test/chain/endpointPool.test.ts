import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Contract, HDNodeWallet } from "ethers";
import * as EmbeddedChain from "../../src/chain/EmbeddedChain.ts";
import { EndpointPool } from "../../src/chain/EndpointPool.ts";
import type { PoolOptions } from "../../src/chain/EndpointPool.ts";
import { EndpointError, isAlreadyKnown, isRangeTooLarge, isRateLimit } from "../../src/chain/endpointErrors.ts";
import { EventLog } from "../../src/chain/EventLog.ts";
import { connect } from "../../src/chain/Networks.ts";
import { TransactionManager } from "../../src/chain/TransactionManager.ts";
import type { Alarm, Fields, Log } from "../../src/ports/Log.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { FaultyEndpoint } from "./FaultyEndpoint.ts";
import type { Faults } from "./FaultyEndpoint.ts";
import { L1, send } from "./l1.ts";

describe("given endpoints that misbehave in front of one chain", () => {
	let l1: L1;
	let usdc: Contract;
	let token = "";
	let wallet: HDNodeWallet;
	let endpoints: FaultyEndpoint[] = [];
	let pools: EndpointPool[] = [];
	let alarms: { readonly name: Alarm; readonly fields: Fields | undefined }[] = [];
	const log: Log = {
		debug() {},
		info() {},
		warn() {},
		alarm: (name, _message, fields) => void alarms.push({ name, fields }),
		child: () => log,
	};

	before(async () => {
		l1 = await L1.start();
		wallet = await l1.wallet(12);
		usdc = await l1.deploy("MockUSDC", []);
		token = await usdc.getAddress();
	});
	after(() => l1.close());
	beforeEach(() => {
		alarms = [];
	});
	afterEach(async () => {
		for (const pool of pools) pool.destroy();
		for (const endpoint of endpoints) await endpoint.close();
		endpoints = [];
		pools = [];
		await l1.chain.provider.send("evm_setAutomine", [true]);
	});

	/** A pool over one endpoint for each set of faults. */
	async function poolOver(faults: readonly Faults[], options: PoolOptions = {}): Promise<EndpointPool> {
		for (const one of faults) endpoints.push(await FaultyEndpoint.start(l1.chain.url, one));
		const pool = new EndpointPool(
			endpoints.map(({ url }) => url),
			31_337,
			{ timeoutMs: 500, patienceMs: 3000, probeMs: 100, log, ...options },
		);
		pools.push(pool);
		return pool;
	}

	const head = (): Promise<number> => l1.chain.provider.getBlockNumber();

	async function mint(amount: number): Promise<number> {
		return (await send(usdc, wallet, "mint", [wallet.address, amount])).blockNumber;
	}

	/** Amounts of every mint up to the head, as a follower of logs reads them. */
	class Minted {
		readonly amounts: { readonly block: number; readonly amount: bigint }[] = [];
		readonly #log: EventLog;
		readonly #pool: EndpointPool;

		constructor(pool: EndpointPool, from: number) {
			this.#log = new EventLog(pool, [token], from);
			this.#pool = pool;
		}

		async look(): Promise<bigint[]> {
			const block = await this.#pool.getBlock("latest");
			if (!block?.hash) throw new Error("no head");
			await this.#log.each(
				{ number: block.number, hash: block.hash },
				(found) => void this.amounts.push({ block: found.blockNumber, amount: BigInt(found.data) }),
				(last) => {
					const standing = this.amounts.filter((one) => one.block <= last);
					this.amounts.length = 0;
					this.amounts.push(...standing);
				},
			);
			return this.amounts.map(({ amount }) => amount);
		}
	}

	for (const [name, faults] of [
		["is dead", { isDead: true }],
		["is slow beyond its time", { delayMs: 5000 }],
		["limits requests by HTTP 429", { refusals: 1000, retryAfterSeconds: 30 }],
		["limits requests by -32005", { error: { code: -32_005, message: "project ID request rate exceeded" } }],
		["ends its answers in the middle", { isTruncated: true }],
		["answers HTML with status 503", { status: 503 }],
	] as const)
		it(`goes on with the second endpoint when the first ${name}`, async () => {
			const pool = await poolOver([faults, {}]);
			assert.equal(await pool.getBlockNumber(), await head());
			assert.equal(await pool.getCode(token), await l1.chain.provider.getCode(token));
			assert.match(pool.states[0].trouble ?? "", /./);
			assert.equal(pool.states[1].trouble, undefined);
			assert.equal(pool.switches, 1);
		});

	it("goes back to an endpoint that is well again when the one that serves fails", async () => {
		const pool = await poolOver([{ isDead: true }, {}]);
		await pool.getBlock("latest");
		endpoints[0].faults = {};
		endpoints[1].faults = { isDead: true };
		assert.equal(await pool.getBlockNumber(), await head());
		assert.equal(pool.switches, 2);
	});

	it("leaves an endpoint alone for as long as it asks for", async () => {
		const pool = await poolOver([{ refusals: 1000, retryAfterSeconds: 60 }, {}]);
		for (let i = 0; i < 20; i++) await pool.getBlock("latest");
		assert.equal(endpoints[0].requests, 1);
	});

	it("waits for its only endpoint while that limits requests", async () => {
		const pool = await poolOver([{ refusals: 3 }]);
		assert.equal(await pool.getBlockNumber(), await head());
		assert.deepEqual(alarms, []);
	});

	it("raises one alarm, and says what is wrong with each, when none serves; and serves again", async () => {
		const pool = await poolOver([{ isDead: true }, { status: 503 }], { patienceMs: 400 });
		for (let i = 0; i < 2; i++) await assert.rejects(pool.getBlock("latest"), (error) => error instanceof EndpointError);
		assert.deepEqual(
			alarms.map(({ name }) => name),
			["NoEndpoint"],
		);
		assert.match(String(alarms[0].fields?.reason), /cannot be reached.*answers HTTP 503/);
		assert.doesNotMatch(JSON.stringify(alarms), /of-a-customer/);
		for (const endpoint of endpoints) endpoint.faults = {};
		await new Promise((resolve) => setTimeout(resolve, 1500));
		assert.equal(await pool.getBlockNumber(), await head());
	});

	it("does not ask an endpoint of another chain, and says so once", async () => {
		const other = await EmbeddedChain.start({ startTime: 1_700_000_000 });
		try {
			const pool = await poolOver([{}, { instead: other.url }]);
			for (let i = 0; i < 50 && alarms.length === 0; i++) {
				await pool.getBlock("latest");
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
			const asked = endpoints[1].requests;
			endpoints[0].faults = { isDead: true };
			await assert.rejects(pool.getBlock("latest"));
			assert.match(pool.states[1].trouble ?? "", /begins with another block/);
			assert.deepEqual(
				alarms.map(({ name }) => name),
				["ForeignEndpoint", "NoEndpoint"],
			);
			assert.equal(endpoints[1].requests, asked);
		} finally {
			await other.close();
		}
	});

	it("refuses endpoints of two chains at the start, and what is no address", async () => {
		const other = await EmbeddedChain.start({ startTime: 1_700_000_000 });
		try {
			await poolOver([{}, { instead: other.url }, { isDead: true }]);
			const urls = endpoints.map(({ url }) => url);
			await assert.rejects(connect("localhost", urls), /are of different chains \(31337 and 31337, with different first blocks\)/);
			await assert.rejects(connect("localhost", ["ftp://somewhere/key"]), /No Ethereum node can be asked at "ftp:\/\/somewhere"/);
			const pool = await connect("localhost", [urls[2], urls[0]]);
			pools.push(pool);
			assert.equal(await pool.getBlockNumber(), await head());
		} finally {
			await other.close();
		}
	});

	it("asks another endpoint when the one that serves stands still", async () => {
		const pool = await poolOver([{}, {}]);
		await pool.getBlock("latest");
		endpoints[0].faults = { stuckAt: await head() };
		await l1.chain.mine(10);
		for (let i = 0; i < 50 && (await pool.getBlock("latest"))?.number !== (await head()); i++)
			await new Promise((resolve) => setTimeout(resolve, 50));
		assert.equal((await pool.getBlock("latest"))?.number, await head());
		assert.match(pool.states[0].trouble ?? "", /far behind the others/);
	});

	it("never takes logs from an endpoint that lacks the block in which they are", async () => {
		const from = (await head()) + 1;
		await mint(1);
		const lag = await head();
		const pool = await poolOver([{}, { stuckAt: lag }], { maxLagBlocks: 100, patienceMs: 300 });
		const minted = new Minted(pool, from);
		assert.deepEqual(await minted.look(), [1n]);
		await mint(2);
		// The first tells the head and dies: the second would give no log of the last block, and would not say that it lacks it.
		await pool.getBlock("latest");
		const block = await pool.getBlock("latest");
		endpoints[0].faults = { isDead: true };
		await assert.rejects(
			pool.getLogs({ address: token, fromBlock: lag + 1, toBlock: block?.number }),
			(error) => error instanceof EndpointError && error.code === "BEHIND",
		);
		endpoints[1].faults = {};
		assert.deepEqual(await minted.look(), [1n, 2n]);
	});

	it("asks its only endpoint for the last block of every range: behind one address there may be many nodes", async () => {
		await mint(3);
		const pool = await poolOver([{}], { patienceMs: 200 });
		const block = await pool.getBlock("latest");
		endpoints[0].faults = { stuckAt: (block?.number ?? 0) - 1 };
		await assert.rejects(pool.getLogs({ address: token, fromBlock: 0, toBlock: block?.number }), /does not have block/);
	});

	it("gives an answer of one chain or an error when endpoints are on two branches", async () => {
		const other = await EmbeddedChain.start({ startTime: 1_700_000_000 });
		const twin = await EmbeddedChain.start({ startTime: 1_700_000_000 });
		try {
			// Two nodes with one beginning that went apart: the second has another block of the same number.
			await other.mine(3);
			await twin.mineAt(1_800_000_000);
			await twin.mine(2);
			assert.equal((await other.provider.getBlock(0))?.hash, (await twin.provider.getBlock(0))?.hash);
			const pool = await poolOver([{ instead: other.url }, { instead: twin.url }], { patienceMs: 300 });
			const told = await pool.getBlock("latest");
			assert.equal(told?.hash, (await other.provider.getBlock("latest"))?.hash);
			endpoints[0].faults = { isDead: true };
			await assert.rejects(pool.getBlock(1), /has another block 3 than the one that was told/);
			// Who asks for the newest head anew goes on from there.
			const next = await pool.getBlock("latest");
			assert.equal(next?.hash, (await twin.provider.getBlock("latest"))?.hash);
			assert.equal((await pool.getBlock(1))?.hash, (await twin.provider.getBlock(1))?.hash);
		} finally {
			await other.close();
			await twin.close();
		}
	});

	it("believes that there is no receipt only when every endpoint says so", async () => {
		const receipt = await send(usdc, wallet, "mint", [wallet.address, 4]);
		const pool = await poolOver([{ hidesReceipts: true }, {}]);
		assert.equal((await pool.getTransactionReceipt(receipt.hash))?.blockNumber, receipt.blockNumber);
		assert.equal(await pool.getTransactionReceipt(`0x${"77".repeat(32)}`), null);
	});

	it("gives a transaction to every endpoint, so that one that swallows it stops nothing", async () => {
		const pool = await poolOver([{ swallowsTransactions: true, hidesReceipts: true }, { isDead: true }, {}]);
		const manager = new TransactionManager({ provider: pool, wallet, store: new MemoryStore(), log });
		const data = usdc.interface.encodeFunctionData("mint", [wallet.address, 5]);
		assert.equal((await manager.send({ key: "mint/5", to: token, data })).status, "mined");
		assert.equal(endpoints[2].count("eth_sendRawTransaction"), 1);
	});

	it("counts a transaction as sent when an endpoint has it already", async () => {
		await l1.chain.provider.send("evm_setAutomine", [false]);
		const pool = await poolOver([{}, {}]);
		const nonce = await wallet.getNonce();
		const raw = await wallet.signTransaction({
			to: token,
			nonce,
			gasLimit: 50_000,
			chainId: 31_337,
			type: 2,
			maxFeePerGas: 10n ** 11n,
			maxPriorityFeePerGas: 1n,
		});
		// Both are the same chain, so the second one has it from the first.
		const sent = await pool.broadcastTransaction(raw);
		await l1.chain.provider.send("evm_mine", []);
		assert.equal((await pool.getTransaction(sent.hash))?.nonce, nonce);
	});

	it("serves through endpoints that take one call at a time", async () => {
		const from = (await head()) + 1;
		await mint(8);
		const pool = await poolOver([{ refusesBatches: true }]);
		assert.deepEqual(await new Minted(pool, from).look(), [8n]);
		const [count, code] = await Promise.all([pool.getTransactionCount(wallet.address), pool.getCode(token)]);
		assert.ok(count > 0 && code.length > 2);
	});

	it("reads every log through whatever range the provider gives, and asks for longer ones again", async () => {
		const from = (await head()) + 1;
		for (const amount of [10, 20, 30]) {
			await mint(amount);
			await l1.chain.mine(700);
		}
		for (const message of [
			"query returned more than 10000 results",
			"You can make eth_getLogs requests with up to a 100 block range",
			"something nobody has seen",
		]) {
			const pool = await poolOver([{ maxRange: 100, rangeError: { code: -32_000, message } }]);
			assert.deepEqual(await new Minted(pool, from).look(), [10n, 20n, 30n], message);
			const asked = endpoints[0].count("eth_getLogs");
			// 2,100 blocks by ranges of 94, and a few that were refused.
			assert.ok(asked < 40, `${asked} ranges were asked for`);
			endpoints[0].faults = {};
			await endpoints[0].close();
			endpoints = [];
		}
	});

	it("does not shorten its ranges because an endpoint is dead or limits requests", async () => {
		const from = (await head()) + 1;
		await mint(40);
		await l1.chain.mine(300);
		const pool = await poolOver([{}], { patienceMs: 100 });
		const minted = new Minted(pool, from);
		const block = await pool.getBlock("latest");
		endpoints[0].faults = { isDead: true };
		await assert.rejects(minted.look());
		endpoints[0].faults = { error: { code: -32_005, message: "daily request count exceeded, request rate limited" } };
		await new Promise((resolve) => setTimeout(resolve, 600));
		await assert.rejects(minted.look());
		endpoints[0].faults = {};
		await new Promise((resolve) => setTimeout(resolve, 1500));
		const before = endpoints[0].count("eth_getLogs");
		assert.deepEqual(await minted.look(), [40n]);
		assert.equal(endpoints[0].count("eth_getLogs") - before, 1, `one range to block ${block?.number}`);
	});
});

describe("given what known providers say", () => {
	const RANGES = [
		"query returned more than 10000 results",
		"query returned more than 10000 results. Try with this block range [0x1, 0x2].",
		"Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the response size",
		"eth_getLogs is limited to a 10,000 range",
		"eth_getLogs is limited to 0 - 10000 blocks range",
		"block range is too wide",
		"block range too large",
		"Block range limit exceeded. See more details at https://docs.chainstack.com",
		"exceed maximum block range: 50000",
		"Max range: 800",
		"ranges over 10000 blocks are not supported on freetier",
		"Too many logs requested. Max logs per request is 10000.",
		"Requested range exceeds maximum RPC range limit",
		"query timeout exceeded",
		"backend response too large",
	];
	const LIMITS = [
		{ code: 429, message: "Your app has exceeded its compute units per second capacity" },
		{ code: -32_005, message: "daily request count exceeded, request rate limited" },
		{ code: -32_005, message: "limit exceeded" },
		{ code: -32_029, message: "Too Many Requests" },
		{ code: -32_007, message: "50/second request limit reached - reduce calls per second: too many requests" },
		{ code: -32_000, message: "rate limit exceeded" },
	];
	it("tells a range that is too long from a limit of requests", () => {
		for (const message of RANGES) {
			assert.ok(isRangeTooLarge({ message }), message);
			assert.ok(!isRateLimit({ code: -32_005, message }), message);
		}
		for (const fault of LIMITS) {
			assert.ok(isRateLimit(fault), fault.message);
			assert.ok(!isRangeTooLarge(fault), fault.message);
		}
	});

	it("takes neither for a call that the chain refuses", () => {
		for (const message of [
			"execution reverted: range",
			"execution reverted",
			"VM Exception while processing transaction: reverted with custom error 'TooLate()'",
			"insufficient funds for gas * price + value",
			"nonce too low",
		]) {
			assert.ok(!isRangeTooLarge({ message }), message);
			assert.ok(!isRateLimit({ code: 3, message }), message);
		}
		assert.ok(isAlreadyKnown({ message: "already known" }) && isAlreadyKnown({ message: "nonce too low" }));
		assert.ok(!isAlreadyKnown({ message: "replacement transaction underpriced" }));
	});
});
