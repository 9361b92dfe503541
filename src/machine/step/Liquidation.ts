// Liquidation: the portfolio of an account below its maintenance margin is auctioned in parts, by anybody and to anybody. A bidder takes a share of every
// position at its mark, less that share of a discount that grows with time: first it is the debtor's equity, then the insurance fund's money.

import { MAX_ATTESTATION_AGE_SECONDS, MAX_CASH, MAX_MONEY, MAX_NETTED, MAX_POSITIONS, MAX_POSITION_LOTS, PPM } from "../Constants.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import { Result } from "../Result.ts";
import * as Margin from "../risk/Margin.ts";
import type { Assessment } from "../risk/Margin.ts";
import * as Parameters from "../risk/Parameters.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account, Position } from "../types/Account.ts";
import type { Globals } from "../types/Globals.ts";
import * as Guards from "../types/Guard.ts";
import * as Listings from "../types/Listing.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Authentication from "./Authentication.ts";
import * as DealMessages from "./DealMessages.ts";
import * as Messages from "./Messages.ts";
import * as Nonces from "./Nonces.ts";
import * as Settlement from "./Settlement.ts";
import * as Trades from "./Trades.ts";
import * as Treasury from "./Treasury.ts";

/**
 * Liquidate, from anyone: begins the auction of an account below maintenance, whose orders are dead from then on; ends that of one which is not; and writes
 * off what an account without positions owes.
 */
export function liquidate(state: State.Body, machine: Machine, payload: Uint8Array): Outcome {
	const out = outcome(Result.Ok, Messages.LIQUIDATE);
	const index = DealMessages.parseAccount(payload);
	if (index === undefined) return { ...out, result: Result.Malformed };
	out.account = index;
	const account = State.account(state, index);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const folded = Settlement.fold(state, account);
	const isUnder = (account.guards & Guards.AUCTION) !== 0;
	const isFlat = folded.positions.length === 0;
	const globals = State.globals(state);
	let isHealthy = folded.cash >= 0;
	if (!isFlat) {
		if (isStateStale(globals, machine.clock)) return { ...out, result: Result.StaleState };
		const standing = Margin.assess(state, folded);
		const agreed = agreedAt(globals, standing.oldestPriceTime, machine.clock);
		if (agreed !== Result.Ok) return { ...out, result: agreed };
		isHealthy = standing.equity >= standing.maintenance;
	}
	if (isHealthy && !isUnder) return { ...out, result: Result.Healthy };
	if (!isHealthy && isUnder && !isFlat) return { ...out, result: Result.UnderAuction };
	const debt = isFlat && folded.cash < 0 ? -folded.cash : 0;
	if (Treasury.inside(globals) + debt > MAX_MONEY) return { ...out, result: Result.CashLimit };

	// After this point the message must succeed.
	Settlement.release(state, account, folded);
	if (debt > 0) {
		out.amount = debt;
		folded.cash = 0;
		Treasury.cover(globals, debt);
		State.putGlobals(state, globals);
	}
	if (!isHealthy && !isFlat) {
		folded.epoch += 1;
		setAuction(state, index, folded, machine.clock);
		out.order = machine.clock;
	} else if (isUnder) {
		setAuction(state, index, folded, 0);
	}
	State.putAccount(state, index, folded);
	return out;
}

/** Whether the state that reporters stand behind is too old to liquidate by. */
export function isStateStale(globals: Globals, clock: number): boolean {
	return globals.attestedAt + MAX_ATTESTATION_AGE_SECONDS < clock;
}

/**
 * Whether prices of which the oldest is of `time` may decide a liquidation: Ok, StalePrice, or PriceBeforeResume when attestations came after a hole and one of
 * the prices was agreed upon no later than they did. SAFETY: nobody is sold out by what was agreed before a halt.
 */
export function agreedAt(globals: Globals, time: number, clock: number): Result {
	if (Trades.isStale(time, clock)) return Result.StalePrice;
	return time <= globals.attestedSince ? Result.PriceBeforeResume : Result.Ok;
}

function setAuction(state: State.Body, index: number, account: Account, start: number): void {
	const guard = State.guard(state, index);
	guard.auctionStart = start;
	State.putGuard(state, index, guard);
	account.guards = Guards.bitsOf(guard);
}

/**
 * What the whole portfolio goes below its mark, in micro-USDC, after `elapsed` seconds: a part of the equity at first and all of it after SOLVENT_SECONDS;
 * from then on, or at once where there is no equity, up to the maintenance margin beyond it. ROUNDING: down, for the debtor.
 */
export function discountAt(standing: Assessment, elapsed: number): number {
	const { equity, maintenance } = standing;
	const solvent = equity > 0 ? Parameters.SOLVENT_SECONDS : 0;
	if (elapsed < solvent) {
		const part = Parameters.FIRST_DISCOUNT + FixedPoint.mulDivDown(PPM - Parameters.FIRST_DISCOUNT, elapsed, solvent);
		return FixedPoint.mulDivDown(equity, part, PPM);
	}
	const late = Math.min(elapsed - solvent, Parameters.INSOLVENT_SECONDS);
	const beyond = FixedPoint.mulDivDown(maintenance, late, Parameters.INSOLVENT_SECONDS);
	return FixedPoint.saturate((equity > 0 ? equity : 0) + beyond);
}

/** The largest share, in millionths, that may go at a discount: what brings the rest to its initial margin. Requires equity below it. ROUNDING: up. */
export function mostOf(standing: Assessment, discount: number): number {
	if (discount >= standing.equity) return PPM;
	return FixedPoint.mulDivUp(standing.initial - standing.equity, PPM, standing.initial - discount);
}

