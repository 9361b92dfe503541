import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Transaction, hexlify } from "ethers";
import type { Contract, HDNodeWallet, JsonRpcProvider, TransactionResponse } from "ethers";
import { codecOf } from "../../src/chain/Contracts.ts";
import * as EmbeddedChain from "../../src/chain/EmbeddedChain.ts";
import * as Sidecar from "../../src/chain/Sidecar.ts";
import { TransactionManager } from "../../src/chain/TransactionManager.ts";
import * as Kzg from "../../src/kzg/Kzg.ts";
import type { TransactionOutcome, TransactionRequest } from "../../src/ports/Chain.ts";
import type { Log } from "../../src/ports/Log.ts";
import * as Blob from "../../src/protocol/Blob.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { L1 } from "./l1.ts";

describe("given a transaction manager and a token to mint", () => {
	let l1: L1;
	let usdc: Contract;
	let wallet: HDNodeWallet;
	let snapshot: string;
	let alarms: string[];
	const log: Log = {
		debug() {},
		info() {},
		warn() {},
		alarm(name) {
			alarms.push(name);
		},
		child: () => log,
	};

	before(async () => {
		l1 = await L1.start();
		wallet = await l1.wallet(12);
		usdc = await l1.deploy("MockUSDC", []);
	});
	after(() => l1.close());
	beforeEach(async () => {
		snapshot = await l1.chain.snapshot();
		alarms = [];
	});
	afterEach(async () => {
		await l1.chain.provider.send("evm_setAutomine", [true]);
		await l1.chain.revert(snapshot);
	});

	function managerOver(
		store: MemoryStore,
		more: { provider?: JsonRpcProvider; patienceMs?: number; lowBalance?: bigint; dailyBudget?: bigint; resendMs?: number } = {},
	): TransactionManager {
		return new TransactionManager({ provider: l1.chain.provider, wallet, store, log, ...more });
	}

	/** Does everything but broadcast: what a node that dies in between leaves behind. */
	function mute(): JsonRpcProvider {
		const { provider } = l1.chain;
		return new Proxy(provider, {
			get(target, property) {
				if (property === "broadcastTransaction") return () => Promise.reject(new Error("the endpoint is gone"));
				const value: unknown = Reflect.get(target, property, target);
				return typeof value === "function" ? (value.bind(target) as unknown) : value;
			},
		});
	}

	async function mint(amount: number, key = `mint/${amount}`): Promise<{ key: string; to: string; data: string }> {
		const data = usdc.interface.encodeFunctionData("mint", [wallet.address, amount]);
		return { key, to: await usdc.getAddress(), data };
	}

	async function minted(): Promise<bigint> {
		return (await usdc.getFunction("balanceOf")(wallet.address)) as bigint;
	}

	async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
		for (let i = 0; i < 500 && !(await condition()); i++) await new Promise((resolve) => setTimeout(resolve, 10));
		assert.ok(await condition(), "it did not happen in five seconds");
	}

	it("sends nothing that would revert, and tells the error by name", async () => {
		const before = await wallet.getNonce();
		const data = usdc.interface.encodeFunctionData("transfer", [l1.deployer.address, 1]);
		const outcome = await managerOver(new MemoryStore()).send({ key: "transfer", to: await usdc.getAddress(), data });
		assert.equal(outcome.status, "reverted");
		assert.match(outcome.status === "reverted" ? outcome.error : "", /^ERC20InsufficientBalance\(/);
		assert.equal(await wallet.getNonce(), before);
	});

	it("sends a request once, however often it is asked, also after a restart", async () => {
		const store = new MemoryStore();
		const manager = managerOver(store);
		const outcomes = await Promise.all([manager.send(await mint(5)), manager.send(await mint(5))]);
		outcomes.push(await managerOver(store).send(await mint(5)));
		for (const outcome of outcomes) assert.deepEqual(outcome, outcomes[0]);
		assert.equal(await minted(), 5n);
	});

	it("sends many at once, each in a place of its own", async () => {
		const manager = managerOver(new MemoryStore());
		const outcomes = await Promise.all([1, 20, 300, 4000].map(async (amount) => manager.send(await mint(amount))));
		assert.ok(outcomes.every(({ status }) => status === "mined"));
		assert.equal(await minted(), 4321n);
		assert.ok(manager.isIdle);
	});

	describe("given blobs to carry", () => {
		const [blob] = Blob.pack(Uint8Array.of(1, 2, 3));
		/** A contract that reverts with NoSuchBlob(0) unless the transaction carries one. */
		async function carried(key: string, gasLimit?: bigint): Promise<TransactionRequest> {
			const selector = codecOf("SequencerInbox").getError("NoSuchBlob")?.selector.slice(2) ?? "";
			const to = await l1.runtime(`5f4960155763${selector}5f525f6020526024601cfd5b00`);
			return { key, to, data: "0x", blobs: [blob], ...(gasLimit !== undefined && { gasLimit }) };
		}
		const mined = async (outcome: TransactionOutcome): Promise<TransactionResponse> => {
			assert.equal(
				outcome.status,
				"mined",
				JSON.stringify(outcome, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value)),
			);
			return (await l1.chain.provider.getTransaction(outcome.status === "mined" ? outcome.hash : "")) as TransactionResponse;
		};

		it("sends nothing where the endpoint cannot simulate blobs and nobody says what they may take", async () => {
			const outcome = await managerOver(new MemoryStore()).send(await carried("blobs"));
			assert.deepEqual(outcome, { status: "reverted", error: "NoSuchBlob(0)" });
		});

		it("carries them once, also after a restart, for at most twice their price of now", async () => {
			const store = new MemoryStore();
			const request = await carried("blobs", 100_000n);
			const first = await managerOver(store).send(request);
			const sent = await mined(first);
			assert.deepEqual(sent.blobVersionedHashes, [hexlify(Kzg.versionedHash(Kzg.commit(blob)))]);
			assert.equal(sent.maxFeePerBlobGas, 2n * (await Sidecar.baseFee(l1.chain.provider)));
			assert.deepEqual(await managerOver(store).send(request), first);
		});

		it("counts what blobs cost into the day's budget", async () => {
			const outcome = await managerOver(new MemoryStore(), { dailyBudget: 200_000n }).send(await carried("blobs", 100_000n));
			assert.deepEqual(outcome, { status: "reverted", error: "the budget of the day is spent" });
			assert.deepEqual(alarms, ["BudgetSpent"]);
		});

		it("replaces one that waits by one that offers twice as much of everything", async () => {
			const request = await carried("blobs", 100_000n);
			await l1.chain.provider.send("evm_setAutomine", [false]);
			const store = new MemoryStore();
			const journalled = (): Transaction | undefined => {
				const entry = store.get("transaction/blobs");
				return entry && Transaction.from((JSON.parse(new TextDecoder().decode(entry)) as { raw: string }).raw);
			};
			const sending = managerOver(store, { patienceMs: 400, resendMs: 60_000 }).send(request);
			await until(() => journalled() !== undefined);
			const old = journalled() as Transaction;
			await until(() => journalled()?.hash !== old.hash);
			await l1.chain.provider.send("evm_setAutomine", [true]);
			await l1.chain.mine(1);
			const now = await mined(await sending);
			for (const fee of ["maxFeePerGas", "maxPriorityFeePerGas", "maxFeePerBlobGas"] as const)
				assert.ok((now[fee] ?? 0n) >= 2n * (old[fee] ?? 0n), `${fee}: ${now[fee]} after ${old[fee]}`);
		});
	});

	it("finds after a crash what was journalled but never broadcast, and sends it in its place", async () => {
		const store = new MemoryStore();
		const nonce = await wallet.getNonce();
		// This one stays as it was at the crash until its receipt appears.
		const crashed = managerOver(store, { provider: mute() }).send(await mint(7));
		await until(() => store.get("transaction/mint/7") !== undefined);
		const outcome = await managerOver(store).send(await mint(7));
		assert.equal(outcome.status, "mined");
		assert.deepEqual(await crashed, outcome);
		assert.equal(await wallet.getNonce(), nonce + 1);
		assert.equal(await minted(), 7n);
	});

	it("says so when another program sends from its account, and sends anew when asked again", async () => {
		const store = new MemoryStore();
		const lost = managerOver(store, { provider: mute() }).send(await mint(7));
		const refused = assert.rejects(lost, /no other program may send from this account/);
		await until(() => store.get("transaction/mint/7") !== undefined);
		await (await wallet.sendTransaction({ to: wallet.address })).wait();
		await refused;
		assert.equal((await managerOver(store).send(await mint(7))).status, "mined");
		assert.equal(await minted(), 7n);
	});

	it("replaces a transaction that waits too long by a dearer one in the same place", async () => {
		const { provider } = l1.chain;
		await provider.send("evm_setAutomine", [false]);
		const store = new MemoryStore();
		const manager = managerOver(store, { patienceMs: 200 });
		const sending = manager.send(await mint(9));
		const hashes = (): string[] => {
			const saved = store.get("transaction/mint/9");
			return saved ? (JSON.parse(new TextDecoder().decode(saved)) as { hashes: string[] }).hashes : [];
		};
		// A transaction is kept before it is sent: mined as soon as it is kept, the block would hold the first one.
		await until(async () => {
			const pending = await Promise.all(
				hashes()
					.slice(1)
					.map((hash) => provider.getTransaction(hash)),
			);
			return pending.some((one) => one !== null);
		});
		assert.ok(manager.isWaiting);
		await provider.send("evm_mine", []);
		const outcome = await sending;
		assert.equal(outcome.status, "mined");
		assert.notEqual(outcome.status === "mined" ? outcome.hash : "", hashes()[0]);
		assert.equal(await minted(), 9n);
	});

	it("spends nothing beyond the day's budget, also after a restart, and says so once", async () => {
		const store = new MemoryStore();
		const first = managerOver(store, { dailyBudget: 10n ** 18n });
		assert.equal((await first.send(await mint(1))).status, "mined");
		const spent = [...store.range("spent/", "spent0")].map(([, value]) => BigInt(new TextDecoder().decode(value)));
		assert.equal(spent.length, 1);
		const again = managerOver(store, { dailyBudget: spent[0] + 1n });
		for (const amount of [2, 3])
			assert.deepEqual(await again.send(await mint(amount)), { status: "reverted", error: "the budget of the day is spent" });
		assert.deepEqual(alarms, ["BudgetSpent"]);
		assert.equal(await minted(), 1n);
	});

	it("gives the endpoint again what the endpoint forgot", async () => {
		let forgotten = 0;
		const forgetful = new Proxy(l1.chain.provider, {
			get(target, property) {
				const value: unknown = Reflect.get(target, property, target);
				if (property === "broadcastTransaction" && forgotten === 0)
					return () => {
						forgotten += 1;
						return Promise.resolve();
					};
				return typeof value === "function" ? (value.bind(target) as unknown) : value;
			},
		});
		const outcome = await managerOver(new MemoryStore(), { provider: forgetful, resendMs: 100 }).send(await mint(6));
		assert.deepEqual([outcome.status, forgotten, await minted()], ["mined", 1, 6n]);
	});

	it("counts as done what the contract says is so already, sends nothing for it, and may be asked again", async () => {
		const manager = managerOver(new MemoryStore());
		const nonce = await wallet.getNonce();
		const data = usdc.interface.encodeFunctionData("transfer", [l1.deployer.address, 1]);
		const request = { key: "transfer", to: await usdc.getAddress(), data, doneBy: ["ERC20InsufficientBalance"] };
		assert.equal((await manager.send(request)).status, "done");
		assert.equal((await manager.send({ ...request, doneBy: ["ERC20"] })).status, "reverted");
		assert.equal(await wallet.getNonce(), nonce);
		await manager.send(await mint(1));
		assert.equal((await manager.send(request)).status, "mined");
	});

	it("warns again when an account that was filled up empties a second time", async () => {
		const manager = managerOver(new MemoryStore(), { lowBalance: 10n ** 20n });
		const hold = async (wei: bigint): Promise<void> => {
			await l1.chain.provider.send("hardhat_setBalance", [wallet.address, `0x${wei.toString(16)}`]);
		};
		for (const [i, wei] of [10n ** 19n, 10n ** 19n, 10n ** 21n, 10n ** 19n].entries()) {
			await hold(wei);
			await manager.send(await mint(i + 1));
		}
		assert.deepEqual(alarms, ["LowBalance", "LowBalance"]);
	});

	it("raises the alarm once when its account is nearly empty", async () => {
		const manager = managerOver(new MemoryStore(), { lowBalance: 10n ** 24n });
		await manager.send(await mint(1));
		await manager.send(await mint(2));
		assert.deepEqual(alarms, ["LowBalance"]);
	});
});

describe("given a port that another program holds", () => {
	it("says so in one sentence", async () => {
		const holder = createServer();
		await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
		const { port } = holder.address() as AddressInfo;
		try {
			await assert.rejects(
				EmbeddedChain.start({ port }),
				new RegExp(`Port ${port} of 127.0.0.1 cannot be opened .*another program uses it`),
			);
		} finally {
			await new Promise((resolve) => holder.close(resolve));
		}
	});
});
