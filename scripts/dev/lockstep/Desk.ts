// Where programs are written: composes signed messages, groups them into batches and takes the lane through them.

import type { Random } from "../../../src/market/Random.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import * as DealMessages from "../../../src/machine/step/DealMessages.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { DEPOSIT, FORCED } from "../../../src/machine/types/Machine.ts";
import { keyOf, sign } from "./Keys.ts";
import type { Key } from "./Keys.ts";
import { Invariants } from "./Invariants.ts";
import { Lane } from "./Lane.ts";
import type { Item, Recorded } from "./Lane.ts";

export const DOMAIN: Uint8Array = Keccak.hashText("the lockstep domain");
export const REPORTERS: readonly Key[] = Array.from({ length: 7 }, (_, i) => keyOf(`reporter ${i}`));
export const HOUSE_KEY: Key = keyOf("house");
export const QUORUM = 5;
export const NOBODY = "0x0000000000000000000000000000000000000000";
const VAULT = "0x00000000000000000000000000000000000000dd";
const UNSIGNED = new Uint8Array(65);

/** LIMIT: records of one batch; well within MAX_BATCH_BYTES. */
const MAX_ITEMS = 24;
const BATCH_SECONDS = 3600;

export type PlaceFields = Partial<Messages.Place> & { account: number; series: number };
export type SurfaceFields = Partial<Messages.Surface> & { day: number };
export type ReportFields = Partial<Omit<Messages.Report, "surfaces">> & {
	underlying: number;
	time: number;
	surfaces?: readonly Messages.Surface[];
};

export class Desk {
	readonly lane: Lane;
	readonly random: Random;
	readonly #sink: (recorded: Recorded) => Promise<void>;
	readonly #invariants: Invariants;
	readonly #owners = new Map<number, Key>();
	readonly #nonces = new Map<number, number>();
	#items: Item[] = [];
	#time: number;
	#delay = 0;
	#accounts = 0;

	constructor(random: Random, time: number, sink: (recorded: Recorded) => Promise<void>, quorum = QUORUM) {
		this.random = random;
		this.#time = time;
		this.#sink = sink;
		this.lane = Lane.genesis({
			domainSeparator: DOMAIN,
			reporters: REPORTERS.map(({ address }) => address),
			quorum,
			house: HOUSE_KEY.address,
		});
		this.#invariants = new Invariants(this.lane);
	}

