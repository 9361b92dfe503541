// Deals as the API takes and shows them: names, dollars and units instead of ids, ticks and lots.

import type { Auction } from "../../executor/Distress.ts";
import type { Queries } from "../../executor/Queries.ts";
import { PPM } from "../../machine/Constants.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as DealEncoding from "../../machine/step/DealEncoding.ts";
import type { Leg } from "../../machine/step/DealMessages.ts";
import * as Trades from "../../machine/step/Trades.ts";
import * as Series from "../../machine/types/Series.ts";
import * as Decimal from "../../wire/Decimal.ts";
import { nameOf } from "../../wire/Names.ts";
import { Code, RpcError } from "../../wire/RpcError.ts";
import type { Answer, Params } from "../../wire/schema.ts";
import * as Payloads from "./Payloads.ts";
import type { Quote, Request, Requests } from "./Requests.ts";
import { amount, currencyOf, money, price } from "./Views.ts";

type Wanted = Params<"private/create_rfq">["legs"][number] & { readonly price?: string };

/** Legs ascending by series, as they are signed. Throws RpcError when a series comes twice, or a quantity is not whole. */
export function legsOf(wanted: readonly Wanted[]): Leg[] {
	const legs = wanted.map(({ instrument_name, direction, amount: units, price: dollars }) => {
		const series = Payloads.seriesOf(instrument_name);
		const size = Payloads.lotsOf(series, units);
		if (size <= 0) throw new RpcError(Code.InvalidParams, "amount: there must be some");
		return { series, side: direction === "buy" ? 0 : 1, price: dollars === undefined ? 0 : Payloads.ticksOf(series, dollars), size };
	});
	legs.sort((a, b) => a.series - b.series);
	for (const [i, { series }] of legs.entries())
		if (i > 0 && series === legs[i - 1].series) throw new RpcError(Code.InvalidParams, `legs: ${nameOf(series)} comes twice`);
	return legs;
}

const shown = ({ series, side, size }: Leg): Answer<"public/get_rfqs">[number]["legs"][number] => ({
	instrument_name: nameOf(series),
	direction: side === 0 ? "buy" : "sell",
	amount: amount(series, size),
});

export function rfq(requests: Requests, request: Request): Answer<"private/create_rfq"> {
	const { id, taker, nonce, expiresAt, legs } = request;
	return {
		rfq_id: id,
		taker,
		taker_nonce: nonce,
		expires_at: expiresAt,
		legs: legs.map(shown),
		quotes: requests.standing(request).length,
	};
}

/** Requests with a leg in a currency, or all. */
export function rfqs(requests: Requests, { currency }: Params<"public/get_rfqs">): Answer<"public/get_rfqs"> {
	return requests
		.open()
		.filter(({ legs }) => currency === undefined || legs.some(({ series }) => currencyOf(Series.underlyingOf(series)) === currency))
		.map((request) => rfq(requests, request));
}

export function quote({ id, block }: Quote): Answer<"private/quote_rfq"> {
	// What the machine moves: the premium of each leg is rounded as it rounds it.
	const net = block.legs.reduce((sum, leg) => sum - Trades.premium(leg.side, leg.price, leg.size), 0);
	return {
		quote_id: id,
		maker: block.maker,
		maker_nonce: block.makerNonce,
		expires_at: block.expiresAt,
		legs: block.legs.map((leg) => ({ ...shown(leg), price: price(leg.series, leg.price) })),
		net: money(net),
	};
}

/** Prices of a request's legs in ticks. */
export function pricesOf(request: Request, prices: readonly string[]): number[] {
	return prices.map((text, i) => {
		const leg = request.legs[i] as Leg | undefined;
		if (!leg) throw new RpcError(Code.InvalidParams, "prices: there are more than legs");
		return Payloads.ticksOf(leg.series, text);
	});
}

export function acceptance({ block }: Quote, signature: string): Uint8Array {
	return DealEncoding.block({ ...block, takerSignature: Bytes.fromHex(signature) });
}

export function blockTrade(params: Params<"private/execute_block_trade">): Uint8Array {
	return DealEncoding.block({
		maker: params.maker,
		taker: params.taker,
		makerNonce: params.maker_nonce,
		takerNonce: params.taker_nonce,
		expiresAt: params.expires_at,
		legs: legsOf(params.legs),
		makerSignature: Bytes.fromHex(params.maker_signature),
		takerSignature: Bytes.fromHex(params.taker_signature),
	});
}

export function bid({ account, debtor, share, limit, nonce, signature }: Params<"private/bid">): Uint8Array {
	const part = Decimal.parse(share, PPM) as number;
	return DealEncoding.bid({ account, debtor, share: part, limit: Payloads.microOf(limit), nonce, signature: Bytes.fromHex(signature) });
}

export function setReferrer({ account, referrer, nonce, signature }: Params<"private/set_referrer">): Uint8Array {
	return DealEncoding.setReferrer({ account, referrer, nonce, signature: Bytes.fromHex(signature) });
}

function auction(a: Auction): Answer<"public/get_auctions">[number] {
	return {
		account: a.debtor,
		started_at: a.start,
		equity: money(a.equity),
		initial_margin: money(a.initialMargin),
		maintenance_margin: money(a.maintenanceMargin),
		discount: money(a.discount),
		price: money(a.price),
		largest_share: Decimal.format(a.most, PPM),
		positions: a.positions.map(({ series, size }) => ({ instrument_name: nameOf(series), size: amount(series, size) })),
	};
}

export function auctions(queries: Queries): Answer<"public/get_auctions"> {
	return queries.auctions().map(auction);
}
