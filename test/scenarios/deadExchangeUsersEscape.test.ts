// Everything off chain is gone: no sequencer, no proposer, no data directory. From L1 alone the command line lists what everybody is owed, and gets it paid.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Contract, MaxUint256 } from "ethers";
import { build, confirmAll } from "../../scripts/dev/dispute/World.ts";
import type { World } from "../../scripts/dev/dispute/World.ts";
import * as Artifacts from "../../src/chain/Artifacts.ts";
import { Bridge } from "../../src/chain/Bridge.ts";
import { save } from "../../src/chain/Deployment.ts";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import { strikeproof } from "../cli/strikeproof.ts";
import type { Ended } from "../cli/strikeproof.ts";

const ACCOUNTS = [1, 2, 3, 4, 5, 6];
const LATE = 5_000_000;

type Listed = {
	readonly phase: string;
	readonly accounts: readonly {
		readonly account: number;
		readonly owner: string;
		readonly cash: number;
		readonly positions: readonly object[];
		readonly registered: boolean;
		readonly claim: number;
	}[];
	readonly deposits: readonly { readonly message: number; readonly account: number; readonly amount: number; readonly returned: boolean }[];
};

describe("DeadExchangeUsersEscape", () => {
	let world: World;
	let home: string;
	let bridge: Bridge;
	const owners = ACCOUNTS.map((account) => testWallet(PLACES.traders + account - 1).address);
	before(async () => {
		home = mkdtempSync(join(tmpdir(), "strikeproof-escape-test-"));
		world = await build({ height: 8, seed: 3 });
		const { chain, deployment } = world;
		await confirmAll(world);
		save(home, { ...deployment, network: "localhost" });
		bridge = new Bridge(chain.provider, deployment);
		const wallet = testWallet(PLACES.traders).connect(chain.provider);
		await chain.provider.send("hardhat_setBalance", [wallet.address, `0x${(10n ** 20n).toString(16)}`]);
		const usdc = new Contract(deployment.contracts.MockUSDC, Artifacts.of("MockUSDC").abi, wallet);
		await (await usdc.getFunction("mint")(wallet.address, LATE)).wait();
		await (await usdc.getFunction("approve")(deployment.contracts.Vault, MaxUint256)).wait();
		const vault = new Contract(deployment.contracts.Vault, Artifacts.of("Vault").abi, wallet);
		await (await vault.getFunction("deposit")(owners[1], 0, LATE)).wait();
		await chain.mine(deployment.parameters.deadAfterBlocks + 1);
	});
	after(async () => {
		await world.close();
		rmSync(home, { recursive: true, force: true });
	});

	const escape = (...args: readonly string[]): Promise<Ended> =>
		strikeproof(["escape", "--json", "--rpc-url", world.chain.url, "--key", `test/${PLACES.traders}`, ...args], { STRIKEPROOF_HOME: home });
	async function list(): Promise<Listed> {
		const ended = await escape("--list");
		assert.equal(ended.code, 0, ended.error);
		return ended.json as unknown as Listed;
	}
	async function stepsOf(account: number): Promise<string[]> {
		const ended = await escape("--account", String(account));
		assert.equal(ended.code, 0, ended.error);
		return (ended.json.steps as readonly { step: string }[]).map(({ step }) => step);
	}
	const balances = (): Promise<bigint[]> => Promise.all(owners.map((owner) => bridge.usdcOf(owner)));

	it("says in one sentence what it needs to know", async () => {
		const ended = await escape();
		assert.equal(ended.code, 2);
		assert.match(ended.error, /--list .* or --account N/);
	});

	it("lists every account of the confirmed state, and the deposit that it never saw", async () => {
		const { phase, accounts, deposits } = await list();
		assert.equal(phase, "alive");
		assert.deepEqual(
			accounts.map(({ account, owner }) => [account, owner.toLowerCase()]),
			ACCOUNTS.map((account) => [account, owners[account - 1].toLowerCase()]),
		);
		assert.ok(
			accounts.some(({ positions }) => positions.length > 0),
			"somebody holds a position",
		);
		assert.deepEqual(deposits, [{ message: 6, account: 2, owner: owners[1].toLowerCase(), amount: LATE, returned: false }]);
	});

	it("freezes the rollup, shows L1 the prices that only a batch holds, registers, and gives the deposit back", async () => {
		const all: string[][] = [];
		for (const account of ACCOUNTS) all.push(await stepsOf(account));
		const flat = all.flat();
		assert.deepEqual(all[0][0], "freeze");
		assert.deepEqual(
			["freeze", "report", "price", "register", "return_deposit"].map((step) => flat.filter((done) => done === step).length),
			[1, 1, 1, 6, 1],
		);
		const { phase, accounts, deposits } = await list();
		assert.equal(phase, "registration");
		assert.ok(accounts.every(({ registered, claim }) => registered && claim > 0));
		assert.equal(deposits[0].returned, true);
		assert.equal((await balances())[1], BigInt(LATE));
		assert.deepEqual(await stepsOf(2), [], "nothing is due twice");
	});

	it("pays everybody in full after the registration, and keeps the fees", async () => {
		const { accounts } = await list();
		const before = await balances();
		const held = await bridge.vaultBalance();
		const claims = accounts.reduce((sum, { claim }) => sum + BigInt(claim), 0n);
		assert.ok(held >= claims, `the vault holds ${held} for claims of ${claims}`);
		const { registrationEndsAt } = await bridge.freezeState();
		await world.chain.mineAt(registrationEndsAt);
		for (const account of ACCOUNTS) assert.deepEqual(await stepsOf(account), ["escape"]);
		const now = await balances();
		for (const [i, { claim }] of accounts.entries()) assert.equal(now[i] - before[i], BigInt(claim));
		assert.equal(await bridge.vaultBalance(), held - claims);
		assert.deepEqual(await stepsOf(1), []);
	});
});
