import type { MessageResult } from "../../executor/Events.ts";
import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import { Result, nameOf as resultName } from "../../machine/Result.ts";
import * as Series from "../../machine/types/Series.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Receipt } from "../../protocol/Checkpoint.ts";
import type { Metrics } from "../../ports/Metrics.ts";
import type { Handler, Peer } from "../../ports/Transport.ts";
import type { ACCOUNT } from "../../wire/methods/account.ts";
import type { DEALS } from "../../wire/methods/deals.ts";
import type { MARKET } from "../../wire/methods/market.ts";
import type { SESSION } from "../../wire/methods/session.ts";
import type { TRADING } from "../../wire/methods/trading.ts";
import * as Names from "../../wire/Names.ts";
import { Code, RpcError } from "../../wire/RpcError.ts";
import type { Answer, Method, Params } from "../../wire/schema.ts";
import { isMethod, METHODS } from "../../wire/schema.ts";
import * as AccountViews from "./AccountViews.ts";
import { Channels } from "./Channels.ts";
import type { Progress } from "./Channels.ts";
import * as DealViews from "./DealViews.ts";
import { Departures, MAX_ACCOUNTS } from "./Departures.ts";
import { Deribit } from "./Deribit.ts";
import type { Ask, DeribitAnswer } from "./Deribit.ts";
import { debug } from "./debug.ts";
import { Heartbeats } from "./Heartbeats.ts";
import * as Payloads from "./Payloads.ts";
import { Requests } from "./Requests.ts";
import * as rules from "./rules.ts";
import type { Acknowledgement, Sequencer } from "./Sequencer.ts";
import { NotTaken, Undecided } from "./Sequencer.ts";
import { payloadOf, TYPED } from "./typed.ts";
import type { Typed } from "./typed.ts";
import * as Views from "./Views.ts";

export type ApiPorts = {
	readonly sequencer: Sequencer;
	readonly live: LiveExecutor;
	readonly userDomain: Uint8Array;
	/** EIP-712 domain of users' messages, and the deployment's facts: as they are given to clients. */
	readonly domain: Readonly<Record<string, unknown>>;
	readonly version: string;
	readonly clock: Clock;
	/** What L1 says of a record, and proofs of withdrawals: filled by the node. */
	readonly finality: {
		of(sequence: number): Answer<"public/get_finality">;
		/** Undefined when no message that was ordered has the hash. */
		sequenceOf(messageHash: string): Promise<number | undefined>;
		progress(): Progress;
	};
	/** Undefined while no state that holds accounts is confirmed, or it is not derived yet. */
	readonly accountProof: (account: number) => Promise<Answer<"public/get_account_proof"> | undefined>;
	readonly orderProof: (offset: number) => Promise<Answer<"public/get_order_proof"> | undefined>;
	readonly withdrawals: (account: number) => Answer<"public/get_withdrawals">;
	readonly withdrawalProof: (index: number) => Answer<"public/get_withdrawal_proof"> | undefined;
	readonly status: () => Answer<"public/get_status">;
	readonly vitals: () => Answer<"public/get_vitals">;
	/** Takes a receipt that somebody shows, and names its signer if he has a stake in this committee. */
	readonly heard: (receipt: Receipt, signature: Uint8Array) => string | undefined;
	readonly committee: () => Answer<"public/get_committee">;
	readonly rollup: () => Promise<Answer<"public/get_rollup">>;
	readonly metrics: Metrics;
};

type Handlers = { [M in Method]: (params: Params<M>, peer: Peer) => Answer<M> | Promise<Answer<M>> };

/** Who reads by GET: nothing can be told to him later. */
const READER: Peer = { id: 0, isSlow: false, notify: () => false, tell: () => false, close: () => undefined };

/** The methods of docs/api, over a sequencer and its live state. */
export class Api {
	readonly #ports: ApiPorts;
	readonly #channels: Channels;
	readonly #heartbeats = new Heartbeats();
	readonly #departures: Departures;
	readonly #requests: Requests;
	readonly #handlers: Handlers;
	readonly #deribit: Deribit;

