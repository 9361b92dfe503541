import { Result } from "../Result.ts";
import * as Fees from "../risk/Fees.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import type { Book, Order } from "../types/Book.ts";
import * as Listings from "../types/Listing.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { noRegisters, outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Messages from "./Messages.ts";
import * as Resting from "./Resting.ts";
import * as Settlement from "./Settlement.ts";
import * as Trades from "./Trades.ts";

/** Continues the order in the registers by one maker. INVARIANT: its series is listed and was not expired when it was placed; the clock has not moved. */
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
	const strikeIndex = Listings.indexOf(State.listing(state, slot), Series.strikeOf(series));
	const seriesIndex = Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series));
	const oppositeIndex = Series.bookIndexOf(seriesIndex, 1 - side);
	const opposite = State.book(state, oppositeIndex);
	if (Books.count(opposite) === 0 || !Books.crosses(side, taker.price, Books.best(opposite).price)) {
		finish(state, machine, Series.bookIndexOf(seriesIndex, side), out);
		return out;
	}
	const maker = Books.best(opposite);
	out.maker = maker.account;
	out.makerOrder = maker.order;
	out.price = maker.price;
	const makerAccount = State.account(state, maker.account);
	const takerAccount = State.account(state, taker.account);
	if (isDead(maker, makerAccount, machine.clock) || makerAccount.owner === takerAccount.owner) {
		expel(state, opposite, oppositeIndex, out, Result.Expunged);
		return out;
	}
	const size = Math.min(taker.remaining, maker.size);
	const underlying = Series.underlyingOf(series);
	const indexPrice = State.underlying(state, underlying).indexPrice;
	const premium = Settlement.premium(maker.price, size);
	const takerFee = Fees.taker(indexPrice, maker.price, size, underlying);
	const makerFee = Fees.maker(indexPrice, maker.price, size, underlying);
	const takerLots = side === Books.BID ? size : -size;
	const takerCash = (side === Books.BID ? -premium : premium) - takerFee;
	const makerCash = (side === Books.BID ? premium : -premium) - makerFee;
	const makerFolded = Settlement.fold(state, makerAccount);
	if (Trades.check(state, makerFolded, series, -takerLots, makerCash, machine.clock) !== Result.Ok) {
		expel(state, opposite, oppositeIndex, out, Result.MakerFailed);
		return out;
	}
	if (Trades.check(state, takerAccount, series, takerLots, takerCash, machine.clock) !== Result.Ok) {
		machine.registers = noRegisters();
		out.result = Result.TakerStopped;
		return out;
	}

	// After this point the message must succeed.
	out.size = size;
	out.amount = takerFee + makerFee;
	Settlement.release(state, makerAccount, makerFolded);
	const cell = State.series(state, seriesIndex);
	cell.openInterest += Trades.longChange(Accounts.sizeOf(takerAccount, series), takerLots);
	cell.openInterest += Trades.longChange(Accounts.sizeOf(makerFolded, series), -takerLots);
	cell.trades += 1;
	State.putSeries(state, seriesIndex, cell);
	const opened = Trades.enact(takerAccount, series, takerLots, takerCash) + Trades.enact(makerFolded, series, -takerLots, makerCash);
	State.putAccount(state, taker.account, takerAccount);
	State.putAccount(state, maker.account, makerFolded);
	if (opened !== 0) {
		const expiry = State.expiry(state, slot);
		expiry.openPositions += opened;
		State.putExpiry(state, slot, expiry);
	}
	const globals = State.globals(state);
	globals.fees += takerFee + makerFee;
	State.putGlobals(state, globals);
	if (maker.size === size) Books.removeAt(opposite, 0);
	else Books.reduceBest(opposite, size);
	State.putBook(state, oppositeIndex, opposite);
	taker.remaining -= size;
	out.remaining = taker.remaining;
	out.result = Result.Filled;
	if (taker.remaining === 0) {
		out.result = Result.Completed;
		machine.registers = noRegisters();
	}
	return out;
}

/** Whether a resting order may no longer trade: its account moved to a later epoch, or its time is reached. */
export function isDead(order: Order, account: Accounts.Account, clock: number): boolean {
	return order.epoch !== account.epoch || (order.expiresAt !== 0 && clock >= order.expiresAt);
}

/** Removes the best maker without a fill. */
function expel(state: State.Body, book: Book, bookIndex: number, out: Outcome, result: Result): void {
	out.result = result;
	Books.removeAt(book, 0);
	State.putBook(state, bookIndex, book);
}

/** Nothing more crosses: what is left rests or is dropped. */
function finish(state: State.Body, machine: Machine, bookIndex: number, out: Outcome): void {
	const taker = machine.registers;
	out.price = taker.price;
	if (taker.timeInForce !== Messages.GTC) {
		out.result = Result.Dropped;
	} else {
		const book = State.book(state, bookIndex);
		if (Resting.hasRoom(book, taker.side, taker.price)) {
			const entry = {
				price: taker.price,
				size: taker.remaining,
				account: taker.account,
				epoch: taker.epoch,
				order: taker.order,
				expiresAt: taker.expiresAt,
				flags: taker.flags,
			};
			Resting.rest(state, book, bookIndex, taker.side, entry, out);
		} else {
			out.result = Result.BookFull;
		}
	}
	machine.registers = noRegisters();
}
