// The most expensive step of each kind that any state allows: full accounts over every expiry, full books, dense trees, records across chunks.
// A dispute must be able to execute each of them in one transaction.

import * as Bytes from "../../../src/machine/math/Bytes.ts";
import {
	EXPIRY_SECOND_OF_DAY,
	MAX_ITEMS,
	MAX_LEGS,
	MAX_NETTED,
	MAX_ORDERS_PER_SIDE,
	MAX_POSITIONS,
	MAX_SESSIONS,
	MAX_REPORT_EXPIRIES,
	MAX_STRIKES,
	SECONDS_PER_DAY,
	strikeGrid,
} from "../../../src/machine/Constants.ts";
import { Result, nameOf } from "../../../src/machine/Result.ts";
import * as Kinds from "../../../src/machine/state/Kinds.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import * as DealMessages from "../../../src/machine/step/DealMessages.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import type { Account, Position } from "../../../src/machine/types/Account.ts";
import type { Order } from "../../../src/machine/types/Book.ts";
import * as Globals from "../../../src/machine/types/Globals.ts";
import * as Guards from "../../../src/machine/types/Guard.ts";
import type { Guard } from "../../../src/machine/types/Guard.ts";
import * as Machines from "../../../src/machine/types/Machine.ts";
import { DEPOSIT, FORCED, MATCH, PROBE } from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import * as Batch from "../../../src/protocol/Batch.ts";
import * as Blob from "../../../src/protocol/Blob.ts";
import type { CellBytes } from "../../../src/executor/TrackedState.ts";
import { Random } from "../../../src/market/Random.ts";
import { Desk, DOMAIN } from "./Desk.ts";
import { keyOf, sign } from "./Keys.ts";
import { Lane } from "./Lane.ts";
import type { Item, Recorded } from "./Lane.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";

export type WorstCase = { readonly name: string; readonly recorded: Recorded };

/** Every bit that a reporter may have; an account's index whose bits alternate, so that its path turns. */
const REPORTER_COUNT = 16;
const REPORTERS = Array.from({ length: REPORTER_COUNT }, (_, i) => keyOf(`worst reporter ${i}`));
const [TAKER, MAKER] = [0x555555, 0x2aaaaa];
/** A portfolio under auction, and who sells in a block: each with as many positions as the deal leaves room for. */
const [DEBTOR, SELLER] = [0xaaaaaa, 0xd55555];
const [TAKER_KEY, MAKER_KEY] = [keyOf("taker"), keyOf("maker")];
/** Of each underlying: every position of two accounts may be of an expiry of its own. */
const EXPIRIES = MAX_POSITIONS;
const TODAY = 20_500;
/** Ten seconds before the first expiry: its window is open, so a report may settle it. */
const CLOCK = TODAY * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY - 10;
const INDEX = [4_000_000_000, 100_000_000_000] as const;
/** By carrier: the batch's bytes, and where the record begins, so that it lies across as many chunks as it can, or across two blobs. */
const SHAPES = {
	[Batch.CALLDATA]: { contentBytes: 119_000, recordAt: 64 * 1024 - 20 },
	[Batch.BLOB]: { contentBytes: 2 * Blob.CONTENT_BYTES - 100, recordAt: Blob.CONTENT_BYTES - 20 },
} as const;
const NOTHING = new Uint8Array(65);

const desk = new Desk(new Random(1), CLOCK, () => Promise.resolve());

function strikes(underlying: number): number[] {
	return Array.from({ length: MAX_STRIKES }, (_, i) => (i + 60) * strikeGrid(underlying) * (underlying === 0 ? 1 : 2));
}

/** As many positions as an account may hold, long and short in turn, each of another expiry, from this place of both underlyings' expiries on. */
function positions(first: number, count = MAX_POSITIONS): Position[] {
	const all: Position[] = [];
	for (let i = 0; i < count; i++) {
		const underlying = i % 2;
		const strike = strikes(underlying)[(37 * i) % MAX_STRIKES];
		const series = Series.make(underlying, TODAY + first + Math.floor(i / 2), Math.floor(i / 24) % 2, strike);
		all.push({ series, size: i % 3 === 0 ? -7 : 5 });
	}
	return all.sort((a, b) => a.series - b.series);
}

const TRADED = positions(0)[MAX_POSITIONS - 1].series;
/** What a block of most legs trades: all in the taker's positions. */
const LEGS = positions(0)
	.slice(0, MAX_LEGS)
	.map(({ series }, i) => ({ series, side: i % 2, price: 900 + i, size: 3 }));
