import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import * as Listings from "../types/Listing.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { PROBE, noRegisters, outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Messages from "./Messages.ts";
import * as Placing from "./Placing.ts";
import * as Probing from "./Probing.ts";
import * as Resting from "./Resting.ts";
import * as Settlement from "./Settlement.ts";
import * as Trades from "./Trades.ts";
import * as Venues from "./Venue.ts";
import type { Venue } from "./Venue.ts";

/**
 * Continues the order in the registers by one maker. INVARIANT: its series is listed and was not expired when it was placed; the clock has not moved.
 */
export function proceed(state: State.Body, machine: Machine): Outcome {
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
	const venue: Venue = { slot, seriesIndex, oppositeIndex, opposite };
	const place = taker.kind === PROBE ? taker.probe : 0;
	if (place >= Books.count(opposite) || !Books.crosses(side, taker.price, opposite.orders[place].price)) {
		finish(state, machine, Series.bookIndexOf(seriesIndex, side), out);
		return out;
	}
	const maker = opposite.orders[place];
	out.maker = maker.account;
	out.makerOrder = maker.order;
	out.price = maker.price;
	const makerAccount = State.account(state, maker.account);
	const takerAccount = State.account(state, taker.account);
	if (Venues.isDead(maker, series, makerAccount, machine.clock)) {
		Venues.expel(state, venue, place, out, Result.Expunged);
		return out;
	}
	if (makerAccount.owner === takerAccount.owner) {
		meetOwn(state, machine, venue, place, out);
		return out;
	}
	if (taker.kind === PROBE) Probing.probe(state, machine, venue, place, out);
	else fill(state, machine, venue, out);
	return out;
}

/** Trades with the best maker, who is alive and somebody else. */
function fill(state: State.Body, machine: Machine, venue: Venue, out: Outcome): void {
	const taker = machine.registers;
	const { series, side } = taker;
	const { opposite } = venue;
	const maker = Books.best(opposite);
	const makerAccount = State.account(state, maker.account);
	const takerAccount = State.account(state, taker.account);
	const makerFolded = Settlement.fold(state, makerAccount);
	let size = Math.min(taker.remaining, maker.size);
	if ((taker.flags & Messages.REDUCE_ONLY) !== 0) size = Trades.reducible(takerAccount, series, side, size);
	if (size === 0) {
		machine.registers = noRegisters();
		out.result = Result.NotReducing;
		return;
	}
	if ((maker.flags & Messages.REDUCE_ONLY) !== 0) size = Trades.reducible(makerFolded, series, 1 - side, size);
	if (size === 0) {
		Venues.expel(state, venue, 0, out, Result.Expunged);
		return;
	}
	const takerLots = side === Books.BID ? size : -size;
	const takerFee = Trades.takerFee(state, series, maker.price, size);
	const makerFee = Trades.makerFee(state, series, maker.price, size);
	const takerCash = Trades.premium(side, maker.price, size) - takerFee;
	const makerCash = Trades.premium(1 - side, maker.price, size) - makerFee;
	// A fill-or-kill order was checked as a whole, and so were its makers: what they come to was found Ok.
	if (taker.timeInForce !== Messages.FOK) {
		if (Trades.check(state, makerFolded, series, -takerLots, makerCash, machine.clock) !== Result.Ok) {
			Venues.expel(state, venue, 0, out, Result.MakerFailed);
			return;
		}
		if (Trades.check(state, takerAccount, series, takerLots, takerCash, machine.clock) !== Result.Ok) {
			machine.registers = noRegisters();
			out.result = Result.TakerStopped;
			return;
		}
	}

	// After this point the message must succeed.
	out.size = size;
	out.amount = takerFee + makerFee;
	Settlement.release(state, makerAccount, makerFolded);
	const cell = State.series(state, venue.seriesIndex);
	cell.openInterest += Trades.longChange(Accounts.sizeOf(takerAccount, series), takerLots);
	cell.openInterest += Trades.longChange(Accounts.sizeOf(makerFolded, series), -takerLots);
	cell.trades += 1;
	State.putSeries(state, venue.seriesIndex, cell);
	const opened = Trades.enact(takerAccount, series, takerLots, takerCash) + Trades.enact(makerFolded, series, -takerLots, makerCash);
	State.putAccount(state, taker.account, takerAccount);
	State.putAccount(state, maker.account, makerFolded);
	if (opened !== 0) {
		const expiry = State.expiry(state, venue.slot);
		expiry.openPositions += opened;
		State.putExpiry(state, venue.slot, expiry);
	}
	const globals = State.globals(state);
	globals.fees += takerFee + makerFee;
	State.putGlobals(state, globals);
	Venues.take(state, machine, venue, 0, size, out);
	out.result = taker.remaining === 0 ? Result.Completed : Result.Filled;
}

/** The taker meets an order of its own owner, who said what is to become of it. They never trade. */
function meetOwn(state: State.Body, machine: Machine, venue: Venue, place: number, out: Outcome): void {
	const taker = machine.registers;
	const mode = (taker.flags >> 3) & 3;
	if (mode === Messages.CANCEL_MAKER) {
		Venues.expel(state, venue, place, out, Result.Expunged);
		return;
	}
	// A fill-or-kill order cannot give up a part of itself.
	if (mode === Messages.DECREMENT && taker.timeInForce !== Messages.FOK) {
		out.size = Math.min(taker.remaining, venue.opposite.orders[place].size);
		Venues.take(state, machine, venue, place, out.size, out);
		out.result = Result.SelfTradeDecremented;
		return;
	}
	if (mode === Messages.CANCEL_BOTH) Venues.expel(state, venue, place, out, Result.SelfTradeBoth);
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
		const book = State.book(state, bookIndex);
		if (Resting.hasRoom(book, taker.side, taker.price)) Resting.rest(state, book, bookIndex, taker.side, Placing.orderOf(taker), out);
		else out.result = Result.BookFull;
	}
	machine.registers = noRegisters();
}
