// Deals beside the book: requests for quotes, block trades, bids for portfolios under auction. Prices and sizes are the machine's own, ticks and lots.

import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";
import * as DealEncoding from "../machine/step/DealEncoding.ts";
import type { Leg } from "../machine/step/DealMessages.ts";
import type { Connection } from "./Connection.ts";
import type { Acknowledgement, Trader } from "./Trader.ts";

/** `side` is the taker's: 0 buys, 1 sells. */
export type BlockLeg = Leg;

/** What both sides sign. `expiresAt` in seconds, 0 is never. */
export type BlockTerms = {
	readonly maker: number;
	readonly taker: number;
	readonly makerNonce: number;
	readonly takerNonce: number;
	readonly expiresAt: number;
	readonly legs: readonly BlockLeg[];
};

/** A request for quotes, as public/get_rfqs shows it. */
export type ShownRequest = {
	readonly rfq_id: number;
	readonly taker: number;
	readonly taker_nonce: number;
	readonly expires_at: number;
	readonly legs: readonly { readonly instrument_name: string; readonly direction: "buy" | "sell"; readonly amount: string }[];
	readonly quotes: number;
};

export type ShownQuote = {
	readonly quote_id: number;
	readonly maker: number;
	readonly maker_nonce: number;
	readonly expires_at: number;
	readonly legs: readonly (ShownRequest["legs"][number] & { readonly price: string })[];
	readonly net: string;
};

/** A request and what its taker needs to read and accept quotes. */
export type OwnRequest = { readonly request: ShownRequest; readonly signature: string; readonly legs: readonly BlockLeg[] };

type Named = { readonly instrument_name: string; readonly tick_size: string; readonly min_trade_amount: string };

/** The deals of one trader. */
export class Deals {
	readonly #connection: Connection;
	readonly #trader: Trader;
	readonly #names = new Map<number, Named>();

	constructor(connection: Connection, trader: Trader) {
		this.#connection = connection;
		this.#trader = trader;
	}

	/** Signs a block as one of its sides. */
	async signBlock(terms: BlockTerms): Promise<Uint8Array> {
		const { maker, taker, makerNonce, takerNonce, expiresAt } = terms;
		const legs = hashOf(terms.legs);
		return this.#trader.sign("Block", { maker, taker, makerNonce, takerNonce, expiresAt, legs });
	}

	/** Sends a block that both sides signed. */
	executeBlock(terms: BlockTerms, makerSignature: Uint8Array, takerSignature: Uint8Array): Promise<Acknowledgement> {
		return this.#trader.submit(DealEncoding.block({ ...terms, legs: ascending(terms.legs), makerSignature, takerSignature }));
	}

