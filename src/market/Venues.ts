// Exchanges as a reporter sees them: public data, no keys. ccxt speaks their dialects; it is not among our packages, because nobody but such a reporter needs it.

/** An option's quotes in dollars a unit, and what the venue takes for the forward. `expiry` in seconds since 1970. */
export type OptionQuote = {
	readonly expiry: number;
	readonly strike: number;
	readonly isCall: boolean;
	readonly forward: number;
	readonly bid: number;
	readonly ask: number;
};

export interface Venue {
	readonly name: string;
	/** Dollars a unit of an underlying (0 ETH, 1 BTC). Rejects when the venue does not answer, or not sensibly. */
	index(underlying: number): Promise<number>;
	/** Every option with both quotes; undefined of a venue without options. */
	chain?(underlying: number): Promise<OptionQuote[]>;
}

/** What is used of a ccxt exchange: its public endpoints by their own names. */
export type CcxtExchange = {
	urls: { api: unknown };
	[endpoint: string]: unknown;
};
export type CcxtModule = Readonly<Record<string, new (options?: object) => CcxtExchange>>;

const CURRENCIES = ["ETH", "BTC"] as const;
const TIMEOUT_MS = 4000;

/** Loads ccxt. Throws an Error with one sentence when it is not installed. */
export async function loadCcxt(name = "ccxt"): Promise<CcxtModule> {
	try {
		const loaded = (await import(name)) as { default: CcxtModule };
		return loaded.default;
	} catch (cause) {
		throw new Error("Reporting from exchanges needs the package ccxt: npm install --no-save ccxt@4.", { cause });
	}
}

/** A price out of an answer. Throws when it is none. */
function price(venue: string, value: unknown): number {
	const number = Number(value);
	if (!(number > 0) || !Number.isFinite(number)) throw new Error(`${venue} gave no price: ${JSON.stringify(value)}`);
	return number;
}

/** The middle of two prices. */
function middle(venue: string, bid: unknown, ask: unknown): number {
	return (price(venue, bid) + price(venue, ask)) / 2;
}

/** Deribit, Binance, OKX and Bybit; `at` is where they are asked instead of their own addresses, for tests. */
export function venuesOf(ccxt: CcxtModule, at?: string): Venue[] {
	const open = (id: string): ((endpoint: string, params: object) => Promise<unknown>) => {
		const exchange = new ccxt[id]({ timeout: TIMEOUT_MS, enableRateLimit: false });
		if (at !== undefined) exchange.urls.api = redirected(exchange.urls.api, `${at}/${id}`);
		return (endpoint, params) => (exchange[endpoint] as (params: object) => Promise<unknown>)(params);
	};
	const [deribit, binance, okx, bybit] = ["deribit", "binance", "okx", "bybit"].map(open);
	return [
		{
			name: "deribit",
			index: async (underlying) => {
				const answer = await deribit("publicGetGetIndexPrice", { index_name: `${CURRENCIES[underlying].toLowerCase()}_usd` });
				return price("deribit", (answer as { result: { index_price: unknown } }).result.index_price);
			},
			chain: async (underlying) => {
				const answer = await deribit("publicGetGetBookSummaryByCurrency", { currency: CURRENCIES[underlying], kind: "option" });
				return (answer as { result: Record<string, unknown>[] }).result.flatMap(optionOf);
			},
		},
		{
			name: "binance",
			index: async (underlying) => {
				const answer = (await binance("publicGetTickerBookTicker", { symbol: `${CURRENCIES[underlying]}USDC` })) as Record<string, unknown>;
				return middle("binance", answer.bidPrice, answer.askPrice);
			},
		},
		{
			name: "okx",
			index: async (underlying) => {
				const answer = (await okx("publicGetMarketTicker", { instId: `${CURRENCIES[underlying]}-USDC` })) as {
					data: Record<string, unknown>[];
				};
				return middle("okx", answer.data[0]?.bidPx, answer.data[0]?.askPx);
			},
		},
		{
			name: "bybit",
			index: async (underlying) => {
				const answer = (await bybit("publicGetV5MarketTickers", { category: "spot", symbol: `${CURRENCIES[underlying]}USDC` })) as {
					result: { list: Record<string, unknown>[] };
				};
				return middle("bybit", answer.result.list[0]?.bid1Price, answer.result.list[0]?.ask1Price);
			},
		},
	];
}

/** The same tree of addresses with every one replaced. */
function redirected(api: unknown, at: string): unknown {
	if (typeof api === "string") return at;
	return Object.fromEntries(Object.entries(api as object).map(([name, part]) => [name, redirected(part, at)]));
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** Deribit's summary of one option, whose prices are in coin. Nothing when a side has no quote or the name is not an option's. */
export function optionOf(summary: Readonly<Record<string, unknown>>): OptionQuote[] {
	const match = /^[A-Z]+-(\d{1,2})([A-Z]{3})(\d{2})-(\d+(?:\.\d+)?)-([CP])$/.exec(String(summary.instrument_name));
	const [bid, ask, forward] = [summary.bid_price, summary.ask_price, summary.underlying_price].map(Number);
	if (!match || !(bid > 0) || !(ask >= bid) || !(forward > 0)) return [];
	const expiry = Date.UTC(2000 + Number(match[3]), MONTHS.indexOf(match[2]), Number(match[1]), 8) / 1000;
	return [{ expiry, strike: Number(match[4]), isCall: match[5] === "C", forward, bid: bid * forward, ask: ask * forward }];
}
