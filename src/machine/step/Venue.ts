// The opposite side of a book, where the order in the registers looks for makers. Matching and probing share it.

import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account } from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import type { Book, Order } from "../types/Book.ts";
import * as Listings from "../types/Listing.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { PROBE, noRegisters, outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Messages from "./Messages.ts";
import * as Placing from "./Placing.ts";
import * as Resting from "./Resting.ts";

/** `place` is the maker's, `isOther` whether he is alive and somebody else. */
export type Venue = { slot: number; seriesIndex: number; oppositeIndex: number; opposite: Book; place: number; isOther: boolean };

/** Whether a resting order may no longer trade: its account moved to a later epoch, or let its dead-man switch go off, or its own time is reached. */
export function isDead(order: Order, series: number, account: Account, clock: number): boolean {
	if (Accounts.isLapsed(account, clock)) return true;
	return order.epoch !== Accounts.epochOf(account, Series.underlyingOf(series)) || (order.expiresAt !== 0 && clock >= order.expiresAt);
}

/**
 * Brings the order in the registers before the maker at its place. When there is none, or he is dead or of the taker's owner, the step ends with that;
 * otherwise `isOther` says that it goes on.
 */
export function meet(state: State.Body, machine: Machine): { out: Outcome; venue: Venue } {
	const taker = machine.registers;
	const { series, side } = taker;
	const out = outcome(Result.Ok, Messages.PLACE);
	out.account = taker.account;
	out.series = series;
	out.side = side;
	out.order = taker.order;
	out.remaining = taker.remaining;
	const slot = Series.expirySlotOf(series);
	const strikeIndex = Listings.placeOf(State.listing(state, slot), series);
	const seriesIndex = Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series));
	const oppositeIndex = Series.bookIndexOf(seriesIndex, 1 - side);
	const opposite = State.book(state, oppositeIndex);
	const place = taker.kind === PROBE ? taker.probe : 0;
	const venue: Venue = { slot, seriesIndex, oppositeIndex, opposite, place, isOther: false };
	if (place >= Books.count(opposite) || !Books.crosses(side, taker.price, opposite.orders[place].price)) {
		finish(state, machine, Series.bookIndexOf(seriesIndex, side), out);
		return { out, venue };
	}
	const maker = opposite.orders[place];
	out.maker = maker.account;
	out.makerOrder = maker.order;
	out.price = maker.price;
	const makerAccount = State.account(state, maker.account);
	const takerAccount = State.account(state, taker.account);
	if (isDead(maker, series, makerAccount, machine.clock)) expel(state, venue, out, Result.Expunged);
	else if (makerAccount.owner === takerAccount.owner) meetOwn(state, machine, venue, out);
	else venue.isOther = true;
	return { out, venue };
}

/** The taker meets an order of its own owner, who said what is to become of it. They never trade. */
function meetOwn(state: State.Body, machine: Machine, venue: Venue, out: Outcome): void {
	const taker = machine.registers;
	const mode = (taker.flags >> 3) & 3;
	if (mode === Messages.CANCEL_MAKER) {
		expel(state, venue, out, Result.Expunged);
		return;
	}
	// A fill-or-kill order cannot give up a part of itself.
	if (mode === Messages.DECREMENT && taker.timeInForce !== Messages.FOK) {
		out.size = Math.min(taker.remaining, venue.opposite.orders[venue.place].size);
		take(state, machine, venue, out.size, out);
		out.result = Result.SelfTradeDecremented;
		return;
	}
	if (mode === Messages.CANCEL_BOTH) expel(state, venue, out, Result.SelfTradeBoth);
	else out.result = Result.SelfTradeTaker;
	machine.registers = noRegisters();
}

/** Nothing more crosses: what is left rests or is dropped. */
function finish(state: State.Body, machine: Machine, bookIndex: number, out: Outcome): void {
	const taker = machine.registers;
	out.price = taker.price;
	if (taker.timeInForce !== Messages.GTC) {
		out.result = taker.kind === PROBE ? Result.Killed : Result.Dropped;
	} else {
		// There is room: what has met the other side is better than everything on its own, because books never cross.
		Resting.rest(state, State.book(state, bookIndex), bookIndex, taker.side, Placing.orderOf(taker), out);
	}
	machine.registers = noRegisters();
}

/** Removes the maker without a fill. */
export function expel(state: State.Body, venue: Venue, out: Outcome, result: Result): void {
	out.result = result;
	Books.removeAt(venue.opposite, venue.place);
	State.putBook(state, venue.oppositeIndex, venue.opposite);
}

/** Takes lots from the maker and from the taker, who is done when none are left. */
export function take(state: State.Body, machine: Machine, venue: Venue, size: number, out: Outcome): void {
	const taker = machine.registers;
	if (venue.opposite.orders[venue.place].size === size) Books.removeAt(venue.opposite, venue.place);
	else Books.reduceAt(venue.opposite, venue.place, size);
	State.putBook(state, venue.oppositeIndex, venue.opposite);
	taker.remaining -= size;
	out.remaining = taker.remaining;
	if (taker.remaining === 0) machine.registers = noRegisters();
}
