import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { loadCcxt } from "../../src/market/Venues.ts";
import { Connection, Trader } from "../../src/sdk/index.ts";
import { nameOf } from "../../src/wire/Names.ts";
import { World } from "../node/world.ts";

const WALLETS = [60, 61];
/** Dollars, of options on ETH. */
const TICK = 0.1;
const ccxt = await loadCcxt(process.env.CCXT ?? "ccxt").catch(() => undefined);
const skip = !ccxt && "the package ccxt is not installed: npm install --no-save ccxt@4, or name its entry in CCXT";

type Ask = (...args: unknown[]) => Promise<never>;
type Market = { id: string; symbol: string; option: boolean; strike: number; expiry: number; linear: boolean; taker: number };

describe("given a market with a trade, and who reads it as Deribit's clients do", () => {
	let world: World;
	let connection: Connection;
	let series = 0;
	let name = "";
	const traders: Trader[] = [];
	/** In ticks. */
	let mark = 0;

	before(async () => {
		world = await World.start(WALLETS);
		await world.listed();
		connection = await Connection.open(world.exchange.url);
		for (const place of WALLETS) {
			const account = await world.bridge.fund(testWallet(place), 1_000_000_000_000n);
			await world.until("the deposit", () => world.exchange.live.queries.account(account) !== undefined);
			traders.push(await Trader.open(connection, testWallet(place), account));
		}
		[{ series }] = world.exchange.live.queries.instruments().filter(({ underlying, kind }) => underlying === 0 && kind === 0);
		name = nameOf(series);
		// At the mark, which no band of prices is far from.
		mark = Math.round(
			Number((await connection.call<{ mark_price: string }>("public/ticker", { instrument_name: name })).mark_price) / TICK,
		);
		const place = async (trader: number, side: number, price: number, size: number): Promise<string> =>
			(await traders[trader].place({ series, side, price, size })).final;
		assert.equal(await place(0, 0, mark, 5), "Rested");
		assert.equal(await place(0, 0, mark - 1, 7), "Rested");
		assert.equal(await place(1, 1, mark, 2), "Completed");
		assert.equal(await place(1, 1, mark + 50, 3), "Rested");
	});

	after(async () => {
		connection.close();
		await world.close();
	});

	const get = async (path: string): Promise<{ status: number; result?: never; error?: { code: number; message: string } }> => {
		const response = await fetch(`${world.exchange.url.replace("ws:", "http:")}${path}`);
		return { status: response.status, ...((await response.json()) as object) };
	};

	it("refuses what is not known, not whole or not signed, each with a sentence and a code that such clients know", async () => {
		const refusals: [string, number, RegExp][] = [
			["public/get_funding_rate_value", -32_601, /no method public\/get_funding_rate_value/],
			["public/constructor", -32_601, /no method/],
			["private/buy?amount=1", -32_601, /wallet signs each message/],
			["public/ticker", -32_602, /instrument_name/],
			["public/ticker?instrument_name=ETH-PERPETUAL", -32_602, /ETH-PERPETUAL is not like/],
			["public/ticker?instrument_name=ETH-25DEC26-4000-C", 13_020, /not listed/],
			["public/get_instruments?currency=SOL", -32_602, /currency/],
			[`public/get_order_book?depth=0&instrument_name=${name}`, -32_602, /0 is not a number from 1/],
			[`public/get_last_trades_by_instrument?count=x&instrument_name=${name}`, -32_602, /x is not a number/],
			[
				`public/get_last_trades_by_instrument_and_time?start_timestamp=9&end_timestamp=1&instrument_name=${name}`,
				-32_602,
				/before the end/,
			],
			[`public/get_tradingview_chart_data?resolution=7&start_timestamp=0&end_timestamp=1&instrument_name=${name}`, -32_602, /resolution/],
			["public/get_index_price?index_name=doge_usd", -32_602, /doge_usd/],
		];
		for (const [path, code, sentence] of refusals) {
			const { status, error } = await get(`/api/v2/${path}`);
			assert.deepEqual([status, error?.code], [400, code], `${path}: ${error?.message}`);
			assert.match(error?.message ?? "", sentence);
		}
		const response = await fetch(`${world.exchange.url.replace("ws:", "http:")}/api/v3/public/get_time`);
		assert.equal(response.status, 404);
	});

	it("gives numbers, milliseconds and percents where the API gives strings, seconds and fractions", async () => {
		const { result } = await get(`/api/v2/public/ticker?instrument_name=${name}`);
		const own = await connection.call<{ mark_price: string; mark_iv: string; timestamp: number }>("public/ticker", {
			instrument_name: name,
		});
		const ticker = result as unknown as { mark_price: number; mark_iv: number; timestamp: number; stats: { volume: number } };
		assert.equal(ticker.mark_price, Number(own.mark_price));
		assert.ok(Math.abs(ticker.mark_iv - 100 * Number(own.mark_iv)) < 0.01);
		assert.ok(Math.abs(ticker.timestamp - own.timestamp * 1000) <= 5000);
		assert.ok(ticker.stats.volume > 0);
	});

	it("gives with a book the change_id that its channel goes on from, whoever follows it", async () => {
		type Whole = { change_id: number; bids: [string, string][]; asks: [string, string][] };
		type Told = { type: string; change_id: number; prev_change_id: number | null; asks: [string, string, string][] };
		const whole = async (): Promise<Whole> => {
			const { change_id, bids, asks } = await connection.call<Whole>("public/get_order_book", { instrument_name: name, depth: 64 });
			return { change_id, bids, asks };
		};
		const first = await whole();
		assert.deepEqual(await whole(), first, "nothing happened: nothing is another");
		// Nobody follows it, and it changes: who asks again sees that it did.
		const resting = await traders[1].place({ series, side: 1, price: mark + 40, size: 4 });
		const second = await whole();
		assert.ok(second.change_id > first.change_id);
		assert.equal(second.asks.length, first.asks.length + 1);
		const listener = await Connection.open(world.exchange.url);
		const told: Told[] = [];
		await listener.subscribe(`book.${name}`, (data) => told.push(data as Told));
		await world.until("the whole book", () => told.length === 1);
		assert.equal(told[0].change_id, second.change_id, "one state has one change_id");
		// The answer to who asks joins what is told, before the next message and after it.
		const cancelling = traders[1].cancel(series, 1, resting.order);
		const asked: Whole[] = [];
		for (let answered = false; !answered;) {
			asked.push(await whole());
			answered = told.length > 1;
		}
		await cancelling;
		assert.equal(told[1].prev_change_id, second.change_id);
		for (const { change_id, asks } of asked)
			assert.equal(asks.length, change_id === told[1].change_id ? first.asks.length : second.asks.length, `state ${change_id}`);
		assert.equal((await whole()).change_id, told[1].change_id);
		await listener.unsubscribe(`book.${name}`);
		assert.equal((await whole()).change_id, told[1].change_id, "its last follower left, and the book is the same");
		listener.close();
	});

	describe("and ccxt's own deribit class, unchanged but for its address", { skip }, () => {
		let deribit: Record<string, Ask>;
		let market: Market;

		before(async () => {
			if (!ccxt) return;
			const exchange = new ccxt.deribit({ enableRateLimit: false });
			exchange.urls.api = { rest: world.exchange.url.replace("ws:", "http:") };
			deribit = exchange as unknown as Record<string, Ask>;
			const markets = (await deribit.fetchMarkets()) as Market[];
			market = markets.find(({ id }) => id === name) as Market;
		});

		it("knows the time, that the exchange is open, its currencies and its markets", async () => {
			const time: number = await deribit.fetchTime();
			assert.ok(Math.abs(time - world.clock.now() * 1000) <= 5000, String(time));
			assert.equal(((await deribit.fetchStatus()) as { status: string }).status, "ok");
			assert.deepEqual(Object.keys(await deribit.fetchCurrencies()).sort(), ["BTC", "ETH"]);
			const [underlying, day, strike] = name.split("-");
			assert.match(market.symbol, new RegExp(`^${underlying}/USDC:USDC-\\d{6}-${strike}-C$`));
			assert.equal(market.strike, Number(strike));
			assert.deepEqual([market.option, market.linear, market.taker], [true, true, 0.0003]);
			assert.equal(new Date(market.expiry).getUTCHours(), 8, day);
		});

		it("reads ticker, greeks, option chain, book, trades and candles as they are", async () => {
			type Read = Record<string, number>;
			const ticker = (await deribit.fetchTicker(market.symbol)) as Read;
			assert.deepEqual(
				[ticker.bid, ticker.ask, ticker.last].map((price) => Math.round(price / TICK)),
				[mark, mark + 50, mark],
			);
			const own = await connection.call<{ mark_price: string; mark_iv: string }>("public/ticker", { instrument_name: name });
			assert.equal(ticker.markPrice, Number(own.mark_price));
			const greeks = (await deribit.fetchGreeks(market.symbol)) as Read;
			assert.ok(greeks.delta > 0 && greeks.delta < 1 && greeks.vega > 0, JSON.stringify(greeks));
			assert.ok(Math.abs(greeks.markImpliedVolatility - 100 * Number(own.mark_iv)) < 0.01);
			const chain = (await deribit.fetchOptionChain("ETH")) as Record<string, { bidPrice: number; askPrice: number }>;
			assert.equal(Object.keys(chain).length, 6);
			assert.ok(chain[market.symbol].bidPrice < chain[market.symbol].askPrice);
			assert.equal(Object.keys(await deribit.fetchTickers([market.symbol])).length, 1);
			type Book = { bids: number[][]; asks: number[][]; nonce: number };
			const { bids, asks, nonce } = (await deribit.fetchOrderBook(market.symbol, 10)) as Book;
			// By which a client joins a book that it fetched and the changes that it is told.
			assert.equal(nonce, (await connection.call<{ change_id: number }>("public/get_order_book", { instrument_name: name })).change_id);
			assert.deepEqual(
				bids.map(([price]) => Math.round(price / TICK)),
				[mark, mark - 1],
			);
			assert.equal(asks.length, 1);
			type Trade = { side: string; amount: number; price: number; timestamp: number; symbol: string };
			const trades = (await deribit.fetchTrades(market.symbol)) as Trade[];
			assert.deepEqual(
				trades.map(({ side, symbol, price }) => [side, symbol, Math.round(price / TICK)]),
				[["sell", market.symbol, mark]],
			);
			const since = trades[0].timestamp;
			assert.equal(((await deribit.fetchTrades(market.symbol, since)) as Trade[]).length, 1);
			assert.equal(((await deribit.fetchTrades(market.symbol, since + 1000)) as Trade[]).length, 0);
			const candles = (await deribit.fetchOHLCV(market.symbol, "1h", since - 3_600_000, 3)) as number[][];
			assert.equal(candles.length, 1);
			assert.equal(candles[0][5], trades[0].amount);
		});

		it("is told in a sentence that no key opens an account", async () => {
			Object.assign(deribit, { apiKey: "1", secret: "none" });
			await assert.rejects(deribit.fetchPositions(), /wallet signs each message/);
		});
	});
});