/** A share of every position. ROUNDING: away from 0, so that no part of a discount goes without its part of the risk. */
export function portion(positions: readonly Position[], share: number): Position[] {
	return positions.map(({ series, size }) => {
		const lots = FixedPoint.mulDivUp(size < 0 ? -size : size, share, PPM);
		return { series, size: size < 0 ? -lots : lots };
	});
}

/** Bid: takes a share of a portfolio under auction. */
export function bid(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.BID);
	const message = DealMessages.parseBid(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.account;
	out.maker = message.debtor;
	out.order = message.nonce;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => DealMessages.bidDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.TRADE;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	const debtorAccount = State.account(state, message.debtor);
	if ((debtorAccount.guards & Guards.AUCTION) === 0) return { ...out, result: Result.NoAuction };
	const globals = State.globals(state);
	if (isStateStale(globals, machine.clock)) return { ...out, result: Result.StaleState };
	const debtor = Settlement.fold(state, debtorAccount);
	if (debtor.positions.length === 0) return { ...out, result: Result.NoAuction };
	const standing = Margin.assess(state, debtor);
	const agreed = agreedAt(globals, standing.oldestPriceTime, machine.clock);
	if (agreed !== Result.Ok) return { ...out, result: agreed };
	if (standing.equity >= standing.maintenance) return { ...out, result: Result.Healthy };
	const guard = State.guard(state, message.debtor);
	const start = guard.auctionStart > globals.attestedSince ? guard.auctionStart : globals.attestedSince;
	const discount = discountAt(standing, machine.clock - start);
	const most = mostOf(standing, discount);
	out.size = message.share < most ? message.share : most;
	const moved = portion(debtor.positions, out.size);
	const price = FixedPoint.saturate(Margin.markOf(state, moved) - FixedPoint.mulDivDown(discount, out.size, PPM));
	const beyond = FixedPoint.saturate(discount - standing.equity);
	const covered = beyond > 0 ? FixedPoint.mulDivUp(beyond, out.size, PPM) : 0;
	out.amount = price;
	out.remaining = covered;
	if (price > message.limit) return { ...out, result: Result.BeyondLimit };
	if (debtor.cash + price + covered > MAX_CASH) return { ...out, result: Result.CashLimit };
	if (Treasury.inside(globals) + covered > MAX_MONEY) return { ...out, result: Result.CashLimit };
	const folded = Settlement.fold(state, account);
	const bidder = Accounts.duplicate(folded);
	if (bidder.cash - price > MAX_CASH || bidder.cash - price < -MAX_CASH) return { ...out, result: Result.CashLimit };
	bidder.cash -= price;
	if (!take(bidder, moved)) return { ...out, result: Result.PositionLimit };
	const after = Margin.assess(state, bidder);
	if (Trades.isStale(after.oldestPriceTime, machine.clock)) return { ...out, result: Result.StalePrice };
	if (after.equity < after.initial) return { ...out, result: Result.InsufficientMargin };

	// After this point the message must succeed.
	Settlement.release(state, account, folded);
	Settlement.release(state, debtorAccount, debtor);
	for (const { series, size } of moved) handOver(state, debtor, folded, series, size);
	Nonces.use(bidder, message.nonce);
	State.putAccount(state, message.account, bidder);
	if (covered > 0) {
		Treasury.cover(globals, covered);
		State.putGlobals(state, globals);
	}
	debtor.cash += price + covered;
	if (debtor.positions.length === 0) setAuction(state, message.debtor, debtor, 0);
	State.putAccount(state, message.debtor, debtor);
	return out;
}

/** Adds what moved to the bidder's positions; whether that is within the limits. */
function take(bidder: Account, moved: readonly Position[]): boolean {
	let netted = 0;
	for (const { series, size } of moved) {
		const held = Accounts.sizeOf(bidder, series);
		const next = held + size;
		if (next > MAX_POSITION_LOTS || next < -MAX_POSITION_LOTS) return false;
		if (held !== 0 && held < 0 !== size < 0) netted += 1;
		Accounts.setSize(bidder, series, next);
	}
	return netted <= MAX_NETTED && bidder.positions.length <= MAX_POSITIONS;
}

/** Lots of one series leave the debtor, and what hangs on them is counted anew. `bidder` is as he was before. */
function handOver(state: State.Body, debtor: Account, bidder: Account, series: number, size: number): void {
	const given = Accounts.sizeOf(debtor, series);
	const held = Accounts.sizeOf(bidder, series);
	Accounts.setSize(debtor, series, given - size);
	const slot = Series.expirySlotOf(series);
	const opened = Trades.openedBy(given, -size) + Trades.openedBy(held, size);
	if (opened !== 0) {
		const expiry = State.expiry(state, slot);
		expiry.openPositions += opened;
		State.putExpiry(state, slot, expiry);
	}
	// Lots that only change hands leave the open interest as it is: only where they close others is the series' cell opened.
	const change = Trades.longChange(given, -size) + Trades.longChange(held, size);
	if (change === 0) return;
	const strikeIndex = Listings.placeOf(State.listing(state, slot), series);
	const seriesIndex = Series.cellIndexOf(slot, strikeIndex, Series.kindOf(series));
	const cell = State.series(state, seriesIndex);
	cell.openInterest += change;
	State.putSeries(state, seriesIndex, cell);
}
