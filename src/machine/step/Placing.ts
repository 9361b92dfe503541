import { MAX_UNDERLYINGS } from "../Constants.ts";
import { Result } from "../Result.ts";
import * as Fees from "../risk/Fees.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import * as Listings from "../types/Listing.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { MATCH, outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Authentication from "./Authentication.ts";
import * as Messages from "./Messages.ts";
import * as Nonces from "./Nonces.ts";
import * as Resting from "./Resting.ts";
import * as Settlement from "./Settlement.ts";
import * as Trades from "./Trades.ts";

/** Place: an order that rests, or begins to match. */
export function place(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.PLACE);
	const message = Messages.parsePlace(payload);
	if (!message) return { ...out, result: Result.Malformed };
	const { series, side, price, size } = message;
	out.account = message.account;
	out.series = series;
	out.side = side;
	out.order = message.nonce;
	out.price = price;
	out.remaining = size;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.placeDigest(State.globals(state).domainSeparator, message);
	if (!Authentication.isOwner(account, digest, message.signature, sender)) return { ...out, result: Result.BadSignature };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	const underlying = Series.underlyingOf(series);
	if (underlying >= MAX_UNDERLYINGS) return { ...out, result: Result.UnknownUnderlying };
	const day = Series.dayOf(series);
	const slot = Series.expirySlotOf(series);
	const listing = State.listing(state, slot);
	const strikeIndex = Listings.indexOf(listing, Series.strikeOf(series));
	if (listing.day !== day || strikeIndex === Listings.NOT_FOUND) return { ...out, result: Result.NotListed };
	if (machine.clock >= Series.expiryTimeOf(day)) return { ...out, result: Result.Expired };
	if (message.expiresAt !== 0 && machine.clock >= message.expiresAt) return { ...out, result: Result.OrderExpired };
	const market = State.underlying(state, underlying);
	const expiry = State.expiry(state, slot);
	if (Trades.isStale(market.time, machine.clock) || Trades.isStale(expiry.time, machine.clock))
		return { ...out, result: Result.StalePrice };
	const bookIndex = Series.bookIndexOf(Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series)), side);
	const oppositeIndex = side === Books.BID ? bookIndex + 1 : bookIndex - 1;
	const opposite = State.book(state, oppositeIndex);
	const crossing = Books.count(opposite) > 0 && Books.crosses(side, price, Books.best(opposite).price);
	if (crossing && message.flags === Messages.POST_ONLY) return { ...out, result: Result.WouldCross };
	const folded = Settlement.fold(state, account);
	const lots = side === Books.BID ? size : -size;
	const premium = Settlement.premium(price, size);
	const fee = Fees.taker(market.indexPrice, price, size, underlying);
	const cash = (side === Books.BID ? -premium : premium) - fee;
	const check = Trades.check(state, folded, series, lots, cash, machine.clock);
	if (check !== Result.Ok) return { ...out, result: check };
	const resting = !crossing && message.timeInForce === Messages.GTC;
	const book = State.book(state, bookIndex);
	if (resting && !Resting.hasRoom(book, side, price)) return { ...out, result: Result.BookFull };

	// After this point the message must succeed.
	Settlement.release(state, account, folded);
	Nonces.use(folded, message.nonce);
	State.putAccount(state, message.account, folded);
	const order = message.nonce;
	if (crossing) {
		machine.registers = {
			kind: MATCH,
			account: message.account,
			series,
			side,
			timeInForce: message.timeInForce,
			flags: message.flags,
			price,
			remaining: size,
			order,
			expiresAt: message.expiresAt,
			epoch: folded.epoch,
		};
	} else if (resting) {
		const entry = { price, size, account: message.account, epoch: folded.epoch, order, expiresAt: message.expiresAt, flags: message.flags };
		Resting.rest(state, book, bookIndex, side, entry, out);
	} else {
		out.result = Result.Dropped;
	}
	return out;
}
