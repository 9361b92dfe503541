import { MAX_UNDERLYINGS } from "../Constants.ts";
import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import * as Listings from "../types/Listing.ts";
import type { Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Authentication from "./Authentication.ts";
import * as Messages from "./Messages.ts";
import * as Nonces from "./Nonces.ts";

/** Cancel: takes one order out of its book. It carries no nonce, because an order's id never comes again. */
export function cancel(state: State.Body, payload: Uint8Array, sender: string): Outcome {
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
	if (!Authentication.isOwner(account, digest, message.signature, sender)) return { ...out, result: Result.BadSignature };
	if (Series.underlyingOf(series) >= MAX_UNDERLYINGS) return { ...out, result: Result.UnknownUnderlying };
	const slot = Series.expirySlotOf(series);
	const listing = State.listing(state, slot);
	const strikeIndex = Listings.indexOf(listing, Series.strikeOf(series));
	if (listing.day !== Series.dayOf(series) || strikeIndex === Listings.NOT_FOUND) return { ...out, result: Result.NotListed };
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

/** CancelAll: every order of the account dies where it rests, at the cost of one number. */
export function cancelAll(state: State.Body, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.CANCEL_ALL);
	const message = Messages.parseCancelAll(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.account;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.cancelAllDigest(State.globals(state).domainSeparator, message);
	if (!Authentication.isOwner(account, digest, message.signature, sender)) return { ...out, result: Result.BadSignature };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };

	// After this point the message must succeed.
	Nonces.use(account, message.nonce);
	account.epoch += 1;
	State.putAccount(state, message.account, account);
	out.amount = account.epoch;
	return out;
}
