import { lotsPerUnit, tickSize } from "../../machine/Constants.ts";
import * as Encoding from "../../machine/step/Encoding.ts";
import * as Series from "../../machine/types/Series.ts";
import { Random } from "../../market/Random.ts";
import type { Acknowledgement, OrderRequest, TypedDataSigner } from "../../sdk/index.ts";
import { seriesOf, UNDERLYINGS } from "../../wire/Names.ts";
import { Connection, ConnectionError, Trader } from "../../sdk/index.ts";

export type PopulationOptions = {
	/** Where the exchange answers; of several gateways each trader prefers another one, and calls the next when it fails. */
	readonly url: string | readonly string[];
	/** Wallets and their accounts: makers first. */
	readonly members: readonly { readonly wallet: TypedDataSigner; readonly account: number }[];
	readonly makers: number;
	readonly seed: number;
	/** Orders that must at least be sent, and fills that must at least happen. */
	readonly orders: number;
	readonly fills: number;
	/** Hears every answer: makers' first quotes take long where each waits for a committee. */
	readonly onProgress?: (counts: Counts) => void;
};

/** Counted from the server's acknowledgements, refusals and notifications, never from intentions. */
export type Counts = {
	orders: number;
	fills: number;
	cancels: number;
	/** Messages refused at the door or by the machine, by the name of the reason. */
	refused: Record<string, number>;
	rejected: number;
	series: number;
};

type Ticker = { instrument_name: string; mark_price: string | null };
type Quote = { readonly series: number; readonly mark: number; readonly underlying: number };
type Resting = { series: number; side: number; order: number };

const ACCEPTED = new Set(["Ok", "Rested", "Displaced", "Dropped"]);
/** LIMIT: rounds after which a market that does not reach its numbers is given up. */
const MAX_ROUNDS = 60;

/** Traders who speak only through the SDK: makers who quote around the mark, takers who cross, and people with fat fingers and worse ideas. */
export class Population {
	readonly #options: PopulationOptions;
	readonly #random: Random;
	readonly #counts: Counts = { orders: 0, fills: 0, cancels: 0, refused: {}, rejected: 0, series: 0 };
	readonly #traders: Trader[] = [];
	readonly #connections: Connection[] = [];
	readonly #resting = new Map<number, Resting[]>();
	readonly #touched = new Set<number>();

	private constructor(options: PopulationOptions) {
		this.#options = options;
		this.#random = new Random(options.seed);
	}

