// What the API shows of the market: names, dollars and units instead of ids, ticks and lots.

import type { Instrument, Queries, Ticker } from "../../executor/Queries.ts";
import type { Trade } from "../../executor/Trades.ts";
import { PPM, lotsPerUnit, strikeGrid, tickSize } from "../../machine/Constants.ts";
import { SECONDS_PER_YEAR } from "../../machine/risk/Parameters.ts";
import * as Series from "../../machine/types/Series.ts";
import { impliedVolatility } from "../../market/impliedVolatility.ts";
import * as Decimal from "../../wire/Decimal.ts";
import { dayName, nameOf, UNDERLYINGS } from "../../wire/Names.ts";
import type { Answer, Params } from "../../wire/schema.ts";

export type Currency = "ETH" | "BTC";

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

/** Ticks times lots over lots, as dollars down to a millionth; null when there are no lots. */
export function averagePrice(series: number, filledValue: number, filled: number): string | null {
	if (filled === 0) return null;
	return money(Math.round((filledValue * tickSize(Series.underlyingOf(series))) / filled));
}

export function currencyOf(underlying: number): Currency {
	return UNDERLYINGS[underlying] as Currency;
}

export function kindOf(series: number): "option" | "future" {
	return Series.kindOf(series) === Series.FUTURE ? "future" : "option";
}

export function instrument(i: Instrument): Answer<"public/get_instrument"> {
	const isFuture = i.kind === Series.FUTURE;
	return {
		instrument_name: nameOf(i.series),
		series: i.series,
		currency: currencyOf(i.underlying),
		expiry: dayName(i.day),
		expiration_timestamp: i.expiryTime,
		kind: kindOf(i.series),
		option_type: isFuture ? null : i.kind === Series.CALL ? "call" : "put",
		strike: isFuture ? null : price(i.series, i.strike),
		tick_size: money(tickSize(i.underlying)),
		min_trade_amount: amount(i.series, 1),
		open_interest: amount(i.series, i.openInterest),
		settlement_price: i.settlementPrice > 0 ? money(i.settlementPrice) : null,
	};
}

export function instruments(queries: Queries, filter: Params<"public/get_instruments">): Answer<"public/get_instruments"> {
	const { currency, kind, expired, expiry, option_type, strike_from, strike_to } = filter;
	return queries
		.instruments()
		.map(instrument)
		.filter(
			(i) =>
				(currency ?? i.currency) === i.currency &&
				(kind ?? i.kind) === i.kind &&
				(expired ?? i.settlement_price !== null) === (i.settlement_price !== null) &&
				(expiry ?? i.expiry) === i.expiry &&
				(option_type ?? i.option_type) === i.option_type &&
				(strike_from === undefined || (i.strike !== null && Number(i.strike) >= Number(strike_from))) &&
				(strike_to === undefined || (i.strike !== null && Number(i.strike) <= Number(strike_to))),
		);
}

export function currencies(): Answer<"public/get_currencies"> {
	return UNDERLYINGS.map((_, underlying) => ({
		currency: currencyOf(underlying),
		tick_size: money(tickSize(underlying)),
		min_trade_amount: Decimal.format(1, lotsPerUnit(underlying)),
		strike_step: money(strikeGrid(underlying) * tickSize(underlying)),
	}));
}

export function orderBook(queries: Queries, series: number, depth: number): Omit<Answer<"public/get_order_book">, "change_id"> {
	const book = queries.book(series, depth);
	const levels = (side: readonly { price: number; size: number }[]): [string, string][] =>
		side.map((level) => [price(series, level.price), amount(series, level.size)]);
	return {
		instrument_name: nameOf(series),
		timestamp: queries.clock,
		bids: levels(book?.bids ?? []),
		asks: levels(book?.asks ?? []),
	};
}

/** The series must be listed. */
export function ticker(queries: Queries, series: number): Answer<"public/ticker"> {
	const t = queries.ticker(series) as Ticker;
	const volatility = (value: number | undefined): string | null => (value === undefined ? null : value.toFixed(6));
	return {
		instrument_name: nameOf(series),
		timestamp: queries.clock,
		mark_price: t.mark === undefined ? null : money(t.mark),
		mark_iv: volatility(t.greeks?.volatility),
		bid_iv: volatility(impliedBy(queries, series, t, t.bestBid?.price)),
		ask_iv: volatility(impliedBy(queries, series, t, t.bestAsk?.price)),
		greeks: t.greeks ?? null,
		underlying_price: money(t.forward),
		index_price: money(t.indexPrice),
		settlement_price: t.settlementPrice > 0 ? money(t.settlementPrice) : null,
		price_timestamp: t.priceTime,
		best_bid_price: t.bestBid ? price(series, t.bestBid.price) : null,
		best_bid_amount: t.bestBid ? amount(series, t.bestBid.size) : null,
		best_ask_price: t.bestAsk ? price(series, t.bestAsk.price) : null,
		best_ask_amount: t.bestAsk ? amount(series, t.bestAsk.size) : null,
		last_price: t.lastTrade ? price(series, t.lastTrade.price) : null,
		open_interest: amount(series, t.openInterest),
	};
}

