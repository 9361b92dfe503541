// A random program of everything that anybody may call at vault, outbox, oracle and escape hatch, against a model that says of every call whether it is refused, and what must hold after each.

import assert from "node:assert/strict";
import { MaxUint256, ZeroAddress, hexlify } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { lotsPerUnit } from "../../src/machine/Constants.ts";
import * as Kinds from "../../src/machine/state/Kinds.ts";
import { Tree } from "../../src/machine/state/Tree.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Settlement from "../../src/machine/step/Settlement.ts";
import * as Accounts from "../../src/machine/types/Account.ts";
import * as Series from "../../src/machine/types/Series.ts";
import { Random } from "../../src/market/Random.ts";
import * as Withdrawal from "../../src/protocol/Withdrawal.ts";
import { START, refusalIn, send } from "../chain/l1.ts";
import { Bridge, DEAD_AFTER_BLOCKS, UNSERVED_SECONDS } from "./bridge.ts";

const DAY = START / 86_400;
const EXPIRIES = [DAY, DAY + 1];
const [STRIKE, PRICE] = [10_000, 10_123_000_000];
const HOLDERS = 6;
const USDC = 1_000_000;
/** Deposits that the genesis says it executed. */
const EXECUTED = 2;
/** The calls that make things late: without them hardly anything ever dies. */
const SOON = 40;

type Deposit = { readonly payload: Uint8Array; readonly owner: string; readonly amount: bigint; isReturned: boolean };
type Leaf = { readonly account: number; readonly recipient: string; readonly amount: bigint; payee: string; isClaimed: boolean };

const toHexAddress = (place: number): string => testWallet(place).address.toLowerCase();
const OWNERS = Array.from({ length: HOLDERS }, (_, i) => toHexAddress(40 + i));

/** Accounts whose positions are each other's: at whatever price, what one gains the others lose. The last owns more than one account. */
function accountsOf(random: Random): Accounts.Account[] {
	const accounts = Array.from({ length: HOLDERS }, (_, i) => ({
		...Accounts.empty(),
		owner: OWNERS[Math.min(i, HOLDERS - 2)],
		cash: random.below(3) === 0 ? 1 + random.below(5) : 900 * USDC + random.below(USDC),
		positions: [] as Accounts.Position[],
	}));
	for (const day of EXPIRIES) {
		for (const kind of [Series.CALL, Series.PUT]) {
			const series = Series.make(1, day, kind, STRIKE);
			const [long, short] = [random.below(HOLDERS), random.below(HOLDERS)];
			const size = 1 + random.below(40);
			// Who is short can pay it; who owns cents owes nothing.
			if (long === short || accounts[short].cash < USDC) continue;
			accounts[long].positions.push({ series, size });
			accounts[short].positions.push({ series, size: -size });
		}
	}
	return accounts;
}

export class Program {
	readonly bridge: Bridge;
	readonly #random: Random;
	readonly #accounts: readonly Accounts.Account[];
	readonly #anybody: HDNodeWallet;
	readonly #people: readonly HDNodeWallet[];
	readonly #vault: string;
	/** What the vault lost before it began: 0 where everybody must be paid in full. */
	readonly loss: bigint;
	readonly #deposits = new Map<number, Deposit>();
	readonly #opened = new Map<string, number>();
	readonly #leaves: Leaf[] = [];
	readonly #tree = new Tree(Withdrawal.DEPTH);
	readonly #roots: { readonly root: string; readonly count: number; readonly proofs: readonly (readonly Uint8Array[])[] }[] = [];
	readonly #paid = new Map<string, bigint>();
	readonly #fixed = new Map<string, bigint>();
	readonly #prices = new Map<number, bigint>();
	readonly #claims = new Map<number, bigint>();
	readonly #escaped = new Set<number>();
	#held = 0n;
	#messages = 0;
	#firstForced = 0;
	#reported = 0;
	#index = PRICE;
	#isFrozen = false;
	#endsAt = 0;
	#pool: bigint | undefined;
	#total = 0n;
	#owed = 0n;
	readonly done = new Map<string, number>();
	readonly refused = new Map<string, number>();

