// What anybody may ask about the market.

import { z } from "zod";
import * as Fields from "../fields.ts";
import { method } from "./method.ts";

const count = z.int().min(1).max(1000).default(10);

export const instrumentView = z.strictObject({
	instrument_name: Fields.instrument,
	series: z.int().describe("Id of the series, which the messages hold (docs/spec/machine.md)"),
	currency: Fields.currency,
	expiry: z.string().describe("Like 25DEC26"),
	expiration_timestamp: Fields.seconds,
	kind: Fields.kind,
	option_type: z.enum(["call", "put"]).nullable(),
	strike: Fields.price.nullable(),
	tick_size: Fields.price,
	min_trade_amount: Fields.amount,
	open_interest: Fields.amount,
	settlement_price: Fields.price.nullable(),
});

export const bookView = z.strictObject({
	instrument_name: Fields.instrument,
	timestamp: Fields.seconds,
	change_id: z.int().describe("Of the channel book.NAME at this node: its next change has it as prev_change_id. Equal while the book is"),
	bids: z.array(Fields.level).describe("Best first"),
	asks: z.array(Fields.level).describe("Best first"),
});

export const tickerView = z.strictObject({
	instrument_name: Fields.instrument,
	timestamp: Fields.seconds,
	mark_price: Fields.price.nullable().describe("What the margin engine values it at; null before the first report"),
	mark_iv: Fields.decimal.nullable().describe("A fraction a year"),
	bid_iv: Fields.decimal.nullable(),
	ask_iv: Fields.decimal.nullable(),
	greeks: Fields.greeks.nullable(),
	underlying_price: Fields.price.describe("The forward"),
	index_price: Fields.price,
	settlement_price: Fields.price.nullable(),
	price_timestamp: Fields.seconds.describe("When the forward and the surface are of"),
	best_bid_price: Fields.price.nullable(),
	best_bid_amount: Fields.amount.nullable(),
	best_ask_price: Fields.price.nullable(),
	best_ask_amount: Fields.amount.nullable(),
	last_price: Fields.price.nullable(),
	open_interest: Fields.amount,
});

const candles = z
	.strictObject({
		status: z.enum(["ok", "no_data"]),
		ticks: z.array(Fields.seconds).describe("Where each candle begins"),
		open: z.array(Fields.price),
		high: z.array(Fields.price),
		low: z.array(Fields.price),
		close: z.array(Fields.price),
		volume: z.array(Fields.amount),
	})
	.describe("Ascending; a candle without trades is left out");

export const RESOLUTIONS = ["1", "3", "5", "10", "15", "30", "60", "120", "180", "360", "720", "1D"] as const;

export const MARKET = {
	"public/get_instruments": method(
		"The listed series, ascending.",
		z.strictObject({
			currency: Fields.currency.optional(),
			kind: Fields.kind.optional(),
			expired: z.boolean().optional().describe("Whether it is settled"),
			expiry: z.string().max(9).optional().describe("Like 25DEC26"),
			option_type: z.enum(["call", "put"]).optional(),
			strike_from: Fields.price.optional(),
			strike_to: Fields.price.optional(),
		}),
		z.array(instrumentView),
	),
	"public/get_instrument": method("One series.", z.strictObject({ instrument_name: Fields.instrument }), instrumentView),
	"public/get_order_book": method(
		"The order book of a series.",
		z.strictObject({ instrument_name: Fields.instrument, depth: z.int().min(1).max(64).default(10) }),
		bookView,
	),
	"public/ticker": method(
		"Mark, volatility, greeks, best bid and ask.",
		z.strictObject({ instrument_name: Fields.instrument }),
		tickerView,
	),
	"public/get_tickers": method(
		"Tickers of a currency's series that are not settled: an option chain in one call.",
		z.strictObject({ currency: Fields.currency, kind: Fields.kind.optional(), expiry: z.string().max(9).optional() }),
		z.array(tickerView),
	),
	"public/get_index_price": method(
		"The index of a currency and its time.",
		z.strictObject({ currency: Fields.currency }),
		z.strictObject({ currency: Fields.currency, index_price: Fields.price.nullable(), timestamp: Fields.seconds }),
	),
	"public/get_delivery_prices": method(
		"Settlement prices of a currency's expiries, newest first.",
		z.strictObject({ currency: Fields.currency, count }),
		z.array(z.strictObject({ expiry: z.string(), expiration_timestamp: Fields.seconds, delivery_price: Fields.price })),
	),
	"public/get_volatility_surface": method(
		"The surface of every expiry as it was last reported: SVI of total variance, w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), k = ln(strike / forward).",
		z.strictObject({ currency: Fields.currency }),
		z.array(
			z.strictObject({
				expiry: z.string(),
				expiration_timestamp: Fields.seconds,
				timestamp: Fields.seconds,
				forward: Fields.price,
				a: z.number(),
				b: z.number(),
				rho: z.number(),
				m: z.number(),
				sigma: z.number(),
				rate: z.number().describe("A fraction a year"),
				confidence: z.number().describe("0 to 1"),
				atm_iv: z.number().nullable().describe("At the forward, a fraction a year"),
			}),
		),
	),
	"public/get_last_trades": method(
		"A series' trades, newest first. As public/get_last_trades_by_instrument.",
		z.strictObject({ instrument_name: Fields.instrument, count }),
		z.array(Fields.trade),
	),
	"public/get_last_trades_by_instrument": method(
		"A series' trades, newest first.",
		z.strictObject({
			instrument_name: Fields.instrument,
			count,
			end_seq: z.int().min(1).optional().describe("The newest trade_seq that is wanted"),
		}),
		z.array(Fields.trade),
	),
	"public/get_last_trades_by_currency": method(
		"Trades in all series of a currency, newest first.",
		z.strictObject({ currency: Fields.currency, kind: Fields.kind.optional(), count }),
		z.array(Fields.trade),
	),
	"public/get_tradingview_chart_data": method(
		"Candles of a series' trades; at most 5,000, and the newest 100,000 trades before the end count.",
		z.strictObject({
			instrument_name: Fields.instrument,
			start_timestamp: Fields.seconds,
			end_timestamp: Fields.seconds,
			resolution: z.enum(RESOLUTIONS).describe("Minutes, or a day"),
		}),
		candles,
	),
} as const;
