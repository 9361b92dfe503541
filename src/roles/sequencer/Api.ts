import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import { lotsPerUnit, tickSize } from "../../machine/Constants.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import { nameOf as resultName } from "../../machine/Result.ts";
import * as Encoding from "../../machine/step/Encoding.ts";
import { signedPart } from "../../executor/UserMessages.ts";
import * as Messages from "../../machine/step/Messages.ts";
import * as Series from "../../machine/types/Series.ts";
import type { Handler, Peer } from "../../ports/Transport.ts";
import * as Decimal from "../../wire/Decimal.ts";
import * as Names from "../../wire/Names.ts";
import { Code, RpcError } from "../../wire/RpcError.ts";
import type { Method, Params } from "../../wire/schema.ts";
import { SCHEMAS, isMethod } from "../../wire/schema.ts";
import { Channels } from "./Channels.ts";
import type { Acknowledgement, Sequencer } from "./Sequencer.ts";
import { NotTaken } from "./Sequencer.ts";
import * as rules from "./rules.ts";
import * as Views from "./Views.ts";

export type ApiPorts = {
	readonly sequencer: Sequencer;
	readonly live: LiveExecutor;
	readonly userDomain: Uint8Array;
	/** EIP-712 domain of users' messages, and the deployment's facts: as they are given to clients. */
	readonly domain: Readonly<Record<string, unknown>>;
	readonly clock: { now(): number };
	/** What L1 says of a record, and proofs of withdrawals: filled by the node. */
	readonly finality: (sequence: number) => object;
	readonly withdrawals: (account: number) => readonly object[];
	readonly withdrawalProof: (index: number) => object | undefined;
	readonly status: () => object;
};

type Handlers = { [M in Method]: (params: Params<M>, peer: Peer) => unknown };

/** The methods of docs/api, over a sequencer and its live state. */
export class Api {
	readonly #ports: ApiPorts;
	readonly channels: Channels;
	readonly #handlers: Handlers;

	constructor(ports: ApiPorts) {
		this.#ports = ports;
		this.channels = new Channels(ports.live);
		this.#handlers = this.#makeHandlers();
	}

	readonly handle: Handler = async (method, parameters, peer) => {
		if (!isMethod(method)) throw new RpcError(Code.MethodNotFound, `there is no method ${method.slice(0, 60)}`);
		const parsed = SCHEMAS[method].safeParse(parameters);
		if (!parsed.success) {
			const first = parsed.error.issues[0];
			throw new RpcError(Code.InvalidParams, `${first?.path.join(".") || "params"}: ${first?.message}`, {
				issues: parsed.error.issues.length,
			});
		}
		return (this.#handlers[method] as (params: unknown, peer: Peer) => unknown)(parsed.data, peer);
	};

	#makeHandlers(): Handlers {
		const { live, clock, domain, finality, withdrawals, withdrawalProof, status } = this.#ports;
		const place = (params: Params<"private/buy">, side: number): Promise<object> => this.#submit(encodeOrder(params, side));
		return {
			"public/get_time": () => clock.now(),
			"public/get_domain": () => domain,
			"public/get_status": () => status(),
			"public/get_instruments": ({ currency, expired }) => Views.instruments(live.queries, currency, expired),
			"public/get_order_book": ({ instrument_name, depth }) => Views.orderBook(live.queries, this.#listed(instrument_name), depth),
			"public/ticker": ({ instrument_name }) => Views.ticker(live.queries, this.#listed(instrument_name)),
			"public/get_index_price": ({ currency }) => Views.indexPrice(live.queries, Names.UNDERLYINGS.indexOf(currency)),
			"public/get_last_trades": ({ instrument_name, count }) => Views.lastTrades(live.queries, this.#listed(instrument_name), count),
			"public/get_account": ({ account }) => {
				const view = Views.account(live.queries, account);
				if (!view) throw new RpcError(Code.NotFound, `account ${account} does not exist: deposit to open one`);
				return view;
			},
			"public/get_accounts_of": ({ owner }) => live.queries.accountsOf(owner.toLowerCase()),
			"public/get_finality": ({ sequence }) => finality(sequence),
			"public/get_withdrawals": ({ account }) => withdrawals(account),
			"public/get_withdrawal_proof": ({ index }) => {
				const proof = withdrawalProof(index);
				if (!proof) throw new RpcError(Code.NotFound, `withdrawal ${index} is not confirmed on L1 yet`);
				return proof;
			},
			"public/submit": ({ payload }) => this.#submit(Bytes.fromHex(payload)),
			"public/order_debug": ({ payload }) => this.#debug(Bytes.fromHex(payload)),
			"public/subscribe": ({ channels }, peer) => this.channels.subscribe(peer, channels),
			"public/unsubscribe": ({ channels }, peer) => this.channels.unsubscribe(peer.id, channels),
			"private/buy": (params) => place(params, 0),
			"private/sell": (params) => place(params, 1),
			"private/cancel": ({ account, instrument_name, direction, order, signature }) =>
				this.#submit(
					Encoding.cancel({
						account,
						series: seriesOf(instrument_name),
						side: direction === "buy" ? 0 : 1,
						order,
						signature: Bytes.fromHex(signature),
					}),
				),
			"private/cancel_all": ({ account, currency, nonce, signature }) => {
				const underlying = currency === undefined ? Messages.EVERY_UNDERLYING : Names.UNDERLYINGS.indexOf(currency);
				return this.#submit(Encoding.cancelAll({ account, underlying, nonce, signature: Bytes.fromHex(signature) }));
			},
			"private/withdraw": ({ account, recipient, amount, nonce, signature }) => {
				const micro = Decimal.parse(amount, Decimal.MICRO);
				if (!micro) throw new RpcError(Code.InvalidParams, "amount: micro-USDC are the smallest unit, and there must be some");
				return this.#submit(
					Encoding.withdraw({ account, recipient: recipient.toLowerCase(), amount: micro, nonce, signature: Bytes.fromHex(signature) }),
				);
			},
			"private/get_order_state": ({ account, order }) => Views.orderState(live.queries, account, order),
		};
	}

	#listed(name: string): number {
		const series = seriesOf(name);
		if (!this.#ports.live.queries.isListed(series)) throw new RpcError(Code.NotFound, `${name} is not listed`);
		return series;
	}

	async #submit(payload: Uint8Array): Promise<object> {
		try {
			return acknowledgement(await this.#ports.sequencer.submit(payload));
		} catch (error) {
			if (!(error instanceof NotTaken)) throw error;
			if (error.code === "overloaded") throw new RpcError(Code.Overloaded, error.message, { retry_after_ms: 1000 });
			throw new RpcError(Code.NotTaken, error.message, { reason: error.code });
		}
	}

	/** Why a message would be refused at the door, with the digest and the domain that its signature must be over. */
	#debug(payload: Uint8Array): object {
		const { live, userDomain, domain } = this.#ports;
		const refusal = rules.refusalOf(payload, userDomain, (account) => live.queries.signersOf(account));
		const signed = signedPart(payload, userDomain);
		return {
			would_be_taken: refusal === undefined,
			reason: refusal?.code ?? null,
			detail: refusal?.detail ?? null,
			digest: signed ? Bytes.toHex(signed.digest) : null,
			domain,
		};
	}
}