	private constructor(
		bridge: Bridge,
		random: Random,
		accounts: readonly Accounts.Account[],
		people: readonly HDNodeWallet[],
		vault: string,
		loss: bigint,
	) {
		this.bridge = bridge;
		this.#random = random;
		this.#accounts = accounts;
		[this.#anybody] = people;
		this.#people = people;
		this.#vault = vault;
		this.loss = loss;
	}

	static async begin(seed: number): Promise<Program> {
		const random = new Random(seed);
		const accounts = accountsOf(random);
		const bridge = await Bridge.deploy(accounts, { batch: 1, l1Index: EXECUTED, offset: 0, item: 0 });
		const people = await Promise.all(Array.from({ length: HOLDERS }, (_, i) => bridge.l1.wallet(40 + i)));
		const vault = await bridge.vault.getAddress();
		const loss = random.below(2) === 0 ? 0n : BigInt(1 + random.below(500 * USDC));
		const program = new Program(bridge, random, accounts, people, vault, loss);
		for (const person of people) {
			await send(bridge.usdc, person, "mint", [person.address, 10 ** 12]);
			await send(bridge.usdc, person, "approve", [vault, MaxUint256]);
			program.#paid.set(person.address.toLowerCase(), 10n ** 12n);
		}
		for (let i = 0; i < EXECUTED; i++) await program.#deposit(10 * USDC);
		// The accounts hold the deposits that were executed; what the vault lacks of them is its loss.
		const cash = accounts.reduce((sum, account) => sum + BigInt(account.cash), 0n);
		const held = cash - loss - program.#held;
		await send(bridge.usdc, people[0], "mint", [vault, held]);
		program.#held += held;
		await bridge.report(1, START, PRICE);
		program.#reported = START;
		await program.check();
		return program;
	}

	async step(): Promise<void> {
		const steps: [string, number, () => Promise<void>][] = [
			["deposit", 3, () => this.#deposit(this.#random.below(8) === 0 ? 0 : 1 + this.#random.below(50 * USDC))],
			["force", 1, () => this.#force()],
			["accept", 2, () => this.#accept()],
			["claim", 4, () => this.#claim()],
			["transfer", 3, () => this.#transfer()],
			["report", 3, () => this.#report()],
			["hold", 1, () => this.#hold()],
			["wait", 2, () => this.#wait()],
			["freeze", this.done.has("wait") ? 2 : 1, () => this.#freeze()],
			["price", 3, () => this.#price()],
			["register", 5, () => this.#register()],
			["escape", 4, () => this.#escape(1 + this.#random.below(HOLDERS))],
			["return", 4, () => this.#return(this.#random.below(this.#messages + 1))],
		];
		let at = this.#random.below(steps.reduce((sum, [, weight]) => sum + weight, 0));
		const [, , step] = steps.find(([, weight]) => (at -= weight) < 0) as (typeof steps)[number];
		await step();
		await this.check();
	}

	/** Whatever was done before: it dies, everybody comes who has something, and all are paid. */
	async finish(): Promise<void> {
		const { chain } = this.bridge.l1;
		await chain.mine(DEAD_AFTER_BLOCKS + 1);
		if (!this.#isFrozen) await this.#freeze();
		if ((await this.#next()) < this.#endsAt) {
			for (let i = 0; i < this.#leaves.length; i++) await this.#claim(i);
			for (const day of EXPIRIES) await this.#price(day);
			for (let account = 1; account <= HOLDERS; account++) await this.#register(account);
			await this.check();
			for (const index of this.#deposits.keys()) if (this.#random.below(2) === 0) await this.#return(index);
			await chain.mineAt(this.#endsAt);
		}
		for (let account = 1; account <= HOLDERS; account++) await this.#escape(account);
		for (const index of this.#deposits.keys()) await this.#return(index);
		await this.check();
		assert.equal(this.#escaped.size, this.#claims.size, "everybody who registered was paid");
		if (this.loss === 0n) {
			for (const [index, { isReturned }] of this.#deposits) assert.ok(isReturned || index < EXECUTED, `deposit ${index} came back`);
			for (const [account, worth] of this.#claims) assert.ok(worth > 0n && this.#escaped.has(account));
		}
	}

	/** What must hold after every call. */
	async check(): Promise<void> {
		const { usdc, hatch, oracle, vault } = this.bridge;
		assert.equal(
			await usdc.getFunction("balanceOf")(this.#vault),
			this.#held,
			"the vault holds what came in and was not paid, to the unit",
		);
		for (const [who, amount] of this.#paid)
			assert.equal(await usdc.getFunction("balanceOf")(who), amount, `${who} has what he was paid, once`);
		assert.equal(await hatch.getFunction("owed")(), this.#owed);
		assert.ok(this.#held >= this.#owed, "the vault covers what is owed to registered claims");
		assert.equal(await hatch.getFunction("totalClaims")(), this.#total);
		assert.equal(await vault.getFunction("accountCount")(), BigInt(this.#opened.size));
		if (this.loss === 0n) assert.ok(this.#held >= this.#liabilities(), "a vault without a loss covers everything that anybody may ask for");
		for (const day of EXPIRIES) {
			const price = (await oracle.getFunction("settlementPrice")(1, day)) as bigint;
			const before = this.#fixed.get(`oracle/${day}`) ?? 0n;
			assert.ok(before === 0n || price === before, "a price that is fixed never changes");
			if (price !== 0n) this.#fixed.set(`oracle/${day}`, price);
			assert.equal(await hatch.getFunction("priceOf")(1, day), this.#prices.get(day) ?? 0n);
		}
	}

	/** Money that somebody may still ask for: withdrawals of confirmed roots, deposits that were not executed, and accounts as they are now. */
	#liabilities(): bigint {
		const isOpen = !this.#isFrozen || this.#pool === undefined;
		let sum = 0n;
		if (isOpen) for (const leaf of this.#leaves.slice(0, this.#confirmed)) sum += leaf.isClaimed ? 0n : leaf.amount;
		for (const [index, { amount, isReturned }] of this.#deposits) if (index >= EXECUTED && !isReturned) sum += amount;
		for (let account = 1; account <= HOLDERS; account++) {
			if (this.#escaped.has(account)) continue;
			const claim = this.#claims.get(account);
			sum += claim ?? (this.#pool === undefined ? this.#worthOf(account) : 0n);
		}
		return sum;
	}

	get #confirmed(): number {
		return this.#roots.at(-1)?.count ?? 0;
	}

	/** A call that must go through where the model knows no reason why not, and be refused by this error where it does. */
	async #expect(name: string, reason: string | undefined, call: () => Promise<unknown>, contract: Contract): Promise<boolean> {
		let failure: unknown;
		try {
			await call();
		} catch (error) {
			failure = error;
		}
		const codes = [contract, this.bridge.vault, this.bridge.usdc].map((one) => one.interface);
		const actual = failure === undefined ? undefined : (refusalIn(failure, codes) ?? String(failure));
		assert.equal(actual, reason, `${name} is ${reason === undefined ? "taken" : `refused by ${reason}`}`);
		const counts = actual === undefined ? this.done : this.refused;
		counts.set(name, (counts.get(name) ?? 0) + 1);
		return actual === undefined;
	}

	/** Time of the next block, which is a second after the last whatever the clock on the wall says. */
	async #next(): Promise<number> {
		const time = (await this.bridge.l1.now()) + 1;
		await this.bridge.l1.at(time);
		return time;
	}

	#pay(to: string, amount: bigint): void {
		this.#held -= amount;
		if (to.toLowerCase() === this.#vault.toLowerCase()) this.#held += amount;
		else this.#paid.set(to.toLowerCase(), (this.#paid.get(to.toLowerCase()) ?? 0n) + amount);
	}

	async #deposit(amount: number): Promise<void> {
		const { vault } = this.bridge;
		const payer = this.#random.pick(this.#people);
		const [owner, subaccount] = [this.#random.pick(OWNERS), this.#random.below(2)];
		const reason = amount === 0 ? "ZeroAmount" : this.#isFrozen ? "RollupFrozen" : undefined;
		if (!(await this.#expect("deposit", reason, () => send(vault, payer, "deposit", [owner, subaccount, amount]), vault))) return;
		const key = `${owner}/${subaccount}`;
		const account = this.#opened.get(key) ?? this.#opened.size + 1;
		this.#opened.set(key, account);
		this.#deposits.set(this.#messages, {
			payload: Encoding.deposit(account, owner, amount),
			owner,
			amount: BigInt(amount),
			isReturned: false,
		});
		this.#messages += 1;
		if (this.#firstForced === 0) this.#firstForced = await this.bridge.l1.now();
		this.#held += BigInt(amount);
		this.#pay(payer.address, 0n);
		this.#paid.set(payer.address.toLowerCase(), (this.#paid.get(payer.address.toLowerCase()) as bigint) - BigInt(amount));
	}

	/** A forced message that reads like somebody's deposit. */
	async #force(): Promise<void> {
		const payload = Encoding.deposit(1, this.#random.pick(OWNERS), 500 * USDC);
		await send(this.bridge.inbox, this.#anybody, "force", [payload]);
		this.#messages += 1;
		if (this.#firstForced === 0) this.#firstForced = await this.bridge.l1.now();
	}

	/** Withdrawals that left their accounts before the confirmed state, so the vault holds their money beside it. Some go to who cannot be paid. */
	async #accept(): Promise<void> {
		const { outbox, usdc, assertionChainKey } = this.bridge;
		for (let i = 1 + this.#random.below(3); i > 0; i--) {
			const recipient = this.#random.pick([...OWNERS, ZeroAddress, this.#vault.toLowerCase()]);
			const [index, account, amount] = [this.#leaves.length, 1 + this.#random.below(HOLDERS), this.#random.below(5 * USDC)];
			this.#leaves.push({ account, recipient, amount: BigInt(amount), payee: recipient, isClaimed: false });
			this.#tree.set(index, Withdrawal.leaf(index, account, recipient, amount));
			if (!this.#isFrozen) {
				await send(usdc, this.#anybody, "mint", [this.#vault, amount]);
				this.#held += BigInt(amount);
			}
		}
		const root = hexlify(this.#tree.root);
		await send(outbox, assertionChainKey, "acceptRoot", [root]);
		assert.equal(await outbox.getFunction("isAccepted")(root), !this.#isFrozen, "what is confirmed after the freeze is not paid");
		if (this.#isFrozen) this.#leaves.splice(this.#confirmed);
		else this.#roots.push({ root, count: this.#leaves.length, proofs: this.#leaves.map((_, index) => this.#tree.siblings(index)) });
		// The tree goes back with it.
		if (this.#isFrozen) for (let index = this.#confirmed; index < this.#confirmed + 3; index++) this.#tree.set(index, new Uint8Array(32));
	}

	async #claim(index = this.#random.below(this.#confirmed + 1)): Promise<void> {
		const { outbox } = this.bridge;
		const found = this.#roots.filter(({ count }) => index < count);
		const leaf = this.#leaves[index] as Leaf | undefined;
		if (!leaf || found.length === 0) return;
		const { root, proofs } = this.#random.pick(found);
		const [isLate, isForged] = [this.#isFrozen && (await this.#next()) >= this.#endsAt, this.#random.below(6) === 0];
		const amount = leaf.amount + (isForged ? 1n : 0n);
		const isLoss = this.#held < amount;
		let reason: string | undefined;
		if (isLate) reason = "RollupFrozen";
		else if (leaf.isClaimed) reason = "AlreadyClaimed";
		else if (isForged) reason = "WrongProof";
		else if (leaf.payee === ZeroAddress) reason = "ERC20InvalidReceiver";
		else if (isLoss) reason = "ERC20InsufficientBalance";
		const args = [root, index, leaf.account, leaf.recipient, amount, proofs[index]];
		if (!(await this.#expect("claim", reason, () => send(outbox, this.#random.pick(this.#people), "claim", args), outbox))) return;
		leaf.isClaimed = true;
		this.#pay(leaf.payee, leaf.amount);
	}

	async #transfer(): Promise<void> {
		const { outbox } = this.bridge;
		if (this.#leaves.length === 0) return;
		const index = this.#random.below(this.#leaves.length);
		const leaf = this.#leaves[index];
		const own = this.#people.find(({ address }) => address.toLowerCase() === leaf.payee);
		const who = own && this.#random.below(2) === 0 ? own : this.#random.pick(this.#people);
		const to = this.#random.pick(OWNERS);
		const reason = leaf.isClaimed ? "AlreadyClaimed" : who.address.toLowerCase() === leaf.payee ? undefined : "NotPayee";
		const call = (): Promise<unknown> => send(outbox, who, "transferClaim", [index, leaf.recipient, to]);
		if (await this.#expect("transfer", reason, call, outbox)) leaf.payee = to;
	}

	/** A report now, or late by a while; the oracle's own windows are held by its tests, so its answer is taken and looked at. */
	async #report(): Promise<void> {
		const now = await this.#next();
		const time = now - (this.#random.below(3) === 0 ? this.#random.below(7200) : 0);
		const price = PRICE + this.#random.below(200 * USDC) - 100 * USDC;
		const isStale = time <= this.#reported;
		try {
			await this.bridge.report(1, time, price);
		} catch (error) {
			assert.match(String(error), isStale ? /StaleReport/ : /ReportLeavesGap/);
			this.refused.set("report", (this.refused.get("report") ?? 0) + 1);
			return;
		}
		assert.ok(!isStale);
		[this.#reported, this.#index] = [time, price];
		this.done.set("report", (this.done.get("report") ?? 0) + 1);
	}

	async #hold(): Promise<void> {
		const day = this.#random.pick(EXPIRIES);
		const before = this.#fixed.get(`oracle/${day}`);
		const isEarly = (await this.#next()) < Series.expiryTimeOf(day) + 86_400;
		try {
			await send(this.bridge.oracle, this.#anybody, "fixHeld", [1, day]);
		} catch (error) {
			assert.match(String(error), isEarly ? /TooEarlyToHold/ : /NothingToHold/);
			return;
		}
		assert.ok(!isEarly && before === undefined, "it is held once, and a day after the expiry");
		this.done.set("hold", (this.done.get("hold") ?? 0) + 1);
	}

	async #wait(): Promise<void> {
		const { l1 } = this.bridge;
		const [seconds, blocks] = [this.#random.pick([20, 60, 400, 1800, 20_000, 90_000]), 1 + this.#random.below(SOON)];
		// The time in which accounts register passes in small steps: what happens within it is what counts.
		const isRegistration = this.#isFrozen && (await l1.now()) < this.#endsAt;
		await l1.chain.mineAt((await l1.now()) + (isRegistration ? Math.min(seconds, 200) : seconds));
		await l1.chain.mine(this.#isFrozen ? 1 : blocks);
		this.done.set("wait", (this.done.get("wait") ?? 0) + 1);
	}

	async #freeze(): Promise<void> {
		const { hatch, l1, finalState } = this.bridge;
		const lastConfirmed = Number(await this.#lastConfirmedBlock());
		const isDead = (await l1.chain.provider.getBlockNumber()) + 1 > lastConfirmed + DEAD_AFTER_BLOCKS;
		const isUnserved = this.#messages > 0 && (await this.#next()) > this.#firstForced + UNSERVED_SECONDS;
		const reason = this.#isFrozen ? "AlreadyFrozen" : isDead || isUnserved ? undefined : "NotDead";
		const call = (): Promise<unknown> => send(hatch, this.#random.pick(this.#people), "freeze", [hexlify(finalState)]);
		if (!(await this.#expect("freeze", reason, call, hatch))) return;
		this.#isFrozen = true;
		this.#endsAt = Number(await hatch.getFunction("registrationEndsAt")());
		assert.equal(await hatch.getFunction("indexAtFreeze")(1), BigInt(this.#index));
		this.#fixed.set("freeze", BigInt(this.#index));
	}

	async #lastConfirmedBlock(): Promise<bigint> {
		const chain = this.bridge.assertions;
		return (await chain.getFunction("lastConfirmedBlock")()) as bigint;
	}

	async #price(day = this.#random.pick(EXPIRIES)): Promise<void> {
		const { hatch } = this.bridge;
		const reason = !this.#isFrozen ? "NotFrozen" : this.#prices.has(day) ? "AlreadyFixed" : undefined;
		if (!(await this.#expect("price", reason, () => this.bridge.fixPrice(1, day), hatch))) return;
		this.#prices.set(day, this.#fixed.get(`oracle/${day}`) ?? (this.#fixed.get("freeze") as bigint));
	}

	/** Of an account, at the prices that are fixed, or at any other before: its positions are others' too, so the sum is the same. */
	#worthOf(account: number): bigint {
		const { cash, positions } = this.#accounts[account - 1];
		let worth = BigInt(cash);
		for (const { series, size } of positions) {
			const price = this.#prices.get(Series.dayOf(series));
			if (price === undefined) continue;
			const value = BigInt(size) * BigInt(Settlement.intrinsic(series, Number(price)));
			const lots = BigInt(lotsPerUnit(1));
			// Down for whoever holds it, long or short.
			worth += value >= 0n ? value / lots : -((-value + lots - 1n) / lots);
		}
		return worth;
	}

	async #register(account = 1 + this.#random.below(HOLDERS)): Promise<void> {
		const { hatch, forest, cells } = this.bridge;
		const isPriced = this.#accounts[account - 1].positions.every(({ series }) => this.#prices.has(Series.dayOf(series)));
		const isForged = this.#random.below(6) === 0;
		let reason: string | undefined;
		if (!this.#isFrozen) reason = "NotFrozen";
		else if ((await this.#next()) >= this.#endsAt) reason = "RegistrationOver";
		else if (this.#claims.has(account)) reason = "AlreadyRegistered";
		else if (isForged) reason = "WrongProof";
		else if (!isPriced) reason = "NotSettled";
		else if (this.#worthOf(account) <= 0n) reason = "NothingOwed";
		const cell = isForged ? Accounts.encode({ ...this.#accounts[account - 1], cash: 10 ** 9 + account }) : cells[account - 1];
		const args = [account, cell, forest.siblings(Kinds.ACCOUNTS, account), forest.kindRoots()];
		if (!(await this.#expect("register", reason, () => send(hatch, this.#anybody, "register", args), hatch))) {
			// A forgery must not keep the true one out.
			if (isForged) assert.equal(await hatch.getFunction("isRegistered")(account), this.#claims.has(account));
			return;
		}
		this.#claims.set(account, this.#worthOf(account));
		this.#total += this.#worthOf(account);
	}

	#divide(): void {
		if (this.#pool !== undefined) return;
		this.#pool = this.#held;
		this.#owed = this.#total < this.#pool ? this.#total : this.#pool;
	}

	async #escape(account: number): Promise<void> {
		const { hatch } = this.bridge;
		const claim = this.#escaped.has(account) ? undefined : this.#claims.get(account);
		let reason: string | undefined;
		if (!this.#isFrozen) reason = "NotFrozen";
		else if ((await this.#next()) < this.#endsAt) reason = "RegistrationOpen";
		else if (claim === undefined) reason = "NothingOwed";
		if (!(await this.#expect("escape", reason, () => send(hatch, this.#anybody, "escape", [account]), hatch))) return;
		this.#divide();
		const pool = this.#pool as bigint;
		const amount = this.#total <= pool ? (claim as bigint) : ((claim as bigint) * pool) / this.#total;
		this.#owed -= amount;
		this.#escaped.add(account);
		this.#pay(this.#accounts[account - 1].owner, amount);
	}

	async #return(index: number): Promise<void> {
		const { hatch } = this.bridge;
		const deposit = this.#deposits.get(index);
		const payload = deposit?.payload ?? Encoding.deposit(1, OWNERS[0], 500 * USDC);
		const isLate = (await this.#next()) >= this.#endsAt;
		// The first who asks behind the registration divides the pool; one who is refused divides nothing.
		const owed = this.#pool === undefined ? (this.#total < this.#held ? this.#total : this.#held) : this.#owed;
		let reason: string | undefined;
		if (!this.#isFrozen) reason = "NotFrozen";
		else if (index < EXECUTED) reason = "AlreadyExecuted";
		else if (!deposit) reason = "WrongProof";
		else if (deposit.isReturned) reason = "AlreadyReturned";
		else if (isLate && deposit.amount > this.#held - owed) reason = "PoolDivided";
		else if (deposit.amount > this.#held) reason = "ERC20InsufficientBalance";
		if (!(await this.#expect("return", reason, () => send(hatch, this.#anybody, "returnDeposit", [index, payload]), hatch))) return;
		if (isLate) this.#divide();
		(deposit as Deposit).isReturned = true;
		this.#pay((deposit as Deposit).owner, (deposit as Deposit).amount);
	}
}
