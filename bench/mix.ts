// The realistic mix that `npm run bench` measures: 500 series, 2,000 accounts with about ten positions each, full margin for all; 70 of 100 messages cancel or replace what rests, 25 rest, 5 take; a price
// report moves every series each second. Every key here is a public test key: never use one for value.

import * as Genesis from "../src/executor/Genesis.ts";
import { Runner } from "../src/executor/Runner.ts";
import { TrackedState } from "../src/executor/TrackedState.ts";
import type { CellBytes } from "../src/executor/TrackedState.ts";
import { MAX_ORDERS_PER_SIDE, PPM } from "../src/machine/Constants.ts";
import { Result, nameOf } from "../src/machine/Result.ts";
import * as Bands from "../src/machine/risk/Bands.ts";
import * as Parameters from "../src/machine/risk/Parameters.ts";
import * as Valuations from "../src/machine/risk/Valuations.ts";
import { CommittedState } from "../src/machine/state/CommittedState.ts";
import * as Kinds from "../src/machine/state/Kinds.ts";
import { LiveState } from "../src/machine/state/LiveState.ts";
import * as State from "../src/machine/state/State.ts";
import * as Encoding from "../src/machine/step/Encoding.ts";
import * as Messages from "../src/machine/step/Messages.ts";
import type { Surface } from "../src/machine/step/Messages.ts";
import * as Accounts from "../src/machine/types/Account.ts";
import type { Account } from "../src/machine/types/Account.ts";
import * as Books from "../src/machine/types/Book.ts";
import type { Book } from "../src/machine/types/Book.ts";
import * as Expiries from "../src/machine/types/Expiry.ts";
import * as Globals from "../src/machine/types/Globals.ts";
import { FORCED, InputKind, NONE, initial } from "../src/machine/types/Machine.ts";
import type { Input } from "../src/machine/types/Machine.ts";
import * as Series from "../src/machine/types/Series.ts";
import * as Underlyings from "../src/machine/types/Underlying.ts";
import { DOMAIN_SEPARATOR, GENESIS, REPORTER, START, UNSIGNED, randomOf, sign } from "./market.ts";

const TODAY = Math.floor(START / 86_400);
/** Ten expiries of 25 strikes, calls and puts: as many series as a report of one underlying can move. */
const DAYS: readonly number[] = Array.from({ length: 10 }, (_, i) => TODAY + 7 * (i + 1));
/** Ticks: $100 apart. */
const STRIKES: readonly number[] = Array.from({ length: 25 }, (_, i) => 28_000 + 1000 * i);
const INDEX = 4_000_000_000;
const CASH = 40_000_000_000_000;
const FIRST_ACCOUNT = 1;
const NOBODY = "0x0000000000000000000000000000000000000000";
const CURSOR = { batch: 1, l1Index: 0, offset: 0, item: 0 };
/** At 50,000 messages a second: one report a second. */
const MESSAGES_A_SECOND = 50_000;
const ACCEPTED: ReadonlySet<Result> = new Set([Result.Ok, Result.Rested, Result.Displaced, Result.Dropped]);
/** Above the ids of all orders that rest at first. */
const FIRST_NONCE = 1000;

/** How large a venue is. Positions and orders are of each account and in all. */
export type Size = { readonly accounts: number; readonly positions: number; readonly orders: number };
export const VENUE: Size = { accounts: 2000, positions: 10, orders: 15_000 };

export const SERIES: readonly number[] = DAYS.flatMap((day) =>
	STRIKES.flatMap((strike) => [Series.CALL, Series.PUT].map((kind) => Series.make(0, day, kind, strike))),
);

function ownerOf(account: number): string {
	return `0x${account.toString(16).padStart(40, "0")}`;
}

function cellIndexOf(series: number): number {
	return Series.cellIndexOf(Series.expirySlotOf(series), STRIKES.indexOf(Series.strikeOf(series)), Series.kindOf(series));
}

function bookIndexOf(series: number, side: number): number {
	return Series.bookIndexOf(cellIndexOf(series), side);
}

function surfacesAt(forward: number, time: number): Surface[] {
	return DAYS.map((day) => {
		const years = (Series.expiryTimeOf(day) - time) / 31_536_000;
		const a = Math.round(0.36 * years * 1e9);
		return { day, forward, a, b: Math.round(a / 10), rho: -200_000_000, m: 0, sigma: 200_000_000, rate: 40_000, confidence: 1_000_000 };
	});
}

/** A signed report of every expiry. */
export function reportOf(forward: number, time: number): Uint8Array {
	const surfaces = surfacesAt(forward, time);
	const message = {
		underlying: 0,
		time,
		indexPrice: forward,
		confidence: 1_000_000,
		surfaces,
		surfaceBytes: Encoding.surfaces(surfaces),
		signers: 1,
		signatures: [],
	};
	return Encoding.report({ ...message, signatures: [sign(REPORTER, Messages.reportDigest(DOMAIN_SEPARATOR, message))] });
}

