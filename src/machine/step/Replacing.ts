import { MAX_UNDERLYINGS } from "../Constants.ts";
import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account } from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import * as Listings from "../types/Listing.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Authentication from "./Authentication.ts";
import * as Messages from "./Messages.ts";
import * as Nonces from "./Nonces.ts";
import * as Placing from "./Placing.ts";
import * as Venues from "./Venue.ts";

/**
 * Replace: an order gets another price or size. When only its size shrinks it keeps its place and its id; otherwise it leaves and comes anew, behind all
 * that stand at its price, with the message's nonce as id. A refusal leaves it as it is.
 */
export function replace(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.REPLACE);
	const message = Messages.parseReplace(payload);
	if (!message) return { ...out, result: Result.Malformed };
	const { series, side } = message;
	describe(out, message);
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.replaceDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.TRADE;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	if (Series.underlyingOf(series) >= MAX_UNDERLYINGS) return { ...out, result: Result.UnknownUnderlying };
	const slot = Series.expirySlotOf(series);
	const strikeIndex = Listings.placeOf(State.listing(state, slot), series);
	if (strikeIndex === Listings.NOT_FOUND) return { ...out, result: Result.NotListed };
	const bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series)), side);
	const book = State.book(state, bookIndex);
	const place = Books.find(book, message.account, message.order);
	if (place === Books.NOT_FOUND) return { ...out, result: Result.OrderNotFound };
	const old = book.orders[place];
	if (Venues.isDead(old, series, account, machine.clock)) return { ...out, result: Result.OrderNotFound };
	out.size = old.size;
	if (message.price === old.price && message.size <= old.size) {
		// After this point the message must succeed.
		out.order = message.order;
		use(state, account, message);
		Books.reduceAt(book, place, old.size - message.size);
		State.putBook(state, bookIndex, book);
		return out;
	}
	const terms = {
		account: message.account,
		series,
		side,
		timeInForce: Messages.GTC,
		flags: old.flags,
		price: message.price,
		size: message.size,
		expiresAt: old.expiresAt,
		nonce: message.nonce,
		label: old.label,
		signature: message.signature,
	};
	const found = { terms, folded: account, bookIndex, crossing: false };
	out.result = Placing.admit(state, machine, account, found);
	if (out.result !== Result.Ok) return out;

	// After this point the message must succeed.
	out.price = terms.price;
	out.remaining = terms.size;
	Books.removeAt(book, place);
	State.putBook(state, bookIndex, book);
	Placing.commit(state, machine, account, found, out);
	return out;
}

/** Says in the outcome which orders it is about. */
function describe(out: Outcome, message: Messages.Replace): void {
	out.account = message.account;
	out.series = message.series;
	out.side = message.side;
	out.order = message.nonce;
	out.price = message.price;
	out.remaining = message.size;
	out.makerOrder = message.order;
}

function use(state: State.Body, account: Account, message: Messages.Replace): void {
	Nonces.use(account, message.nonce);
	State.putAccount(state, message.account, account);
}
