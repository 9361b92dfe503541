// Block trades, and what a request for quotes ends in: two accounts exchange up to MAX_LEGS series at prices of their own, at once or not at all.

import { MAX_CASH, MAX_POSITIONS, MAX_POSITION_LOTS, MAX_UNDERLYINGS } from "../Constants.ts";
import { Result } from "../Result.ts";
import * as Margin from "../risk/Margin.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account } from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import * as Listings from "../types/Listing.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Authentication from "./Authentication.ts";
import * as DealMessages from "./DealMessages.ts";
import type { Block, Leg } from "./DealMessages.ts";
import * as Messages from "./Messages.ts";
import * as Nonces from "./Nonces.ts";
import * as Settlement from "./Settlement.ts";
import * as Trades from "./Trades.ts";

/** One side of the deal: its account settled, and as it will be. */
type Party = { folded: Account; next: Account; fee: number };

/** Block: both sides sign the same legs. */
export function block(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.BLOCK);
	const message = DealMessages.parseBlock(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.taker;
	out.maker = message.maker;
	out.order = message.takerNonce;
	out.makerOrder = message.makerNonce;
	out.series = message.legs[0].series;
	out.size = message.legs.length;
	const makerAccount = State.account(state, message.maker);
	const takerAccount = State.account(state, message.taker);
	if (!Accounts.exists(makerAccount) || !Accounts.exists(takerAccount)) return { ...out, result: Result.NoAccount };
	const domain = State.globals(state).domainSeparator;
	const digest = (): Uint8Array => DealMessages.blockDigest(domain, message);
	const scopes = Authentication.TRADE;
	const { maker: makerIndex, taker: takerIndex, makerSignature, takerSignature } = message;
	const made = Authentication.check(state, makerIndex, makerAccount, digest, makerSignature, sender, scopes, machine.clock);
	if (made !== Result.Ok) return { ...out, result: made };
	const taken = Authentication.check(state, takerIndex, takerAccount, digest, takerSignature, sender, scopes, machine.clock);
	if (taken !== Result.Ok) return { ...out, result: taken };
	const makerNonce = Nonces.check(makerAccount, message.makerNonce);
	if (makerNonce !== Result.Ok) return { ...out, result: makerNonce };
	const takerNonce = Nonces.check(takerAccount, message.takerNonce);
	if (takerNonce !== Result.Ok) return { ...out, result: takerNonce };
	const open = areOpen(state, machine, message);
	if (open !== Result.Ok) return { ...out, result: open };
	const maker = partyOf(state, makerAccount);
	const madeOf = agree(state, machine, maker, message.legs, false);
	if (madeOf !== Result.Ok) return { ...out, result: madeOf };
	const taker = partyOf(state, takerAccount);
	const takenOf = agree(state, machine, taker, message.legs, true);
	if (takenOf !== Result.Ok) return { ...out, result: takenOf };

	// After this point the message must succeed.
	out.amount = maker.fee + taker.fee;
	Settlement.release(state, makerAccount, maker.folded);
	Settlement.release(state, takerAccount, taker.folded);
	for (const leg of message.legs) exchange(state, maker.folded, taker.folded, leg);
	Nonces.use(maker.next, message.makerNonce);
	Nonces.use(taker.next, message.takerNonce);
	const charged = Trades.charge(maker.next, maker.fee) + Trades.charge(taker.next, taker.fee);
	State.putAccount(state, makerIndex, maker.next);
	State.putAccount(state, takerIndex, taker.next);
	const globals = State.globals(state);
	globals.fees += charged;
	State.putGlobals(state, globals);
	return out;
}

/** Whether every leg may be traded now: Ok, OrderExpired, UnknownUnderlying, NotListed or Expired. */
function areOpen(state: State.Body, machine: Machine, message: Block): Result {
	if (message.expiresAt !== 0 && machine.clock >= message.expiresAt) return Result.OrderExpired;
	for (const { series } of message.legs) {
		if (Series.underlyingOf(series) >= MAX_UNDERLYINGS) return Result.UnknownUnderlying;
		if (Listings.placeOf(State.listing(state, Series.expirySlotOf(series)), series) === Listings.NOT_FOUND) return Result.NotListed;
		if (machine.clock >= Series.expiryTimeOf(Series.dayOf(series))) return Result.Expired;
	}
	return Result.Ok;
}

function partyOf(state: State.Body, account: Account): Party {
	const folded = Settlement.fold(state, account);
	return { folded, next: Accounts.duplicate(folded), fee: 0 };
}

/** Gives one side its legs, and says whether it may have them. The dearer of what it buys and what it sells pays fees, the other group is free. */
function agree(state: State.Body, machine: Machine, party: Party, legs: readonly Leg[], isTaker: boolean): Result {
	const { next } = party;
	let cash = 0;
	let bought = 0;
	let sold = 0;
	for (const { series, side, price, size } of legs) {
		const isBuy = (side === Books.BID) === isTaker;
		const lots = Accounts.sizeOf(next, series) + (isBuy ? size : -size);
		if (lots > MAX_POSITION_LOTS || lots < -MAX_POSITION_LOTS) return Result.PositionLimit;
		Accounts.setSize(next, series, lots);
		cash += Trades.premium(isBuy ? Books.BID : Books.ASK, price, size);
		const fee = isTaker ? Trades.takerFee(state, series, price, size) : Trades.makerFee(state, series, price, size);
		if (isBuy) bought += fee;
		else sold += fee;
	}
	if (next.positions.length > MAX_POSITIONS) return Result.PositionLimit;
	party.fee = bought > sold ? bought : sold;
	const total = next.cash + cash - party.fee;
	if (total > MAX_CASH || total < -MAX_CASH) return Result.CashLimit;
	next.cash = total;
	const standing = Margin.assess(state, next);
	if (Trades.isStale(standing.oldestPriceTime, machine.clock)) return Result.StalePrice;
	return standing.equity < standing.initial ? Result.InsufficientMargin : Result.Ok;
}

/** What a leg changes beside the two accounts, which are as they were before. */
function exchange(state: State.Body, maker: Account, taker: Account, leg: Leg): void {
	const { series } = leg;
	const lots = leg.side === Books.BID ? leg.size : -leg.size;
	const taken = Accounts.sizeOf(taker, series);
	const made = Accounts.sizeOf(maker, series);
	const slot = Series.expirySlotOf(series);
	const strikeIndex = Listings.placeOf(State.listing(state, slot), series);
	const seriesIndex = Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series));
	const cell = State.series(state, seriesIndex);
	cell.openInterest += Trades.longChange(taken, lots) + Trades.longChange(made, -lots);
	cell.trades += 1;
	State.putSeries(state, seriesIndex, cell);
	const opened = Trades.openedBy(taken, lots) + Trades.openedBy(made, -lots);
	if (opened === 0) return;
	const expiry = State.expiry(state, slot);
	expiry.openPositions += opened;
	State.putExpiry(state, slot, expiry);
}