const SLOT = Series.expirySlotOf(TRADED);
const STRIKE_INDEX = strikes(1).indexOf(Series.strikeOf(TRADED));
/** Where the cell of a series stands in full listings. */
function seriesIndexOf(series: number): number {
	const place = strikes(Series.underlyingOf(series)).indexOf(Series.strikeOf(series));
	return Series.cellIndexOf(Series.expirySlotOf(series), place, Series.kindOf(series));
}

const SERIES_INDEX = Series.cellIndexOf(SLOT, STRIKE_INDEX, Series.kindOf(TRADED));
/** Within the band. */
const PRICE = 20_000;

/** Every session key there may be, the one that signs last, and levels in both underlyings that are far from their limits. */
const LEVELS = {
	window: 100,
	freeze: 9,
	quantityLimit: 2 ** 39,
	deltaLimit: 2 ** 51,
	vegaLimit: 2 ** 51,
	time: CLOCK - 1,
	quantity: 99,
	delta: -99,
	vega: 99,
	frozenUntil: 1,
};
const GUARD: Guard = {
	sessions: Array.from({ length: MAX_SESSIONS }, (_, i) => ({ key: keyOf(`worst session ${i}`).address, scopes: 7, expiresAt: 0 })),
	protections: [LEVELS, LEVELS],
	auctionStart: 0,
};
const SESSION_KEY = keyOf(`worst session ${MAX_SESSIONS - 1}`);

function account(owner: string, held: Position[]): Account {
	return {
		owner,
		cash: 2e15,
		epoch: 3,
		epochs: [0, 0],
		deadline: 0,
		guards: Guards.bitsOf(GUARD),
		referrer: 0,
		rebate: 0,
		nonceFloor: 1000,
		nonceBits: (1n << 256n) - 1n,
		positions: held,
	};
}

/** A full side. The maker's best order stands first on the asks. */
function side(book: number): { orders: Order[] } {
	const orders = Array.from({ length: MAX_ORDERS_PER_SIDE }, (_, i) => ({
		price: book === 0 ? PRICE - 1 - i : PRICE + i,
		size: 5,
		account: MAKER,
		epoch: 3,
		order: 100 + i,
		expiresAt: 0,
		flags: Messages.PROTECTED,
		label: 7,
	}));
	return { orders };
}

type Options = { readonly deadline?: number; readonly settled?: boolean; readonly strikeCount?: number };

/** Every cell that a step can touch, at its fullest. */
function state({ deadline = 0, settled = false, strikeCount = MAX_STRIKES }: Options): CellBytes[] {
	const cells: CellBytes[] = [];
	const put = (kind: number, index: number, cell: object): void => void cells.push({ kind, index, cell: Kinds.encode(kind, cell) });
	const money = { withdrawals: 0x555555, backing: 4e15, deficit: 1e12, fees: 7, attestedAt: CLOCK };
	const reporters = REPORTERS.map(({ address }) => address);
	put(Kinds.GLOBALS, 0, { ...Globals.empty(), domainSeparator: DOMAIN, quorum: REPORTER_COUNT, reporters, ...money });
	// The traded series first in both, so that one of its kind can be the taker's and the maker's.
	const held = positions(0);
	const makers = positions(EXPIRIES / 2, MAX_POSITIONS - 1);
	const maker = [...makers, { series: TRADED, size: 5 }].sort((a, b) => a.series - b.series);
	put(Kinds.ACCOUNTS, TAKER, account(TAKER_KEY.address, held));
	for (const index of [TAKER, MAKER]) put(Kinds.GUARDS, index, GUARD);
	put(Kinds.ACCOUNTS, MAKER, { ...account(MAKER_KEY.address, maker), deadline });
	put(Kinds.ACCOUNTS, TAKER + 1, { ...account(TAKER_KEY.address, positions(0)), cash: 0 });
	// The bidder holds the same series: eight of them net, and cells of theirs are opened.
	const owed = held.map(({ series, size }, i) => ({ series, size: i < MAX_NETTED ? -size : size }));
	put(Kinds.ACCOUNTS, DEBTOR, { ...account(MAKER_KEY.address, owed), cash: -1e12, guards: Guards.AUCTION });
	put(Kinds.GUARDS, DEBTOR, { ...Guards.empty(), auctionStart: CLOCK - 7 });
	put(Kinds.ACCOUNTS, SELLER, { ...account(MAKER_KEY.address, makers.slice(0, MAX_POSITIONS - MAX_LEGS)), referrer: 1 });
	put(Kinds.GUARDS, SELLER, GUARD);
	for (const underlying of [0, 1]) {
		const price = INDEX[underlying];
		const accumulator = 10n ** 20n;
		const windowStart = accumulator - 1790n * BigInt(price);
		put(Kinds.UNDERLYINGS, underlying, { indexPrice: price, time: CLOCK, confidence: 990_000, accumulator, windowDay: TODAY, windowStart });
		for (let i = 0; i < EXPIRIES; i++) {
			const day = TODAY + i;
			const surface = { ...desk.surface({ day, time: CLOCK, forward: price + i }), a: 90_000_000, b: 150_000_000, confidence: 980_000 };
			const cell = { ...surface, time: CLOCK, settlementPrice: settled ? price : 0, openPositions: 200 };
			put(Kinds.EXPIRIES, Series.slotOf(underlying, day), cell);
			put(Kinds.LISTINGS, Series.slotOf(underlying, day), { day, strikes: strikes(underlying).slice(0, strikeCount) });
		}
	}
	for (const { series } of LEGS) put(Kinds.SERIES, seriesIndexOf(series), { openInterest: 1000, trades: 1000 });
	put(Kinds.SERIES, SERIES_INDEX, { openInterest: 1000, trades: 1000 });
	for (const book of [0, 1]) put(Kinds.BOOKS, Series.bookIndexOf(SERIES_INDEX, book), side(book));
	return cells;
}

