// The ends of paths that nothing else in the small market reaches: messages cut short, series that nobody has, signatures of strangers, cash and positions at their limits in the middle of a deal, and
// expiries that were never reported.

import { MAX_CASH, MAX_POSITIONS, MAX_PRICE_AGE_SECONDS, MAX_PRICE_TICKS, tickSize } from "../../../src/machine/Constants.ts";
import type { CellBytes } from "../../../src/executor/TrackedState.ts";
import { Result } from "../../../src/machine/Result.ts";
import * as Kinds from "../../../src/machine/state/Kinds.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import type { Position } from "../../../src/machine/types/Account.ts";
import * as Guards from "../../../src/machine/types/Guard.ts";
import type { Guard } from "../../../src/machine/types/Guard.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import {
	ACCOUNT,
	CLOCK,
	INDEX,
	NOTHING,
	OWNER,
	STRIKES,
	TODAY,
	cells,
	forced,
	place,
	playAll,
	record,
	report,
	strikeOf,
	withdraw,
} from "./BoundaryWorld.ts";
import type { Boundary, World } from "./BoundaryWorld.ts";
import { auction, bid, block, withEquity } from "./DealBoundaries.ts";
import type { Item } from "./Lane.ts";

const MAKER = ACCOUNT + 1;
const DAY = TODAY + 7;
const RICH = { cash: 1_000_000_000_000 };
const CALL = Series.make(0, DAY, Series.CALL, strikeOf(0, 0));
const PUT = Series.make(0, DAY, Series.PUT, strikeOf(0, 0));
const UNSIGNED = { account: ACCOUNT, nonce: 1001, signature: NOTHING };

/** The cells with every one of a kind changed. */
function patched(list: readonly CellBytes[], kind: number, change: (cell: object, index: number) => object): CellBytes[] {
	return list.map((one) =>
		one.kind === kind ? { ...one, cell: Kinds.encode(kind, change(Kinds.decode(kind, one.cell), one.index)) } : one,
	);
}

class Ends {
	readonly all: Boundary[] = [];

	/** Plays the item to its end, and insists that one of its steps comes to the result: a path that is no longer reached is a mistake here. */
	add(name: string, expected: Result, item: Item, list: readonly CellBytes[], clock = CLOCK): void {
		const steps = playAll(list, item, clock);
		if (!steps.some(({ outcome }) => outcome.result === expected))
			throw new Error(`end/${name} comes to ${steps.map(({ outcome }) => outcome.result).join(", ")}, not to ${expected}`);
		for (const [i, recorded] of steps.entries()) this.all.push({ name: `end/${name}/${i}`, recorded });
	}
}

/** Messages one byte short. */
function short(ends: Ends): void {
	const whole: Readonly<Record<string, Uint8Array>> = {
		withdraw: Encoding.withdraw({ ...UNSIGNED, recipient: OWNER, amount: 1 }),
		settle: Encoding.settle({ account: ACCOUNT }),
		bid: DealEncoding.bid({ ...UNSIGNED, debtor: MAKER, share: 1, limit: 1 }),
	};
	for (const [name, payload] of Object.entries(whole))
		ends.add(`short/${name}`, Result.Malformed, forced(payload.subarray(0, -1)), cells({ account: RICH }));
	for (const kind of [Messages.REPORT, Messages.BLOCK])
		ends.add(`short/${kind}`, Result.Malformed, forced(Uint8Array.of(kind, 0, 0)), cells({ account: RICH }));
}

/** Series of no underlying and of no listing, for every message that names one. */
function unlisted(ends: Ends): void {
	const list = cells({ account: RICH });
	for (const [result, series] of [
		[Result.UnknownUnderlying, Series.make(2, DAY, Series.CALL, strikeOf(0, 0))],
		[Result.NotListed, Series.make(0, DAY + 1, Series.CALL, strikeOf(0, 0))],
	] as const) {
		const order = { series, side: 0, order: 7 };
		ends.add(`series/sweep/${result}`, result, record(Encoding.sweep({ account: ACCOUNT, ...order })), list);
		ends.add(`series/cancel/${result}`, result, forced(Encoding.cancel({ ...UNSIGNED, ...order })), list);
		ends.add(`series/cancelSeries/${result}`, result, forced(Encoding.cancelSeries({ ...UNSIGNED, series, sides: 3, label: 0 })), list);
		ends.add(`series/replace/${result}`, result, forced(Encoding.replace({ ...UNSIGNED, ...order, price: 1000, size: 1 })), list);
	}
}

