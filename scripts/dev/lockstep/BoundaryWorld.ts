// The small market in which steps on the two sides of an edge are played.

import { PPM, SECONDS_PER_DAY, strikeGrid, tickSize } from "../../../src/machine/Constants.ts";
import { TrackedState } from "../../../src/executor/TrackedState.ts";
import type { CellBytes } from "../../../src/executor/TrackedState.ts";
import type { Random } from "../../../src/market/Random.ts";
import * as Bands from "../../../src/machine/risk/Bands.ts";
import * as Parameters from "../../../src/machine/risk/Parameters.ts";
import { CommittedState } from "../../../src/machine/state/CommittedState.ts";
import * as Kinds from "../../../src/machine/state/Kinds.ts";
import * as State from "../../../src/machine/state/State.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import * as Accounts from "../../../src/machine/types/Account.ts";
import type { Account } from "../../../src/machine/types/Account.ts";
import type { Order } from "../../../src/machine/types/Book.ts";
import * as Expiries from "../../../src/machine/types/Expiry.ts";
import * as Globals from "../../../src/machine/types/Globals.ts";
import * as Guards from "../../../src/machine/types/Guard.ts";
import type { Guard } from "../../../src/machine/types/Guard.ts";
import * as Machines from "../../../src/machine/types/Machine.ts";
import { FORCED } from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import type { Underlying } from "../../../src/machine/types/Underlying.ts";
import { DOMAIN } from "./Desk.ts";
import { keyOf, sign } from "./Keys.ts";
import { Lane } from "./Lane.ts";
import type { Item, Recorded } from "./Lane.ts";

export type Boundary = { readonly name: string; readonly recorded: Recorded };

export const ACCOUNT = 5;
export const OWNER = keyOf("owner at the edge").address;
export const REPORTER = keyOf("reporter at the edge");
export const NOTHING = new Uint8Array(65);
export const TODAY = 20_600;
export const CLOCK = TODAY * SECONDS_PER_DAY + 40_000;
export const INDEX = [3_000_000_000, 90_000_000_000] as const;
export const STRIKES = [-8, -4, -1, 0, 1, 3, 9];

export function strikeOf(underlying: number, step: number): number {
	const atTheMoney = underlying === 0 ? 30_000 : 90_000;
	return atTheMoney + 4 * step * strikeGrid(underlying);
}

/** Which of STRIKES a series has. */
function stepOf(series: number): number {
	const underlying = Series.underlyingOf(series);
	return STRIKES.find((step) => strikeOf(underlying, step) === Series.strikeOf(series)) as number;
}

export type World = {
	account?: Partial<Account>;
	clock?: number;
	/** Seconds since the index and the surfaces were reported. */
	indexAge?: number;
	surfaceAge?: number;
	days?: readonly number[];
	confidence?: number;
	/** Of both underlyings. */
	market?: Partial<Underlying>;
	random?: Random;
	/** Accounts after ACCOUNT, each of an owner of his own. */
	others?: readonly Partial<Account>[];
	/** What guards ACCOUNT and those after it. */
	guards?: readonly (Guard | undefined)[];
	globals?: Partial<Globals.Globals>;
	/** The house's account, which is none unless it is named. */
	house?: Partial<Account>;
	/** What rests in the books of a series. */
	books?: readonly { readonly series: number; readonly side: number; readonly orders: readonly Partial<Order>[] }[];
};

