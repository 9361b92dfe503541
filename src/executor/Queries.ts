import * as Margin from "../machine/risk/Margin.ts";
import * as Valuations from "../machine/risk/Valuations.ts";
import * as Kinds from "../machine/state/Kinds.ts";
import * as State from "../machine/state/State.ts";
import { isDead } from "../machine/step/Venue.ts";
import * as Guards from "../machine/types/Guard.ts";
import type { Protection, Session } from "../machine/types/Guard.ts";
import type { Account } from "../machine/types/Account.ts";
import { HOUSE } from "../machine/step/Treasury.ts";
import * as Accounts from "../machine/types/Account.ts";
import type { Expiry } from "../machine/types/Expiry.ts";
import type { Globals } from "../machine/types/Globals.ts";
import type { Listing } from "../machine/types/Listing.ts";
import * as Series from "../machine/types/Series.ts";
import type { Underlying } from "../machine/types/Underlying.ts";
import * as Candles from "./Candles.ts";
import type { CloseReason } from "./Events.ts";
import * as Distress from "./Distress.ts";
import * as Greeks from "./Greeks.ts";
import * as Portfolios from "./Portfolios.ts";
import { Rehearsal } from "./Rehearsal.ts";
import type { Rehearsed } from "./Rehearsal.ts";
import { seriesOf } from "./Restoration.ts";
import type { OrderStatus, Orders } from "./Orders.ts";
import type { TrackedState } from "./TrackedState.ts";
import type { Trade, Trades } from "./Trades.ts";
import { seriesIndexOf } from "./Translator.ts";

/** A price level: ticks, and lots alive there. */
export type Level = { readonly price: number; readonly size: number };

export type Instrument = {
	readonly series: number;
	readonly underlying: number;
	readonly day: number;
	/** 0 call, 1 put, 2 dated future. */
	readonly kind: number;
	/** Ticks; 0 of a dated future. */
	readonly strike: number;
	/** Seconds since 1970. */
	readonly expiryTime: number;
	/** Micro-USDC per unit; 0 until settled. */
	readonly settlementPrice: number;
	/** Lots. */
	readonly openInterest: number;
	readonly trades: number;
};

export type PositionView = {
	readonly series: number;
	/** Signed lots. */
	readonly size: number;
	/** Micro-USDC per unit: what the margin values it at. */
	readonly mark: number;
	/** Of one unit; undefined of a future and once it expired. */
	readonly greeks: Greeks.Greeks | undefined;
};

/** Money in micro-USDC, times in seconds. */
export type AccountView = {
	readonly account: number;
	readonly owner: string;
	readonly cash: number;
	readonly epoch: number;
	/** When the dead-man switch goes off; 0 is never. */
	readonly deadline: number;
	readonly sessions: readonly Session[];
	/** By underlying; a window of 0 is no protection. */
	readonly protections: readonly Protection[];
	readonly nonceFloor: number;
	readonly equity: number;
	readonly initialMargin: number;
	readonly maintenanceMargin: number;
	/** Time of the oldest price behind these numbers; undefined when no price is needed. */
	readonly oldestPriceTime: number | undefined;
	readonly positions: readonly PositionView[];
	readonly openOrders: readonly OrderView[];
};

export type OrderView = Readonly<OrderStatus>;

/** An answer about an order that always comes: `unknown` says that no record up to `height`'s placed it. */
export type OrderAnswer =
	{ readonly status: "known"; readonly order: OrderView } | { readonly status: "unknown"; readonly nonceUsed: boolean };

export type Ticker = {
	readonly series: number;
	/** Micro-USDC per unit, as the margin engine values it; undefined before the first report. */
	readonly mark: number | undefined;
	/** For display: floating point, never an input of the machine. */
	readonly greeks: Greeks.Greeks | undefined;
	readonly forward: number;
	readonly indexPrice: number;
	/** Seconds: when the forward and the surface are of. */
	readonly priceTime: number;
	readonly bestBid: Level | undefined;
	readonly bestAsk: Level | undefined;
	readonly lastTrade: Trade | undefined;
	/** Micro-USDC per unit; 0 until settled. */
	readonly settlementPrice: number;
	readonly openInterest: number;
};

/** LIMIT: trades of a series that a search for one account's looks at. */
const MAX_SEARCHED_TRADES = 10_000;
/** LIMIT: trades of all series together that such a search looks at, each among the heads of hundreds of series. */
const MAX_SEARCHED_IN_ALL = 1000;