/** Transfers and referrals that the account or its signature does not allow. */
function accounts(ends: Ends): void {
	const transfer = (nonce: number): Item => forced(Encoding.transfer({ ...UNSIGNED, nonce, recipient: MAKER, amount: 5 }));
	const to = (cash: number): CellBytes[] => cells({ account: RICH, others: [{ owner: OWNER, cash }] });
	ends.add("transfer/nonce", Result.NonceTooOld, transfer(7), to(0));
	ends.add("transfer/most", Result.Ok, transfer(1001), to(MAX_CASH - 5));
	ends.add("transfer/beyond", Result.CashLimit, transfer(1001), to(MAX_CASH - 4));
	const refer = DealEncoding.setReferrer({ ...UNSIGNED, referrer: MAKER });
	ends.add("refer/unsigned", Result.BadSignature, record(refer), cells({ account: RICH, others: [RICH] }));
	const bare = cells({ account: RICH }).filter(({ kind }) => kind !== Kinds.GLOBALS);
	ends.add("genesis", Result.NoQuorum, report({}), bare);
}

/** Fill-or-kill orders that a maker's protection, a reduced position or the taker's own purse ends. */
function probes(ends: Ends): void {
	const fok = place({ series: CALL, side: 0, timeInForce: Messages.FOK, size: 8 });
	const asks = (orders: readonly object[]): World["books"] => [{ series: CALL, side: 1, orders }];
	const reducing = [
		{ size: 4, flags: Messages.REDUCE_ONLY },
		{ size: 4, flags: Messages.REDUCE_ONLY, order: 8 },
		{ size: 4, account: MAKER + 1, order: 9 },
	];
	const long = { ...RICH, positions: [{ series: CALL, size: 4 }] };
	ends.add("probe/reduced", Result.Expunged, fok, cells({ account: RICH, others: [long, RICH], books: asks(reducing) }));
	const marked = [
		{ size: 4, flags: Messages.PROTECTED },
		{ size: 4, flags: Messages.PROTECTED, order: 8 },
	];
	const guard: Guard = {
		...Guards.empty(),
		protections: [{ ...Guards.none(), window: 60, freeze: 30, time: CLOCK, quantityLimit: 3 }, Guards.none()],
	};
	const guarded = { account: RICH, others: [RICH], guards: [undefined, guard], books: asks(marked) };
	ends.add("probe/trips", Result.Killed, fok, cells(guarded));
	// A sale that is allowed at its limit brings in more at the maker's price than an account may have.
	const sale = place({ series: CALL, side: 1, timeInForce: Messages.FOK, size: 8, price: 1000 });
	const seller = { cash: MAX_CASH - 80_000_000, positions: [{ series: CALL, size: 8 }] };
	ends.add(
		"probe/purse",
		Result.Killed,
		sale,
		cells({ account: seller, others: [RICH], books: [{ series: CALL, side: 0, orders: [{ size: 8, price: 60_000 }] }] }),
	);
}

