import type { TypedDataDomain, TypedDataField } from "ethers";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";
import * as Authentication from "../machine/step/Authentication.ts";
import * as DealEncoding from "../machine/step/DealEncoding.ts";
import type { Item } from "../machine/step/DealMessages.ts";
import * as Encoding from "../machine/step/Encoding.ts";
import * as Messages from "../machine/step/Messages.ts";
import type { Connection } from "./Connection.ts";
import { ConnectionError } from "./Connection.ts";
import { typedData } from "./typedData.ts";

/** What a trader signs with: any ethers signer. */
export interface TypedDataSigner {
	getAddress(): Promise<string>;
	signTypedData(domain: TypedDataDomain, types: Record<string, TypedDataField[]>, value: Record<string, unknown>): Promise<string>;
}

/** The domain that messages are signed in, as `public/get_domain` gives it. */
export type Domain = { readonly name: string; readonly version: string; readonly chainId: number; readonly verifyingContract: string };

/** In the machine's own units: ticks and lots (docs/spec/machine.md). */
export type OrderRequest = {
	readonly series: number;
	/** 0 buys, 1 sells. */
	readonly side: number;
	readonly price: number;
	readonly size: number;
	readonly immediateOrCancel?: boolean;
	/** All of it at once, or nothing. */
	readonly fillOrKill?: boolean;
	readonly postOnly?: boolean;
	/** With `postOnly`: an order that would take moves to one tick behind the best price instead of being refused. */
	readonly slide?: boolean;
	readonly reduceOnly?: boolean;
	/** What becomes of the order when it meets one of the same owner: a constant of Messages, CANCEL_MAKER unless said otherwise. */
	readonly selfTrade?: number;
	/** Its fills count for market-maker protection, and a trip ends it. */
	readonly mmp?: boolean;
	/** The owner's own mark, 0 .. 65535; 0 is none. */
	readonly label?: number;
	readonly expiresAt?: number;
	/** Chosen by the trader, in any order, each once; the next unused one otherwise. */
	readonly nonce?: number;
};

/** What a session key may do: bits, to be added. */
export const Scope = { trade: Authentication.TRADE, cancel: Authentication.CANCEL, transfer: Authentication.TRANSFER } as const;

/** A limit that is left out, or 0, is none. */
export type ProtectionLimits = {
	/** Seconds in which what was traded leaks away; 0 ends the protection. */
	readonly window: number;
	/** Seconds without protected orders after a trip; 0 is until the protection is set anew. */
	readonly freeze?: number;
	/** Lots. */
	readonly quantityLimit?: number;
	/** Net delta: lots times millionths. */
	readonly deltaLimit?: number;
	/** Net vega: micro-USDC per point of volatility. */
	readonly vegaLimit?: number;
};

/** The exchange's answer to a message that is durable and executed. `receipt` is the sequencer's signature. */
export type Acknowledgement = {
	readonly sequence: number;
	readonly offset: number;
	readonly message_hash: string;
	readonly stream_hash: string;
	readonly time: number;
	readonly receipt: string;
	readonly result: string;
	readonly final: string;
	readonly order: number;
	readonly filled: number;
	readonly remaining: number;
	/** Of a basket: what became of its items, in their order. */
	readonly items: readonly Pick<Acknowledgement, "result" | "final" | "order" | "filled" | "remaining">[];
};

/** One item of a basket: an order, a replacement of one that rests, or its cancellation. */
export type BasketItem =
	| Omit<OrderRequest, "nonce">
	| { readonly replace: number; readonly series: number; readonly side: number; readonly price: number; readonly size: number }
	| { readonly cancel: number; readonly series: number; readonly side: number };

/** What the machine may say of a message that it executed; everything else is a refusal, which had no effect. */
const EXECUTED: readonly string[] = ["Ok", "Rested", "Displaced", "Dropped", "Killed"];

/** Whether the machine executed the message, whatever came of it. */
export function isExecuted(ack: Acknowledgement): boolean {
	return EXECUTED.includes(ack.result);
}