/** Reads of the live state. Everything is of the moment of the call; nothing here changes anything. */
export class Queries {
	readonly #tracked: TrackedState;
	readonly #state: State.Body;
	readonly #orders: Orders;
	readonly #trades: Trades;
	readonly #clock: () => number;
	readonly #rehearsal: Rehearsal;

	constructor(tracked: TrackedState, orders: Orders, trades: Trades, clock: () => number) {
		this.#tracked = tracked;
		this.#state = tracked.live;
		this.#orders = orders;
		this.#trades = trades;
		this.#clock = clock;
		this.#rehearsal = new Rehearsal(tracked.live);
	}

	/** Machine time in seconds. */
	get clock(): number {
		return this.#clock();
	}

	globals(): Readonly<Globals> {
		return State.globals(this.#state);
	}

	underlying(underlying: number): Readonly<Underlying> {
		return State.underlying(this.#state, underlying);
	}

	/** The expiry of an underlying on a day, or undefined when it is not listed. */
	expiry(underlying: number, day: number): Readonly<Expiry> | undefined {
		const expiry = State.expiry(this.#state, Series.slotOf(underlying, day));
		return expiry.day === day && day !== 0 ? expiry : undefined;
	}

	/** Strikes of an expiry in ticks, in order of listing; none when it is not listed. */
	strikes(underlying: number, day: number): readonly number[] {
		const listing = State.listing(this.#state, Series.slotOf(underlying, day));
		return listing.day === day ? listing.strikes : [];
	}

	/** Days of the listed expiries of an underlying, ascending. */
	expiries(underlying: number): number[] {
		const days: number[] = [];
		for (const [slot, cell] of this.#tracked.live.entries(Kinds.LISTINGS)) {
			const { day } = cell as Listing;
			if (day !== 0 && slot === Series.slotOf(underlying, day)) days.push(day);
		}
		return days.sort((a, b) => a - b);
	}

	/** Every listed series, ascending. */
	instruments(): Instrument[] {
		const instruments: Instrument[] = [];
		for (const [slot, cell] of this.#tracked.live.entries(Kinds.LISTINGS)) {
			const { settlementPrice } = State.expiry(this.#state, slot);
			for (const { series, index } of seriesOf(slot, cell as Listing)) {
				const { openInterest, trades } = State.series(this.#state, index);
				const day = Series.dayOf(series);
				instruments.push({
					series,
					underlying: Series.underlyingOf(series),
					day,
					kind: Series.kindOf(series),
					strike: Series.strikeOf(series),
					expiryTime: Series.expiryTimeOf(day),
					settlementPrice,
					openInterest,
					trades,
				});
			}
		}
		return instruments.sort((a, b) => a.series - b.series);
	}

	isListed(series: number): boolean {
		return seriesIndexOf(this.#state, series) >= 0;
	}

	/** Levels alive on both sides, best first, at most `depth` each; undefined when the series is not listed. */
	book(series: number, depth: number): { readonly bids: Level[]; readonly asks: Level[] } | undefined {
		const index = seriesIndexOf(this.#state, series);
		if (index < 0) return undefined;
		return {
			bids: this.#levels(series, Series.bookIndexOf(index, 0), depth),
			asks: this.#levels(series, Series.bookIndexOf(index, 1), depth),
		};
	}

	/** The account, or undefined when it does not exist. */
	account(index: number): AccountView | undefined {
		const account = State.account(this.#state, index);
		if (!Accounts.exists(account)) return undefined;
		const standing = Margin.assess(this.#state, account);
		const guard = State.guard(this.#state, index);
		return {
			account: index,
			owner: account.owner,
			cash: account.cash,
			epoch: account.epoch,
			deadline: account.deadline,
			sessions: guard.sessions.map((session) => ({ ...session })),
			protections: guard.protections.map((protection) => ({ ...protection })),
			nonceFloor: account.nonceFloor,
			equity: standing.equity,
			initialMargin: standing.initial,
			maintenanceMargin: standing.maintenance,
			oldestPriceTime: standing.oldestPriceTime === Margin.NO_PRICE ? undefined : standing.oldestPriceTime,
			positions: this.viewPositions(account.positions),
			openOrders: this.openOrders(index),
		};
	}

	/** Accounts for which a Liquidate message would do something now. */
	distressed(): number[] {
		return this.accounts().filter((index) => Distress.isDue(this.#state, index, this.#clock()));
	}

	/** Portfolios under auction, by their debtors. */
	auctions(): Distress.Auction[] {
		return this.accounts().flatMap((index) => Distress.auctionOf(this.#state, index, this.#clock()) ?? []);
	}

	/** Orders of an account that stand, oldest first. */
	openOrders(index: number): OrderView[] {
		const open = [...this.#orders.openOf(index)].map((order) => this.#view(order)).filter((order) => order.closed === undefined);
		return open.sort((a, b) => a.sequence - b.sequence);
	}

	/** Up to `limit` orders of an account with a label, standing or not, newest first. */
	ordersLabelled(index: number, label: number, limit: number): OrderView[] {
		return this.#orders.labelled(index, label, limit).map((order) => this.#view(order));
	}

	/** Positions with their marks and greeks. */
	viewPositions(positions: readonly { readonly series: number; readonly size: number }[]): PositionView[] {
		return positions.map(({ series, size }) => {
			const expiry = State.expiry(this.#state, Series.expirySlotOf(series));
			const greeks = expiry.forward === 0 ? undefined : Greeks.of(series, expiry, this.#clock());
			return { series, size, mark: this.#mark(series), greeks };
		});
	}

	/** An account's portfolio, or nobody's, with micro-USDC and lots added. Series must be listed, and the account must exist. */
	simulate(
		index: number | undefined,
		isEmptied: boolean,
		cash: number,
		added: ReadonlyMap<number, number>,
	): Portfolios.Portfolio | Portfolios.Unanswerable {
		const account = index === undefined ? undefined : State.account(this.#state, index);
		return Portfolios.simulate(this.#state, account && isEmptied ? { ...account, positions: [] } : account, cash, added);
	}

	/** What the machine would make of a user's message now; undefined for what no user signs. */
	rehearse(payload: Uint8Array, assumeSigned: boolean): Rehearsed | undefined {
		return this.#rehearsal.run(payload, this.#clock(), assumeSigned);
	}

	/** Who may sign for an account: its owner, then its session keys, whatever their scopes. Undefined when it does not exist. */
	signersOf(index: number): string[] | undefined {
		const account = State.account(this.#state, index);
		if (!Accounts.exists(account)) return undefined;
		if ((account.guards & Guards.SESSIONS) === 0) return [account.owner];
		return [account.owner, ...State.guard(this.#state, index).sessions.map(({ key }) => key)];
	}

	/** Indices of the accounts that an owner trades with: the house's is none. */
	accountsOf(owner: string): number[] {
		const indices: number[] = [];
		for (const [index, cell] of this.#tracked.live.entries(Kinds.ACCOUNTS))
			if (index !== HOUSE && (cell as Account).owner === owner) indices.push(index);
		return indices.sort((a, b) => a - b);
	}

	/** Accounts that exist, ascending. */
	accounts(): number[] {
		const indices: number[] = [];
		for (const [index, cell] of this.#tracked.live.entries(Kinds.ACCOUNTS)) if (Accounts.exists(cell as Account)) indices.push(index);
		return indices.sort((a, b) => a - b);
	}

	/** What is known of an order by account and the nonce that placed it. */
	order(account: number, order: number): OrderAnswer {
		const status = this.#orders.find(account, order);
		if (status) return { status: "known", order: this.#view(status) };
		const { nonceFloor, nonceBits } = State.account(this.#state, account);
		const place = order - nonceFloor;
		return { status: "unknown", nonceUsed: place < 0 || (place < 256 && ((nonceBits >> BigInt(place)) & 1n) === 1n) };
	}

	/** The newest trades of a series, newest first. */
	lastTrades(series: number, limit: number): Trade[] {
		const index = seriesIndexOf(this.#state, series);
		return index < 0 ? [] : this.#trades.last(series, State.series(this.#state, index).trades + 1, limit);
	}

	/** The newest trades of all series of an underlying, newest first; of one kind of series when it is given. */
	lastTradesOf(underlying: number, kind: number | undefined, limit: number): Trade[] {
		// The newest of each series that is not yet taken.
		const heads: Trade[] = [];
		for (const instrument of this.instruments()) {
			if (instrument.underlying !== underlying || instrument.trades === 0 || (kind ?? instrument.kind) !== instrument.kind) continue;
			heads.push(...this.lastTrades(instrument.series, 1));
		}
		const trades: Trade[] = [];
		while (trades.length < limit && heads.length > 0) {
			let newest = 0;
			// Of one record's trades, the later series may hold the earlier trade: their order among each other is not kept.
			for (let i = 1; i < heads.length; i++) if (heads[i].sequence > heads[newest].sequence) newest = i;
			const trade = heads[newest];
			trades.push(trade);
			const before = trade.trade > 1 ? this.#trades.find(trade.series, trade.trade - 1) : undefined;
			if (before) heads[newest] = before;
			else heads.splice(newest, 1);
		}
		return trades;
	}

	/** Trades of a series up to number `last`, newest first. */
	tradesUpTo(series: number, last: number, limit: number): Trade[] {
		const index = seriesIndexOf(this.#state, series);
		return index < 0 ? [] : this.#trades.last(series, Math.min(last, State.series(this.#state, index).trades) + 1, limit);
	}

	/** An account's trades among the newest of a series, newest first. */
	tradesOfAccount(account: number, series: number, limit: number): Trade[] {
		return this.lastTrades(series, MAX_SEARCHED_TRADES)
			.filter(({ taker, maker }) => taker === account || maker === account)
			.slice(0, limit);
	}

	/** An account's trades among the newest of all series of an underlying, newest first. */
	tradesOfAccountIn(account: number, underlying: number, limit: number): Trade[] {
		return this.lastTradesOf(underlying, undefined, MAX_SEARCHED_IN_ALL)
			.filter(({ taker, maker }) => taker === account || maker === account)
			.slice(0, limit);
	}

	/** Candles of a series between two times in seconds, each `width` seconds wide; none when it is not listed. */
	candles(series: number, start: number, end: number, width: number): Candles.Candle[] {
		const index = seriesIndexOf(this.#state, series);
		return index < 0 ? [] : Candles.candlesOf(this.#trades, series, State.series(this.#state, index).trades, start, end, width);
	}

	/** Volatility at the forward of a listed expiry, a fraction a year; undefined without a price and once it expired. */
	volatilityAtForward(underlying: number, day: number): number | undefined {
		const expiry = this.expiry(underlying, day);
		if (!expiry || expiry.forward === 0) return undefined;
		return Greeks.volatilityAtForward(expiry, this.#clock());
	}

	/** Market data of a series, or undefined when it is not listed. */
	ticker(series: number): Ticker | undefined {
		const index = seriesIndexOf(this.#state, series);
		if (index < 0) return undefined;
		const underlying = Series.underlyingOf(series);
		const expiry = State.expiry(this.#state, Series.expirySlotOf(series));
		const book = this.book(series, 1);
		const { indexPrice } = State.underlying(this.#state, underlying);
		const priced = expiry.forward !== 0;
		return {
			series,
			mark: priced ? this.#mark(series) : undefined,
			greeks: priced ? Greeks.of(series, expiry, this.#clock()) : undefined,
			forward: expiry.forward,
			indexPrice,
			priceTime: expiry.time,
			bestBid: book?.bids[0],
			bestAsk: book?.asks[0],
			lastTrade: this.lastTrades(series, 1)[0],
			settlementPrice: expiry.settlementPrice,
			openInterest: State.series(this.#state, index).openInterest,
		};
	}

	/** Leaves of the outbox so far. */
	withdrawals(): readonly Uint8Array[] {
		return this.#tracked.live.withdrawals;
	}

	#levels(series: number, bookIndex: number, depth: number): Level[] {
		const levels: { price: number; size: number }[] = [];
		for (const order of State.book(this.#state, bookIndex).orders) {
			if (isDead(order, series, State.account(this.#state, order.account), this.#clock())) continue;
			const last = levels.at(-1);
			if (last?.price === order.price) last.size += order.size;
			else if (levels.length === depth) break;
			else levels.push({ price: order.price, size: order.size });
		}
		return levels;
	}

	#mark(series: number): number {
		return Valuations.of(this.#state, series, State.expiry(this.#state, Series.expirySlotOf(series))).mark;
	}

	/** The order as it stands now: time alone can end it. */
	#view(status: OrderStatus): OrderView {
		if (status.closed !== undefined) return { ...status };
		const clock = this.#clock();
		const expired = (status.expiresAt !== 0 && clock >= status.expiresAt) || clock >= Series.expiryTimeOf(Series.dayOf(status.series));
		const closed: CloseReason | undefined = expired ? "Expired" : undefined;
		return { ...status, closed };
	}
}
