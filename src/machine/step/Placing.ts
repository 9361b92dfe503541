import { MAX_PRICE_TICKS, MAX_UNDERLYINGS } from "../Constants.ts";
import { Result } from "../Result.ts";
import * as Bands from "../risk/Bands.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account } from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import type { Order } from "../types/Book.ts";
import * as Listings from "../types/Listing.ts";
import type { Machine, Outcome, Registers } from "../types/Machine.ts";
import { MATCH, PROBE, outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Authentication from "./Authentication.ts";
import * as Messages from "./Messages.ts";
import type { Place } from "./Messages.ts";
import * as Nonces from "./Nonces.ts";
import * as Protecting from "./Protecting.ts";
import * as Resting from "./Resting.ts";
import * as Settlement from "./Settlement.ts";
import * as Trades from "./Trades.ts";

/** What the staircase finds on its way, for the steps below it. */
export type Found = {
	/** The order as it will stand: a sliding one has another price, a reducing one perhaps another size. */
	terms: Place;
	folded: Account;
	bookIndex: number;
	crossing: boolean;
};

/** Place: an order that rests, or begins to match. */
export function place(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.PLACE);
	const message = Messages.parsePlace(payload);
	if (!message) return { ...out, result: Result.Malformed };
	describe(out, message);
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.placeDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.TRADE;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	const found = { terms: { ...message }, folded: account, bookIndex: 0, crossing: false };
	out.result = admit(state, machine, account, found);
	describe(out, found.terms);
	if (out.result !== Result.Ok) return out;
	const resting = !found.crossing && message.timeInForce === Messages.GTC;
	const book = State.book(state, found.bookIndex);
	if (resting && !Resting.hasRoom(book, found.terms.side, found.terms.price)) return { ...out, result: Result.BookFull };

	// After this point the message must succeed.
	commit(state, machine, account, found, out);
	return out;
}

/** Says in the outcome which order it is about. */
export function describe(out: Outcome, terms: Place): void {
	out.account = terms.account;
	out.series = terms.series;
	out.side = terms.side;
	out.order = terms.nonce;
	out.price = terms.price;
	out.remaining = terms.size;
}

/** Whether the account may have this order: everything after authentication and nonce, but for a place in the book. */
export function admit(state: State.Body, machine: Machine, account: Account, found: Found): Result {
	const { terms } = found;
	const { series, side } = terms;
	const underlying = Series.underlyingOf(series);
	if (underlying >= MAX_UNDERLYINGS) return Result.UnknownUnderlying;
	const slot = Series.expirySlotOf(series);
	const strikeIndex = Listings.placeOf(State.listing(state, slot), series);
	if (strikeIndex === Listings.NOT_FOUND) return Result.NotListed;
	if (machine.clock >= Series.expiryTimeOf(Series.dayOf(series))) return Result.Expired;
	if (terms.expiresAt !== 0 && machine.clock >= terms.expiresAt) return Result.OrderExpired;
	if ((terms.flags & Messages.PROTECTED) !== 0) {
		if (!Protecting.isProtected(account, series)) return Result.Unprotected;
		if (Protecting.isFrozen(state, terms.account, series, machine.clock)) return Result.Frozen;
	}
	found.bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series)), side);
	const opposite = State.book(state, side === Books.BID ? found.bookIndex + 1 : found.bookIndex - 1);
	found.crossing = Books.count(opposite) > 0 && Books.crosses(side, terms.price, Books.best(opposite).price);
	if (found.crossing && (terms.flags & Messages.POST_ONLY) !== 0) {
		const best = Books.best(opposite).price;
		const behind = side === Books.BID ? best - 1 : best + 1;
		if ((terms.flags & Messages.SLIDE) === 0 || behind === 0 || behind > MAX_PRICE_TICKS) return Result.WouldCross;
		terms.price = behind;
		found.crossing = false;
	}
	found.folded = Settlement.fold(state, account);
	if ((terms.flags & Messages.REDUCE_ONLY) !== 0) {
		terms.size = Trades.reducible(found.folded, series, side, terms.size);
		if (terms.size === 0) return Result.NotReducing;
	}
	return weigh(state, machine, found, slot);
}

/** Whether prices, the band and the account's margin allow the order. */
function weigh(state: State.Body, machine: Machine, found: Found, slot: number): Result {
	const { series, side, price, size } = found.terms;
	const lots = side === Books.BID ? size : -size;
	const market = State.underlying(state, Series.underlyingOf(series));
	const expiry = State.expiry(state, slot);
	const stale = Trades.isStale(market.time, machine.clock) || Trades.isStale(expiry.time, machine.clock);
	if (stale && !Trades.reduces(Accounts.sizeOf(found.folded, series), lots)) return Result.StalePrice;
	if (!Bands.allows(state, series, expiry, market.indexPrice, side, price)) return Result.BeyondBand;
	const cash = Trades.premium(side, price, size) - Trades.takerFee(state, series, price, size);
	return Trades.check(state, found.folded, series, lots, cash, machine.clock);
}

/** Puts the order that `admit` allowed: into the registers to match, or into the book, or nowhere. */
export function commit(state: State.Body, machine: Machine, account: Account, found: Found, out: Outcome): void {
	const { terms, folded } = found;
	Accounts.lapse(folded, machine.clock);
	const epoch = Accounts.epochOf(folded, Series.underlyingOf(terms.series));
	Settlement.release(state, account, folded);
	Nonces.use(folded, terms.nonce);
	State.putAccount(state, terms.account, folded);
	if (found.crossing) {
		machine.registers = registersOf(terms, epoch);
	} else if (terms.timeInForce === Messages.GTC) {
		Resting.rest(state, State.book(state, found.bookIndex), found.bookIndex, terms.side, orderOf(registersOf(terms, epoch)), out);
	} else {
		out.result = terms.timeInForce === Messages.FOK ? Result.Killed : Result.Dropped;
	}
}

function registersOf(terms: Place, epoch: number): Registers {
	return {
		kind: terms.timeInForce === Messages.FOK ? PROBE : MATCH,
		account: terms.account,
		series: terms.series,
		side: terms.side,
		timeInForce: terms.timeInForce,
		flags: terms.flags,
		price: terms.price,
		remaining: terms.size,
		order: terms.nonce,
		expiresAt: terms.expiresAt,
		epoch,
		label: terms.label,
		probe: 0,
		probed: 0,
		cash: 0,
	};
}

/** What is left of an order, as it rests. */
export function orderOf(registers: Registers): Order {
	return {
		price: registers.price,
		size: registers.remaining,
		account: registers.account,
		epoch: registers.epoch,
		order: registers.order,
		expiresAt: registers.expiresAt,
		flags: registers.flags,
		label: registers.label,
	};
}