/** Messages that a trader may send before a cancellation that is signed for later loses its nonce. */
const NONCES_AHEAD = 1_000_000;
/** How long one of several gateways may take before the next is asked. */
const GATEWAY_MILLISECONDS = 10_000;
/** Codes of the server's errors (docs/api). */
const [INTERNAL, NOT_TAKEN, NOT_FOUND, UNDECIDED] = [-32_603, 10_001, 10_003, 10_005];

/** Whether an error says something of the gateway and nothing of the message. */
function isFaultOfGateway(error: unknown): boolean {
	if (!(error instanceof ConnectionError)) return false;
	const { code, data } = error;
	return (
		code === 0 ||
		code === INTERNAL ||
		code === UNDECIDED ||
		(code === NOT_TAKEN && (data?.reason === "stopped" || data?.reason === "silenced"))
	);
}

function flagsOf(request: OrderRequest): number {
	const postOnly = request.postOnly ? Messages.POST_ONLY | (request.slide ? Messages.SLIDE : 0) : 0;
	const isProtected = request.mmp ? Messages.PROTECTED : 0;
	return postOnly | isProtected | (request.reduceOnly ? Messages.REDUCE_ONLY : 0) | ((request.selfTrade ?? Messages.CANCEL_MAKER) << 3);
}

function termsOf(request: OrderRequest): Omit<Item, "kind" | "order"> {
	return {
		series: request.series,
		side: request.side,
		timeInForce: request.fillOrKill ? Messages.FOK : request.immediateOrCancel ? Messages.IOC : Messages.GTC,
		flags: flagsOf(request),
		price: request.price,
		size: request.size,
		expiresAt: request.expiresAt ?? 0,
		label: request.label ?? 0,
	};
}

function itemOf(item: BasketItem): Item {
	const none = { timeInForce: 0, flags: 0, price: 0, size: 0, expiresAt: 0, label: 0 };
	const { series, side } = item;
	if ("cancel" in item) return { ...none, kind: Messages.CANCEL, series, side, order: item.cancel };
	if (!("replace" in item)) return { ...termsOf(item), kind: Messages.PLACE, order: 0 };
	return { ...none, kind: Messages.REPLACE, series, side, price: item.price, size: item.size, order: item.replace };
}

/** What a trader needs of a connection. */
export type Calls = Pick<Connection, "call" | "gateways" | "move">;

/** One account of one signer on one connection. */
export class Trader {
	readonly account: number;
	readonly #connection: Calls;
	readonly #signer: TypedDataSigner;
	readonly #domain: Domain;
	#nextNonce: number;

	private constructor(connection: Calls, signer: TypedDataSigner, domain: Domain, account: number, nextNonce: number) {
		this.#connection = connection;
		this.#signer = signer;
		this.#domain = domain;
		this.account = account;
		this.#nextNonce = nextNonce;
	}

	/** Rejects with ConnectionError when the account does not exist. */
	static async open(connection: Calls, signer: TypedDataSigner, account: number): Promise<Trader> {
		const { domain } = await connection.call<{ domain: Domain }>("public/get_domain");
		const { nonce_floor } = await connection.call<{ nonce_floor: number }>("public/get_account", { account });
		// Behind the whole window: whatever of it was used, this is not.
		return new Trader(connection, signer, domain, account, nonce_floor + 256);
	}

	/** The next nonce of this trader's own count. */
	takeNonce(): number {
		return this.#nextNonce++;
	}

	/** A signed order's bytes: to be sent by `submit`, or through L1. */
	async encodeOrder(request: OrderRequest): Promise<Uint8Array> {
		const fields = {
			account: this.account,
			...termsOf(request),
			nonce: request.nonce ?? this.takeNonce(),
		};
		return Encoding.place({ ...fields, signature: await this.sign("Place", fields) });
	}

