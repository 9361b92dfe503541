import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Archive } from "../chain/blobs/Archive.ts";
import { Sources } from "../chain/blobs/Sources.ts";
import type { BlobUrls } from "../chain/blobs/Sources.ts";
import type { ChainProvider, ChainSigner, Sent } from "../chain/Bridge.ts";
import { Bridge, separatorOf } from "../chain/Bridge.ts";
import type { Deployment } from "../chain/Deployment.ts";
import { GameChain } from "../chain/GameChain.ts";
import { L1InboxReader } from "../chain/L1InboxReader.ts";
import { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import * as Genesis from "../executor/Genesis.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";
import * as Kinds from "../machine/state/Kinds.ts";
import * as Messages from "../machine/step/Messages.ts";
import * as Accounts from "../machine/types/Account.ts";
import * as Machines from "../machine/types/Machine.ts";
import * as Series from "../machine/types/Series.ts";
import type { L1Message } from "../ports/Chain.ts";
import type { HistoryStart } from "../ports/History.ts";
import type { Log } from "../ports/Log.ts";
import * as Batch from "../protocol/Batch.ts";
import { MemoryStore } from "../store/MemoryStore.ts";

/** Bytes of a report's payload before its underlying. */
const UNDERLYING_AT = 1;

export type EscapePhase = "alive" | "registration" | "payment";

/** An account of the last confirmed state. Amounts are micro-USDC. */
export type EscapeAccount = {
	readonly account: number;
	readonly owner: string;
	readonly cash: number;
	readonly positions: readonly Accounts.Position[];
	readonly isRegistered: boolean;
	/** What was registered and is not paid yet. */
	readonly claim: number;
};

/** A deposit that the last confirmed state had not executed. */
export type EscapeDeposit = {
	readonly index: number;
	readonly account: number;
	readonly owner: string;
	readonly amount: number;
	readonly isReturned: boolean;
};

export type EscapeList = {
	readonly phase: EscapePhase;
	/** Seconds; 0 before the freeze. */
	readonly registrationEndsAt: number;
	readonly accounts: readonly EscapeAccount[];
	readonly deposits: readonly EscapeDeposit[];
};

export type EscapeStep = { readonly step: "freeze" | "report" | "price" | "register" | "return_deposit" | "escape"; readonly sent: Sent };

/** The way out of a dead exchange with L1 alone: derives the last confirmed state from the inboxes, and proves accounts and deposits against it. */
export class Escape {
	readonly #bridge: Bridge;
	readonly #derived: DerivedExecutor;
	readonly #inbox: L1InboxReader;
	readonly #confirmed: HistoryStart;
	readonly #folder: string;

	private constructor(bridge: Bridge, derived: DerivedExecutor, inbox: L1InboxReader, confirmed: HistoryStart, folder: string) {
		this.#bridge = bridge;
		this.#derived = derived;
		this.#inbox = inbox;
		this.#confirmed = confirmed;
		this.#folder = folder;
	}

	/** Executes the whole inbox. Throws an Error with one sentence when what is confirmed is not what the inbox gives. */
	static async open(provider: ChainProvider, deployment: Deployment, blobs: BlobUrls, warn: Log["warn"]): Promise<Escape> {
		const folder = mkdtempSync(join(tmpdir(), "strikeproof-escape-"));
		const inbox = new L1InboxReader(provider, deployment, Sources.at(new Archive(new MemoryStore()), blobs, warn));
		const derived = await DerivedExecutor.open({
			store: new MemoryStore(),
			leafFile: join(folder, "leaves"),
			inbox,
			genesis: Genesis.cells({
				domainSeparator: separatorOf(deployment, "Vault"),
				reporters: deployment.reporters,
				quorum: deployment.quorum,
				house: deployment.house,
			}),
		});
		await derived.sync();
		const game = await new GameChain(provider, deployment).look();
		const state = game.assertions.get(game.latestConfirmed)?.finalState ?? new Uint8Array(0);
		// The genesis assertion shows no preimage: it is the machine before its first step.
		const confirmed = state.length === 0 ? derived.origin() : { leaf: Keccak.hash(state), state };
		const escape = new Escape(new Bridge(provider, deployment), derived, inbox, confirmed, folder);
		if (!(await derived.proveCell(confirmed, Kinds.GLOBALS, 0))) {
			await escape.close();
			throw new Error("The confirmed state is not one that the inbox gives: nothing can be proven against it.");
		}
		return escape;
	}

	async #phase(): Promise<{ readonly phase: EscapePhase; readonly registrationEndsAt: number }> {
		const { isFrozen, registrationEndsAt } = await this.#bridge.freezeState();
		if (!isFrozen) return { phase: "alive", registrationEndsAt };
		return { phase: (await this.#bridge.time()) < registrationEndsAt ? "registration" : "payment", registrationEndsAt };
	}

	/** Everybody's claims: accounts that hold anything, and deposits behind the confirmed state. */
	async list(): Promise<EscapeList> {
		const accounts: EscapeAccount[] = [];
		const count = await this.#bridge.accountCount();
		for (let account = 1; account <= count; account++) {
			const proof = await this.#derived.proveCell(this.#confirmed, Kinds.ACCOUNTS, account);
			if (!proof || proof.cell.length === 0) continue;
			const { owner, cash, positions } = Accounts.decode(proof.cell);
			const { isRegistered, amount } = await this.#bridge.claimOf(account);
			accounts.push({ account, owner, cash, positions, isRegistered, claim: amount });
		}
		const deposits: EscapeDeposit[] = [];
		for (const { index, payload } of await this.#unexecuted()) {
			const [account, owner, amount] = [Bytes.uint(payload, 0, 3), Bytes.address(payload, 3), Bytes.uint(payload, 23, 8)];
			deposits.push({ index, account, owner, amount, isReturned: await this.#bridge.isReturned(index) });
		}
		return { ...(await this.#phase()), accounts, deposits };
	}

	/**
	 * Does for an account what is due: freezes a dead rollup; while registration is open, shows L1 the prices that its positions need and fixes them, registers it and gives its
	 * deposits back; afterwards has it paid. Anybody may sign. Throws ChainError with the contract's own refusal.
	 */
	async submit(signer: ChainSigner, account: number): Promise<EscapeStep[]> {
		const steps: EscapeStep[] = [];
		const did = async (step: EscapeStep["step"], sent: Promise<Sent>): Promise<void> => void steps.push({ step, sent: await sent });
		if ((await this.#phase()).phase === "alive") await did("freeze", this.#bridge.freeze(signer, this.#confirmed.state));
		const { phase, accounts, deposits } = await this.list();
		const payloads = new Map((await this.#unexecuted()).map(({ index, payload }) => [index, payload]));
		for (const deposit of deposits) {
			if (deposit.account !== account || deposit.isReturned) continue;
			await did("return_deposit", this.#bridge.returnDeposit(signer, deposit.index, payloads.get(deposit.index) as Uint8Array));
		}
		const held = accounts.find((one) => one.account === account);
		if (!held) return steps;
		if (phase === "payment") {
			if (held.claim > 0) await did("escape", this.#bridge.escape(signer, account));
			return steps;
		}
		if (held.isRegistered) return steps;
		for (const series of new Map(held.positions.map((one) => [Series.expirySlotOf(one.series), one.series])).values()) {
			const [underlying, day] = [Series.underlyingOf(series), Series.dayOf(series)];
			if ((await this.#bridge.escapePrice(underlying, day)) > 0n) continue;
			if ((await this.#bridge.feed(underlying)).time === 0) {
				const report = await this.#lastReport(underlying);
				if (report) await did("report", this.#bridge.report(signer, report));
			}
			const expiry = await this.#derived.proveCell(this.#confirmed, Kinds.EXPIRIES, Series.expirySlotOf(series));
			if (expiry) await did("price", this.#bridge.fixPrice(signer, underlying, day, expiry));
		}
		const proof = await this.#derived.proveCell(this.#confirmed, Kinds.ACCOUNTS, account);
		if (proof) await did("register", this.#bridge.register(signer, account, proof));
		return steps;
	}

	/** Deposits behind the confirmed state. */
	async #unexecuted(): Promise<readonly L1Message[]> {
		const { l1Index } = Machines.decode(this.#confirmed.state).cursor;
		const messages = await this.#inbox.messages(l1Index, await this.#inbox.messageCount());
		return messages.filter(({ kind }) => kind === Machines.DEPOSIT);
	}

	/** The last report of an underlying in any batch: L1's oracle judges its signatures. */
	async #lastReport(underlying: number): Promise<Uint8Array | undefined> {
		let last: Uint8Array | undefined;
		for (const { content } of await this.#inbox.batches(0, await this.#inbox.batchCount())) {
			for (let at = 0; at < content.length;) {
				const record = Batch.readRecord(content, 0, at, content.length);
				if (!record.ok) break;
				at = record.payloadAt + record.length;
				const payload = content.subarray(record.payloadAt, at);
				if (payload[0] === Messages.REPORT && payload[UNDERLYING_AT] === underlying) last = payload;
			}
		}
		return last;
	}

	async close(): Promise<void> {
		await this.#derived.close();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