/** A cell of any content, to make a subtree that is not zero. */
function filler(kind: number, index: number): Uint8Array {
	if (kind === Kinds.OUTBOX) return Bytes.fromHex(index.toString(16).padStart(64, "f"));
	if (kind === Kinds.ACCOUNTS) return Kinds.encode(kind, account(MAKER_KEY.address, []));
	if (kind === Kinds.GUARDS) return Kinds.encode(kind, GUARD);
	if (kind === Kinds.BOOKS) return Kinds.encode(kind, { orders: side(0).orders.slice(0, 1) });
	return Kinds.encode(kind, { ...Kinds.empty(kind), day: 1, time: 1, trades: 1 });
}

/** The cells, and beside the path of each that a step opened a neighbour at every height: no sibling is zero. */
function crowded(cells: readonly CellBytes[], recorded: Recorded): CellBytes[] {
	const all = new Map(cells.map((cell) => [`${cell.kind}/${cell.index}`, cell]));
	const opened = new Set(recorded.witness.entries.map(({ kind, index }) => `${kind}/${index}`));
	for (const { kind, index } of recorded.witness.entries) {
		for (let level = 0; level < Kinds.DEPTHS[kind]; level++) {
			const neighbour = index ^ (1 << level);
			const key = `${kind}/${neighbour}`;
			if (!all.has(key) && !opened.has(key)) all.set(key, { kind, index: neighbour, cell: filler(kind, neighbour) });
		}
	}
	return [...all.values()];
}

type Scene = {
	readonly name: string;
	readonly cells: readonly CellBytes[];
	readonly item?: Item;
	readonly pending?: Partial<Machines.Registers>;
	/** Whether the batch is read to its end, or the machine has reached the batch at which it halts. */
	readonly inbox?: "read" | "halted";
	/** Steps of the basket that are done. */
	readonly done?: number;
	/** What the step says when it finds nothing to do: otherwise a refusal would be no worst case. */
	readonly refusal?: Result;
};

function play(cells: readonly CellBytes[], { item, pending, inbox, done = 0 }: Scene, carrier: keyof typeof SHAPES): Recorded {
	const { contentBytes, recordAt } = SHAPES[carrier];
	const machine = Machines.initial();
	machine.clock = CLOCK;
	machine.cursor = { ...machine.cursor, offset: recordAt, item: done };
	if (pending) machine.registers = { ...machine.registers, ...pending };
	const lane = new Lane(cells, machine);
	const items = item ? [item] : [];
	const filling = (length: number): Item => ({ kind: "raw", bytes: Uint8Array.from({ length }, (_, i) => 1 + (i % 251)) });
	const rest = contentBytes - recordAt - 4200;
	lane.open([filling(recordAt), ...items, filling(rest)], { minTime: CLOCK, maxTime: CLOCK + 100, carrier });
	if (inbox === "read") machine.cursor.offset = recordAt + rest;
	return inbox === "halted" ? lane.advance(machine.cursor.batch) : lane.advance();
}

const record = (payload: Uint8Array): Item => ({ kind: "record", payload, delay: 0 });

function place(price: number, signer = SESSION_KEY): Uint8Array {
	const message = {
		account: TAKER,
		series: TRADED,
		side: 0,
		timeInForce: 0,
		flags: Messages.PROTECTED,
		price,
		size: 3,
		expiresAt: 0,
		nonce: 1_000_000,
		label: 0,
		signature: NOTHING,
	};
	return Encoding.place({ ...message, signature: sign(signer, Messages.placeDigest(DOMAIN, message)) });
}