	/** Trades until the numbers are reached, and disconnects. */
	static async run(options: PopulationOptions): Promise<Counts> {
		const population = new Population(options);
		try {
			return await population.#run();
		} finally {
			for (const connection of population.#connections) connection.close();
		}
	}

	async #run(): Promise<Counts> {
		const { members, url, makers, orders, fills } = this.#options;
		const urls = typeof url === "string" ? [url] : url;
		for (const [i, { wallet, account }] of members.entries()) {
			const connection = await Connection.open(urls.map((_, step) => urls[(i + step) % urls.length]));
			this.#connections.push(connection);
			this.#traders.push(await Trader.open(connection, wallet, account));
			this.#resting.set(account, []);
			// Every fill has one maker, and makers hear of theirs: so fills are counted once.
			await connection.subscribe(`user.events.${account}`, (data) => {
				const event = data as { type: string; maker?: number };
				if (event.type === "Traded" && event.maker === account) this.#counts.fills += 1;
			});
			if (i === makers - 1) await Promise.all(this.#traders.map((trader, maker) => this.#quote(trader, maker)));
		}
		for (let round = 0; round < MAX_ROUNDS; round++) {
			if (this.#counts.orders >= orders && this.#counts.fills >= fills && round > 2) break;
			const takers = this.#traders.slice(makers);
			await Promise.all(takers.map((trader) => this.#take(trader, 4)));
			await Promise.all(this.#traders.slice(0, makers).map((trader, maker) => this.#requote(trader, maker)));
			await this.#misbehave(takers[round % takers.length], round);
			this.#counts.series = this.#touched.size;
		}
		this.#counts.rejected = Object.values(this.#counts.refused).reduce((sum, count) => sum + count, 0);
		return this.#counts;
	}

	/** Series with their marks in ticks, of one underlying or of all. */
	async #quotes(underlying?: number): Promise<Quote[]> {
		const currencies = UNDERLYINGS.filter((_, one) => underlying === undefined || one === underlying);
		const tickers = await Promise.all(
			currencies.map((currency) => this.#connections[0].call<Ticker[]>("public/get_tickers", { currency })),
		);
		const quotes = tickers.flat().map(({ instrument_name, mark_price }) => {
			const series = seriesOf(instrument_name) as number;
			const of = Series.underlyingOf(series);
			return { series, underlying: of, mark: Math.round((Number(mark_price ?? 0) * 1_000_000) / tickSize(of)) };
		});
		return quotes.filter(({ mark }) => mark > 2);
	}

	/** Both sides of every series of the maker's underlying, a little away from the mark. */
	async #quote(trader: Trader, maker: number): Promise<void> {
		for (const { series, mark, underlying } of await this.#quotes(maker % 2)) {
			const spread = Math.max(1, Math.round(mark * (0.01 + 0.004 * maker)));
			const size = Math.round(lotsPerUnit(underlying) * (0.2 + this.#random.next()));
			await this.#place(trader, { series, side: 0, price: Math.max(1, mark - spread), size, postOnly: true });
			await this.#place(trader, { series, side: 1, price: mark + spread, size, postOnly: true });
		}
	}

	/** Replaces a few quotes; now and then all of them. */
	async #requote(trader: Trader, maker: number): Promise<void> {
		const resting = this.#resting.get(trader.account) as Resting[];
		if (this.#random.next() < 0.05) {
			await this.#send(() => trader.cancelAll(), "cancels");
			resting.length = 0;
			await this.#quote(trader, maker);
			return;
		}
		const marks = new Map((await this.#quotes(maker % 2)).map((quote) => [quote.series, quote]));
		for (let i = 0; i < 6 && resting.length > 0; i++) {
			const [old] = resting.splice(this.#random.below(resting.length), 1) as [Resting];
			await this.#send(() => trader.cancel(old.series, old.side, old.order), "cancels");
			const quote = marks.get(old.series);
			if (!quote) continue;
			const spread = Math.max(1, Math.round(quote.mark * (0.008 + 0.004 * this.#random.next())));
			const price = old.side === 0 ? Math.max(1, quote.mark - spread) : quote.mark + spread;
			await this.#place(trader, {
				series: old.series,
				side: old.side,
				price,
				size: 1 + this.#random.below(lotsPerUnit(quote.underlying)),
				postOnly: true,
			});
		}
	}

	/** Crosses the spread in a few series. */
	async #take(trader: Trader, times: number): Promise<void> {
		const quotes = await this.#quotes();
		for (let i = 0; i < times; i++) {
			const { series, mark, underlying } = this.#random.pick(quotes);
			const side = this.#random.below(2);
			const price = side === 0 ? Math.ceil(mark * 1.06) + 2 : Math.max(1, Math.floor(mark * 0.94) - 2);
			const size = 1 + this.#random.below(Math.round(lotsPerUnit(underlying) / 3));
			await this.#place(trader, { series, side, price, size, immediateOrCancel: this.#random.next() < 0.7 });
		}
	}

	/** What must be refused, each for its own reason. */
	async #misbehave(trader: Trader, round: number): Promise<void> {
		const { series, mark } = this.#random.pick(await this.#quotes());
		const fine = { series, side: 0, price: Math.max(1, Math.round(mark / 2)), size: 1 };
		switch (round % 7) {
			case 0:
				return this.#place(trader, { series, side: 1, price: 1, size: 1_000_000, immediateOrCancel: true });
			case 1:
				return this.#place(trader, { ...fine, price: mark * 3 + 10, postOnly: true });
			case 2: {
				const used = trader.takeNonce();
				await this.#place(trader, { ...fine, nonce: used });
				return this.#place(trader, { ...fine, nonce: used });
			}
			case 3:
				return this.#place(trader, { ...fine, expiresAt: 1 });
			case 4:
				return this.#place(trader, { ...fine, series: series + 1 });
			case 5:
				return this.#send(() => trader.cancel(series, 1, 4_000_000_000), "cancels");
			default: {
				const forged = Encoding.place({
					...ORDER,
					account: this.#traders[0]?.account,
					series,
					nonce: 900_000 + round,
					signature: new Uint8Array(65).fill(27),
				});
				return this.#send(() => trader.submit(forged), "orders");
			}
		}
	}

	async #place(trader: Trader, request: OrderRequest): Promise<void> {
		this.#touched.add(request.series);
		await this.#send(async () => {
			const ack = await trader.place(request);
			if ((ack.final === "Rested" || ack.final === "Displaced") && ack.remaining > 0) {
				this.#resting.get(trader.account)?.push({ series: request.series, side: request.side, order: ack.order });
			}
			return ack;
		}, "orders");
	}

	/** Sends, and counts what the server made of it. A broken connection is a failure of the market, not a refusal. */
	async #send(send: () => Promise<Acknowledgement>, kind: "orders" | "cancels"): Promise<void> {
		let reason: string | undefined;
		try {
			const ack = await send();
			this.#counts[kind] += 1;
			if (!ACCEPTED.has(ack.result)) reason = ack.result;
		} catch (error) {
			if (!(error instanceof ConnectionError) || error.code === 0) throw error;
			this.#counts[kind] += 1;
			reason = String(error.data?.reason ?? error.message);
		}
		if (reason !== undefined) this.#counts.refused[reason] = (this.#counts.refused[reason] ?? 0) + 1;
		this.#options.onProgress?.(this.#counts);
	}
}

const ORDER = { side: 0, timeInForce: 0, flags: 0, price: 1, size: 1, expiresAt: 0, label: 0 };