	/** Asks makers for prices of legs, whose own prices are not looked at. `expiresAt` in seconds, at most 600 from now. */
	async request(legs: readonly Omit<BlockLeg, "price">[], expiresAt: number, nonce = this.#trader.takeNonce()): Promise<OwnRequest> {
		const { account } = this.#trader;
		const asked = ascending(legs.map((leg) => ({ ...leg, price: 0 })));
		const signature = Bytes.toHex(await this.#trader.sign("Request", { account, nonce, expiresAt, legs: hashOf(asked) }));
		const named = await Promise.all(asked.map((leg) => this.#nameLeg(leg)));
		const params = { account, legs: named, nonce, expires_at: expiresAt, signature };
		return { request: await this.#connection.call<ShownRequest>("private/create_rfq", params), signature, legs: asked };
	}

	/** Answers a request as a maker, with prices in ticks by series. `expiresAt` in seconds: the quote is firm until then. */
	async quote(
		request: ShownRequest,
		prices: ReadonlyMap<number, number>,
		expiresAt: number,
		nonce = this.#trader.takeNonce(),
	): Promise<{ readonly quote: ShownQuote; readonly signature: string }> {
		const { account } = this.#trader;
		const legs = await this.#legsOf(request.legs, prices);
		const { taker, taker_nonce: takerNonce } = request;
		const signature = Bytes.toHex(await this.signBlock({ maker: account, taker, makerNonce: nonce, takerNonce, expiresAt, legs }));
		const dollars = await Promise.all(legs.map(async ({ series, price }) => product(price, (await this.#named(series)).tick_size)));
		const params = { rfq_id: request.rfq_id, account, prices: dollars, nonce, expires_at: expiresAt, signature };
		return { quote: await this.#connection.call<ShownQuote>("private/quote_rfq", params), signature };
	}

	/** Quotes of the trader's own request, best first. */
	quotes({ request, signature }: OwnRequest): Promise<ShownQuote[]> {
		return this.#connection.call("private/get_rfq_quotes", { rfq_id: request.rfq_id, signature });
	}

	/**
	 * Trades a quote. SAFETY: what is signed is made of the trader's own legs with the quote's prices, so a server that shows other legs gains nothing.
	 */
	async accept(own: OwnRequest, quote: ShownQuote): Promise<Acknowledgement> {
		const legs = await Promise.all(
			own.legs.map(async (leg) => {
				const { instrument_name, tick_size } = await this.#named(leg.series);
				const price = quote.legs.find((one) => one.instrument_name === instrument_name)?.price;
				return { ...leg, price: quotient(price ?? "", tick_size) };
			}),
		);
		const { rfq_id, taker_nonce: takerNonce } = own.request;
		const { maker, maker_nonce: makerNonce, expires_at: expiresAt, quote_id } = quote;
		const terms = { maker, taker: this.#trader.account, makerNonce, takerNonce, expiresAt, legs };
		const signature = Bytes.toHex(await this.signBlock(terms));
		return this.#connection.call("private/accept_quote", { rfq_id, quote_id, signature });
	}

	/** Bids for a share, in millionths, of a portfolio under auction, and pays at most `limit` micro-USDC; below 0 is what must be given. */
	async bid(debtor: number, share: number, limit: number, nonce = this.#trader.takeNonce()): Promise<Acknowledgement> {
		const fields = { account: this.#trader.account, debtor, share, limit, nonce };
		return this.#trader.submit(DealEncoding.bid({ ...fields, signature: await this.#trader.sign("Bid", fields) }));
	}

	/** Begins the auction of an account below maintenance, ends one whose reason is gone, or writes off a debt. Anybody may. */
	liquidate(account: number): Promise<Acknowledgement> {
		return this.#trader.submit(DealEncoding.liquidate(account));
	}

	/** Names who brought the account and shares in its fees: once and for all. */
	async setReferrer(referrer: number, nonce = this.#trader.takeNonce()): Promise<Acknowledgement> {
		const fields = { account: this.#trader.account, referrer, nonce };
		return this.#trader.submit(DealEncoding.setReferrer({ ...fields, signature: await this.#trader.sign("SetReferrer", fields) }));
	}

	/** Pays an account's rebate to its referrer. Anybody may. */
	collect(account: number): Promise<Acknowledgement> {
		return this.#trader.submit(DealEncoding.collect(account));
	}

	async #nameLeg({ series, side, size }: BlockLeg): Promise<ShownRequest["legs"][number]> {
		const { instrument_name, min_trade_amount } = await this.#named(series);
		return { instrument_name, direction: side === 0 ? "buy" : "sell", amount: product(size, min_trade_amount) };
	}

	/** Legs of a request with a maker's prices, ascending by series as the request has them. */
	async #legsOf(shown: ShownRequest["legs"], prices: ReadonlyMap<number, number>): Promise<BlockLeg[]> {
		const legs: BlockLeg[] = [];
		for (const { instrument_name, direction, amount } of shown) {
			const { series, min_trade_amount } = await this.#connection.call<Named & { series: number }>("public/get_instrument", {
				instrument_name,
			});
			const price = prices.get(series);
			if (price === undefined) throw new Error(`There is no price for ${instrument_name}.`);
			legs.push({ series, side: direction === "buy" ? 0 : 1, price, size: quotient(amount, min_trade_amount) });
		}
		return legs;
	}

	async #named(series: number): Promise<Named> {
		if (!this.#names.has(series)) {
			const all = await this.#connection.call<(Named & { series: number })[]>("public/get_instruments");
			for (const one of all) this.#names.set(one.series, one);
		}
		const named = this.#names.get(series);
		if (!named) throw new Error(`Series ${series} is not listed.`);
		return named;
	}
}

function ascending<L extends { readonly series: number }>(legs: readonly L[]): L[] {
	return [...legs].sort((a, b) => a.series - b.series);
}

function hashOf(legs: readonly BlockLeg[]): string {
	return Bytes.toHex(Keccak.hash(DealEncoding.legs(ascending(legs))));
}

/** Millionths of a decimal, exactly. */
function micro(text: string): number {
	const [whole, part = ""] = text.split(".") as [string, string?];
	return Number(`${whole}${part.padEnd(6, "0")}`);
}

/** So many times a step, as a decimal. */
function product(count: number, step: string): string {
	const text = String(count * micro(step)).padStart(7, "0");
	return `${text.slice(0, -6)}.${text.slice(-6)}`.replace(/\.?0+$/, "");
}

function quotient(text: string, step: string): number {
	const count = micro(text) / micro(step);
	if (!Number.isSafeInteger(count)) throw new Error(`${text} is not a whole number of ${step}.`);
	return count;
}
