import * as Bytes from "../machine/math/Bytes.ts";
import { Result } from "../machine/Result.ts";
import * as Fees from "../machine/risk/Fees.ts";
import * as State from "../machine/state/State.ts";
import * as DealMessages from "../machine/step/DealMessages.ts";
import * as Messages from "../machine/step/Messages.ts";
import { isDead } from "../machine/step/Venue.ts";
import * as Accounts from "../machine/types/Account.ts";
import * as Books from "../machine/types/Book.ts";
import type { Order } from "../machine/types/Book.ts";
import * as Guards from "../machine/types/Guard.ts";
import * as Listings from "../machine/types/Listing.ts";
import type { Outcome } from "../machine/types/Machine.ts";
import * as Series from "../machine/types/Series.ts";
import type { CloseReason, Event, Happening, MessageResult, RecordResult } from "./Events.ts";
import type { OrderStatus, Orders } from "./Orders.ts";
import type { Trades } from "./Trades.ts";

type Level = { readonly series: number; readonly side: number; readonly price: number };

/** Turns the outcomes of a record's steps into events, order statuses and trades. It reads the state after each step and never changes it. */
export class Translator {
	readonly #state: State.Body;
	readonly #orders: Orders;
	readonly #trades: Trades;
	readonly #seriesIndices = new Map<number, number>();
	/** Dead-man switches that are set, by account. */
	readonly #deadlines: Map<number, number>;
	#touched: Level[] = [];
	#happenings: Happening[] = [];
	#sequence = 0;
	#time = 0;
	#number: number;
	/** Of the message at hand, and of those before it in its record. */
	#first: Outcome | undefined;
	#last: Outcome | undefined;
	#filled = 0;
	#filledValue = 0;
	#results: MessageResult[] = [];

	/**
	 * @param number of the next event
	 * @param deadlines of the accounts that have set a dead-man switch
	 */
	constructor(state: State.Body, orders: Orders, trades: Trades, number: number, deadlines: Map<number, number>) {
		this.#state = state;
		this.#orders = orders;
		this.#trades = trades;
		this.#number = number;
		this.#deadlines = deadlines;
	}

	/** Number of the next event. */
	get number(): number {
		return this.#number;
	}

	begin(sequence: number): void {
		this.#sequence = sequence;
		this.#first = undefined;
		this.#results = [];
		this.#happenings = [];
		this.#touched = [];
	}

