import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import type { Account } from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { MATCH, noRegisters } from "../types/Machine.ts";
import * as Messages from "./Messages.ts";
import * as Protecting from "./Protecting.ts";
import * as Settlement from "./Settlement.ts";
import * as Trades from "./Trades.ts";
import * as Venues from "./Venue.ts";
import type { Venue } from "./Venue.ts";

/**
 * What the orders of one maker would trade with the taker: lots, and what his cash gains. `counted` are the lots of earlier orders that his protection
 * counts, `last` is what the order at the last place gives.
 */
type Share = { lots: number; cash: number; counted: number; last: number };

/** Continues a fill-or-kill order that has not traded yet by one maker. */
export function proceed(state: State.Body, machine: Machine): Outcome {
	const { out, venue } = Venues.meet(state, machine);
	if (venue.isOther) probe(state, machine, venue, out);
	return out;
}

/**
 * Looks at one maker of a fill-or-kill order, alive and somebody else: he must be able to give what all his orders so far come to. With the last lot the
 * taker is checked for the whole, and matching begins, which then cannot fail. Until then nothing is traded, and nothing comes between.
 */
function probe(state: State.Body, machine: Machine, venue: Venue, out: Outcome): void {
	const taker = machine.registers;
	const { series, side } = taker;
	const { place } = venue;
	const maker = venue.opposite.orders[place];
	const makerFolded = Settlement.fold(state, State.account(state, maker.account));
	const share = shareOf(state, machine, venue, makerFolded);
	if (share.last === 0) {
		Venues.expel(state, venue, out, Result.Expunged);
		return;
	}
	// Earlier fills would have ended this order: a part of the whole cannot be had.
	const counted = side === Books.BID ? -share.counted : share.counted;
	if (counted !== 0 && Protecting.wouldTrip(state, maker.account, makerFolded, series, counted, machine.clock)) {
		out.result = Result.Killed;
		machine.registers = noRegisters();
		return;
	}
	const makerLots = side === Books.BID ? -share.lots : share.lots;
	if (Trades.check(state, makerFolded, series, makerLots, share.cash, machine.clock) !== Result.Ok) {
		Venues.expel(state, venue, out, Result.MakerFailed);
		return;
	}
	const fee = Trades.takerFee(state, series, maker.price, share.last);
	const cash = taker.cash + Trades.premium(side, maker.price, share.last) - fee;
	const isWhole = taker.probed + share.last === taker.remaining;
	if (isWhole) {
		const takerLots = side === Books.BID ? taker.remaining : -taker.remaining;
		if (Trades.check(state, State.account(state, taker.account), series, takerLots, cash, machine.clock) !== Result.Ok) {
			out.result = Result.Killed;
			machine.registers = noRegisters();
			return;
		}
	}

	// After this point the message must succeed.
	out.result = Result.Probed;
	out.size = share.last;
	taker.probe = isWhole ? 0 : place + 1;
	taker.probed = isWhole ? 0 : taker.probed + share.last;
	taker.cash = isWhole ? 0 : cash;
	if (isWhole) taker.kind = MATCH;
}

/** What the maker's orders up to a place would trade, each in its turn: all of the earlier ones, and of the last what the taker still wants. */
function shareOf(state: State.Body, machine: Machine, venue: Venue, folded: Account): Share {
	const { place } = venue;
	const taker = machine.registers;
	const { series, side } = taker;
	const { account } = venue.opposite.orders[place];
	const share = { lots: 0, cash: 0, counted: 0, last: 0 };
	for (let i = 0; i <= place; i++) {
		const order = venue.opposite.orders[i];
		if (order.account !== account) continue;
		let size = i < place ? order.size : Math.min(order.size, taker.remaining - taker.probed);
		if ((order.flags & Messages.REDUCE_ONLY) !== 0) {
			// Earlier orders have reduced the position already.
			const left = Trades.reducible(folded, series, 1 - side, share.lots + size) - share.lots;
			size = left < 0 ? 0 : left;
		}
		share.lots += size;
		share.cash += Trades.premium(1 - side, order.price, size) - Trades.makerFee(state, series, order.price, size);
		if (i < place && (order.flags & Messages.PROTECTED) !== 0) share.counted += size;
		share.last = size;
	}
	return share;
}