/** Ticks: what the series is worth now, and at least so much that a quote below it is above 0. */
function valueOf(live: LiveState, series: number): number {
	const { mark } = Valuations.of(live, series, State.expiry(live, Series.expirySlotOf(series)));
	return Math.max(40, Math.round(mark / 100_000));
}

/** The venue in the middle of its life: positions that add up to zero in every series, and orders that rest around the values. */
export function* venue({ accounts, positions, orders }: Size, seed: number): Iterable<CellBytes> {
	const random = randomOf(seed);
	const below = (bound: number): number => Math.floor(random() * bound);
	const cell = (kind: number, index: number, value: object): CellBytes => ({ kind, index, cell: Kinds.encode(kind, value) });
	yield cell(Kinds.GLOBALS, 0, {
		...Globals.decode(Genesis.cells(GENESIS)[0].cell),
		accounts,
		backing: accounts * CASH,
		attestedAt: START,
	});
	yield cell(Kinds.UNDERLYINGS, 0, { ...Underlyings.empty(), indexPrice: INDEX, time: START, confidence: 1_000_000 });
	const live = new LiveState();
	const openPositions = new Map<number, number>();
	const openInterest = new Map<number, number>();
	const nonces = new Float64Array(accounts + FIRST_ACCOUNT);
	for (const surface of surfacesAt(INDEX, START))
		State.putExpiry(live, Series.slotOf(0, surface.day), { ...Expiries.empty(), ...surface, time: START });

	// Who has an odd place holds what the one before is short of.
	let pair: Account["positions"] = [];
	const add = (map: Map<number, number>, key: number, count: number): void => void map.set(key, (map.get(key) ?? 0) + count);
	for (let i = 0; i < accounts; i++) {
		if (i % 2 === 0) {
			const chosen = new Set<number>();
			while (chosen.size < positions) chosen.add(SERIES[below(SERIES.length)]);
			pair = [...chosen].sort((a, b) => a - b).map((series) => ({ series, size: (1 + below(20)) * (below(2) === 0 ? 1 : -1) }));
		} else pair = pair.map(({ series, size }) => ({ series, size: -size }));
		for (const { series, size } of pair) {
			add(openPositions, Series.expirySlotOf(series), 1);
			add(openInterest, series, Math.max(0, size));
		}
		yield cell(Kinds.ACCOUNTS, FIRST_ACCOUNT + i, { ...Accounts.empty(), owner: ownerOf(FIRST_ACCOUNT + i), cash: CASH, positions: pair });
	}

	const books = new Map<number, Book>();
	for (let i = 0; i < orders;) {
		const series = SERIES[below(SERIES.length)];
		const side = below(2);
		const index = bookIndexOf(series, side);
		const book = books.get(index) ?? Books.empty();
		books.set(index, book);
		if (book.orders.length === MAX_ORDERS_PER_SIDE) continue;
		const account = FIRST_ACCOUNT + below(accounts);
		const distance = 2 + below(30);
		const price = valueOf(live, series) + (side === Books.BID ? -distance : distance);
		Books.insert(book, side, { price, size: 1 + below(50), account, epoch: 0, order: ++nonces[account], expiresAt: 0, flags: 0, label: 0 });
		i++;
	}
	for (const [index, book] of books) yield cell(Kinds.BOOKS, index, book);
	for (const day of DAYS) {
		const slot = Series.slotOf(0, day);
		yield cell(Kinds.EXPIRIES, slot, { ...State.expiry(live, slot), openPositions: openPositions.get(slot) ?? 0 });
		yield cell(Kinds.LISTINGS, slot, { day, strikes: [...STRIKES] });
	}
	for (const series of SERIES) yield cell(Kinds.SERIES, cellIndexOf(series), { openInterest: openInterest.get(series) ?? 0, trades: 0 });
}

/** The venue, and a machine whose clock stands where its prices are of. */
export function open(cells: Iterable<CellBytes>): {
	readonly runner: Runner;
	readonly tracked: TrackedState;
	readonly state: CommittedState;
} {
	const state = new CommittedState();
	TrackedState.fill(state, cells);
	const runner = new Runner(state, { ...initial(), cursor: CURSOR, clock: START }, 0);
	return { runner, tracked: new TrackedState(state), state };
}

/** As an L1 message of the account's owner, which is the one way in that needs no signature. */
export function inputOf(payload: Uint8Array, account: number, clock: number): Input {
	return { kind: InputKind.L1Message, cursor: CURSOR, clock, payload, l1Kind: FORCED, sender: account === 0 ? NOBODY : ownerOf(account) };
}

