import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { noRegisters } from "../types/Machine.ts";
import * as Messages from "./Messages.ts";
import * as Protecting from "./Protecting.ts";
import * as Settlement from "./Settlement.ts";
import * as Trades from "./Trades.ts";
import * as Venues from "./Venue.ts";
import type { Venue } from "./Venue.ts";

/**
 * Continues the order in the registers by one maker. INVARIANT: its series is listed and was not expired when it was placed; the clock has not moved.
 */
export function proceed(state: State.Body, machine: Machine): Outcome {
	const { out, venue } = Venues.meet(state, machine);
	if (venue.isOther) fill(state, machine, venue, out);
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
	// A taker that may only reduce was cut to what it can reduce when it was placed, and every fill makes both smaller alike.
	let size = Math.min(taker.remaining, maker.size);
	if ((maker.flags & Messages.REDUCE_ONLY) !== 0) size = Trades.reducible(makerFolded, series, 1 - side, size);
	if (size === 0) {
		Venues.expel(state, venue, out, Result.Expunged);
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
			Venues.expel(state, venue, out, Result.MakerFailed);
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
	// A trip makes the maker's other orders dead for the next step.
	const isCounted = (maker.flags & Messages.PROTECTED) !== 0;
	const tripped = isCounted && Protecting.record(state, maker.account, makerFolded, series, -takerLots, machine.clock);
	const charged = Trades.charge(takerAccount, takerFee) + Trades.charge(makerFolded, makerFee);
	State.putAccount(state, taker.account, takerAccount);
	State.putAccount(state, maker.account, makerFolded);
	if (opened !== 0) {
		const expiry = State.expiry(state, venue.slot);
		expiry.openPositions += opened;
		State.putExpiry(state, venue.slot, expiry);
	}
	const globals = State.globals(state);
	globals.fees += charged;
	State.putGlobals(state, globals);
	Venues.take(state, machine, venue, size, out);
	if (tripped) out.result = Result.Tripped;
	else out.result = taker.remaining === 0 ? Result.Completed : Result.Filled;
}
