// One side of a trade: whether an account may take it, and what it does to the account. Placing and matching share it.

import { MAX_CASH, MAX_POSITIONS, MAX_POSITION_LOTS, MAX_PRICE_AGE_SECONDS, PPM } from "../Constants.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import { Result } from "../Result.ts";
import * as Fees from "../risk/Fees.ts";
import * as Margin from "../risk/Margin.ts";
import * as Parameters from "../risk/Parameters.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account } from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import * as Series from "../types/Series.ts";
import * as Settlement from "./Settlement.ts";

/**
 * Whether the account may change its position by `size` lots and its cash by `cash`: Ok, PositionLimit, CashLimit, StalePrice or
 * InsufficientMargin. Reducing risk is always allowed: an account short of margin may trade when it is less short afterwards, and on stale prices a position
 * may still become smaller.
 */
export function check(state: State.Body, account: Account, series: number, size: number, cash: number, clock: number): Result {
	const held = Accounts.sizeOf(account, series);
	const next = held + size;
	if (next > MAX_POSITION_LOTS || next < -MAX_POSITION_LOTS) return Result.PositionLimit;
	if (held === 0 && account.positions.length >= MAX_POSITIONS) return Result.PositionLimit;
	if (account.cash + cash > MAX_CASH || account.cash + cash < -MAX_CASH) return Result.CashLimit;
	const trade = Margin.assessTrade(state, account, series, size, cash);
	if (isStale(trade.oldestPriceTime, clock) && !reduces(held, size)) return Result.StalePrice;
	if (trade.excessAfter < 0 && trade.excessAfter < trade.excessBefore) return Result.InsufficientMargin;
	return Result.Ok;
}

/** Whether a trade of `size` lots makes a position of `held` only smaller. */
export function reduces(held: number, size: number): boolean {
	return size > 0 ? held + size <= 0 : held + size >= 0;
}

/** How many of `size` lots a trade on `side` may make so that the position only becomes smaller. */
export function reducible(account: Account, series: number, side: number, size: number): number {
	const held = Accounts.sizeOf(account, series);
	const most = side === Books.BID ? -held : held;
	if (most <= 0) return 0;
	return size < most ? size : most;
}

/** What a trade on `side` adds to the trader's cash in micro-USDC, fees apart: exact. */
export function premium(side: number, price: number, size: number): number {
	return side === Books.BID ? -Settlement.premium(price, size) : Settlement.premium(price, size);
}

/** Fee of the taker in micro-USDC. */
export function takerFee(state: State.Body, series: number, price: number, size: number): number {
	const underlying = Series.underlyingOf(series);
	return Fees.taker(State.underlying(state, underlying).indexPrice, price, size, underlying);
}

/** Fee of the maker in micro-USDC. */
export function makerFee(state: State.Body, series: number, price: number, size: number): number {
	const underlying = Series.underlyingOf(series);
	return Fees.maker(State.underlying(state, underlying).indexPrice, price, size, underlying);
}

/** Fees of an account, which its cash has paid: its referrer's part waits with the account. Returns the exchange's. ROUNDING: the part down. */
export function charge(account: Account, fee: number): number {
	if (account.referrer === 0) return fee;
	const part = FixedPoint.mulDivDown(fee, Parameters.REFERRAL_SHARE, PPM);
	account.rebate += part;
	return fee - part;
}

/** Whether a price of that time is too old to open risk on. */
export function isStale(time: number, clock: number): boolean {
	return time + MAX_PRICE_AGE_SECONDS < clock;
}

/** What a trade does to an account: `check` found it Ok. Returns how the number of open positions changed. */
export function enact(account: Account, series: number, size: number, cash: number): number {
	const held = Accounts.sizeOf(account, series);
	account.cash += cash;
	Accounts.setSize(account, series, held + size);
	return openedBy(held, size);
}

/** How the number of open positions changes when one goes from `held` to `held + size`. */
export function openedBy(held: number, size: number): number {
	return (held + size === 0 ? 0 : 1) - (held === 0 ? 0 : 1);
}

/** How many more lots are held long when a position goes from `held` to `held + size`. */
export function longChange(held: number, size: number): number {
	return Math.max(held + size, 0) - Math.max(held, 0);
}
