// What the API shows of the live state: names, dollars and units instead of ids, ticks and lots.

import type { Queries } from "../../executor/Queries.ts";
import { FOREVER, PPM, lotsPerUnit, tickSize } from "../../machine/Constants.ts";
import type { Protection } from "../../machine/types/Guard.ts";
import * as Series from "../../machine/types/Series.ts";
import * as Decimal from "../../wire/Decimal.ts";
import { dayName, nameOf, UNDERLYINGS } from "../../wire/Names.ts";

/** Ticks as dollars. */
export function price(series: number, ticks: number): string {
	return Decimal.format(ticks * tickSize(Series.underlyingOf(series)), Decimal.MICRO);
}

/** Lots as units. */
export function amount(series: number, lots: number): string {
	return Decimal.format(lots, lotsPerUnit(Series.underlyingOf(series)));
}

export function money(micro: number): string {
	return Decimal.format(micro, Decimal.MICRO);
}

export function instruments(queries: Queries, currency: string | undefined, expired: boolean | undefined): object[] {
	return queries
		.instruments()
		.filter(
			(i) =>
				(currency === undefined || UNDERLYINGS[i.underlying] === currency) && (expired === undefined || i.settlementPrice > 0 === expired),
		)
		.map((i) => ({
			instrument_name: nameOf(i.series),
			series: i.series,
			currency: UNDERLYINGS[i.underlying],
			expiry: dayName(i.day),
			expiration_timestamp: i.expiryTime,
			kind: i.kind === Series.FUTURE ? "future" : "option",
			option_type: i.kind === Series.FUTURE ? null : i.kind === Series.CALL ? "call" : "put",
			strike: i.kind === Series.FUTURE ? null : price(i.series, i.strike),
			tick_size: money(tickSize(i.underlying)),
			min_trade_amount: amount(i.series, 1),
			open_interest: amount(i.series, i.openInterest),
			settlement_price: i.settlementPrice > 0 ? money(i.settlementPrice) : null,
		}));
}

export function orderBook(queries: Queries, series: number, depth: number): object {
	const book = queries.book(series, depth);
	const levels = (side: readonly { price: number; size: number }[]): [string, string][] =>
		side.map((level) => [price(series, level.price), amount(series, level.size)]);
	return { instrument_name: nameOf(series), bids: levels(book?.bids ?? []), asks: levels(book?.asks ?? []) };
}

export function ticker(queries: Queries, series: number): object {
	const t = queries.ticker(series);
	if (!t) return { instrument_name: nameOf(series) };
	return {
		instrument_name: nameOf(series),
		mark_price: t.mark === undefined ? null : money(t.mark),
		mark_iv: t.greeks ? t.greeks.volatility.toFixed(6) : null,
		greeks: t.greeks ?? null,
		underlying_price: money(t.forward),
		index_price: money(t.indexPrice),
		price_timestamp: t.priceTime,
		best_bid_price: t.bestBid ? price(series, t.bestBid.price) : null,
		best_bid_amount: t.bestBid ? amount(series, t.bestBid.size) : null,
		best_ask_price: t.bestAsk ? price(series, t.bestAsk.price) : null,
		best_ask_amount: t.bestAsk ? amount(series, t.bestAsk.size) : null,
		last_price: t.lastTrade ? price(series, t.lastTrade.price) : null,
		open_interest: amount(series, t.openInterest),
	};
}

export function indexPrice(queries: Queries, underlying: number): object {
	const u = queries.underlying(underlying);
	return { currency: UNDERLYINGS[underlying], index_price: u.indexPrice === 0 ? null : money(u.indexPrice), timestamp: u.time };
}

export function lastTrades(queries: Queries, series: number, count: number): object[] {
	return queries
		.lastTrades(series, count)
		.map((t) => ({ ...t, instrument_name: nameOf(series), price: price(series, t.price), amount: amount(series, t.size) }));
}

export function account(queries: Queries, index: number): object | undefined {
	const a = queries.account(index);
	if (!a) return undefined;
	return {
		account: a.account,
		owner: a.owner,
		cash: money(a.cash),
		equity: money(a.equity),
		initial_margin: money(a.initialMargin),
		maintenance_margin: money(a.maintenanceMargin),
		nonce_floor: a.nonceFloor,
		dead_man_switch: a.deadline === 0 ? null : a.deadline,
		sessions: a.sessions.map(({ key, scopes, expiresAt }) => ({ key, scopes, expires_at: expiresAt })),
		mmp: a.protections.flatMap((p, underlying) => (p.window === 0 ? [] : [protection(underlying, p)])),
		price_timestamp: a.oldestPriceTime ?? null,
		positions: a.positions.map((p) => ({ instrument_name: nameOf(p.series), size: amount(p.series, p.size), mark_price: money(p.mark) })),
		open_orders: a.openOrders.map((o) => ({ ...o, instrument_name: nameOf(o.series), price: price(o.series, o.price) })),
	};
}

/** Limits in lots, lots of delta and dollars per point of volatility; a limit of null is none. */
function protection(underlying: number, p: Protection): object {
	const frozen = p.frozenUntil === FOREVER ? "until_reset" : p.frozenUntil;
	return {
		currency: underlying === 0 ? "ETH" : "BTC",
		interval: p.window,
		frozen_time: p.freeze,
		quantity_limit: p.quantityLimit || null,
		delta_limit: p.deltaLimit === 0 ? null : p.deltaLimit / PPM,
		vega_limit: p.vegaLimit === 0 ? null : money(p.vegaLimit),
		frozen_until: p.frozenUntil === 0 ? null : frozen,
	};
}

export function orderState(queries: Queries, index: number, order: number): object {
	const answer = queries.order(index, order);
	if (answer.status === "unknown") return { status: "unknown", nonce_used: answer.nonceUsed };
	return {
		status: "known",
		...answer.order,
		instrument_name: nameOf(answer.order.series),
		price: price(answer.order.series, answer.order.price),
	};
}
