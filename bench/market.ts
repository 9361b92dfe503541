// The workload that `npm run bench` measures: makers around the value of 42 series and takers who hit them, drawn from a seed.
// Every key here is a public test key: never use one for value.

import secp256k1 from "secp256k1";
import * as Genesis from "../src/executor/Genesis.ts";
import { LiveExecutor } from "../src/executor/LiveExecutor.ts";
import * as Bytes from "../src/machine/math/Bytes.ts";
import * as Keccak from "../src/machine/math/Keccak.ts";
import { Result } from "../src/machine/Result.ts";
import * as Encoding from "../src/machine/step/Encoding.ts";
import * as Messages from "../src/machine/step/Messages.ts";
import { DEPOSIT } from "../src/machine/types/Machine.ts";
import * as Series from "../src/machine/types/Series.ts";
import type { L1Message } from "../src/ports/Chain.ts";
import type { OrderedBundle } from "../src/ports/Orderer.ts";
import * as Batch from "../src/protocol/Batch.ts";
import { MemoryStore } from "../src/store/MemoryStore.ts";

const DAY = 20_455;
/** Seconds: ten o'clock, far from every settlement window. */
export const START = DAY * 86_400 + 36_000;
const DAYS = [DAY + 7, DAY + 28, DAY + 84];
const STRIKES = [36_000, 38_000, 39_000, 40_000, 41_000, 42_000, 44_000];
/** Micro-USDC per ETH. */
const INDEX = 4_000_000_000;
const ACCOUNTS = 64;
/** Micro-USDC: nobody runs dry. */
const CASH = 40_000_000_000_000;
const DOMAIN = Keccak.hashText("the bench's domain");
export const UNSIGNED = new Uint8Array(65);

export type Key = { readonly secret: Uint8Array; readonly address: string };

function keyOf(name: string): Key {
	const secret = Keccak.hashText(`public test key of the bench: ${name}`);
	return { secret, address: Bytes.address(Keccak.hash(secp256k1.publicKeyCreate(secret, false).subarray(1)), 12) };
}

export function sign(key: Key, digest: Uint8Array): Uint8Array {
	const { signature, recid } = secp256k1.ecdsaSign(digest, key.secret);
	return Bytes.concat(signature, Uint8Array.of(27 + recid));
}

export const REPORTER = keyOf("reporter");
const OWNERS: readonly Key[] = Array.from({ length: ACCOUNTS }, (_, i) => keyOf(`owner ${i + 1}`));

export const GENESIS: Genesis.GenesisOptions = { domainSeparator: DOMAIN, reporters: [REPORTER.address], quorum: 1, house: undefined };
export const DOMAIN_SEPARATOR = DOMAIN;

export function ownerOf(account: number): string {
	return OWNERS[account - 1].address;
}

/** Deposits of every account. */
export const DEPOSITS: readonly L1Message[] = OWNERS.map(({ address }, i) => ({
	index: i,
	kind: DEPOSIT,
	sender: address,
	timestamp: START,
	payload: Encoding.deposit(i + 1, address, CASH),
	block: 1,
}));

function reportPayload(): Uint8Array {
	const surfaces = DAYS.map((day) => {
		const years = (Series.expiryTimeOf(day) - START) / 31_536_000;
		const a = Math.round(0.36 * years * 1e9);
		return {
			day,
			forward: INDEX,
			a,
			b: Math.round(a / 10),
			rho: -200_000_000,
			m: 0,
			sigma: 200_000_000,
			rate: 40_000,
			confidence: 1_000_000,
		};
	});
	const message = {
		underlying: 0,
		time: START,
		indexPrice: INDEX,
		confidence: 1_000_000,
		surfaces,
		surfaceBytes: Encoding.surfaces(surfaces),
		signers: 1,
		signatures: [],
	};
	return Encoding.report({ ...message, signatures: [sign(REPORTER, Messages.reportDigest(DOMAIN, message))] });
}

/** The bundle that opens the market: deposits, listings, one report. Nothing after it moves the clock. */
export const OPENING: OrderedBundle = (() => {
	const listings = DAYS.flatMap((day) => [0, ...STRIKES].map((strike) => Encoding.list({ underlying: 0, day, strike })));
	const payloads = [...OWNERS.map(() => Uint8Array.of(Batch.TAKE_L1)), ...listings, reportPayload()];
	const records = Bytes.concat(...payloads.map((payload, i) => Batch.encodeRecord(payload, i === 0 ? START : 0)));
	const streamHash = Keccak.hashPair(new Uint8Array(32), Keccak.hash(records));
	return { records, recordCount: payloads.length, height: 1, firstSequence: 0, streamEnd: records.length, streamHash };
})();

/** One message of the workload, and what a matching engine without accounts needs of it. */
export type Item = {
	readonly payload: Uint8Array;
	readonly account: number;
	readonly kind: "place" | "cancel";
	readonly series: number;
	readonly side: number;
	readonly price: number;
	readonly size: number;
	/** Nonce of the order that is placed or cancelled. */
	readonly order: number;
	readonly immediate: boolean;
};

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

/**
 * `count` messages: half rest near the value, a quarter cross it (IOC), a quarter cancel what rests; as quoting and taking is on an options venue.
 * Signed when asked, which costs more than executing them.
 */
export async function workload(seed: number, count: number, signed: boolean): Promise<Item[]> {
	const live = await LiveExecutor.open({ store: new MemoryStore(), genesis: Genesis.cells(GENESIS) });
	const refused = live.apply(OPENING, DEPOSITS).find(({ result }) => result !== Result.Ok);
	if (refused) throw new Error(`the market does not open: record ${refused.sequence} gave result ${refused.result}`);
	const markets = live.queries
		.instruments()
		.map(({ series }) => ({ series, value: Math.max(40, Math.round((live.queries.ticker(series)?.mark ?? 0) / 100_000)) }));
	const random = randomOf(seed);
	const below = (bound: number): number => Math.floor(random() * bound);
	const nonces = new Array<number>(ACCOUNTS + 1).fill(1);
	const resting: Item[] = [];
	return Array.from({ length: count }, () => {
		const draw = random();
		if (draw < 0.25 && resting.length > 100) {
			const target = resting.splice(below(resting.length), 1)[0];
			const message = { account: target.account, series: target.series, side: target.side, order: target.order, signature: UNSIGNED };
			const signature = signed ? sign(OWNERS[target.account - 1], Messages.cancelDigest(DOMAIN, message)) : UNSIGNED;
			return { ...target, kind: "cancel" as const, payload: Encoding.cancel({ ...message, signature }) };
		}
		const immediate = draw < 0.5;
		const account = 1 + below(ACCOUNTS);
		const { series, value } = markets[below(markets.length)];
		const side = below(2);
		const distance = immediate ? -(2 + below(20)) : 2 + below(Math.min(30, value - 3));
		const price = side === 0 ? value - distance : value + distance;
		const order = nonces[account]++;
		const size = 1 + below(50);
		const message = {
			account,
			series,
			side,
			timeInForce: immediate ? 1 : 0,
			flags: 0,
			price,
			size,
			expiresAt: 0,
			nonce: order,
			label: 0,
			signature: UNSIGNED,
		};
		const signature = signed ? sign(OWNERS[account - 1], Messages.placeDigest(DOMAIN, message)) : UNSIGNED;
		const item: Item = {
			payload: Encoding.place({ ...message, signature }),
			account,
			kind: "place",
			series,
			side,
			price,
			size,
			order,
			immediate,
		};
		if (!immediate) resting.push(item);
		return item;
	});
}