	constructor(ports: ApiPorts) {
		this.#ports = ports;
		const { clock, live, userDomain } = ports;
		this.#requests = new Requests({ now: () => clock.now(), userDomain, signersOf: (account) => live.queries.signersOf(account) });
		this.#channels = new Channels(live, this.#requests, () => ports.finality.progress());
		this.#departures = new Departures((payload) => ports.sequencer.submit(payload), ports.metrics);
		this.#handlers = { ...this.#session(), ...this.#market(), ...this.#accounts(), ...this.#trading(), ...this.#deals() };
		const ask: Ask = async (method, params) => (await this.handle(method, params, READER)) as never;
		this.#deribit = new Deribit(ask, () => clock.now());
	}

	/** The market in Deribit's own units, by GET; undefined when the path is none of theirs. */
	readonly read = (path: string, query: URLSearchParams): Promise<DeribitAnswer | undefined> => this.#deribit.get(path, query);

	/** Ends what goes on by itself. */
	close(): void {
		this.#channels.close();
		this.#heartbeats.close();
	}

	/** A connection is gone. */
	forget(peer: number): void {
		this.#channels.forget(peer);
		this.#heartbeats.forget(peer);
		this.#departures.depart(peer);
	}

	readonly handle: Handler = async (method, parameters, peer) => {
		this.#heartbeats.heard(peer.id);
		if (!isMethod(method)) throw new RpcError(Code.MethodNotFound, `there is no method ${method.slice(0, 60)}`);
		const parsed = METHODS[method].params.safeParse(parameters);
		if (!parsed.success) {
			const first = parsed.error.issues[0];
			throw new RpcError(Code.InvalidParams, `${first?.path.join(".") || "params"}: ${first?.message}`, {
				issues: parsed.error.issues.length,
			});
		}
		const began = performance.now();
		let outcome = "error";
		try {
			const answer = await (this.#handlers[method] as (params: unknown, peer: Peer) => unknown)(parsed.data, peer);
			outcome = "ok";
			return answer;
		} finally {
			this.#ports.metrics.observe("api_call_seconds", (performance.now() - began) / 1000, { method, outcome });
		}
	};

	#session(): Pick<Handlers, keyof typeof SESSION> {
		const { clock, domain, finality, status, version, live, vitals, rollup, committee } = this.#ports;
		return {
			"public/test": () => ({ version }),
			"public/get_time": () => clock.now(),
			"public/get_domain": () => domain,
			"public/get_status": () => status(),
			"public/get_vitals": () => vitals(),
			"public/get_committee": () => committee(),
			"public/get_rollup": () => rollup(),
			"public/get_currencies": () => Views.currencies(),
			"public/get_finality": async (params) => {
				if ("sequence" in params) return finality.of(params.sequence);
				if ("message_hash" in params) {
					const sequence = await finality.sequenceOf(params.message_hash.toLowerCase());
					if (sequence === undefined) throw new RpcError(Code.NotFound, "no message that was ordered has this hash");
					return finality.of(sequence);
				}
				const answer = live.queries.order(params.account, params.order);
				if (answer.status === "unknown") throw new RpcError(Code.NotFound, "no message placed this order");
				return finality.of(answer.order.sequence);
			},
			"public/subscribe": ({ channels }, peer) => [...this.#channels.subscribe(peer, channels)],
			"public/unsubscribe": ({ channels }, peer) => [...this.#channels.unsubscribe(peer.id, channels)],
			"public/unsubscribe_all": (_, peer) => {
				this.#channels.forget(peer.id);
				return "ok";
			},
			"public/set_heartbeat": ({ interval }, peer) => {
				if (peer.id === 0) throw new RpcError(Code.InvalidRequest, "a heartbeat needs a WebSocket");
				this.#heartbeats.set(peer, interval * 1000);
				return "ok";
			},
			"public/disable_heartbeat": (_, peer) => {
				this.#heartbeats.forget(peer.id);
				return "ok";
			},
		};
	}

	#market(): Pick<Handlers, keyof typeof MARKET> {
		const { live } = this.#ports;
		const underlyingOf = (currency: string): number => Names.UNDERLYINGS.indexOf(currency);
		const last = ({ instrument_name, count }: Params<"public/get_last_trades">): Answer<"public/get_last_trades"> =>
			live.queries.lastTrades(this.#listed(instrument_name), count).map(Views.trade);
		return {
			"public/get_instruments": (filter) => Views.instruments(live.queries, filter),
			"public/get_instrument": ({ instrument_name }) => {
				const series = this.#listed(instrument_name);
				const found = live.queries.instruments().find((instrument) => instrument.series === series);
				if (!found) throw new RpcError(Code.NotFound, `${instrument_name} is not listed`);
				return Views.instrument(found);
			},
			"public/get_order_book": ({ instrument_name, depth }) => this.#channels.book(this.#listed(instrument_name), depth),
			"public/ticker": ({ instrument_name }) => Views.ticker(live.queries, this.#listed(instrument_name)),
			"public/get_tickers": (filter) => Views.tickers(live.queries, filter),
			"public/get_index_price": ({ currency }) => Views.indexPrice(live.queries, underlyingOf(currency)),
			"public/get_delivery_prices": ({ currency, count }) => Views.deliveryPrices(live.queries, underlyingOf(currency), count),
			"public/get_volatility_surface": ({ currency }) => Views.surface(live.queries, underlyingOf(currency)),
			"public/get_last_trades": last,
			"public/get_last_trades_by_instrument": ({ end_seq, ...params }) => {
				if (end_seq === undefined) return last(params);
				return live.queries.tradesUpTo(this.#listed(params.instrument_name), end_seq, params.count).map(Views.trade);
			},
			"public/get_last_trades_by_currency": ({ currency, kind, count }) => {
				const wanted = kind === "future" ? [Series.FUTURE] : kind === "option" ? [Series.CALL, Series.PUT] : [undefined];
				const trades = wanted.flatMap((one) => live.queries.lastTradesOf(underlyingOf(currency), one, count));
				return trades
					.sort((a, b) => b.sequence - a.sequence)
					.slice(0, count)
					.map(Views.trade);
			},
			"public/get_tradingview_chart_data": (params) => Views.candles(live.queries, this.#listed(params.instrument_name), params),
		};
	}

	#accounts(): Pick<Handlers, keyof typeof ACCOUNT> {
		const { live, accountProof, orderProof, withdrawals, withdrawalProof } = this.#ports;
		return {
			"public/get_account": ({ account }) => AccountViews.account(this.#account(account)),
			"public/get_accounts_of": ({ owner }) => live.queries.accountsOf(owner.toLowerCase()),
			"private/get_account_summary": ({ account }) => AccountViews.summary(this.#account(account)),
			"private/get_positions": ({ account, currency, kind }) =>
				this.#account(account)
					.positions.filter(({ series }) => (kind ?? Views.kindOf(series)) === Views.kindOf(series))
					.filter(({ series }) => currency === undefined || Views.currencyOf(Series.underlyingOf(series)) === currency)
					.map(AccountViews.position),
			"private/get_open_orders": ({ account, currency, instrument_name, label }) => {
				const wanted = instrument_name === undefined ? undefined : this.#listed(instrument_name);
				return live.queries
					.openOrders(account)
					.filter(({ series }) => (wanted ?? series) === series)
					.filter(({ series }) => currency === undefined || Views.currencyOf(Series.underlyingOf(series)) === currency)
					.filter((order) => (label ?? order.label) === order.label)
					.map(AccountViews.order);
			},
			"private/get_order_state": ({ account, order }) => AccountViews.orderState(live.queries, account, order),
			"private/get_order_state_by_label": ({ account, label, count }) =>
				live.queries.ordersLabelled(account, label, count).map(AccountViews.order),
			"private/get_user_trades_by_instrument": ({ account, instrument_name, count }) =>
				live.queries.tradesOfAccount(account, this.#listed(instrument_name), count).map(Views.trade),
			"private/get_user_trades_by_currency": ({ account, currency, count }) =>
				live.queries.tradesOfAccountIn(account, Names.UNDERLYINGS.indexOf(currency), count).map(Views.trade),
			"private/simulate_portfolio": (params) => this.#simulate(params),
			"public/get_account_proof": async ({ account }) => {
				const proof = await accountProof(account);
				if (!proof) throw new RpcError(Code.NotFound, "no state is confirmed on L1 that this node has derived");
				return proof;
			},
			"public/get_withdrawals": ({ account }) => withdrawals(account),
			"public/get_order_proof": async ({ offset }) => {
				const proof = await orderProof(offset);
				if (!proof) throw new RpcError(Code.NotFound, `what stands at byte ${offset} of the order is not confirmed on L1 yet`);
				return proof;
			},
			"public/get_withdrawal_proof": ({ index }) => {
				const proof = withdrawalProof(index);
				if (!proof) throw new RpcError(Code.NotFound, `withdrawal ${index} is not confirmed on L1 yet`);
				return proof;
			},
		};
	}

	#trading(): Pick<Handlers, keyof typeof TRADING> {
		const { live, userDomain, domain } = this.#ports;
		return {
			"public/submit": ({ payload }) => this.#submit(Bytes.fromHex(payload)),
			"public/get_receipt": async ({ message_hash }) => {
				const found = await this.#ports.sequencer.receiptOf(message_hash.toLowerCase());
				if (!found) throw new RpcError(Code.NotFound, "no message with this hash was executed lately");
				return acknowledgement(found);
			},
			"public/show_receipt": ({ sequence, offset, message_hash, stream_hash, time, receipt }) => {
				const [messageHash, streamHash] = [Bytes.fromHex(message_hash), Bytes.fromHex(stream_hash)];
				return { signer: this.#ports.heard({ sequence, offset, messageHash, streamHash, time }, Bytes.fromHex(receipt)) ?? null };
			},
			"public/order_debug": (params) => {
				const payload = "payload" in params ? Bytes.fromHex(params.payload) : payloadOf(params.method, params.params);
				return debug(live.queries, userDomain, domain, payload, params.assume_signed);
			},
			"private/buy": this.#send("private/buy"),
			"private/sell": this.#send("private/sell"),
			"private/edit": this.#send("private/edit"),
			"private/mass_quote": this.#send("private/mass_quote"),
			"private/cancel": this.#send("private/cancel"),
			"private/cancel_by_label": this.#send("private/cancel_by_label"),
			"private/cancel_all_by_instrument": this.#send("private/cancel_all_by_instrument"),
			"private/cancel_all_by_currency": this.#send("private/cancel_all_by_currency"),
			"private/cancel_all": this.#send("private/cancel_all"),
			"private/withdraw": this.#send("private/withdraw"),
			"private/transfer": this.#send("private/transfer"),
			"private/set_session": this.#send("private/set_session"),
			"private/set_mmp_config": this.#send("private/set_mmp_config"),
			"private/enable_cancel_on_disconnect": (params, peer) => this.#holdFor(peer, params),
			"private/disable_cancel_on_disconnect": ({ account }, peer) => {
				if (!this.#departures.release(peer, account)) throw new RpcError(Code.NotFound, `nothing is held here for account ${account}`);
				return "ok";
			},
			"private/get_cancel_on_disconnect": (_, peer) =>
				this.#departures.of(peer).map(({ account, currency, nonce }) => ({ account, currency, nonce })),
			"private/set_dead_man_switch": this.#send("private/set_dead_man_switch"),
		};
	}

	#deals(): Pick<Handlers, keyof typeof DEALS> {
		const { live } = this.#ports;
		const requests = this.#requests;
		return {
			"public/get_rfqs": (filter) => DealViews.rfqs(requests, filter),
			"private/create_rfq": ({ account, legs, nonce, expires_at, signature }) => {
				for (const { instrument_name } of legs) this.#listed(instrument_name);
				return DealViews.rfq(requests, requests.create(account, DealViews.legsOf(legs), nonce, expires_at, signature));
			},
			"private/cancel_rfq": ({ rfq_id, signature }) => {
				requests.end(requests.own(rfq_id, signature).id);
				return "ok";
			},
			"private/quote_rfq": ({ rfq_id, account, prices, nonce, expires_at, signature }) => {
				const ticks = DealViews.pricesOf(requests.find(rfq_id), prices);
				return DealViews.quote(requests.quote(rfq_id, account, ticks, nonce, expires_at, signature));
			},
			"private/cancel_quote": ({ rfq_id, quote_id, signature }) => {
				requests.withdraw(rfq_id, quote_id, signature);
				return "ok";
			},
			"private/get_rfq_quotes": ({ rfq_id, signature }) => requests.standing(requests.own(rfq_id, signature)).map(DealViews.quote),
			"private/accept_quote": async ({ rfq_id, quote_id, signature }) => {
				const quote = requests.findQuote(requests.find(rfq_id), quote_id);
				const answer = await this.#submit(DealViews.acceptance(quote, signature));
				if (answer.result === "Ok") requests.end(rfq_id);
				return answer;
			},
			"private/execute_block_trade": this.#send("private/execute_block_trade"),
			"public/get_auctions": () => DealViews.auctions(live.queries),
			"private/bid": this.#send("private/bid"),
			"private/set_referrer": this.#send("private/set_referrer"),
		};
	}

	/** What would be refused at the end is refused now, when somebody hears it. */
	#holdFor(peer: Peer, params: Params<"private/enable_cancel_on_disconnect">): "ok" {
		if (peer.id === 0) throw new RpcError(Code.InvalidRequest, "only a WebSocket ends: cancel on disconnect needs one");
		const { live, userDomain } = this.#ports;
		const payload = Payloads.cancelAll(params);
		const refusal = rules.refusalOf(payload, userDomain, (account) => live.queries.signersOf(account));
		if (refusal) throw new RpcError(Code.NotTaken, refusal.detail, { reason: refusal.code });
		const result = live.queries.rehearse(payload, false)?.result;
		if (result !== Result.Ok) throw new RpcError(Code.InvalidParams, `it would be refused: ${resultName(result ?? Result.Malformed)}`);
		const { account, nonce, currency = null } = params;
		if (!this.#departures.hold(peer, { account, currency, nonce, payload }))
			throw new RpcError(Code.LimitReached, `a connection cancels for ${MAX_ACCOUNTS} accounts at most`, {
				limit: "accounts_of_connection",
			});
		return "ok";
	}

	/** The handler of a method whose fields are a message. */
	#send<M extends Typed>(method: M): (params: Params<M>) => Promise<Answer<"public/submit">> {
		return (params) => this.#submit((TYPED[method] as (params: Params<M>) => Uint8Array)(params));
	}

	#listed(name: string): number {
		const series = Payloads.seriesOf(name);
		if (!this.#ports.live.queries.isListed(series)) throw new RpcError(Code.NotFound, `${name} is not listed`);
		return series;
	}

	#account(index: number): NonNullable<ReturnType<LiveExecutor["queries"]["account"]>> {
		const view = this.#ports.live.queries.account(index);
		if (!view) throw new RpcError(Code.NotFound, `account ${index} does not exist: deposit to open one`);
		return view;
	}

	#simulate({
		account,
		add_positions,
		cash,
		simulated_positions,
	}: Params<"private/simulate_portfolio">): Answer<"private/simulate_portfolio"> {
		const { queries } = this.#ports.live;
		if (account !== undefined) this.#account(account);
		const added = new Map<number, number>();
		for (const [name, units] of Object.entries(simulated_positions)) {
			const series = this.#listed(name);
			added.set(series, Payloads.lotsOf(series, units));
		}
		const answer = queries.simulate(account, !add_positions, cash === undefined ? 0 : Payloads.microOf(cash), added);
		if (!("unanswerable" in answer)) return AccountViews.portfolio(queries, answer);
		const name = Names.nameOf(answer.series);
		if (answer.unanswerable === "no_price") throw new RpcError(Code.NotFound, `${name} has no price yet`);
		const what = answer.unanswerable === "position_too_large" ? `the position in ${name} is too large` : "there are too many positions";
		throw new RpcError(Code.InvalidParams, `simulated_positions: ${what}`);
	}

	async #submit(payload: Uint8Array): Promise<Answer<"public/submit">> {
		try {
			return acknowledgement(await this.#ports.sequencer.submit(payload));
		} catch (error) {
			if (error instanceof Undecided)
				throw new RpcError(Code.Undecided, error.message, { message_hash: Bytes.toHex(Keccak.hash(payload)) });
			if (!(error instanceof NotTaken)) throw error;
			if (error.code === "overloaded") throw new RpcError(Code.Overloaded, error.message, { retry_after_ms: 1000 });
			if (error.code === "rate_limited")
				throw new RpcError(Code.LimitReached, error.message, { limit: "messages_of_account", retry_after_ms: error.retryAfterMs });
			throw new RpcError(Code.NotTaken, error.message, { reason: error.code });
		}
	}
}

function acknowledgement(ack: Acknowledgement): Answer<"public/submit"> {
	const { result } = ack;
	return {
		sequence: ack.sequence,
		offset: ack.offset,
		message_hash: Bytes.toHex(ack.messageHash),
		stream_hash: Bytes.toHex(ack.streamHash),
		time: ack.time,
		receipt: Bytes.toHex(ack.receipt),
		...outcome(result),
		items: result.items.map(outcome),
	};
}

function outcome({ result, final, order, filled, remaining }: MessageResult): Answer<"public/submit">["items"][number] {
	return { result: resultName(result), final: resultName(final), order, filled, remaining };
}