/** The maker's best ask moves to where it takes the best bid. */
function replace(): Uint8Array {
	const message = { account: MAKER, series: TRADED, side: 1, order: 100, price: PRICE - 1, size: 9, nonce: 1_000_000, signature: NOTHING };
	return Encoding.replace({ ...message, signature: sign(SESSION_KEY, Messages.replaceDigest(DOMAIN, message)) });
}

/** As many items as there may be, the last an order that displaces. */
function basket(): Uint8Array {
	const order = { series: TRADED, side: 0, flags: Messages.PROTECTED, price: PRICE - 1, size: 3 };
	const items = Array.from({ length: MAX_ITEMS }, () => ({ kind: Messages.PLACE, ...order }));
	return desk.basket(TAKER, items, 1_000_000, SESSION_KEY);
}

function transfer(): Uint8Array {
	const message = { account: TAKER, recipient: TAKER + 1, amount: 5, nonce: 1_000_000, signature: NOTHING };
	return Encoding.transfer({ ...message, signature: sign(SESSION_KEY, Messages.transferDigest(DOMAIN, message)) });
}

function withdraw(): Uint8Array {
	const message = { account: TAKER, recipient: TAKER_KEY.address, amount: 5, nonce: 1_000_000, signature: NOTHING };
	return Encoding.withdraw({ ...message, signature: sign(TAKER_KEY, Messages.withdrawDigest(DOMAIN, message)) });
}

/** Every expiry that a report may hold, every reporter, and a settlement. */
function report(): Uint8Array {
	const time = CLOCK + 20;
	const surfaces = Array.from({ length: MAX_REPORT_EXPIRIES }, (_, i) => desk.surface({ day: TODAY + 1 + i, time, forward: INDEX[0] }));
	const message = {
		underlying: 0,
		time,
		indexPrice: INDEX[0],
		confidence: 1_000_000,
		surfaces,
		surfaceBytes: Encoding.surfaces(surfaces),
		signers: 0xffff,
		signatures: [] as Uint8Array[],
	};
	const digest = Messages.reportDigest(DOMAIN, message);
	return Encoding.report({ ...message, signatures: REPORTERS.map((key) => sign(key, digest)) });
}

function cancel(): Uint8Array {
	const message = { account: MAKER, series: TRADED, side: 1, order: 100 + MAX_ORDERS_PER_SIDE - 1, signature: NOTHING };
	return Encoding.cancel({ ...message, signature: sign(SESSION_KEY, Messages.cancelDigest(DOMAIN, message)) });
}

function attest(): Uint8Array {
	const message = { time: CLOCK + 1, root: DOMAIN, signers: 0xffff, signatures: [] as Uint8Array[] };
	const digest = DealMessages.attestDigest(DOMAIN, message);
	return DealEncoding.attest({ ...message, signatures: REPORTERS.map((key) => sign(key, digest)) });
}

