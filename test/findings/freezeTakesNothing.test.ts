// A freeze once took two things: withdrawals that a confirmed assertion owed but nobody had claimed yet, and the whole account of everybody who held a
// position whose expiry came after the registration.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ZeroAddress } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { DEVNET } from "../../src/chain/Deployment.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import { lotsPerUnit, tickSize } from "../../src/machine/Constants.ts";
import { Forest } from "../../src/machine/state/Forest.ts";
import * as Kinds from "../../src/machine/state/Kinds.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import * as Accounts from "../../src/machine/types/Account.ts";
import * as Machines from "../../src/machine/types/Machine.ts";
import * as Series from "../../src/machine/types/Series.ts";
import * as Withdrawal from "../../src/protocol/Withdrawal.ts";
import { L1, START, refuses, send } from "../chain/l1.ts";

const USDC = 1_000_000;
const DEAD_AFTER_BLOCKS = 100;
const REGISTRATION_SECONDS = 1000;
/** In USDC. */
const STRIKE = 20_000;
const LOTS = 10;
/** Expires long after the registration. */
const CALL = Series.make(0, Math.floor(START / 86_400) + 200, Series.CALL, (STRIKE * USDC) / tickSize(0));
const DOMAIN = Keccak.hashText("domain of the vault");

describe("given a frozen rollup with open positions and withdrawals that are confirmed but not claimed", () => {
	let l1: L1;
	let usdc: Contract;
	let outbox: Contract;
	let hatch: Contract;
	let vault: Contract;
	let oracle: Contract;
	let reporter: HDNodeWallet;
	let anybody: HDNodeWallet;
	const state = new Forest();
	const long = "0x00000000000000000000000000000000000000aa";
	const short = "0x00000000000000000000000000000000000000bb";
	const cells = [long, short].map((owner, i) =>
		Accounts.encode({ ...Accounts.empty(), owner, cash: [100, 300][i] * USDC, positions: [{ series: CALL, size: [LOTS, -LOTS][i] }] }),
	);
	const withdrawals = [30, 20].map((amount, index) => ({ index, account: 1, recipient: long, amount: amount * USDC }));

	before(async () => {
		l1 = await L1.start();
		[reporter, anybody] = await Promise.all([l1.wallet(10), l1.wallet(11)]);
		for (const [i, cell] of cells.entries()) state.set(Kinds.ACCOUNTS, i + 1, cell);
		for (const { index, account, recipient, amount } of withdrawals)
			state.set(Kinds.OUTBOX, index, Withdrawal.leaf(index, account, recipient, amount));
		const preimage = Machines.encode(Machines.initial(), state.stateRoot(), state.outboxRoot());
		await deployAround(Keccak.hash(preimage));
		const amount = 450 * USDC;
		await send(usdc, anybody, "mint", [anybody.address, amount]);
		await send(usdc, anybody, "approve", [await vault.getAddress(), amount]);
		await send(vault, anybody, "deposit", [anybody.address, 0, amount]);
		await report(START + 3600, 21_000 * USDC);
		await l1.chain.mine(DEAD_AFTER_BLOCKS + 1);
		await send(hatch, anybody, "freeze", [preimage]);
	});
	after(() => l1.close());

	/** The bridge with everything that it reads, and an assertion chain whose genesis is this state. */
	async function deployAround(genesis: Uint8Array): Promise<void> {
		const at = await Promise.all(Array.from({ length: 10 }, (_, i) => l1.nextAddress(i)));
		const [usdcAt, registryAt, inboxAt, sequencerInboxAt, oracleAt, challengesAt, assertionsAt, vaultAt, outboxAt, hatchAt] = at;
		const { height, challengePeriodBlocks, gracePeriodBlocks, minimumPeriodBlocks, bond, refundCap } = DEVNET;
		const config = { verifier: anybody.address, height, challengePeriodBlocks, gracePeriodBlocks, minimumPeriodBlocks, bond, refundCap };
		usdc = await l1.deploy("MockUSDC", []);
		await l1.deploy("StakeRegistry", [ZeroAddress, ZeroAddress, 1, 1, [], []]);
		await l1.deploy("Inbox", [vaultAt]);
		await l1.deploy("SequencerInbox", [inboxAt, registryAt, 300, 300, 1]);
		oracle = await l1.deploy("PriceOracle", [DOMAIN, [reporter.address], 1]);
		await l1.deploy("ChallengeManager", [assertionsAt]);
		const budget = { censorshipBlocks: 0, delayBlocks: 0 };
		await l1.deploy("AssertionChain", [challengesAt, sequencerInboxAt, outboxAt, anybody.address, config, budget, genesis]);
		vault = await l1.deploy("Vault", [usdcAt, inboxAt, outboxAt, hatchAt]);
		// The deployer stands for the assertion chain, which confirms this root.
		outbox = await l1.deploy("Outbox", [l1.deployer.address, vaultAt, hatchAt]);
		const limits = [DEAD_AFTER_BLOCKS, 1_000_000, REGISTRATION_SECONDS];
		hatch = await l1.deploy("EscapeHatch", [assertionsAt, vaultAt, oracleAt, inboxAt, sequencerInboxAt, ...limits]);
		await send(outbox, l1.deployer, "acceptRoot", [state.outboxRoot()]);
	}

	async function report(time: number, indexPrice: number): Promise<void> {
		const unsigned = { underlying: 0, time, indexPrice, confidence: 0, surfaces: [], surfaceBytes: Encoding.surfaces([]), signers: 1 };
		const digest = Messages.reportDigest(DOMAIN, { ...unsigned, signatures: [] });
		const signatures = [await new KeySigner(reporter.privateKey).sign(digest)];
		await l1.at(Math.max(time, (await l1.now()) + 1));
		await send(oracle, anybody, "report", [Encoding.report({ ...unsigned, signatures })]);
	}

	async function register(account: number): Promise<void> {
		const proof = [state.siblings(Kinds.ACCOUNTS, account), state.kindRoots()];
		await send(hatch, anybody, "register", [account, cells[account - 1], ...proof]);
	}

	function claim(index: number): Promise<unknown> {
		const { account, recipient, amount } = withdrawals[index];
		const proof = state.siblings(Kinds.OUTBOX, index);
		return send(outbox, anybody, "claim", [state.outboxRoot(), index, account, recipient, amount, proof]);
	}

	async function balanceOf(owner: string): Promise<number> {
		return Number((await usdc.getFunction("balanceOf")(owner)) as bigint);
	}

	it("pays a confirmed withdrawal while accounts register", async () => {
		await claim(0);
		assert.equal(await balanceOf(long), 30 * USDC);
	});

	it("values an option that no settlement price is fixed for at its intrinsic value, and both sides at one price", async () => {
		const intrinsic = ((21_000 - STRIKE) * USDC * LOTS) / lotsPerUnit(0);
		const day = Series.dayOf(CALL);
		const proof = [new Uint8Array(0), state.siblings(Kinds.EXPIRIES, Series.slotOf(0, day)), state.kindRoots()];
		await send(hatch, anybody, "fixPrice", [0, day, ...proof]);
		await register(1);
		// A report after the price is fixed moves nothing: who comes second may not choose.
		await report(START + 4000, 25_000 * USDC);
		await register(2);
		for (const [account, cash] of [
			[1, 100 * USDC + intrinsic],
			[2, 300 * USDC - intrinsic],
		]) {
			const { amount } = (await hatch.getFunction("claims")(account)) as { amount: bigint };
			assert.equal(Number(amount), cash);
		}
		assert.equal(Number((await hatch.getFunction("totalClaims")()) as bigint), 400 * USDC);
	});

	it("pays no withdrawal once the ratio of escapes is fixed", async () => {
		await l1.at((await l1.now()) + REGISTRATION_SECONDS);
		await refuses(claim(1), outbox.interface, "RollupFrozen");
		assert.equal(await outbox.getFunction("isClaimed")(1), false);
	});

	it("pays everybody in full, because the vault holds what is owed", async () => {
		const before = await balanceOf(long);
		await send(hatch, anybody, "escape", [1]);
		await send(hatch, anybody, "escape", [2]);
		assert.equal((await balanceOf(long)) - before + (await balanceOf(short)), 400 * USDC);
		assert.equal(await balanceOf(await vault.getAddress()), 20 * USDC);
	});
});