	async encodeWithdrawal(recipient: string, amount: number, nonce = this.takeNonce()): Promise<Uint8Array> {
		const fields = { account: this.account, recipient: recipient.toLowerCase(), amount, nonce };
		return Encoding.withdraw({ ...fields, signature: await this.sign("Withdraw", fields) });
	}

	async place(request: OrderRequest): Promise<Acknowledgement> {
		return this.submit(await this.encodeOrder(request));
	}

	async cancel(series: number, side: number, order: number): Promise<Acknowledgement> {
		const fields = { account: this.account, series, side, order };
		return this.submit(Encoding.cancel({ ...fields, signature: await this.sign("Cancel", fields) }));
	}

	/** Sends up to MAX_ITEMS items under one signature: a mass quote. Each has a result of its own; a new order's id is its `order` there. */
	async basket(items: readonly BasketItem[]): Promise<Acknowledgement> {
		return this.submit(await this.encodeBasket(items));
	}

	async encodeBasket(items: readonly BasketItem[]): Promise<Uint8Array> {
		const nonce = this.takeNonce();
		// Each item takes the nonce behind the one before it.
		this.#nextNonce += items.length;
		const fields = { account: this.account, nonce, items: items.map(itemOf) };
		const signature = await this.sign("Basket", fields);
		return DealEncoding.basket({ account: this.account, nonce, count: items.length, items: DealEncoding.items(fields.items), signature });
	}

	/** Cancels every order, or those of one underlying. */
	async cancelAll(underlying: number = Messages.EVERY_UNDERLYING): Promise<Acknowledgement> {
		const fields = { account: this.account, underlying, nonce: this.takeNonce() };
		return this.submit(Encoding.cancelAll({ ...fields, signature: await this.sign("CancelAll", fields) }));
	}