function scenes(): Scene[] {
	const full = state({});
	const settled = state({ settled: true });
	const lapsed = state({ deadline: CLOCK });
	const registers = { kind: MATCH, account: TAKER, series: TRADED, side: 0, price: PRICE, remaining: 9, order: 1, epoch: 3 };
	const cancelAll = desk.cancelAll(TAKER, 1_000_000, SESSION_KEY);
	const wide = { account: MAKER, nonce: 1_000_000 };
	const list = Encoding.list({ underlying: 1, day: TODAY + 1, strike: strikes(1)[MAX_STRIKES - 1] });
	const last = { kind: "record", payload: report(), delay: 20 } as const;
	const longest = Uint8Array.from({ length: 4096 }, (_, i) => (i === 0 ? 99 : i & 255));
	const owned = { kind: "message", taken: true } as const;
	return [
		{ name: "Match a fill", cells: full, pending: registers },
		// The last of a full book's orders, all of one maker, and with it the taker's own check.
		{
			name: "Probe the last maker",
			cells: full,
			pending: { ...registers, kind: PROBE, timeInForce: Messages.FOK, price: 29_999, remaining: 64 * 5, probe: 63, probed: 63 * 5 },
		},
		{ name: "Match a fill or kill", cells: full, pending: { ...registers, timeInForce: Messages.FOK } },
		{ name: "Match what rests in a full book", cells: full, pending: { ...registers, price: PRICE - 1 } },
		{ name: "Place that displaces", cells: full, item: record(place(PRICE - 1)) },
		{ name: "Place that crosses", cells: full, item: record(place(PRICE)) },
		{ name: "Place after settlement", cells: settled, item: record(place(PRICE)) },
		{ name: "Basket", cells: full, item: record(basket()) },
		{ name: "Place out of a basket", cells: full, item: record(basket()), done: MAX_ITEMS },
		{ name: "Cancel", cells: full, item: record(cancel()) },
		{ name: "Replace that crosses", cells: full, item: record(replace()) },
		{ name: "CancelSeries", cells: full, item: record(desk.cancelSeries({ ...wide, series: TRADED, sides: 3, label: 7 }, SESSION_KEY)) },
		{
			name: "SetSession",
			cells: full,
			item: record(desk.setSession({ account: TAKER, key: SESSION_KEY.address, scopes: 0, expiresAt: 0 }, 1_000_000, TAKER_KEY)),
		},
		{
			name: "SetProtection",
			cells: full,
			item: record(desk.setProtection({ account: TAKER, underlying: 1, window: 5 }, 1_000_000, SESSION_KEY)),
		},
		{ name: "Heartbeat", cells: full, item: record(desk.heartbeat(TAKER, 5, 1_000_000, SESSION_KEY)) },
		{
			name: "Sweep",
			cells: lapsed,
			item: record(Encoding.sweep({ account: MAKER, series: TRADED, side: 1, order: 100 + MAX_ORDERS_PER_SIDE - 1 })),
		},
		{ name: "Transfer", cells: full, item: record(transfer()) },
		{ name: "CancelAll", cells: full, item: record(cancelAll) },
		{ name: "Withdraw", cells: full, item: record(withdraw()) },
		{ name: "Withdraw after settlement", cells: settled, item: record(withdraw()) },
		{ name: "List", cells: state({ strikeCount: MAX_STRIKES - 1 }), item: record(list) },
		{ name: "Settle", cells: settled, item: record(Encoding.settle({ account: TAKER })) },
		{ name: "Report", cells: full, item: last },
		{
			name: "Deposit",
			cells: full,
			item: { ...owned, l1Kind: DEPOSIT, sender: TAKER_KEY.address, payload: Encoding.deposit(TAKER, TAKER_KEY.address, 7) },
		},
		{ name: "Forced", cells: full, item: { ...owned, l1Kind: FORCED, sender: TAKER_KEY.address, payload: place(PRICE - 1, MAKER_KEY) } },
		{ name: "Liquidate", cells: full, item: record(DealEncoding.liquidate(TAKER + 1)), refusal: Result.Healthy },
		{
			name: "Bid",
			cells: full,
			item: record(desk.bid({ account: TAKER, debtor: DEBTOR, share: 1_000_000, limit: 1e15 }, 1_000_000, SESSION_KEY)),
		},
		{ name: "Attest", cells: full, item: { kind: "record", payload: attest(), delay: 1 } },
		{ name: "Collect", cells: full, item: record(DealEncoding.collect(SELLER)), refusal: Result.NothingToCollect },
		{ name: "SetReferrer", cells: full, item: record(desk.setReferrer(TAKER, MAKER, 1_000_000, TAKER_KEY)) },
		{
			name: "Block",
			cells: full,
			item: record(
				desk.block({ maker: SELLER, taker: TAKER, legs: LEGS, makerNonce: 1_000_000, takerNonce: 1_000_000 }, [SESSION_KEY, SESSION_KEY]),
			),
		},
		{ name: "Unknown", cells: full, item: record(longest), refusal: Result.UnknownKind },
		{ name: "Junk", cells: full, item: { kind: "raw", bytes: new Uint8Array(10) }, refusal: Result.Junk },
		{ name: "NextBatch", cells: full, inbox: "read", refusal: Result.NextBatch },
		{ name: "Halted", cells: full, inbox: "halted", refusal: Result.Halted },
	];
}

/** All of them, each recorded on a state whose trees are dense where it looks, or of blobs those that read their record. */
export function worstCases(carrier: keyof typeof SHAPES = Batch.CALLDATA): WorstCase[] {
	const succeeds: readonly Result[] = [Result.Ok, Result.Filled, Result.Probed, Result.Rested, Result.Displaced];
	const wanted = scenes().filter(({ item }) => carrier === Batch.CALLDATA || item);
	return wanted.map((scene) => {
		// What a step opens of the state does not depend on how its record came.
		const recorded = play(crowded(scene.cells, play(scene.cells, scene, Batch.CALLDATA)), scene, carrier);
		const { result } = recorded.outcome;
		if (scene.refusal === undefined ? !succeeds.includes(result) : result !== scene.refusal)
			throw new Error(`the worst case "${scene.name}" ends with ${nameOf(result)}`);
		return { name: scene.name, recorded };
	});
}
