// Requests for quotes: makers answer with signed blocks, and the taker who signs one of them has a deal. Nothing here has power: only the machine trades.

import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import * as Signature from "../../machine/math/Signature.ts";
import * as DealEncoding from "../../machine/step/DealEncoding.ts";
import * as DealMessages from "../../machine/step/DealMessages.ts";
import type { Leg } from "../../machine/step/DealMessages.ts";
import * as Messages from "../../machine/step/Messages.ts";
import { Code, RpcError } from "../../wire/RpcError.ts";

/** A maker's answer: the block but for the taker's signature. */
export type Quote = { readonly id: number; readonly block: Omit<DealMessages.Block, "takerSignature"> };

export type Request = {
	readonly id: number;
	readonly taker: number;
	readonly nonce: number;
	readonly expiresAt: number;
	/** Ascending by series, with prices of 0. */
	readonly legs: readonly Leg[];
	readonly signature: string;
	readonly quotes: Map<number, Quote>;
};

export type RequestPorts = {
	/** Seconds since 1970. */
	readonly now: () => number;
	readonly userDomain: Uint8Array;
	/** Owner and session keys of an account; undefined when it does not exist. */
	readonly signersOf: (account: number) => readonly string[] | undefined;
};

/** LIMIT: what is kept in memory for strangers. */
const MAX_SECONDS = 600;
const MAX_OPEN = 1000;
const MAX_OPEN_OF_ACCOUNT = 8;
const MAX_QUOTES = 50;

const REQUEST_TYPE = Keccak.hashText("Request(uint32 account,uint64 nonce,uint64 expiresAt,bytes32 legs)");

/** LIMIT: in memory alone. What a crash loses here are questions; a deal is a message, and as durable as any. */
export class Requests {
	readonly #ports: RequestPorts;
	readonly #open = new Map<number, Request>();
	#nextId = 1;
	#nextQuote = 1;

	constructor(ports: RequestPorts) {
		this.#ports = ports;
	}

	/** Those that are open, oldest first. */
	open(): Request[] {
		const now = this.#ports.now();
		for (const request of this.#open.values()) if (request.expiresAt <= now) this.#open.delete(request.id);
		return [...this.#open.values()];
	}

	/** `legs` ascending by series. Throws RpcError when it is not signed by the account, lasts too long, or there are too many. */
	create(taker: number, legs: readonly Leg[], nonce: number, expiresAt: number, signature: string): Request {
		const now = this.#ports.now();
		if (expiresAt <= now || expiresAt > now + MAX_SECONDS)
			throw new RpcError(Code.InvalidParams, `expires_at: must be 1 to ${MAX_SECONDS} seconds from now, which is ${now}`);
		const digest = Messages.digestOf(this.#ports.userDomain, REQUEST_TYPE, [taker, nonce, expiresAt, Keccak.hash(DealEncoding.legs(legs))]);
		this.#mustBeOf(taker, digest, signature);
		const open = this.open();
		const own = open.filter((one) => one.taker === taker);
		if (open.length >= MAX_OPEN || own.length >= MAX_OPEN_OF_ACCOUNT)
			throw new RpcError(Code.LimitReached, `an account has at most ${MAX_OPEN_OF_ACCOUNT} open requests, and a node ${MAX_OPEN}`, {
				limit: own.length >= MAX_OPEN_OF_ACCOUNT ? "requests_of_account" : "requests_of_node",
			});
		const request = { id: this.#nextId++, taker, nonce, expiresAt, legs, signature: signature.toLowerCase(), quotes: new Map() };
		this.#open.set(request.id, request);
		return request;
	}

	/** The request, for whoever shows its signature. Throws RpcError when it is not open, or the signature another. */
	own(id: number, signature: string): Request {
		const request = this.find(id);
		if (request.signature !== signature.toLowerCase())
			throw new RpcError(Code.NotTaken, "signature: not that of the request", { reason: "bad_signature" });
		return request;
	}

	end(id: number): void {
		this.#open.delete(id);
	}

	/** Takes a maker's prices in ticks, one a leg, in place of those he gave before. Throws RpcError when he did not sign the block. */
	quote(id: number, maker: number, prices: readonly number[], nonce: number, expiresAt: number, signature: string): Quote {
		const request = this.find(id);
		if (prices.length !== request.legs.length)
			throw new RpcError(Code.InvalidParams, `prices: the request has ${request.legs.length} legs, and there are ${prices.length}`);
		if (maker === request.taker) throw new RpcError(Code.InvalidParams, "account: nobody trades with himself");
		if (expiresAt <= this.#ports.now()) throw new RpcError(Code.InvalidParams, "expires_at: that is over");
		const legs = request.legs.map((leg, i) => ({ ...leg, price: prices[i] }));
		const block = {
			maker,
			taker: request.taker,
			makerNonce: nonce,
			takerNonce: request.nonce,
			expiresAt,
			legs,
			legBytes: DealEncoding.legs(legs),
			makerSignature: Bytes.fromHex(signature),
		};
		this.#mustBeOf(maker, DealMessages.blockDigest(this.#ports.userDomain, { ...block, takerSignature: new Uint8Array(0) }), signature);
		for (const [known, { block: before }] of request.quotes) if (before.maker === maker) request.quotes.delete(known);
		if (request.quotes.size >= MAX_QUOTES)
			throw new RpcError(Code.LimitReached, `a request has at most ${MAX_QUOTES} quotes`, { limit: "quotes_of_request" });
		const quote = { id: this.#nextQuote++, block };
		request.quotes.set(quote.id, quote);
		return quote;
	}

	/** Quotes that still may become deals, best for the taker first. */
	standing(request: Request): Quote[] {
		const now = this.#ports.now();
		for (const { id, block } of request.quotes.values()) if (block.expiresAt <= now) request.quotes.delete(id);
		return [...request.quotes.values()].sort((a, b) => costOf(a.block.legs) - costOf(b.block.legs) || a.id - b.id);
	}

	/** Throws RpcError when the quote does not stand. */
	findQuote(request: Request, quote: number): Quote {
		const found = this.standing(request).find(({ id }) => id === quote);
		if (!found) throw new RpcError(Code.NotFound, `quote ${quote} does not stand`);
		return found;
	}

	/** Takes a quote back, for whoever shows its signature. */
	withdraw(id: number, quote: number, signature: string): void {
		const request = this.find(id);
		const { block } = this.findQuote(request, quote);
		if (Bytes.toHex(block.makerSignature) !== signature.toLowerCase())
			throw new RpcError(Code.NotTaken, "signature: not that of the quote", { reason: "bad_signature" });
		request.quotes.delete(quote);
	}

	/** Throws RpcError when there is no such request, or it is over. */
	find(id: number): Request {
		const request = this.open().find((one) => one.id === id);
		if (!request) throw new RpcError(Code.NotFound, `request ${id} is not open`);
		return request;
	}

	#mustBeOf(account: number, digest: Uint8Array, signature: string): void {
		const signers = this.#ports.signersOf(account);
		if (!signers) throw new RpcError(Code.NotTaken, `account ${account} does not exist`, { reason: "no_account" });
		const signer = Signature.recover(digest, Bytes.fromHex(signature));
		if (!signers.includes(signer))
			throw new RpcError(Code.NotTaken, `the signature is of ${signer}, and the account is of ${signers[0]}`, { reason: "bad_signature" });
	}
}

/** Ticks times lots that the taker pays for all legs: for comparing quotes of one request, whose legs are of one size. */
function costOf(legs: readonly Leg[]): number {
	return legs.reduce((sum, { side, price, size }) => sum + (side === 0 ? price : -price) * size, 0);
}
