// A small exchange for tests of executors: keys, signed messages, random programs from a seed, and an L1 that lives in memory.
// Every key here is a public test key: never use one for value.

import secp256k1 from "secp256k1";
import type * as Genesis from "../../src/executor/Genesis.ts";
import * as Bands from "../../src/machine/risk/Bands.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as DealEncoding from "../../src/machine/step/DealEncoding.ts";
import * as DealMessages from "../../src/machine/step/DealMessages.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import * as Expiries from "../../src/machine/types/Expiry.ts";
import * as Series from "../../src/machine/types/Series.ts";
import * as Batch from "../../src/protocol/Batch.ts";

export const DOMAIN = Keccak.hashText("a test domain");
/** 2026-01-02 00:00:10 UTC. */
export const START = 20_455 * 86_400 + 10;
export const DAYS = [20_462, 20_490] as const;
const QUORUM = 5;

export type Key = { readonly secret: Uint8Array; readonly address: string };

/** A test key from its number. */
export function keyOf(number: number): Key {
	const secret = Keccak.hashText(`public test key ${number}`);
	return { secret, address: Bytes.address(Keccak.hash(secp256k1.publicKeyCreate(secret, false).subarray(1)), 12) };
}

export function sign(key: Key, digest: Uint8Array): Uint8Array {
	const { signature, recid } = secp256k1.ecdsaSign(digest, key.secret);
	return Bytes.concat(signature, Uint8Array.of(27 + recid));
}

export const TRADERS: readonly Key[] = Array.from({ length: 8 }, (_, i) => keyOf(i));
export const REPORTERS: readonly Key[] = Array.from({ length: 7 }, (_, i) => keyOf(1000 + i));
export const GENESIS: Genesis.GenesisOptions = {
	domainSeparator: DOMAIN,
	reporters: REPORTERS.map(({ address }) => address),
	quorum: QUORUM,
	house: undefined,
};

const UNSIGNED = new Uint8Array(65);

/** Trader `account` - 1 owns account `account`. */
export function ownerOf(account: number): Key {
	return TRADERS[(account - 1) % TRADERS.length];
}

export function place(
	fields: Partial<Messages.Place> & { account: number; series: number; nonce: number },
	key = ownerOf(fields.account),
): Uint8Array {
	const message = { side: 0, timeInForce: 0, flags: 0, price: 1400, size: 10, expiresAt: 0, label: 0, signature: UNSIGNED, ...fields };
	return Encoding.place({ ...message, signature: sign(key, Messages.placeDigest(DOMAIN, message)) });
}

export function cancel(fields: { account: number; series: number; side: number; order: number }): Uint8Array {
	const message = { ...fields, signature: UNSIGNED };
	return Encoding.cancel({ ...message, signature: sign(ownerOf(fields.account), Messages.cancelDigest(DOMAIN, message)) });
}

export function basket(account: number, nonce: number, items: readonly DealMessages.Item[]): Uint8Array {
	const message = { account, nonce, count: items.length, items: DealEncoding.items(items), signature: UNSIGNED };
	return DealEncoding.basket({ ...message, signature: sign(ownerOf(account), DealMessages.basketDigest(DOMAIN, message)) });
}

export function cancelAll(account: number, nonce: number): Uint8Array {
	const message = { account, underlying: Messages.EVERY_UNDERLYING, nonce, signature: UNSIGNED };
	return Encoding.cancelAll({ ...message, signature: sign(ownerOf(account), Messages.cancelAllDigest(DOMAIN, message)) });
}

export function withdraw(account: number, amount: number, nonce: number): Uint8Array {
	const message = { account, recipient: ownerOf(account).address, amount, nonce, signature: UNSIGNED };
	return Encoding.withdraw({ ...message, signature: sign(ownerOf(account), Messages.withdrawDigest(DOMAIN, message)) });
}

export function deposit(account: number, amount: number): Uint8Array {
	return Encoding.deposit(account, ownerOf(account).address, amount);
}

function surfaceOf(day: number, time: number, forward: number): Messages.Surface {
	const years = Math.max(1, Series.expiryTimeOf(day) - time) / 31_536_000;
	const a = Math.round(0.36 * years * 1e9);
	return { day, forward, a, b: Math.round(a / 10), rho: -200_000_000, m: 0, sigma: 200_000_000, rate: 40_000, confidence: 1_000_000 };
}

/** A report of flat surfaces under the first five reporters. `indexPrice` in micro-USDC. */
export function report(underlying: number, time: number, indexPrice: number, days: readonly number[] = DAYS): Uint8Array {
	const surfaces = days.map((day) => surfaceOf(day, time, indexPrice));
	const message = {
		underlying,
		time,
		indexPrice,
		confidence: 1_000_000,
		surfaces,
		surfaceBytes: Encoding.surfaces(surfaces),
		signers: 31,
		signatures: [] as Uint8Array[],
	};
	const digest = Messages.reportDigest(DOMAIN, message);
	return Encoding.report({ ...message, signatures: REPORTERS.slice(0, QUORUM).map((key) => sign(key, digest)) });
}

export const list = (underlying: number, day: number, strike: number): Uint8Array => Encoding.list({ underlying, day, strike });
export const TAKE = Uint8Array.of(Batch.TAKE_L1);