/** What stale prices and full accounts refuse to the other side of a trade. */
function counterparties(ends: Ends): void {
	const age = MAX_PRICE_AGE_SECONDS + 1;
	const closing = { ...RICH, positions: [{ series: CALL, size: -10 }] };
	const books = [{ series: CALL, side: 1, orders: [{ size: 6 }] }];
	ends.add(
		"stale/maker",
		Result.MakerFailed,
		place({ series: CALL, side: 0, timeInForce: Messages.IOC, size: 6 }),
		cells({ account: closing, others: [RICH], books, indexAge: age }),
	);
	const days = [DAY, DAY + 1, DAY + 2];
	const held: Position[] = days
		.slice(1)
		.flatMap((day) =>
			[0, 1].flatMap((u) =>
				[Series.CALL, Series.PUT].flatMap((kind) => STRIKES.map((step) => Series.make(u, day, kind, strikeOf(u, step)))),
			),
		)
		.concat(STRIKES.map((step) => Series.make(1, DAY, Series.CALL, strikeOf(1, step))))
		.concat(STRIKES.map((step) => Series.make(1, DAY, Series.PUT, strikeOf(1, step))))
		.slice(0, MAX_POSITIONS - 1)
		.sort((a, b) => a - b)
		.map((series) => ({ series, size: 1 }));
	const legs = [CALL, PUT].map((series) => ({ series, side: 0, price: 300, size: 1 }));
	ends.add(
		"block/positions",
		Result.PositionLimit,
		block(legs),
		cells({ account: { cash: 2e13, positions: held }, others: [{ cash: 2e13 }], days }),
	);
	const debtor = withEquity(1, [{ series: CALL, size: -700 }]);
	const bidder = { ...RICH, positions: [{ series: Series.make(1, DAY, Series.CALL, strikeOf(1, 0)), size: 1 }] };
	const under = cells({ account: bidder, others: [debtor], guards: [undefined, auction(CLOCK - 7)] });
	const old = patched(under, Kinds.EXPIRIES, (cell, index) => (index === Series.slotOf(1, DAY) ? { ...cell, time: CLOCK - age } : cell));
	ends.add("bid/stale", Result.StalePrice, bid({}), old);
	// Another expiry's prices are stale, the traded one's are not, and the account is poor: the first of both reasons is told.
	const poor = cells({ account: { cash: 0, positions: bidder.positions } });
	const poorAndOld = patched(poor, Kinds.EXPIRIES, (cell, index) =>
		index === Series.slotOf(1, DAY) ? { ...cell, time: CLOCK - age } : cell,
	);
	ends.add("stale/poor", Result.StalePrice, place({ series: CALL }), poorAndOld);
	// Half of a short position that nobody is sure of, bought back: what is missing in confidence counts for what is left, not for both halves.
	const doubted = cells({ account: { cash: 0, positions: [{ series: CALL, size: -10 }] }, confidence: 0 });
	ends.add("doubt/halved", Result.Rested, place({ series: CALL, size: 5 }), doubted);
	// The least share takes one lot whole of what the debtor is long of, and pays for it, where his cash has no room.
	const strike = MAX_PRICE_TICKS - 107;
	const owing = [
		{ series: Series.make(0, DAY, Series.CALL, strike), size: -16_000_000 },
		{ series: Series.make(0, DAY, Series.FUTURE, 0), size: 1 },
	];
	const rich = cells({ account: { cash: 0 }, others: [{ cash: MAX_CASH - 5, positions: owing }], guards: [undefined, auction()] });
	const listed = patched(rich, Kinds.LISTINGS, (cell) => ({ ...cell, strikes: [strike] }));
	const dear = patched(listed, Kinds.EXPIRIES, (cell) => ({ ...cell, forward: strike * tickSize(0), rate: 0 }));
	ends.add(
		"bid/debtor",
		Result.CashLimit,
		bid({ share: 1 }),
		patched(dear, Kinds.UNDERLYINGS, (cell) => ({ ...cell, indexPrice: strike * tickSize(0) })),
	);
}

/** Expiries without a first report, whatever their time says, and prices too small or too far to count. */
function silence(ends: Ends): void {
	const unreported = (world: World): CellBytes[] => patched(cells(world), Kinds.EXPIRIES, (cell) => ({ ...cell, forward: 0 }));
	const positions = [{ series: CALL, size: 5 }];
	ends.add("unreported/buy", Result.BeyondBand, place({ series: CALL, side: 0, price: MAX_PRICE_TICKS }), unreported({ account: RICH }));
	ends.add("unreported/withdraw", Result.Ok, withdraw(1), unreported({ account: { ...RICH, positions } }));
	const guard: Guard = { ...Guards.empty(), protections: [{ ...Guards.none(), window: 60, time: CLOCK, deltaLimit: 1 }, Guards.none()] };
	const world = (series: number): World => ({
		account: RICH,
		others: [RICH],
		guards: [undefined, guard],
		books: [{ series, side: 1, orders: [{ size: 3, price: 10, flags: Messages.PROTECTED }] }],
	});
	const take = (series: number): Item => place({ series, side: 0, timeInForce: Messages.IOC, size: 3, price: 10 });
	ends.add("unreported/greeks", Result.Completed, take(CALL), unreported(world(CALL)));
	// So far from the forward that the density of the normal distribution is nothing.
	const far = Series.make(0, DAY, Series.CALL, strikeOf(0, 9));
	const calm = { a: 1000, b: 1000, rho: 0, m: 0, sigma: 1000 };
	ends.add(
		"far/greeks",
		Result.Completed,
		take(far),
		patched(cells(world(far)), Kinds.EXPIRIES, (cell) => ({ ...cell, ...calm })),
	);
	// An average below half a micro-USDC a lot settles at one.
	const expiry = Series.expiryTimeOf(DAY);
	const window = { indexPrice: 1, windowDay: DAY, windowStart: 10n ** 20n };
	ends.add(
		"settle/least",
		Result.Ok,
		report({ time: expiry + 1, indexPrice: INDEX[0] }),
		cells({ clock: expiry + 1, indexAge: 30, market: window }),
		expiry + 1,
	);
}

export function refusals(): Boundary[] {
	const ends = new Ends();
	short(ends);
	unlisted(ends);
	accounts(ends);
	probes(ends);
	counterparties(ends);
	silence(ends);
	return ends.all;
}