	/**
	 * Has the gateway cancel every order, or those of one underlying, when this connection ends, however it does: a cancellation that is signed now, with a nonce
	 * far ahead. Once it is sent this trader's nonces are used up: open another one. After `connection.move` it has to be said again.
	 */
	async cancelOnDisconnect(underlying: number = Messages.EVERY_UNDERLYING): Promise<void> {
		const fields = { account: this.account, underlying, nonce: this.#nextNonce + NONCES_AHEAD };
		const signature = Bytes.toHex(await this.sign("CancelAll", fields));
		const all = await this.#connection.call<{ currency: string }[]>("public/get_currencies");
		const currency = underlying === Messages.EVERY_UNDERLYING ? {} : { currency: all[underlying].currency };
		await this.#connection.call("private/enable_cancel_on_disconnect", {
			account: this.account,
			...currency,
			nonce: fields.nonce,
			signature,
		});
	}

	/** Gives an order another price or size. One that only shrinks keeps its place and id; otherwise its id is the answer's `order`. */
	async replace(series: number, side: number, order: number, price: number, size: number): Promise<Acknowledgement> {
		const fields = { account: this.account, series, side, order, price, size, nonce: this.takeNonce() };
		return this.submit(Encoding.replace({ ...fields, signature: await this.sign("Replace", fields) }));
	}

	/** Cancels the account's orders in a series: `sides` is 1 bids, 2 asks, 3 both; `label` 0 is any. */
	async cancelSeries(series: number, sides = 3, label: number = Messages.EVERY_LABEL): Promise<Acknowledgement> {
		const fields = { account: this.account, series, sides, label, nonce: this.takeNonce() };
		return this.submit(Encoding.cancelSeries({ ...fields, signature: await this.sign("CancelSeries", fields) }));
	}

	/**
	 * Lets another key sign for this account: `scopes` are bits of Scope, 0 takes the key away; `expiresAt` in seconds, 0 is never. Only the owner may.
	 */
	async setSession(key: string, scopes: number, expiresAt = 0): Promise<Acknowledgement> {
		const fields = { account: this.account, key: key.toLowerCase(), scopes, expiresAt, nonce: this.takeNonce() };
		return this.submit(Encoding.setSession({ ...fields, signature: await this.sign("SetSession", fields) }));
	}

	/** Sets market-maker protection in an underlying, or ends it with a window of 0. It begins anew, and a freeze is over. */
	async setProtection(underlying: number, limits: ProtectionLimits): Promise<Acknowledgement> {
		const { window, freeze = 0, quantityLimit = 0, deltaLimit = 0, vegaLimit = 0 } = limits;
		const fields = { account: this.account, underlying, window, freeze, quantityLimit, deltaLimit, vegaLimit, nonce: this.takeNonce() };
		return this.submit(Encoding.setProtection({ ...fields, signature: await this.sign("SetProtection", fields) }));
	}

	/** Dead-man switch: every order of the account dies that many seconds from now, unless another heartbeat comes before. 0 switches it off. */
	async heartbeat(duration: number): Promise<Acknowledgement> {
		const fields = { account: this.account, duration, nonce: this.takeNonce() };
		return this.submit(Encoding.heartbeat({ ...fields, signature: await this.sign("Heartbeat", fields) }));
	}

	/** Takes anybody's order out of its book that can never trade again. */
	async sweep(account: number, series: number, side: number, order: number): Promise<Acknowledgement> {
		return this.submit(Encoding.sweep({ account, series, side, order }));
	}

	/** Moves micro-USDC to another account of the same owner. */
	async transfer(recipient: number, amount: number): Promise<Acknowledgement> {
		const fields = { account: this.account, recipient, amount, nonce: this.takeNonce() };
		return this.submit(Encoding.transfer({ ...fields, signature: await this.sign("Transfer", fields) }));
	}

	/** Sends micro-USDC towards L1, where the recipient claims them once the assertion that holds the withdrawal is confirmed. */
	async withdraw(recipient: string, amount: number): Promise<Acknowledgement> {
		return this.submit(await this.encodeWithdrawal(recipient, amount));
	}

	/**
	 * Sends a message's bytes. Rejects with ConnectionError when it is not taken; an answer's `result` tells what the machine made of it. Of several gateways, the
	 * next one is asked when one fails: whether the message was executed, and otherwise it is sent there again. It is executed at most once, because the
	 * machine takes a nonce once. After code 0, which then means that every gateway failed, `outcome(payload)` tells, later.
	 */
	async submit(payload: Uint8Array): Promise<Acknowledgement> {
		const { gateways } = this.#connection;
		const patience = gateways > 1 ? [GATEWAY_MILLISECONDS] : [];
		for (let attempt = 1; ; attempt++) {
			try {
				const ack = await this.#connection.call<Acknowledgement>("public/submit", { payload: Bytes.toHex(payload) }, ...patience);
				// The first sending may have come through while this one was on its way.
				return attempt > 1 && !isExecuted(ack) ? ((await this.outcome(payload)) ?? ack) : ack;
			} catch (error) {
				if (!isFaultOfGateway(error) || attempt > gateways || gateways === 1) throw error;
				await this.#connection.move();
				const known = await this.outcome(payload).catch(() => undefined);
				if (known) return known;
			}
		}
	}

	/** What became of a message that was sent, whichever gateway took it; undefined when none executed it so far. */
	async outcome(payload: Uint8Array): Promise<Acknowledgement | undefined> {
		try {
			return await this.#connection.call<Acknowledgement>("public/get_receipt", { message_hash: Bytes.toHex(Keccak.hash(payload)) });
		} catch (error) {
			if (error instanceof ConnectionError && error.code === NOT_FOUND) return undefined;
			throw error;
		}
	}

	/** Has the signer sign a message's fields: for kinds of message that have no method here. */
	async sign(type: keyof typeof typedData, fields: Record<string, unknown>): Promise<Uint8Array> {
		const types = typedData[type] as unknown as Record<string, TypedDataField[]>;
		return Bytes.fromHex(await this.#signer.signTypedData(this.#domain, types, fields));
	}
}
