// The market as Deribit's own clients read it: GET /api/v2/public/NAME, numbers instead of decimal strings, milliseconds, volatility in percent. It reads what the
// methods of docs/api answer and says it in other units; nothing is known here that is not known there.

import { PPM } from "../../machine/Constants.ts";
import * as Parameters from "../../machine/risk/Parameters.ts";
import { Code, RpcError } from "../../wire/RpcError.ts";
import type { Answer, Method } from "../../wire/schema.ts";

/** Asks a method of docs/api. Throws RpcError as that does. */
export type Ask = <M extends Method>(method: M, params: Readonly<Record<string, unknown>>) => Promise<Answer<M>>;
export type DeribitAnswer = { readonly status: number; readonly body: string };

type Query = Readonly<Record<string, string>>;
type Ticker = Answer<"public/ticker">;

/** Deribit's codes, where they differ: clients know what to do by them. */
const CODES: Readonly<Record<number, number>> = { [Code.NotFound]: 13_020, [Code.LimitReached]: 10_028, [Code.Overloaded]: 10_047 };
const NAMES: Readonly<Record<string, string>> = { ETH: "Ethereum", BTC: "Bitcoin" };
const [HOUR, DAY] = [3600, 86_400];
const MAX_DEPTH = 64;
const MAX_TRADES = 1000;

const number = (text: string | null): number | null => (text === null ? null : Number(text));
const milliseconds = (seconds: number): number => seconds * 1000;
const secondsOf = (text: string): number => Math.floor(Number(text) / 1000);
const percent = (fraction: string | null): number | null => (fraction === null ? null : Number((Number(fraction) * 100).toFixed(2)));
const currencyOf = (instrument: string): string => instrument.slice(0, 3);

/** What a query says of a whole number; clients send more than is wanted of them, and what cannot be had whole is had as far as it goes. */
function countOf(text: string | undefined, otherwise: number, most: number): number {
	if (text === undefined) return otherwise;
	const count = Number(text);
	if (!Number.isInteger(count) || count < 1) throw new RpcError(Code.InvalidParams, `${text} is not a number from 1 on`);
	return Math.min(count, most);
}

function required(query: Query, name: string): string {
	const value = query[name];
	if (value === undefined || value === "") throw new RpcError(Code.InvalidParams, `${name}: it is needed`);
	return value;
}

