// Readers of L1's logs once kept what they had read for ever: after a reorganisation a node went on executing deposits, and disputing assertions, that L1 no longer had.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Contract, MaxUint256 } from "ethers";
import type { HDNodeWallet } from "ethers";
import { deploy } from "../../deploy/deploy.ts";
import * as Artifacts from "../../src/chain/Artifacts.ts";
import type { ContractName, Deployment } from "../../src/chain/Deployment.ts";
import { GameChain } from "../../src/chain/GameChain.ts";
import { L1InboxReader } from "../../src/chain/L1InboxReader.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { L1, blobsAt, send } from "../chain/l1.ts";

describe("given an L1 that is reorganised after its logs were read", () => {
	let l1: L1;
	let deployment: Deployment;
	let trader: HDNodeWallet;
	let reader: L1InboxReader;
	let game: GameChain;
	let outer: string;
	before(async () => {
		l1 = await L1.start();
		trader = await l1.wallet(60);
		const [reporters, committee] = [[trader.address], [trader.address]];
		deployment = await deploy(l1.deployer, { network: "test", reporters, quorum: 1, committee, treasury: trader.address });
		await send(contract("MockUSDC"), trader, "mint", [trader.address, 1_000_000]);
		await send(contract("MockUSDC"), trader, "approve", [deployment.contracts.Vault, MaxUint256]);
		await deposit(1);
	});
	after(() => l1.close());
	beforeEach(async () => {
		outer = await l1.chain.snapshot();
		reader = new L1InboxReader(l1.chain.provider, deployment, blobsAt());
		game = new GameChain(l1.chain.provider, deployment);
	});
	afterEach(() => l1.chain.revert(outer));

	const contract = (name: ContractName): Contract => new Contract(deployment.contracts[name], Artifacts.of(name).abi, l1.chain.provider);
	const deposit = (amount: number): Promise<unknown> => send(contract("Vault"), trader, "deposit", [trader.address, 0, amount]);
	const stake = (amount: bigint): Promise<unknown> => send(contract("AssertionChain"), trader, "stake", [], amount);
	const staked = async (): Promise<bigint> => (await game.look()).stakes.get(trader.address.toLowerCase())?.amount ?? 0n;
	/** Amounts of the deposits, as the reader has them. */
	async function amounts(): Promise<number[]> {
		const messages = await reader.messages(0, await reader.messageCount());
		assert.deepEqual(
			messages.map(({ index }) => index),
			messages.map((_, i) => i),
		);
		return messages.map(({ payload }) => Bytes.uint(payload, 23, 8));
	}

	for (const depth of [1, 2, 8]) {
		it(`has what the new chain has, ${depth} blocks deep, and keeps what stands below the fork`, async () => {
			const fork = await l1.chain.snapshot();
			for (let i = 0; i < depth; i++) await (i % 2 === 0 ? deposit(10 + i) : stake(10n + BigInt(i)));
			const before = await amounts();
			assert.equal(before.length, 1 + Math.ceil(depth / 2));
			await staked();
			await l1.chain.revert(fork);
			await deposit(99);
			await stake(7n);
			await l1.chain.mine(depth);
			assert.deepEqual(await amounts(), [1, 99]);
			assert.equal(await staked(), 7n);
		});
	}

	it("takes back what the new chain lacks, at the same height and on a chain that is shorter at first", async () => {
		const fork = await l1.chain.snapshot();
		await deposit(10);
		await stake(10n);
		assert.deepEqual(await amounts(), [1, 10]);
		assert.equal(await staked(), 10n);
		await l1.chain.revert(fork);
		await l1.chain.mine(2);
		assert.deepEqual(await amounts(), [1]);
		assert.equal(await staked(), 0n);
		await deposit(11);
		assert.deepEqual(await amounts(), [1, 11]);
	});

	it("finds logs that the reorganisation put into blocks in which there were none", async () => {
		const fork = await l1.chain.snapshot();
		await l1.chain.mine(3);
		assert.deepEqual(await amounts(), [1]);
		assert.equal(await staked(), 0n);
		await l1.chain.revert(fork);
		await deposit(12);
		await stake(3n);
		await l1.chain.mine(1);
		assert.deepEqual(await amounts(), [1, 12]);
		assert.equal(await staked(), 3n);
	});
});
