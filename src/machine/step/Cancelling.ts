import { MAX_UNDERLYINGS } from "../Constants.ts";
import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import * as Listings from "../types/Listing.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Authentication from "./Authentication.ts";
import * as Messages from "./Messages.ts";
import * as Nonces from "./Nonces.ts";
import * as Venues from "./Venue.ts";

/** Cancel: takes one order out of its book. It carries no nonce, because an order's id never comes again. */
export function cancel(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.CANCEL);
	const message = Messages.parseCancel(payload);
	if (!message) return { ...out, result: Result.Malformed };
	const { series, side } = message;
	out.account = message.account;
	out.series = series;
	out.side = side;
	out.order = message.order;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.cancelDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.TRADE | Authentication.CANCEL;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	if (Series.underlyingOf(series) >= MAX_UNDERLYINGS) return { ...out, result: Result.UnknownUnderlying };
	const slot = Series.expirySlotOf(series);
	const strikeIndex = Listings.placeOf(State.listing(state, slot), series);
	if (strikeIndex === Listings.NOT_FOUND) return { ...out, result: Result.NotListed };
	const bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series)), side);
	const book = State.book(state, bookIndex);
	const place = Books.find(book, message.account, message.order);
	if (place === Books.NOT_FOUND) return { ...out, result: Result.OrderNotFound };

	// After this point the message must succeed.
	const order = book.orders[place];
	out.price = order.price;
	out.remaining = order.size;
	Books.removeAt(book, place);
	State.putBook(state, bookIndex, book);
	return out;
}

/** Sweep: takes an order out of its book that can never trade again. From anyone. */
export function sweep(state: State.Body, machine: Machine, payload: Uint8Array): Outcome {
	const out = outcome(Result.Ok, Messages.SWEEP);
	const message = Messages.parseSweep(payload);
	if (!message) return { ...out, result: Result.Malformed };
	const { series, side } = message;
	out.account = message.account;
	out.series = series;
	out.side = side;
	out.order = message.order;
	if (Series.underlyingOf(series) >= MAX_UNDERLYINGS) return { ...out, result: Result.UnknownUnderlying };
	const slot = Series.expirySlotOf(series);
	const strikeIndex = Listings.placeOf(State.listing(state, slot), series);
	if (strikeIndex === Listings.NOT_FOUND) return { ...out, result: Result.NotListed };
	const bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series)), side);
	const book = State.book(state, bookIndex);
	const place = Books.find(book, message.account, message.order);
	if (place === Books.NOT_FOUND) return { ...out, result: Result.OrderNotFound };
	const order = book.orders[place];
	const account = State.account(state, message.account);
	if (!Venues.isDead(order, series, account, machine.clock)) return { ...out, result: Result.StillAlive };

	// After this point the message must succeed.
	out.price = order.price;
	out.remaining = order.size;
	Books.removeAt(book, place);
	State.putBook(state, bookIndex, book);
	return out;
}

/** CancelSeries: takes every order of the account out of one or both books of a series, or those of one label. */
export function cancelSeries(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.CANCEL_SERIES);
	const message = Messages.parseCancelSeries(payload);
	if (!message) return { ...out, result: Result.Malformed };
	const { series, sides } = message;
	out.account = message.account;
	out.series = series;
	out.side = sides;
	out.order = message.label;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.cancelSeriesDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.TRADE | Authentication.CANCEL;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	if (Series.underlyingOf(series) >= MAX_UNDERLYINGS) return { ...out, result: Result.UnknownUnderlying };
	const slot = Series.expirySlotOf(series);
	const strikeIndex = Listings.placeOf(State.listing(state, slot), series);
	if (strikeIndex === Listings.NOT_FOUND) return { ...out, result: Result.NotListed };

	// After this point the message must succeed.
	Nonces.use(account, message.nonce);
	State.putAccount(state, message.account, account);
	for (let side = Books.BID; side <= Books.ASK; side++) {
		if (((sides >> side) & 1) === 0) continue;
		const bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series)), side);
		const book = State.book(state, bookIndex);
		out.amount += Books.removeAll(book, message.account, message.label);
		State.putBook(state, bookIndex, book);
	}
	return out;
}

/** CancelAll: every order of the account, or of one underlying, dies where it rests, at the cost of one number. */
export function cancelAll(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.CANCEL_ALL);
	const message = Messages.parseCancelAll(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.account;
	out.series = message.underlying;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.cancelAllDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.TRADE | Authentication.CANCEL;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	const every = message.underlying === Messages.EVERY_UNDERLYING;
	if (!every && message.underlying >= MAX_UNDERLYINGS) return { ...out, result: Result.UnknownUnderlying };

	// After this point the message must succeed.
	Nonces.use(account, message.nonce);
	if (every) account.epoch += 1;
	else account.epochs[message.underlying] += 1;
	State.putAccount(state, message.account, account);
	out.amount = every ? account.epoch : Accounts.epochOf(account, message.underlying);
	return out;
}
