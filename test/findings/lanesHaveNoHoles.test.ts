// The nonce of the next transaction was reckoned from memory and from L1's head alone. After a restart it was that of a transaction that still waited, which was lost;
// after a reorganisation it lay behind nonces that were free again, so that nothing behind the hole was ever mined.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Contract, HDNodeWallet } from "ethers";
import { TransactionManager } from "../../src/chain/TransactionManager.ts";
import type { TransactionRequest } from "../../src/ports/Chain.ts";
import type { Log } from "../../src/ports/Log.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { L1 } from "../chain/l1.ts";

const SILENT: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, alarm: () => undefined, child: () => SILENT };

describe("given a lane of transactions", () => {
	let l1: L1;
	let usdc: Contract;
	let wallet: HDNodeWallet;
	let snapshot: string;
	let store: MemoryStore;

	before(async () => {
		l1 = await L1.start();
		wallet = await l1.wallet(12);
		usdc = await l1.deploy("MockUSDC", []);
	});
	after(() => l1.close());
	beforeEach(async () => {
		snapshot = await l1.chain.snapshot();
		store = new MemoryStore();
	});
	afterEach(async () => {
		await l1.chain.provider.send("evm_setAutomine", [true]);
		await l1.chain.revert(snapshot);
	});

	const manager = (): TransactionManager => new TransactionManager({ provider: l1.chain.provider, wallet, store, log: SILENT });
	const call = async (key: string, method: string, args: readonly unknown[]): Promise<TransactionRequest> => ({
		key,
		to: await usdc.getAddress(),
		data: usdc.interface.encodeFunctionData(method, args),
	});
	const mint = (amount: number): Promise<TransactionRequest> => call(`mint/${amount}`, "mint", [wallet.address, amount]);
	const minted = async (): Promise<bigint> => (await usdc.getFunction("balanceOf")(wallet.address)) as bigint;

	it("takes no nonce of what still waits when it starts again", async () => {
		await l1.chain.provider.send("evm_setAutomine", [false]);
		const first = manager();
		const waiting = first.send(await mint(5));
		while (!first.isWaiting) await new Promise((resolve) => setTimeout(resolve, 5));
		const second = manager();
		const other = second.send(await mint(20));
		while (!second.isWaiting) await new Promise((resolve) => setTimeout(resolve, 5));
		await l1.chain.provider.send("evm_mine", []);
		assert.deepEqual(
			(await Promise.all([waiting, other])).map(({ status }) => status),
			["mined", "mined"],
		);
		assert.equal(await minted(), 25n);
	});

	for (const restarts of [false, true]) {
		it(`sends again what a reorganisation dropped before it sends anything else, ${restarts ? "after a restart" : "without being asked"}`, async () => {
			const first = manager();
			const before = await l1.chain.snapshot();
			await first.send(await mint(5));
			await first.send(await mint(20));
			await l1.chain.revert(before);
			assert.equal(await minted(), 0n);
			assert.equal((await (restarts ? manager() : first).send(await mint(300))).status, "mined");
			assert.equal(await minted(), 325n);
		});
	}

	it("fills a nonce whose transaction nobody knows any more", async () => {
		const first = manager();
		// So that the gas of the next ones does not depend on each other.
		await first.send(await mint(1));
		const before = await l1.chain.snapshot();
		await first.send(await mint(5));
		await first.send(await mint(20));
		await l1.chain.revert(before);
		await store.commit([{ key: "transaction/mint/5" }]);
		assert.equal((await manager().send(await mint(300))).status, "mined");
		assert.equal(await minted(), 321n);
	});

	it("tries again what was mined and reverted, because it may have been too early", async () => {
		// Without a simulation of its own, the first goes out and fails on chain.
		const early: TransactionRequest = { ...(await call("transfer", "transfer", [l1.deployer.address, 5])), gasLimit: 100_000n };
		assert.equal((await manager().send(early)).status, "reverted");
		await manager().send(await mint(5));
		assert.equal((await manager().send(early)).status, "mined");
		assert.equal((await manager().send(early)).status, "mined");
		assert.equal(await minted(), 0n);
	});
});