	/** The machine's clock once what was written so far is executed, unless a batch's bound cuts it. */
	get clock(): number {
		return Math.max(this.lane.machine.clock, this.#time) + this.#delay;
	}

	/** Ends the batch; the next one begins at `time`. */
	async at(time: number): Promise<void> {
		await this.flush();
		this.#time = time;
	}

	/** The next message comes this many seconds after the one before. */
	async wait(seconds: number): Promise<void> {
		await this.at(this.clock + seconds);
	}

	async record(payload: Uint8Array, delay = 0): Promise<void> {
		this.#items.push({ kind: "record", payload, delay });
		this.#delay += delay;
		if (this.#items.length >= MAX_ITEMS) await this.flush();
	}

	/** Bytes that may be no record: they end the batch. */
	async raw(bytes: Uint8Array): Promise<void> {
		this.#items.push({ kind: "raw", bytes });
		await this.flush();
	}

	/** A record's payload sent on L1 by `sender`. */
	force(payload: Uint8Array, sender: string, taken = this.random.next() < 0.5): void {
		this.#items.push({ kind: "message", l1Kind: FORCED, sender, payload, taken });
	}

	depositBytes(payload: Uint8Array, taken = this.random.next() < 0.5): void {
		this.#items.push({ kind: "message", l1Kind: DEPOSIT, sender: VAULT, payload, taken });
	}

	/** A new account with its own key and this much cash. It exists after the next flush. */
	open(cash: number, owner?: Key): number {
		this.#accounts += 1;
		const account = this.#accounts;
		this.#owners.set(account, owner ?? keyOf(`owner ${account}`));
		this.deposit(account, cash);
		return account;
	}

	deposit(account: number, amount: number, owner = this.ownerOf(account).address): void {
		this.depositBytes(Encoding.deposit(account, owner, amount));
	}

	ownerOf(account: number): Key {
		return this.#owners.get(account) ?? keyOf(`owner ${account}`);
	}

	nonce(account: number): number {
		const nonce = (this.#nonces.get(account) ?? 0) + 1;
		this.#nonces.set(account, nonce);
		return nonce;
	}

	skipTo(account: number, nonce: number): void {
		this.#nonces.set(account, nonce);
	}

	place(fields: PlaceFields, key = this.ownerOf(fields.account)): Uint8Array {
		const nonce = fields.nonce ?? this.nonce(fields.account);
		const message = {
			side: 0,
			timeInForce: 0,
			flags: 0,
			price: 100,
			size: 1,
			expiresAt: 0,
			label: 0,
			signature: UNSIGNED,
			...fields,
			nonce,
		};
		return Encoding.place({ ...message, signature: fields.signature ?? sign(key, Messages.placeDigest(DOMAIN, message)) });
	}

	cancel(fields: Omit<Messages.Cancel, "signature">, key = this.ownerOf(fields.account)): Uint8Array {
		const message = { ...fields, signature: UNSIGNED };
		return Encoding.cancel({ ...message, signature: sign(key, Messages.cancelDigest(DOMAIN, message)) });
	}

	cancelAll(account: number, nonce = this.nonce(account), key = this.ownerOf(account), underlying = 255): Uint8Array {
		const message = { account, underlying, nonce, signature: UNSIGNED };
		return Encoding.cancelAll({ ...message, signature: sign(key, Messages.cancelAllDigest(DOMAIN, message)) });
	}

	replace(fields: Omit<Messages.Replace, "nonce" | "signature"> & { nonce?: number }, key = this.ownerOf(fields.account)): Uint8Array {
		const message = { ...fields, nonce: fields.nonce ?? this.nonce(fields.account), signature: UNSIGNED };
		return Encoding.replace({ ...message, signature: sign(key, Messages.replaceDigest(DOMAIN, message)) });
	}

	cancelSeries(
		fields: Omit<Messages.CancelSeries, "nonce" | "signature"> & { nonce?: number },
		key = this.ownerOf(fields.account),
	): Uint8Array {
		const message = { ...fields, nonce: fields.nonce ?? this.nonce(fields.account), signature: UNSIGNED };
		return Encoding.cancelSeries({
			...message,
			signature: sign(key, Messages.cancelSeriesDigest(DOMAIN, message)),
		});
	}

	transfer(account: number, recipient: number, amount: number, nonce = this.nonce(account), key = this.ownerOf(account)): Uint8Array {
		const message = { account, recipient, amount, nonce, signature: UNSIGNED };
		return Encoding.transfer({ ...message, signature: sign(key, Messages.transferDigest(DOMAIN, message)) });
	}

	setSession(
		fields: Omit<Messages.SetSession, "nonce" | "signature">,
		nonce = this.nonce(fields.account),
		key = this.ownerOf(fields.account),
	): Uint8Array {
		const message = { ...fields, nonce, signature: UNSIGNED };
		return Encoding.setSession({ ...message, signature: sign(key, Messages.setSessionDigest(DOMAIN, message)) });
	}

	setProtection(
		fields: Partial<Messages.SetProtection> & { account: number; underlying: number },
		nonce = this.nonce(fields.account),
		key = this.ownerOf(fields.account),
	): Uint8Array {
		const none = { window: 0, freeze: 0, quantityLimit: 0, deltaLimit: 0, vegaLimit: 0 };
		const message = { ...none, ...fields, nonce, signature: UNSIGNED };
		return Encoding.setProtection({ ...message, signature: sign(key, Messages.setProtectionDigest(DOMAIN, message)) });
	}

	heartbeat(account: number, duration: number, nonce = this.nonce(account), key = this.ownerOf(account)): Uint8Array {
		const message = { account, duration, nonce, signature: UNSIGNED };
		return Encoding.heartbeat({ ...message, signature: sign(key, Messages.heartbeatDigest(DOMAIN, message)) });
	}

	bid(
		fields: Omit<DealMessages.Bid, "nonce" | "signature">,
		nonce = this.nonce(fields.account),
		key = this.ownerOf(fields.account),
	): Uint8Array {
		const message = { ...fields, nonce, signature: UNSIGNED };
		return DealEncoding.bid({ ...message, signature: sign(key, DealMessages.bidDigest(DOMAIN, message)) });
	}

	setReferrer(account: number, referrer: number, nonce = this.nonce(account), key = this.ownerOf(account)): Uint8Array {
		const message = { account, referrer, nonce, signature: UNSIGNED };
		return DealEncoding.setReferrer({ ...message, signature: sign(key, DealMessages.setReferrerDigest(DOMAIN, message)) });
	}

	/** `keys` sign for maker and taker. */
	block(
		fields: Pick<DealMessages.Block, "maker" | "taker" | "legs"> & Partial<DealMessages.Block>,
		keys: readonly [maker: Key, taker: Key] = [this.ownerOf(fields.maker), this.ownerOf(fields.taker)],
	): Uint8Array {
		const nonces = { makerNonce: this.nonce(fields.maker), takerNonce: this.nonce(fields.taker) };
		const unsigned = { makerSignature: UNSIGNED, takerSignature: UNSIGNED, legBytes: DealEncoding.legs(fields.legs) };
		const message = { ...nonces, expiresAt: 0, ...fields, ...unsigned };
		const digest = DealMessages.blockDigest(DOMAIN, message);
		return DealEncoding.block({ ...message, makerSignature: sign(keys[0], digest), takerSignature: sign(keys[1], digest) });
	}

	/** What an item does not say is 0. */
	basket(
		account: number,
		items: readonly (Partial<DealMessages.Item> & { kind: number })[],
		nonce = this.nonces(account, items.length),
		key = this.ownerOf(account),
	): Uint8Array {
		const none = { series: 0, side: 0, timeInForce: 0, flags: 0, price: 0, size: 0, expiresAt: 0, label: 0, order: 0 };
		const bytes = DealEncoding.items(items.map((item) => ({ ...none, ...item })));
		const message = { account, nonce, count: items.length, items: bytes, signature: UNSIGNED };
		return DealEncoding.basket({ ...message, signature: sign(key, DealMessages.basketDigest(DOMAIN, message)) });
	}

	/** A nonce, and `count` more for the items behind it. */
	nonces(account: number, count: number): number {
		const nonce = this.nonce(account);
		this.skipTo(account, nonce + count);
		return nonce;
	}

	/** An attestation under a quorum, unless the signers say otherwise. */
	attest(time = this.clock, signers = 31): Uint8Array {
		const message = { time, root: DOMAIN, signers, signatures: [] };
		const digest = DealMessages.attestDigest(DOMAIN, message);
		const signed = Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => ((signers >> bit) & 1) === 1);
		return DealEncoding.attest({ ...message, signatures: signed.map((bit) => sign(REPORTERS[bit % REPORTERS.length], digest)) });
	}

	withdraw(account: number, amount: number, nonce = this.nonce(account), key = this.ownerOf(account)): Uint8Array {
		const message = { account, recipient: key.address, amount, nonce, signature: UNSIGNED };
		return Encoding.withdraw({ ...message, signature: sign(key, Messages.withdrawDigest(DOMAIN, message)) });
	}

	/** A report under a quorum, unless the fields say otherwise. */
	report(fields: ReportFields): Uint8Array {
		const surfaces = [...(fields.surfaces ?? [])];
		const signers = fields.signers ?? 31;
		const surfaceBytes = Encoding.surfaces(surfaces);
		const message = { indexPrice: 4_000_000_000, confidence: 1_000_000, ...fields, surfaces, surfaceBytes, signers, signatures: [] };
		const digest = Messages.reportDigest(DOMAIN, message);
		const signed = Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => ((signers >> bit) & 1) === 1);
		const signatures = fields.signatures ?? signed.map((bit) => sign(REPORTERS[bit % REPORTERS.length], digest));
		return Encoding.report({ ...message, signatures });
	}

	/** A plausible surface: 60 % of volatility a year with a skew. */
	surface(fields: SurfaceFields & { forward: number; time: number }): Messages.Surface {
		const years = Math.max(1, Series.expiryTimeOf(fields.day) - fields.time) / 31_536_000;
		const a = Math.round(0.3 * years * 1e9);
		return {
			a,
			b: Math.round(a / 5),
			rho: -250_000_000,
			m: 0,
			sigma: 200_000_000,
			rate: 40_000,
			confidence: 1_000_000,
			...fields,
		};
	}

	/** Executes what was written as one batch, to its end. */
	async flush(): Promise<void> {
		if (this.#items.length === 0) return;
		const minTime = this.#time;
		const items = this.#items;
		this.#items = [];
		this.#delay = 0;
		this.lane.open(items, { minTime, maxTime: minTime + BATCH_SECONDS });
		while (!this.lane.done) {
			if (this.lane.machine.registers.kind === 0 && this.random.next() < 0.02) await this.halt();
			await this.#step();
		}
		this.#time = Math.max(this.#time, this.lane.machine.clock);
	}

	/** A step of a machine that has reached its target. */
	async halt(): Promise<void> {
		await this.#step(this.lane.machine.cursor.batch);
	}

	/** Every step is held against the invariants. */
	async #step(target?: number): Promise<void> {
		this.#invariants.before();
		const recorded = this.lane.advance(target);
		this.#invariants.after(recorded);
		await this.#sink(recorded);
	}

	/** A batch whose times and content the caller chooses. */
	async batch(items: readonly Item[], minTime: number, maxTime: number): Promise<void> {
		await this.flush();
		this.lane.open(items, { minTime, maxTime });
		while (!this.lane.done) await this.#step();
		this.#time = Math.max(this.#time, this.lane.machine.clock);
	}
}