/** A generator of numbers in [0, 1) that a seed fixes. */
export function randomOf(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}

export const STRIKES = [39_000, 40_000, 41_000] as const;
export const SERIES: readonly number[] = DAYS.flatMap((day) =>
	STRIKES.flatMap((strike) => [Series.CALL, Series.PUT].map((kind) => Series.make(0, day, kind, strike))),
);

/** Micro-USDC per ETH. */
export const INDEX = 4_000_000_000;
/** A price in ticks about which a series may be quoted: the middle of its band. */
export function fairOf(series: number): number {
	const surface = surfaceOf(Series.dayOf(series), START, INDEX);
	const { low, high } = Bands.worthOf(series, { ...Expiries.empty(), ...surface, time: START });
	return Math.round((low + high) / 2 / 100_000);
}

/** $4,000,000 each: makers that never run dry. */
export const DEPOSIT = 4_000_000_000_000;

/** The records that open the market, after one take-L1 for each trader's deposit. */
export function opening(time: number): Uint8Array[] {
	const listings = DAYS.flatMap((day) => [list(0, day, 0), ...STRIKES.map((strike) => list(0, day, strike))]);
	return [...TRADERS.map(() => TAKE), ...listings, report(0, time, INDEX)];
}

/** Random messages of a market, good and bad. `clock` moves by itself; each message comes with the delay before it. */
export class Program {
	readonly #random: () => number;
	readonly #nonces = new Map<number, number>();
	readonly #placed: { account: number; series: number; side: number; order: number }[] = [];
	clock: number;
	#reported: number;

	constructor(seed: number, clock: number) {
		this.#random = randomOf(seed);
		this.clock = clock;
		this.#reported = clock;
	}

	#below(bound: number): number {
		return Math.floor(this.#random() * bound);
	}

	#nonce(account: number): number {
		const nonce = this.#nonces.get(account) ?? 1;
		this.#nonces.set(account, nonce + 1);
		return this.#random() < 0.02 ? Math.max(0, nonce - 3) : nonce;
	}

	next(): { payload: Uint8Array; delay: number } {
		const delay = this.#random() < 0.2 ? 1 + this.#below(3) : 0;
		this.clock += delay;
		return { payload: this.#payload(), delay };
	}

	#payload(): Uint8Array {
		if (this.clock - this.#reported > 50) {
			this.#reported = this.clock;
			return report(0, this.clock, INDEX + this.#below(40_000_000) - 20_000_000);
		}
		const account = 1 + this.#below(TRADERS.length);
		const kind = this.#random();
		if (kind < 0.7) return this.#order(account);
		if (kind < 0.75) return this.#basket(account);
		if (kind < 0.85) return this.#cancelled(account);
		if (kind < 0.87) return cancelAll(account, this.#nonce(account));
		if (kind < 0.9) return withdraw(account, 1 + this.#below(1_000_000), this.#nonce(account));
		if (kind < 0.92) return list(this.#below(3), DAYS[0] + this.#below(3), 250 * this.#below(200));
		if (kind < 0.93) return TAKE;
		if (kind < 0.95) return Encoding.settle({ account });
		return Uint8Array.from({ length: 1 + this.#below(120) }, () => this.#below(256));
	}

	#order(account: number): Uint8Array {
		const series = SERIES[this.#below(SERIES.length)];
		const side = this.#below(2);
		const nonce = this.#nonce(account);
		const expiresAt = this.#random() < 0.1 ? this.clock + this.#below(20) : 0;
		const timeInForce = this.#random() < 0.2 ? 1 + this.#below(2) : 0;
		const flags = (timeInForce === 0 ? [0, 0, 1, 3][this.#below(4)] : 0) + 4 * (this.#random() < 0.2 ? this.#below(8) : 0);
		const price = Math.max(1, fairOf(series) + this.#below(200) - 100 + (side === 0 ? -60 : 60));
		this.#placed.push({ account, series, side, order: nonce });
		const key = this.#random() < 0.02 ? ownerOf(account + 1) : ownerOf(account);
		return place({ account, series, side, timeInForce, flags, price, size: 1 + this.#below(40), expiresAt, nonce }, key);
	}

	#basket(account: number): Uint8Array {
		const items = Array.from({ length: 1 + this.#below(5) }, () => {
			const series = SERIES[this.#below(SERIES.length)];
			const none = { timeInForce: 0, flags: 0, expiresAt: 0, label: 0 };
			const quote = { ...none, series, side: this.#below(2), price: fairOf(series) + this.#below(40) - 20, size: 1 + this.#below(9) };
			const placed = this.#placed[this.#below(this.#placed.length)];
			if (!placed || this.#random() < 0.6) return { kind: Messages.PLACE, ...quote, order: 0 };
			if (this.#random() < 0.5) return { kind: Messages.REPLACE, ...quote, ...placed };
			return { kind: Messages.CANCEL, ...quote, ...placed, price: 0, size: 0 };
		});
		const nonce = this.#nonce(account);
		this.#nonces.set(account, nonce + 1 + items.length);
		return basket(account, nonce, items);
	}

	#cancelled(account: number): Uint8Array {
		const placed = this.#placed[this.#below(this.#placed.length)];
		return cancel(placed ?? { account, series: SERIES[0], side: 0, order: 1 });
	}
}
