// The bridge's contracts around a genesis of one's own: an AssertionChain that holds it, and a key in its place where the outbox listens.

import { getBytes, hexlify, keccak256, toUtf8Bytes } from "ethers";
import type { Contract, HDNodeWallet, TransactionReceipt } from "ethers";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { DEVNET } from "../../src/chain/Deployment.ts";
import { Forest } from "../../src/machine/state/Forest.ts";
import * as Kinds from "../../src/machine/state/Kinds.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import * as Accounts from "../../src/machine/types/Account.ts";
import * as Expiries from "../../src/machine/types/Expiry.ts";
import * as Machines from "../../src/machine/types/Machine.ts";
import * as Series from "../../src/machine/types/Series.ts";
import { L1, send } from "../chain/l1.ts";

export const DEAD_AFTER_BLOCKS = 100;
export const UNSERVED_SECONDS = 1000;
export const REGISTRATION_SECONDS = 500;
const DOMAIN = keccak256(toUtf8Bytes("a domain"));

/** An expiry that the machine of the genesis holds; settled where its price is not 0. */
export type Settled = { readonly underlying: number; readonly day: number; readonly settlementPrice: number };

export class Bridge {
	readonly l1: L1;
	readonly forest = new Forest();
	readonly cells: readonly Uint8Array[];
	/** Preimage of the genesis. */
	readonly finalState: Uint8Array;
	usdc!: Contract;
	inbox!: Contract;
	oracle!: Contract;
	vault!: Contract;
	outbox!: Contract;
	hatch!: Contract;
	assertions!: Contract;
	/** Stands where the outbox expects the assertion chain. */
	assertionChainKey!: HDNodeWallet;
	reporter!: HDNodeWallet;

	readonly #expiries = new Map<number, Uint8Array>();

	private constructor(l1: L1, accounts: readonly Accounts.Account[], cursor: Machines.Cursor, settled: readonly Settled[]) {
		this.l1 = l1;
		for (const { underlying, day, settlementPrice } of settled) {
			const cell = Expiries.encode({ ...Expiries.empty(), day, settlementPrice });
			this.#expiries.set(Series.slotOf(underlying, day), cell);
			this.forest.set(Kinds.EXPIRIES, Series.slotOf(underlying, day), cell);
		}
		this.cells = accounts.map((account) => Accounts.encode(account));
		for (const [i, cell] of this.cells.entries()) this.forest.set(Kinds.ACCOUNTS, i + 1, cell);
		this.finalState = Machines.encode({ ...Machines.initial(), cursor }, this.forest.stateRoot(), this.forest.outboxRoot());
	}

	/** The genesis holds these accounts, from number 1 on, and has consumed what the cursor says. */
	static async deploy(
		accounts: readonly Accounts.Account[],
		cursor = Machines.initial().cursor,
		settled: readonly Settled[] = [],
	): Promise<Bridge> {
		const bridge = new Bridge(await L1.start(), accounts, cursor, settled);
		const { l1 } = bridge;
		bridge.assertionChainKey = await l1.wallet(20);
		bridge.reporter = await l1.wallet(21);
		const nobody = bridge.reporter.address;
		const at = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((ahead) => l1.nextAddress(ahead)));
		const [usdc, inbox, sequencerInbox, oracle, assertionChain, vault, outbox, hatch] = at;
		const config = [nobody, 16, 100, 5, 2, BigInt(DEVNET.bond), BigInt(DEVNET.refundCap)];
		bridge.usdc = await l1.deploy("MockUSDC", []);
		bridge.inbox = await l1.deploy("Inbox", [vault]);
		await l1.deploy("SequencerInbox", [inbox, nobody, 300, 300, 1]);
		bridge.oracle = await l1.deploy("PriceOracle", [DOMAIN, [bridge.reporter.address], 1]);
		const genesis = keccak256(bridge.finalState);
		bridge.assertions = await l1.deploy("AssertionChain", [nobody, sequencerInbox, outbox, nobody, config, [0, 0], genesis]);
		bridge.vault = await l1.deploy("Vault", [usdc, inbox, outbox, hatch]);
		bridge.outbox = await l1.deploy("Outbox", [bridge.assertionChainKey.address, vault, hatch]);
		bridge.hatch = await l1.deploy("EscapeHatch", [
			assertionChain,
			vault,
			oracle,
			inbox,
			sequencerInbox,
			DEAD_AFTER_BLOCKS,
			UNSERVED_SECONDS,
			REGISTRATION_SECONDS,
		]);
		return bridge;
	}

	/** Reports one price through the last half hour before an expiry, until it is fixed. */
	async settle(underlying: number, expiry: number, indexPrice: number): Promise<void> {
		if ((await this.l1.now()) < expiry) await this.l1.at(expiry + 60);
		for (let time = expiry - 1860; time < expiry + 60; time += 60) await this.report(underlying, time, indexPrice);
	}

	async report(underlying: number, time: number, indexPrice: number): Promise<void> {
		const report = { underlying, time, indexPrice, confidence: 0, surfaces: [], surfaceBytes: Encoding.surfaces([]), signers: 1 };
		const digest = Messages.reportDigest(getBytes(DOMAIN), { ...report, signatures: [] });
		const signatures = [await new KeySigner(this.reporter.privateKey).sign(digest)];
		await send(this.oracle, this.reporter, "report", [hexlify(Encoding.report({ ...report, signatures }))]);
	}

	/** Fixes the price of a day at the escape hatch by the expiry's cell, which the genesis holds where `expiries` was given one. */
	async fixPrice(underlying: number, day: number, cell = this.expiryOf(underlying, day)): Promise<TransactionReceipt> {
		const siblings = this.forest.siblings(Kinds.EXPIRIES, Series.slotOf(underlying, day));
		return send(this.hatch, this.reporter, "fixPrice", [underlying, day, cell, siblings, this.forest.kindRoots()]);
	}

	expiryOf(underlying: number, day: number): Uint8Array {
		return this.#expiries.get(Series.slotOf(underlying, day)) ?? new Uint8Array(0);
	}

	/** Takes money out of a contract as if it had been lost. */
	async drain(from: string, amount: number): Promise<void> {
		const { provider } = this.l1.chain;
		await provider.send("hardhat_impersonateAccount", [from]);
		await provider.send("hardhat_setBalance", [from, "0xde0b6b3a7640000"]);
		const data = this.usdc.interface.encodeFunctionData("transfer", [this.reporter.address, amount]);
		const hash = (await provider.send("eth_sendTransaction", [{ from, to: await this.usdc.getAddress(), data }])) as string;
		await provider.waitForTransaction(hash);
	}

	async close(): Promise<void> {
		await this.l1.close();
	}
}
