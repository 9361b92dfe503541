// Exchanges as they answer: the forms of Deribit, Binance, OKX and Bybit, with prices of a made-up market. A test may have one lie, stall or die.

import { createServer } from "node:http";
import type { Server } from "node:http";

export type Fault = "dead" | "lies" | "garbage";

const INDEX = { ETH: 2000, BTC: 71_000 } as const;
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** Volatility of the made-up market: 60 % at the forward, higher away from it, the same for every expiry. */
export const volatilityAt = (k: number): number => 0.6 + 0.3 * k * k - 0.05 * k;

function normal(x: number): number {
	// Abramowitz and Stegun 26.2.17, good to 7.5e-8: a quote is not finer.
	const t = 1 / (1 + 0.2316419 * Math.abs(x));
	const tail =
		(Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) *
		t *
		(0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
	return x > 0 ? 1 - tail : tail;
}

export class RecordedExchanges {
	readonly faults = new Map<string, Fault>();
	readonly #server: Server;
	readonly #now: number;
	requests = 0;

	/** @param now seconds since 1970 */
	constructor(now: number) {
		this.#now = now;
		this.#server = createServer((request, response) => {
			this.requests += 1;
			const url = new URL(request.url ?? "/", "http://localhost");
			const [, venue] = url.pathname.split("/");
			const fault = this.faults.get(venue);
			if (fault === "dead") {
				request.socket.destroy();
				return;
			}
			response.setHeader("content-type", "application/json");
			if (fault === "garbage") {
				response.end('{"result":{"index_price":"soon"},"data":[],"bidPrice":null}');
				return;
			}
			response.end(JSON.stringify(this.#answer(venue, url, fault === "lies" ? 1.2 : 1)));
		});
	}

	/** Resolves with the address of all of them; each answers under its own name. */
	listen(): Promise<string> {
		return new Promise((resolve) =>
			this.#server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(this.#server.address() as { port: number }).port}`)),
		);
	}

	close(): Promise<void> {
		return new Promise((resolve) => {
			this.#server.close(() => resolve());
			this.#server.closeAllConnections();
		});
	}

	#answer(venue: string, { pathname, searchParams }: URL, factor: number): object {
		const asked = `${searchParams.get("index_name") ?? ""}${searchParams.get("currency") ?? ""}${searchParams.get("symbol") ?? ""}${searchParams.get("instId") ?? ""}`;
		const currency = asked.toUpperCase().startsWith("BTC") ? "BTC" : "ETH";
		const index = INDEX[currency] * factor;
		const [bid, ask] = [String(index * 0.9999), String(index * 1.0001)];
		if (venue === "binance") return { symbol: asked, bidPrice: bid, bidQty: "1", askPrice: ask, askQty: "1" };
		if (venue === "okx") return { code: "0", msg: "", data: [{ instId: asked, bidPx: bid, askPx: ask, last: bid }] };
		if (venue === "bybit")
			return { retCode: 0, retMsg: "OK", result: { category: "spot", list: [{ symbol: asked, bid1Price: bid, ask1Price: ask }] } };
		if (pathname.includes("get_index_price")) return { jsonrpc: "2.0", result: { index_price: index, estimated_delivery_price: index } };
		return { jsonrpc: "2.0", result: this.#chain(currency) };
	}

	#chain(currency: "ETH" | "BTC"): object[] {
		const today = Math.floor(this.#now / 86_400);
		return [2, 9, 30].flatMap((days) => {
			const expiry = (today + days) * 86_400 + 28_800;
			const years = (expiry - this.#now) / 31_536_000;
			const forward = INDEX[currency] * Math.exp(0.03 * years);
			const date = new Date(expiry * 1000);
			const name = `${currency}-${date.getUTCDate()}${MONTHS[date.getUTCMonth()]}${String(date.getUTCFullYear()).slice(2)}`;
			const step = currency === "ETH" ? 50 : 1500;
			return Array.from({ length: 25 }, (_, i) => Math.round(INDEX[currency] / step) * step + (i - 12) * step).flatMap((strike) =>
				(["C", "P"] as const).map((type) => {
					const total = volatilityAt(Math.log(strike / forward)) * Math.sqrt(years);
					const d1 = Math.log(forward / strike) / total + total / 2;
					const call = forward * normal(d1) - strike * normal(d1 - total);
					const worth = (type === "C" ? call : call - forward + strike) / forward;
					// Half a thousandth of a coin, as Deribit's ticks are.
					const tick = 0.0005;
					const bid = Math.floor(worth / tick) * tick;
					return {
						instrument_name: `${name}-${strike}-${type}`,
						underlying_price: forward,
						bid_price: bid > 0 ? bid : null,
						ask_price: bid + tick,
						mark_iv: 60,
					};
				}),
			);
		});
	}
}