export class Deribit {
	readonly #ask: Ask;
	readonly #now: () => number;
	readonly #methods: Readonly<Record<string, (query: Query) => Promise<unknown>>> = {
		get_time: async () => milliseconds(this.#now()),
		// Deribit says it as a text.
		status: async () => ({ locked: "false", locked_indices: [] }),
		test: async () => this.#ask("public/test", {}),
		get_currencies: async () => (await this.#ask("public/get_currencies", {})).map(({ currency }) => currencyView(currency)),
		get_instruments: (query) => this.#instruments(query),
		get_instrument: async (query) =>
			instrumentView(await this.#ask("public/get_instrument", { instrument_name: required(query, "instrument_name") })),
		ticker: (query) => this.#ticker(required(query, "instrument_name")),
		get_order_book: (query) => this.#orderBook(query),
		get_book_summary_by_currency: (query) => this.#summaries(query),
		get_book_summary_by_instrument: async (query) => {
			const name = required(query, "instrument_name");
			const ticker = await this.#ask("public/ticker", { instrument_name: name });
			return [{ ...summaryView(ticker), ...(await this.#stats(name)) }];
		},
		get_last_trades_by_instrument: (query) => this.#trades(query),
		get_last_trades_by_instrument_and_time: (query) => this.#trades(query),
		get_last_trades_by_currency: (query) => this.#tradesOf(query),
		get_tradingview_chart_data: (query) => this.#candles(query),
		get_index_price: (query) => this.#index(required(query, "index_name")),
	};

	/** @param now in seconds */
	constructor(ask: Ask, now: () => number) {
		this.#ask = ask;
		this.#now = now;
	}

	/** The answer to GET `path`?`query`, or undefined when the path is none of Deribit's. Rejects when the server is at fault. */
	async get(path: string, query: URLSearchParams): Promise<DeribitAnswer | undefined> {
		const [, scope, name] = /^\/api\/v2\/(public|private)\/(\w{1,60})$/.exec(path) ?? [];
		if (scope === undefined) return undefined;
		const usIn = Math.round((performance.timeOrigin + performance.now()) * 1000);
		const envelope = (outcome: object): string => {
			const usOut = Math.round((performance.timeOrigin + performance.now()) * 1000);
			return JSON.stringify({ jsonrpc: "2.0", ...outcome, usIn, usOut, usDiff: usOut - usIn, testnet: false });
		};
		try {
			if (scope === "private") throw new RpcError(Code.MethodNotFound, UNSIGNED);
			if (!Object.hasOwn(this.#methods, name)) throw new RpcError(Code.MethodNotFound, `there is no method public/${name} here`);
			return { status: 200, body: envelope({ result: await this.#methods[name](Object.fromEntries(query)) }) };
		} catch (error) {
			if (!(error instanceof RpcError)) throw error;
			const { code, message } = error;
			return { status: 400, body: envelope({ error: { code: CODES[code] ?? code, message, data: { reason: message } } }) };
		}
	}

	async #instruments({ currency, kind, expired }: Query): Promise<object[]> {
		const all = await this.#ask("public/get_instruments", {
			...(currency !== undefined && currency !== "any" && { currency }),
			...(kind !== undefined && kind !== "any" && { kind }),
			expired: expired === "true",
		});
		return all.map(instrumentView);
	}

	async #ticker(instrument: string): Promise<object> {
		const ticker = await this.#ask("public/ticker", { instrument_name: instrument });
		return { ...tickerView(ticker), stats: await this.#stats(instrument) };
	}

	async #orderBook(query: Query): Promise<object> {
		const instrument_name = required(query, "instrument_name");
		const depth = countOf(query.depth, 5, MAX_DEPTH);
		const { change_id, bids, asks } = await this.#ask("public/get_order_book", { instrument_name, depth });
		const levels = (side: readonly (readonly [string, string])[]): [number, number][] =>
			side.map(([price, amount]) => [Number(price), Number(amount)]);
		return { ...(await this.#ticker(instrument_name)), change_id, bids: levels(bids), asks: levels(asks) };
	}

	async #summaries(query: Query): Promise<object[]> {
		const currency = required(query, "currency");
		const { kind } = query;
		const tickers = await this.#ask("public/get_tickers", { currency, ...(kind !== undefined && kind !== "any" && { kind }) });
		return tickers.map(summaryView);
	}

	async #trades(query: Query): Promise<{ trades: object[]; has_more: boolean }> {
		const instrument_name = required(query, "instrument_name");
		const count = countOf(query.count, 10, MAX_TRADES);
		// Times are looked for among the newest.
		const isTimed = query.start_timestamp !== undefined || query.end_timestamp !== undefined;
		const [from, to] = [Number(query.start_timestamp ?? 0), Number(query.end_timestamp ?? Number.MAX_SAFE_INTEGER)];
		if (!(from >= 0 && to >= from)) throw new RpcError(Code.InvalidParams, "start_timestamp: it is a time in milliseconds, before the end");
		const found = await this.#ask("public/get_last_trades_by_instrument", { instrument_name, count: isTimed ? MAX_TRADES : count });
		const within = found.filter(({ timestamp }) => milliseconds(timestamp) >= from && milliseconds(timestamp) <= to);
		const trades = within.slice(0, count);
		return { trades: trades.map(tradeView), has_more: within.length > count || (trades.at(-1)?.trade_seq ?? 1) > 1 };
	}

	async #tradesOf(query: Query): Promise<{ trades: object[]; has_more: boolean }> {
		const count = countOf(query.count, 10, MAX_TRADES);
		const { kind } = query;
		const trades = await this.#ask("public/get_last_trades_by_currency", {
			currency: required(query, "currency"),
			...(kind !== undefined && kind !== "any" && { kind }),
			count,
		});
		return { trades: trades.map(tradeView), has_more: trades.length === count };
	}

	async #candles(query: Query): Promise<object> {
		const candles = await this.#ask("public/get_tradingview_chart_data", {
			instrument_name: required(query, "instrument_name"),
			resolution: required(query, "resolution"),
			start_timestamp: secondsOf(required(query, "start_timestamp")),
			end_timestamp: secondsOf(required(query, "end_timestamp")),
		});
		const { status, ticks, volume, close } = candles;
		const numbers = (side: readonly string[]): number[] => side.map(Number);
		return {
			...{ status, ticks: ticks.map(milliseconds), open: numbers(candles.open), high: numbers(candles.high) },
			...{ low: numbers(candles.low), close: numbers(close), volume: numbers(volume) },
			cost: volume.map((amount, i) => Number(amount) * Number(close[i])),
		};
	}