	/** Takes the outcome of a message's first step: the record's, or an item's of a basket. `payload` is the message's; `time` the machine clock. */
	message(outcome: Outcome, payload: Uint8Array, time: number): void {
		this.#done();
		this.#time = time;
		this.#filled = 0;
		this.#filledValue = 0;
		this.#first = outcome;
		this.#last = outcome;
		if (!isAccepted(outcome.result)) {
			this.#refuse(outcome, payload);
			return;
		}
		this.#lapse(outcome);
		if (outcome.kind === Messages.PLACE) this.#placed(outcome, this.#status(outcome, payload));
		else if (outcome.kind === Messages.CANCEL)
			this.#close(outcome.account, outcome.order, "Cancelled", outcome.remaining, outcome.series, outcome.side, outcome.price);
		else if (outcome.kind === Messages.CANCEL_ALL) this.#cancelledAll(outcome);
		else if (outcome.kind === Messages.CANCEL_SERIES) this.#cancelledSeries(outcome);
		else if (outcome.kind === Messages.REPLACE) this.#replaced(outcome);
		else if (outcome.kind === Messages.TRANSFER)
			this.#add({ type: "Transferred", account: outcome.account, recipient: outcome.maker, amount: outcome.amount });
		else if (outcome.kind === Messages.SET_SESSION) {
			const [scopes, expiresAt] = [outcome.side, outcome.amount];
			this.#add({ type: "SessionSet", account: outcome.account, key: Bytes.address(payload, 4), scopes, expiresAt });
		} else if (outcome.kind === Messages.SET_PROTECTION)
			this.#add({ type: "ProtectionSet", account: outcome.account, underlying: outcome.series, window: outcome.amount });
		else if (outcome.kind === Messages.HEARTBEAT) this.#switched(outcome);
		else if (outcome.kind === Messages.SWEEP)
			this.#close(outcome.account, outcome.order, "Swept", outcome.remaining, outcome.series, outcome.side, outcome.price);
		else if (outcome.kind === Messages.WITHDRAW) {
			this.#add({
				type: "Withdrawn",
				account: outcome.account,
				recipient: Bytes.address(payload, 4),
				amount: outcome.amount,
				index: outcome.makerOrder,
			});
		} else if (outcome.kind === Messages.LIQUIDATE) this.#liquidated(outcome);
		else if (outcome.kind === Messages.BID) {
			const { account, maker: debtor, size: share, amount: price, remaining: covered } = outcome;
			this.#add({ type: "PortfolioSold", account, debtor, share, price, covered });
			if ((State.account(this.#state, debtor).guards & Guards.AUCTION) === 0) this.#add({ type: "AuctionEnded", account: debtor });
		} else if (outcome.kind === Messages.ATTEST) this.#add({ type: "StateAttested", stateTime: outcome.amount });
		else if (outcome.kind === Messages.COLLECT)
			this.#add({ type: "FeesCollected", account: outcome.account, receiver: outcome.maker, amount: outcome.amount });
		else if (outcome.kind === Messages.SET_REFERRER) this.#add({ type: "ReferrerSet", account: outcome.account, referrer: outcome.maker });
		else if (outcome.kind === Messages.BLOCK) this.#blockTraded(payload);
		else if (outcome.kind === Messages.LIST)
			this.#add({ type: "Listed", underlying: payload[1], day: outcome.amount, strike: outcome.price });
		else if (outcome.kind === Messages.BASKET) return;
		else if (outcome.kind === Messages.SETTLE) this.#add({ type: "AccountSettled", account: outcome.account, amount: outcome.amount });
		else if (outcome.kind === Messages.REPORT) this.#reported(outcome.series);
		else this.#add({ type: "Deposited", account: outcome.account, amount: outcome.amount });
	}

	/** Takes the outcome of a step that continued the order. */
	matched(outcome: Outcome): void {
		this.#last = outcome;
		const { result, account, order, series, side, remaining, price } = outcome;
		if (result === Result.Filled || result === Result.Completed) this.#fill(outcome);
		else if (result === Result.Tripped) this.#tripped(outcome);
		else if (result === Result.Probed) return;
		else if (result === Result.Expunged) this.#expunge(outcome);
		else if (result === Result.SelfTradeTaker) this.#close(account, order, "SelfTradePrevented", remaining);
		else if (result === Result.SelfTradeBoth) {
			this.#expunge(outcome);
			this.#close(account, order, "SelfTradePrevented", remaining);
		} else if (result === Result.SelfTradeDecremented) this.#decremented(outcome);
		else if (result === Result.Killed) this.#close(account, order, "Killed", remaining);
		else if (result === Result.NotReducing) this.#close(account, order, "NotReducing", remaining);
		else if (result === Result.MakerFailed)
			this.#close(outcome.maker, outcome.makerOrder, "MakerFailed", undefined, series, 1 - side, price);
		else if (result === Result.TakerStopped) this.#close(account, order, "TakerStopped", remaining);
		else if (result === Result.Dropped) this.#close(account, order, "Dropped", remaining);
		else if (result === Result.BookFull) this.#close(account, order, "BookFull", remaining);
		else this.#rested(outcome);
	}

	/** The record is done: its result and its events. */
	end(events: Event[]): RecordResult {
		for (const level of this.#touched) this.#add({ type: "BookChanged", ...level, size: this.#sizeAt(level) });
		for (const happening of this.#happenings)
			events.push({ ...happening, number: this.#number++, sequence: this.#sequence, time: this.#time });
		this.#done();
		const [own, ...items] = this.#results;
		return { ...own, sequence: this.#sequence, time: this.#time, items };
	}

	/** The message at hand is done. */
	#done(): void {
		const first = this.#first;
		const last = this.#last;
		if (!first || !last) return;
		const { kind, account, order, result } = first;
		const filled = this.#filled;
		const filledValue = this.#filledValue;
		this.#results.push({ kind, account, order, result, final: last.result, filled, filledValue, remaining: last.remaining });
	}

	/** An event outside any record. */
	note(happening: Happening, sequence: number, time: number): Event {
		return { ...happening, number: this.#number++, sequence, time };
	}

	#add(happening: Happening): void {
		this.#happenings.push(happening);
	}

	#refuse(outcome: Outcome, payload: Uint8Array): void {
		const { kind, account, series, order, result } = outcome;
		this.#add({ type: "MessageRefused", kind, account, series, order, result });
		// A refusal before the owner was known says nothing of his orders, and a nonce that was used names the order that used it.
		if (kind !== Messages.PLACE || result < Result.NonceTooOld || result === Result.NonceUsed) return;
		const known = this.#orders.find(account, order);
		if (known && known.closed !== "Refused" && known.sequence < this.#sequence) return;
		this.#orders.put({ ...this.#status(outcome, payload), closed: "Refused" });
	}

	#status(outcome: Outcome, payload: Uint8Array): OrderStatus {
		return {
			account: outcome.account,
			order: outcome.order,
			series: outcome.series,
			side: outcome.side,
			price: outcome.price,
			size: outcome.remaining,
			timeInForce: payload[13],
			flags: payload[14],
			expiresAt: Bytes.uint(payload, 24, 5),
			label: Bytes.uint(payload, 37, 2),
			sequence: this.#sequence,
			time: this.#time,
			result: outcome.result,
			remaining: outcome.remaining,
			filledValue: 0,
			closed: undefined,
		};
	}

	#cancelledAll(outcome: Outcome): void {
		const every = outcome.series === Messages.EVERY_UNDERLYING;
		this.#closeAll(outcome.account, "CancelledAll", ({ series }) => every || Series.underlyingOf(series) === outcome.series);
	}

	/** The orders of the series that stood and are in its books no more. */
	#cancelledSeries(outcome: Outcome): void {
		const index = this.#seriesIndex(outcome.series);
		this.#closeAll(outcome.account, "Cancelled", ({ series, side, account, order }) => {
			if (series !== outcome.series || ((outcome.side >> side) & 1) === 0) return false;
			return Books.find(State.book(this.#state, Series.bookIndexOf(index, side)), account, order) === Books.NOT_FOUND;
		});
	}

	#replaced(outcome: Outcome): void {
		const { account, order, series, side, price, remaining } = outcome;
		const old = this.#orders.find(account, outcome.makerOrder);
		if (outcome.makerOrder === order) {
			if (old) this.#orders.put({ ...old, remaining });
			this.#add({ type: "OrderReduced", account, order, series, side, remaining });
			this.#touch(series, side, price);
			return;
		}
		this.#close(account, outcome.makerOrder, "Replaced", undefined, series, side);
		const inherited = { timeInForce: Messages.GTC, flags: old?.flags ?? 0, expiresAt: old?.expiresAt ?? 0, label: old?.label ?? 0 };
		this.#placed(outcome, { ...this.#status(outcome, new Uint8Array(Messages.PLACE_LENGTH)), ...inherited });
	}

	/** Taker and maker are of one owner: both lose what they would have traded. */
	#decremented(outcome: Outcome): void {
		this.#touch(outcome.series, 1 - outcome.side, outcome.price);
		for (const [account, order] of [
			[outcome.maker, outcome.makerOrder],
			[outcome.account, outcome.order],
		] as const) {
			const status = this.#orders.find(account, order);
			if (!status) continue;
			status.remaining -= outcome.size;
			this.#orders.put(status);
			if (status.remaining === 0) this.#close(account, order, "SelfTradePrevented", 0);
		}
	}

	#placed(outcome: Outcome, status: OrderStatus): void {
		const { account, order, series, side, price, remaining, result } = outcome;
		this.#orders.put(status);
		this.#add({ type: "OrderPlaced", account, order, series, side, price, size: remaining });
		if (result === Result.Dropped) this.#close(account, order, "Dropped", remaining);
		else if (result === Result.Killed) this.#close(account, order, "Killed", remaining);
		else if (result !== Result.Ok) this.#rested(outcome);
	}

	#rested(outcome: Outcome): void {
		const { account, order, series, side, price, remaining } = outcome;
		this.#add({ type: "OrderRested", account, order, series, side, price, remaining });
		this.#touch(series, side, price);
		if (outcome.result === Result.Displaced) this.#close(outcome.maker, outcome.makerOrder, "Displaced", undefined, series, side);
	}

	#fill(outcome: Outcome): void {
		const { account, order, series, side, price, size, remaining, maker, makerOrder } = outcome;
		const underlying = Series.underlyingOf(series);
		const { indexPrice } = State.underlying(this.#state, underlying);
		const trade = {
			series,
			trade: State.series(this.#state, this.#seriesIndex(series)).trades,
			price,
			size,
			takerSide: side,
			taker: account,
			takerOrder: order,
			takerFee: Fees.taker(indexPrice, price, size, underlying),
			maker,
			makerOrder,
			makerFee: Fees.maker(indexPrice, price, size, underlying),
		};
		this.#trades.put({ ...trade, sequence: this.#sequence, time: this.#time });
		this.#add({ type: "Traded", ...trade });
		this.#touch(series, 1 - side, price);
		this.#filled += size;
		this.#filledValue += price * size;
		for (const [who, which] of [
			[maker, makerOrder],
			[account, order],
		] as const) {
			const status = this.#orders.find(who, which);
			if (!status) continue;
			status.remaining -= size;
			status.filledValue += price * size;
			this.#orders.put(status);
			if (status.remaining === 0) this.#close(who, which, "Filled", 0);
		}
		if (outcome.result === Result.Completed && remaining !== 0)
			throw new Error(`order ${account}/${order} completed with ${remaining} lots left`);
	}

	/** A fill that was too much for the maker's protection. */
	#tripped(outcome: Outcome): void {
		this.#fill(outcome);
		const { maker: account, series } = outcome;
		const underlying = Series.underlyingOf(series);
		const { frozenUntil } = State.guard(this.#state, account).protections[underlying];
		this.#add({ type: "ProtectionTripped", account, underlying, frozenUntil });
		this.#closeAll(account, "ProtectionTripped", (status) => Series.underlyingOf(status.series) === underlying);
	}

	#liquidated({ account, order: start, amount }: Outcome): void {
		if (amount > 0) this.#add({ type: "DebtWrittenOff", account, amount });
		if (start === 0) {
			if (amount === 0) this.#add({ type: "AuctionEnded", account });
			return;
		}
		this.#add({ type: "AuctionStarted", account, start });
		this.#closeAll(account, "Liquidated", () => true);
	}

	/** Each leg is a trade of its series. Of what a side buys and what it sells the dearer group pays fees. */
	#blockTraded(payload: Uint8Array): void {
		const { maker, taker, makerNonce, takerNonce, legs } = DealMessages.parseBlock(payload) as DealMessages.Block;
		const fees = legs.map(({ series, price, size }) => {
			const underlying = Series.underlyingOf(series);
			const { indexPrice } = State.underlying(this.#state, underlying);
			return { taken: Fees.taker(indexPrice, price, size, underlying), made: Fees.maker(indexPrice, price, size, underlying) };
		});
		const payingSide = (fee: (i: number) => number): number => {
			const sums = [0, 0];
			for (const [i, { side }] of legs.entries()) sums[side] += fee(i);
			return sums[0] > sums[1] ? 0 : 1;
		};
		const [takerPays, makerPays] = [payingSide((i) => fees[i].taken), payingSide((i) => fees[i].made)];
		for (const [i, { series, side, price, size }] of legs.entries()) {
			const trade = {
				series,
				trade: State.series(this.#state, this.#seriesIndex(series)).trades,
				price,
				size,
				takerSide: side,
				taker,
				takerOrder: takerNonce,
				takerFee: side === takerPays ? fees[i].taken : 0,
				maker,
				makerOrder: makerNonce,
				makerFee: side === makerPays ? fees[i].made : 0,
			};
			this.#trades.put({ ...trade, sequence: this.#sequence, time: this.#time });
			this.#add({ type: "Traded", ...trade });
		}
	}

	#switched({ account, amount: deadline }: Outcome): void {
		this.#add({ type: "SwitchSet", account, deadline });
		if (deadline === 0) this.#deadlines.delete(account);
		else this.#deadlines.set(account, deadline);
	}

	/** The first order or heartbeat after a switch went off buries what stood before. */
	#lapse({ kind, account, order }: Outcome): void {
		const deadline = this.#deadlines.get(account);
		if (deadline === undefined || this.#time < deadline) return;
		if (kind !== Messages.PLACE && kind !== Messages.REPLACE && kind !== Messages.HEARTBEAT) return;
		this.#deadlines.delete(account);
		this.#closeAll(account, "SwitchedOff", (status) => status.order !== order);
	}

	#expunge(outcome: Outcome): void {
		const status = this.#orders.find(outcome.maker, outcome.makerOrder);
		const expired = status !== undefined && status.expiresAt !== 0 && this.#time >= status.expiresAt;
		const lapsed = Accounts.isLapsed(State.account(this.#state, outcome.maker), this.#time);
		this.#close(
			outcome.maker,
			outcome.makerOrder,
			lapsed ? "SwitchedOff" : expired ? "Expired" : this.#isOwn(outcome) ? "SelfTradePrevented" : "NotReducing",
			undefined,
			outcome.series,
			1 - outcome.side,
			outcome.price,
		);
	}

	#isOwn(outcome: Outcome): boolean {
		return State.account(this.#state, outcome.maker).owner === State.account(this.#state, outcome.account).owner;
	}

	/** Closes an order that stands; one that was closed before keeps its reason. The level it stood on, if any, is told anew. */
	#close(account: number, order: number, reason: CloseReason, remaining?: number, series?: number, side?: number, price?: number): void {
		const status = this.#orders.find(account, order);
		if (series !== undefined && side !== undefined) this.#touch(series, side, price ?? status?.price ?? 0);
		if (!status || status.closed !== undefined) return;
		if (remaining !== undefined) status.remaining = remaining;
		status.closed = reason;
		this.#orders.put(status);
		this.#add({ type: "OrderClosed", account, order, series: status.series, side: status.side, remaining: status.remaining, reason });
	}

	#closeAll(account: number, reason: CloseReason, concerns: (status: OrderStatus) => boolean): void {
		for (const status of [...this.#orders.openOf(account)]) {
			if (concerns(status)) this.#close(account, status.order, reason, undefined, status.series, status.side, status.price);
		}
	}

	#reported(underlying: number): void {
		const cell = State.underlying(this.#state, underlying);
		this.#add({ type: "PriceReported", underlying, priceTime: cell.time, indexPrice: cell.indexPrice });
		const settled = this.#first as Outcome;
		const day = cell.windowDay;
		// The average of a day is computed whether or not anything expires on it.
		if (settled.amount === 0 || State.expiry(this.#state, Series.slotOf(underlying, day)).day !== day) return;
		this.#add({ type: "ExpirySettled", underlying, day, settlementPrice: settled.amount });
		for (const account of this.#orders.accounts()) {
			this.#closeAll(account, "Expired", ({ series }) => Series.underlyingOf(series) === underlying && Series.dayOf(series) === day);
		}
	}

	#touch(series: number, side: number, price: number): void {
		if (!this.#touched.some((level) => level.series === series && level.side === side && level.price === price))
			this.#touched.push({ series, side, price });
	}

	/** Lots alive at a price. */
	#sizeAt({ series, side, price }: Level): number {
		const index = this.#seriesIndex(series);
		if (index < 0) return 0;
		let size = 0;
		for (const order of State.book(this.#state, Series.bookIndexOf(index, side)).orders) {
			if (order.price === price && !this.#isDead(order, series)) size += order.size;
		}
		return size;
	}

	#isDead(order: Order, series: number): boolean {
		return isDead(order, series, State.account(this.#state, order.account), this.#time);
	}

	/** Place of a listed series' cell, or -1. A listed strike keeps its place for the life of its expiry, so it is looked up once. */
	#seriesIndex(series: number): number {
		const known = this.#seriesIndices.get(series);
		if (known !== undefined) return known;
		const index = seriesIndexOf(this.#state, series);
		if (index >= 0) this.#seriesIndices.set(series, index);
		return index;
	}
}

/** Place of the series' cell, or -1 when it is not listed. */
export function seriesIndexOf(state: State.Body, series: number): number {
	const slot = Series.expirySlotOf(series);
	const strikeIndex = Listings.placeOf(State.listing(state, slot), series);
	if (strikeIndex === Listings.NOT_FOUND) return -1;
	return Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series));
}

function isAccepted(result: Result): boolean {
	return (
		result === Result.Ok || result === Result.Rested || result === Result.Displaced || result === Result.Dropped || result === Result.Killed
	);
}