/** Cells of a small market: each day's expiry with seven strikes in both underlyings, and one account. */
export function cells({
	account = {},
	clock = CLOCK,
	indexAge = 3,
	surfaceAge = 3,
	days = [TODAY + 7],
	confidence = PPM,
	market = {},
	random,
	others = [],
	guards = [],
	books = [],
	globals = {},
	house,
}: World): CellBytes[] {
	const list: CellBytes[] = [];
	const put = (kind: number, index: number, cell: object): void => void list.push({ kind, index, cell: Kinds.encode(kind, cell) });
	const fixed = { domainSeparator: DOMAIN, quorum: 1, reporters: [REPORTER.address], accounts: 1, attestedAt: clock - 5 };
	put(Kinds.GLOBALS, 0, { ...Globals.empty(), backing: 2 ** 51, ...fixed, ...globals });
	if (house) put(Kinds.ACCOUNTS, 0, { ...Accounts.empty(), owner: OWNER, ...house });
	for (const [i, one] of [account, ...others].entries()) {
		const owner = i === 0 ? OWNER : keyOf(`maker ${i} at the edge`).address;
		const fresh = { ...Accounts.empty(), owner, nonceFloor: 1000 };
		const guard = guards[i];
		if (guard) put(Kinds.GUARDS, ACCOUNT + i, guard);
		put(Kinds.ACCOUNTS, ACCOUNT + i, { ...fresh, guards: guard ? Guards.bitsOf(guard) : 0, ...one });
	}
	for (const { series, side, orders } of books) {
		const strike = Series.kindOf(series) === Series.FUTURE ? 0 : STRIKES.indexOf(stepOf(series));
		const cell = Series.cellIndexOf(Series.expirySlotOf(series), strike, Series.kindOf(series));
		const order = { price: 1000, size: 10, account: ACCOUNT + 1, epoch: 0, order: 7, expiresAt: 0, flags: 0, label: 0 };
		put(Kinds.BOOKS, Series.bookIndexOf(cell, side), { orders: orders.map((one) => ({ ...order, ...one })) });
		if (!list.some(({ kind, index }) => kind === Kinds.SERIES && index === cell))
			put(Kinds.SERIES, cell, { openInterest: 1000, trades: 3 });
	}
	for (const underlying of [0, 1]) {
		const indexPrice = INDEX[underlying] as number;
		const time = clock - indexAge;
		const window = { accumulator: 10n ** 20n, windowDay: 0, windowStart: 0n };
		put(Kinds.UNDERLYINGS, underlying, { indexPrice, time, confidence, ...window, ...market });
		for (const day of days) {
			const years = (Series.expiryTimeOf(day) - clock) / 31_536_000;
			const vary = (size: number): number => Math.round(size * (random ? 2 * random.next() - 1 : 0.3));
			const surface = {
				forward: Math.round(indexPrice * (1 + 0.05 * years) + vary(1e6)),
				a: Math.round(3e8 * years) + vary(1e6),
				b: Math.round(2e8 * years) + 2_000_000 + vary(1e6),
				rho: vary(4e8),
				m: vary(5e7),
				sigma: 150_000_000 + vary(1e8),
				rate: 40_000 + vary(30_000),
				confidence: random ? PPM - random.below(200_000) : PPM,
			};
			const slot = Series.slotOf(underlying, day);
			put(Kinds.EXPIRIES, slot, { ...Expiries.empty(), ...surface, day, time: clock - surfaceAge, openPositions: 100 });
			put(Kinds.LISTINGS, slot, { day, strikes: STRIKES.map((step) => strikeOf(underlying, step)) });
		}
	}
	return list;
}

/** The step that an item makes on these cells. */
export function play(list: readonly CellBytes[], item: Item, clock = CLOCK): Recorded {
	const machine = Machines.initial();
	machine.clock = clock;
	const lane = new Lane(list, machine);
	lane.open([item], { minTime: clock, maxTime: clock });
	return lane.advance();
}

/** Every step of an item on these cells: its own, those of what it holds, and those that match what it left pending. */
export function playAll(list: readonly CellBytes[], item: Item, clock = CLOCK): Recorded[] {
	const machine = Machines.initial();
	machine.clock = clock;
	const lane = new Lane(list, machine);
	lane.open([item], { minTime: clock, maxTime: clock });
	const steps = [lane.advance()];
	while (lane.machine.registers.kind !== Machines.NONE || lane.machine.cursor.item !== 0) steps.push(lane.advance());
	return steps;
}

/** The lowest limit at which a series of this world may be sold, and the highest at which it may be bought, in ticks. */
export function bandOf(series: number, world: World = {}): { sell: number; buy: number } {
	const state = new CommittedState();
	TrackedState.fill(state, cells(world));
	const underlying = Series.underlyingOf(series);
	const { low, high } = Bands.worthOf(series, State.expiry(state.live, Series.expirySlotOf(series)));
	const room = Math.floor((State.underlying(state.live, underlying).indexPrice * Parameters.BAND_ROOM) / PPM);
	const tick = tickSize(underlying);
	return { sell: Math.max(1, Math.ceil((low - room) / tick)), buy: Math.floor((high + room) / tick) };
}

/** A message that its owner sends on L1 himself. */
export function forced(payload: Uint8Array): Item {
	return { kind: "message", taken: true, l1Kind: FORCED, sender: OWNER, payload };
}

export const record = (payload: Uint8Array): Item => ({ kind: "record", payload, delay: 0 });

export function withdraw(amount: number, nonce = 1001): Item {
	return forced(Encoding.withdraw({ account: ACCOUNT, recipient: OWNER, amount, nonce, signature: NOTHING }));
}

export function place(fields: Partial<Messages.Place>): Item {
	const series = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
	const message = {
		account: ACCOUNT,
		series,
		side: 0,
		timeInForce: 0,
		flags: 0,
		price: 1000,
		size: 10,
		expiresAt: 0,
		nonce: 1001,
		label: 0,
	};
	return forced(Encoding.place({ ...message, signature: NOTHING, ...fields }));
}

/** A report of the first underlying by the one reporter. */
export function report(fields: Partial<Messages.Report>): Item {
	const surfaces = fields.surfaces ?? [];
	const surfaceBytes = Encoding.surfaces(surfaces);
	const message = {
		underlying: 0,
		time: CLOCK,
		indexPrice: INDEX[0],
		confidence: PPM,
		signers: 1,
		signatures: [],
		...fields,
		surfaces,
		surfaceBytes,
	};
	return record(Encoding.report({ ...message, signatures: [sign(REPORTER, Messages.reportDigest(DOMAIN, message))] }));
}