	async #index(name: string): Promise<object> {
		const currency = /^(eth|btc)_(usd|usdc)$/.exec(name)?.[1]?.toUpperCase();
		if (currency === undefined) throw new RpcError(Code.InvalidParams, `index_name: ${name} is not eth_usd or btc_usd`);
		const price = number((await this.#ask("public/get_index_price", { currency })).index_price);
		return { index_price: price, estimated_delivery_price: price };
	}

	/** Of the last 24 hours. */
	async #stats(instrument_name: string): Promise<object> {
		const end_timestamp = this.#now();
		const start_timestamp = Math.max(0, end_timestamp - DAY - (end_timestamp % HOUR));
		const times = { start_timestamp, end_timestamp };
		const { open, high, low, close, volume } = await this.#ask("public/get_tradingview_chart_data", {
			...{ instrument_name, resolution: "60" },
			...times,
		});
		const [first, last] = [Number(open[0]), Number(close.at(-1))];
		return {
			volume: volume.reduce((sum, one) => sum + Number(one), 0),
			high: high.length === 0 ? null : Math.max(...high.map(Number)),
			low: low.length === 0 ? null : Math.min(...low.map(Number)),
			price_change: first > 0 ? Number(((last / first - 1) * 100).toFixed(4)) : null,
		};
	}
}

const UNSIGNED =
	"no key or password opens an account here: the owner's wallet signs each message (docs/api/README.md), and reading needs no key, by POST";

function currencyView(currency: string): object {
	return {
		...{ currency, currency_long: NAMES[currency], coin_type: currency, fee_precision: 6 },
		...{ min_confirmations: 0, min_withdrawal_fee: 0, withdrawal_fee: 0, withdrawal_priorities: [] },
	};
}

function instrumentView(i: Answer<"public/get_instrument">): object {
	return {
		...{ instrument_name: i.instrument_name, instrument_id: i.series, kind: i.kind, instrument_type: "linear" },
		...{ base_currency: i.currency, counter_currency: "USDC", quote_currency: "USDC", settlement_currency: "USDC" },
		...(i.kind === "option" ? { option_type: i.option_type, strike: number(i.strike) } : { future_type: "linear" }),
		...{ expiration_timestamp: milliseconds(i.expiration_timestamp), settlement_period: "day", is_active: i.settlement_price === null },
		...{ tick_size: Number(i.tick_size), tick_size_steps: [], min_trade_amount: Number(i.min_trade_amount), contract_size: 1 },
		...{ maker_commission: Parameters.MAKER_RATE / PPM, taker_commission: Parameters.TAKER_RATE / PPM },
	};
}

function tickerView(t: Ticker): object {
	const { volatility: _, ...greeks } = t.greeks ?? { volatility: 0 };
	return {
		...{ instrument_name: t.instrument_name, timestamp: milliseconds(t.timestamp) },
		state: t.settlement_price === null ? "open" : "closed",
		...{ mark_price: number(t.mark_price), mark_iv: percent(t.mark_iv), bid_iv: percent(t.bid_iv), ask_iv: percent(t.ask_iv) },
		...(t.greeks && { greeks: { ...greeks, rho: 0 } }),
		...{ underlying_price: number(t.underlying_price), underlying_index: t.instrument_name.split("-").slice(0, 2).join("-") },
		...{ index_price: number(t.index_price), estimated_delivery_price: number(t.index_price), interest_rate: 0 },
		...{ settlement_price: number(t.settlement_price), last_price: number(t.last_price), open_interest: number(t.open_interest) },
		...{ best_bid_price: number(t.best_bid_price), best_bid_amount: Number(t.best_bid_amount ?? 0) },
		...{ best_ask_price: number(t.best_ask_price), best_ask_amount: Number(t.best_ask_amount ?? 0) },
	};
}

function summaryView(t: Ticker): object {
	const [bid, ask] = [number(t.best_bid_price), number(t.best_ask_price)];
	return {
		...{ instrument_name: t.instrument_name, base_currency: currencyOf(t.instrument_name), quote_currency: "USDC" },
		...{ creation_timestamp: milliseconds(t.timestamp), open_interest: number(t.open_interest), interest_rate: 0 },
		...{ bid_price: bid, ask_price: ask, mid_price: bid === null || ask === null ? null : (bid + ask) / 2 },
		...{ mark_price: number(t.mark_price), mark_iv: percent(t.mark_iv), last: number(t.last_price) },
		...{ underlying_price: number(t.underlying_price), estimated_delivery_price: number(t.index_price) },
		underlying_index: t.instrument_name.split("-").slice(0, 2).join("-"),
	};
}

function tradeView(t: Answer<"public/get_last_trades">[number]): object {
	return {
		...{ trade_id: t.trade_id, trade_seq: t.trade_seq, instrument_name: t.instrument_name, timestamp: milliseconds(t.timestamp) },
		...{ price: Number(t.price), amount: Number(t.amount), direction: t.direction, tick_direction: 0 },
	};
}