export function pendingAt(clock: number): Input {
	return { kind: InputKind.Pending, cursor: CURSOR, clock, payload: new Uint8Array(0), l1Kind: 0, sender: NOBODY };
}

/** What became of the messages, by name of kind. */
export type Mix = { readonly inputs: readonly Input[]; readonly counts: Record<"cancel" | "replace" | "rest" | "take" | "report", number> };

/** `count` messages for the venue of these cells, none of which is refused: they are drawn along a machine that executes them. */
export function mix(cells: readonly CellBytes[], size: Size, seed: number, count: number): Mix {
	const random = randomOf(seed);
	const below = (bound: number): number => Math.floor(random() * bound);
	const { runner, tracked, state } = open(cells);
	const { live } = state;
	const nonces = new Float64Array(size.accounts + FIRST_ACCOUNT).fill(FIRST_NONCE);
	type Resting = { readonly account: number; readonly series: number; readonly side: number; readonly order: number };
	const resting: Resting[] = [];
	for (const series of SERIES)
		for (const side of [Books.BID, Books.ASK])
			for (const { account, order } of State.book(live, bookIndexOf(series, side)).orders) resting.push({ account, series, side, order });

	const counts = { cancel: 0, replace: 0, rest: 0, take: 0, report: 0 };
	const inputs: Input[] = [];
	let clock = START;
	let forward = INDEX;
	const execute = (input: Input): void => {
		const { result } = runner.advance(input);
		if (!ACCEPTED.has(result)) throw new Error(`a message of the mix is refused: ${nameOf(result)}`);
		while (runner.machine.registers.kind !== NONE) runner.advance(pendingAt(clock));
		inputs.push(input);
		if (inputs.length % 256 === 0) tracked.collect();
	};
	/** An order that still rests, taken out of the list. */
	const take = (): Resting => {
		for (;;) {
			const i = below(resting.length);
			const chosen = resting[i];
			resting[i] = resting[resting.length - 1];
			resting.pop();
			const book = State.book(live, bookIndexOf(chosen.series, chosen.side));
			if (Books.find(book, chosen.account, chosen.order) !== Books.NOT_FOUND) return chosen;
		}
	};
	/** A price on this side that rests. */
	const behind = (series: number, side: number): number => {
		const distance = 2 + below(30);
		return valueOf(live, series) + (side === Books.BID ? -distance : distance);
	};
	/** The price, or the last one inside the series' band. */
	const within = (series: number, side: number, price: number): number => {
		const { low, high } = Bands.worthOf(series, State.expiry(live, Series.expirySlotOf(series)));
		const room = Math.floor((State.underlying(live, 0).indexPrice * Parameters.BAND_ROOM) / PPM);
		const last = side === Books.BID ? Math.floor((high + room) / 100_000) : Math.ceil((low - room) / 100_000);
		return Math.max(1, side === Books.BID ? Math.min(price, last) : Math.max(price, last));
	};
	while (inputs.length < count) {
		if (inputs.length % MESSAGES_A_SECOND === MESSAGES_A_SECOND - 1) {
			clock += 1;
			forward += (below(2001) - 1000) * 1000;
			execute(inputOf(reportOf(forward, clock), 0, clock));
			counts.report++;
			continue;
		}
		const draw = random();
		if (draw < 0.2) {
			const message = { ...take(), signature: UNSIGNED };
			execute(inputOf(Encoding.cancel(message), message.account, clock));
			counts.cancel++;
		} else if (draw < 0.7) {
			const { account, series, side, order } = take();
			const nonce = ++nonces[account];
			const message = { account, series, side, order, price: behind(series, side), size: 1 + below(50), nonce, signature: UNSIGNED };
			execute(inputOf(Encoding.replace(message), account, clock));
			resting.push({ account, series, side, order: nonce });
			counts.replace++;
		} else {
			const account = FIRST_ACCOUNT + below(size.accounts);
			const series = SERIES[below(SERIES.length)];
			const side = below(2);
			const rests = draw < 0.95;
			const value = valueOf(live, series);
			if (rests && State.book(live, bookIndexOf(series, side)).orders.length === MAX_ORDERS_PER_SIDE) continue;
			const price = rests ? behind(series, side) : within(series, side, side === Books.BID ? value + 40 : value - 40);
			const nonce = ++nonces[account];
			const message = {
				account,
				series,
				side,
				timeInForce: rests ? Messages.GTC : Messages.IOC,
				flags: 0,
				price,
				size: 1 + below(50),
				expiresAt: 0,
				nonce,
				label: 0,
				signature: UNSIGNED,
			};
			execute(inputOf(Encoding.place(message), account, clock));
			if (rests) resting.push({ account, series, side, order: nonce });
			counts[rests ? "rest" : "take"]++;
		}
	}
	return { inputs, counts };
}