/** What a quote in ticks says of volatility, a fraction a year; undefined when it says nothing. */
function impliedBy(queries: Queries, series: number, { forward }: Ticker, ticks: number | undefined): number | undefined {
	const years = (Series.expiryTimeOf(Series.dayOf(series)) - queries.clock) / SECONDS_PER_YEAR;
	if (ticks === undefined || forward === 0 || years <= 0 || Series.kindOf(series) === Series.FUTURE) return undefined;
	const tick = tickSize(Series.underlyingOf(series));
	const option = { strike: Series.strikeOf(series) * tick, isCall: Series.kindOf(series) === Series.CALL };
	return impliedVolatility(option, forward, years, ticks * tick);
}

export function tickers(queries: Queries, filter: Params<"public/get_tickers">): Answer<"public/get_tickers"> {
	return instruments(queries, { ...filter, expired: false }).map(({ series }) => ticker(queries, series));
}

export function indexPrice(queries: Queries, underlying: number): Answer<"public/get_index_price"> {
	const u = queries.underlying(underlying);
	return { currency: currencyOf(underlying), index_price: u.indexPrice === 0 ? null : money(u.indexPrice), timestamp: u.time };
}

export function deliveryPrices(queries: Queries, underlying: number, count: number): Answer<"public/get_delivery_prices"> {
	return queries
		.expiries(underlying)
		.flatMap((day) => {
			const settlementPrice = queries.expiry(underlying, day)?.settlementPrice ?? 0;
			if (settlementPrice === 0) return [];
			return [{ expiry: dayName(day), expiration_timestamp: Series.expiryTimeOf(day), delivery_price: money(settlementPrice) }];
		})
		.reverse()
		.slice(0, count);
}

/** Parameters of SVI are whole numbers of 1e-9 in the machine. */
const NANO = 1e-9;

export function surface(queries: Queries, underlying: number): Answer<"public/get_volatility_surface"> {
	return queries.expiries(underlying).flatMap((day) => {
		const e = queries.expiry(underlying, day);
		if (!e || e.forward === 0 || e.settlementPrice > 0) return [];
		return [
			{
				expiry: dayName(day),
				expiration_timestamp: Series.expiryTimeOf(day),
				timestamp: e.time,
				forward: money(e.forward),
				a: e.a * NANO,
				b: e.b * NANO,
				rho: e.rho * NANO,
				m: e.m * NANO,
				sigma: e.sigma * NANO,
				rate: e.rate / PPM,
				confidence: e.confidence / PPM,
				atm_iv: queries.volatilityAtForward(underlying, day) ?? null,
			},
		];
	});
}

export function trade(t: Trade): Answer<"public/get_last_trades">[number] {
	const name = nameOf(t.series);
	return {
		trade_id: `${name}/${t.trade}`,
		trade_seq: t.trade,
		instrument_name: name,
		price: price(t.series, t.price),
		amount: amount(t.series, t.size),
		direction: t.takerSide === 0 ? "buy" : "sell",
		timestamp: t.time,
		sequence: t.sequence,
		taker: t.taker,
		taker_order: t.takerOrder,
		taker_fee: money(t.takerFee),
		maker: t.maker,
		maker_order: t.makerOrder,
		maker_fee: money(t.makerFee),
	};
}

/** Seconds of a candle by its name. */
function widthOf(resolution: string): number {
	return resolution === "1D" ? 86_400 : Number(resolution) * 60;
}

export function candles(
	queries: Queries,
	series: number,
	{ start_timestamp, end_timestamp, resolution }: Params<"public/get_tradingview_chart_data">,
): Answer<"public/get_tradingview_chart_data"> {
	const found = queries.candles(series, start_timestamp, end_timestamp, widthOf(resolution));
	return {
		status: found.length > 0 ? "ok" : "no_data",
		ticks: found.map(({ time }) => time),
		open: found.map(({ open }) => price(series, open)),
		high: found.map(({ high }) => price(series, high)),
		low: found.map(({ low }) => price(series, low)),
		close: found.map(({ close }) => price(series, close)),
		volume: found.map(({ volume }) => amount(series, volume)),
	};
}