function acknowledgement(ack: Acknowledgement): object {
	const { result } = ack;
	return {
		sequence: ack.sequence,
		message_hash: Bytes.toHex(ack.messageHash),
		stream_hash: Bytes.toHex(ack.streamHash),
		time: ack.time,
		receipt: Bytes.toHex(ack.receipt),
		result: resultName(result.result),
		final: resultName(result.final),
		order: result.order,
		filled: result.filled,
		remaining: result.remaining,
	};
}

/** Throws RpcError when the name is none. */
export function seriesOf(name: string): number {
	const series = Names.seriesOf(name);
	if (series === undefined) throw new RpcError(Code.InvalidParams, `instrument_name: ${name} is not like ETH-25DEC26-4000-C`);
	return series;
}

/** In the machine's order. */
const TIMES_IN_FORCE: readonly string[] = ["good_til_cancelled", "immediate_or_cancel", "fill_or_kill"];
const SELF_TRADE_MODES: readonly string[] = ["cancel_maker", "cancel_taker", "cancel_both", "decrement"];

function flagsOf(params: Params<"private/buy">): number {
	const postOnly = params.post_only ? Messages.POST_ONLY | (params.reject_post_only ? 0 : Messages.SLIDE) : 0;
	const reduceOnly = params.reduce_only ? Messages.REDUCE_ONLY : 0;
	const isProtected = params.mmp ? Messages.PROTECTED : 0;
	return postOnly | reduceOnly | isProtected | (SELF_TRADE_MODES.indexOf(params.self_trade_prevention) << 3);
}

function encodeOrder(params: Params<"private/buy">, side: number): Uint8Array {
	const series = seriesOf(params.instrument_name);
	const underlying = Series.underlyingOf(series);
	const tick = tickSize(underlying);
	const price = Decimal.parse(params.price, Decimal.MICRO);
	if (price === undefined || price % tick !== 0) {
		throw new RpcError(Code.InvalidParams, `price: ${params.price} is not a multiple of the tick, ${Decimal.format(tick, Decimal.MICRO)}`);
	}
	const lots = lotsPerUnit(underlying);
	const size = Decimal.parse(params.amount, lots);
	if (size === undefined)
		throw new RpcError(Code.InvalidParams, `amount: ${params.amount} is not a multiple of the lot, ${Decimal.format(1, lots)}`);
	return Encoding.place({
		account: params.account,
		series,
		side,
		timeInForce: TIMES_IN_FORCE.indexOf(params.time_in_force),
		flags: flagsOf(params),
		price: price / tick,
		size,
		expiresAt: params.expires_at,
		nonce: params.nonce,
		label: params.label,
		signature: Bytes.fromHex(params.signature),
	});
}
