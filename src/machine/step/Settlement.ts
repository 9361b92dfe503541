import { MAX_CASH, TICK_LOT, lotsPerUnit, tickSize } from "../Constants.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account, Position } from "../types/Account.ts";
import type { Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as Messages from "./Messages.ts";

/** Micro-USDC per unit that the series pays at this price. */
export function intrinsic(series: number, price: number): number {
	const strike = Series.strikeOf(series) * tickSize(Series.underlyingOf(series));
	if (Series.kindOf(series) === Series.PUT) return strike > price ? strike - price : 0;
	// A dated future is a call struck at 0.
	return price > strike ? price - strike : 0;
}

/** Settlement price of the expiry that the series belongs to, 0 while it is not settled. */
function settlementPriceOf(state: State.Body, series: number): number {
	const expiry = State.expiry(state, Series.expirySlotOf(series));
	return expiry.day === Series.dayOf(series) ? expiry.settlementPrice : 0;
}

/**
 * The account with its settled positions folded into cash; the same object when there are none. Nothing is changed yet: whoever puts the
 * folded account also calls `release`.
 * ROUNDING: down for the holder of the position, so that what shorts pay covers what longs receive.
 * LIMIT: a position whose value would take the cash out of range stays, and folds when it fits.
 */
export function fold(state: State.Body, account: Account): Account {
	let cash = account.cash;
	let kept: Position[] | undefined;
	for (let i = 0; i < account.positions.length; i++) {
		const position = account.positions[i];
		const price = settlementPriceOf(state, position.series);
		const next = price === 0 ? cash : cash + payout(position, price);
		const fits = next <= MAX_CASH && next >= -MAX_CASH;
		if (price !== 0 && fits) {
			kept ??= account.positions.slice(0, i).map((held) => ({ ...held }));
			cash = next;
		} else kept?.push({ ...position });
	}
	return kept ? { ...account, cash, positions: kept } : account;
}

/** Micro-USDC that a position pays at its settlement price: exact, because the price is a whole number of micro-USDC per lot. */
function payout(position: Position, price: number): number {
	return FixedPoint.mulDivDown(position.size, intrinsic(position.series, price), lotsPerUnit(Series.underlyingOf(position.series)));
}

/** Counts the positions that `fold` took out of their expiries: those it kept are in the same order. */
export function release(state: State.Body, before: Account, folded: Account): void {
	if (before === folded) return;
	let kept = 0;
	for (let i = 0; i < before.positions.length; i++) {
		const { series } = before.positions[i];
		if (folded.positions[kept]?.series === series) {
			kept += 1;
			continue;
		}
		const slot = Series.expirySlotOf(series);
		const expiry = State.expiry(state, slot);
		expiry.openPositions -= 1;
		State.putExpiry(state, slot, expiry);
	}
}

/** Settle: folds an account's settled positions. From anyone. */
export function settle(state: State.Body, payload: Uint8Array): Outcome {
	const out = outcome(Result.Ok, Messages.SETTLE);
	const message = Messages.parseSettle(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.account;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const folded = fold(state, account);
	if (folded.positions.length === account.positions.length) return { ...out, result: Result.NothingToSettle };

	// After this point the message must succeed.
	out.amount = folded.cash - account.cash;
	release(state, account, folded);
	State.putAccount(state, message.account, folded);
	return out;
}

/** Premium in micro-USDC of lots at a price in ticks: exact. */
export function premium(price: number, size: number): number {
	return price * size * TICK_LOT;
}
