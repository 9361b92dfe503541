// Typed requests as the machine's bytes: names, dollars and units become ids, ticks and lots, exactly or not at all.

import { MAX_ITEMS, lotsPerUnit, tickSize } from "../../machine/Constants.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as DealEncoding from "../../machine/step/DealEncoding.ts";
import type { Item } from "../../machine/step/DealMessages.ts";
import * as Encoding from "../../machine/step/Encoding.ts";
import * as Messages from "../../machine/step/Messages.ts";
import * as Series from "../../machine/types/Series.ts";
import * as Decimal from "../../wire/Decimal.ts";
import * as Names from "../../wire/Names.ts";
import { Code, RpcError } from "../../wire/RpcError.ts";
import type { Params } from "../../wire/schema.ts";

/** In the machine's order. */
export const TIMES_IN_FORCE: readonly string[] = ["good_til_cancelled", "immediate_or_cancel", "fill_or_kill"];
const SELF_TRADE_MODES: readonly string[] = ["cancel_maker", "cancel_taker", "cancel_both", "decrement"];

/** Throws RpcError when the name is none. */
export function seriesOf(name: string): number {
	const series = Names.seriesOf(name);
	if (series === undefined) throw new RpcError(Code.InvalidParams, `instrument_name: ${name} is not like ETH-25DEC26-4000-C`);
	return series;
}

/** Ticks of dollars. Throws RpcError when they are not whole ticks. */
export function ticksOf(series: number, price: string): number {
	const tick = tickSize(Series.underlyingOf(series));
	const micro = Decimal.parse(price, Decimal.MICRO);
	if (micro === undefined || micro % tick !== 0)
		throw new RpcError(Code.InvalidParams, `price: ${price} is not a multiple of the tick, ${Decimal.format(tick, Decimal.MICRO)}`);
	return micro / tick;
}

/** Lots of units, negative ones too. Throws RpcError when they are not whole lots. */
export function lotsOf(series: number, amount: string): number {
	const lots = lotsPerUnit(Series.underlyingOf(series));
	const size = Decimal.parse(amount, lots);
	if (size === undefined)
		throw new RpcError(Code.InvalidParams, `amount: ${amount} is not a multiple of the lot, ${Decimal.format(1, lots)}`);
	return size;
}

/** Throws RpcError when it is not a whole number of micro-USDC. */
export function microOf(amount: string): number {
	const micro = Decimal.parse(amount, Decimal.MICRO);
	if (micro === undefined) throw new RpcError(Code.InvalidParams, `amount: ${amount} is finer than a micro-USDC`);
	return micro;
}

function moneyOf(amount: string): number {
	const micro = microOf(amount);
	if (micro === 0) throw new RpcError(Code.InvalidParams, "amount: there must be some");
	return micro;
}

function underlyingOf(currency: string | undefined): number {
	return currency === undefined ? Messages.EVERY_UNDERLYING : Names.UNDERLYINGS.indexOf(currency);
}

type Terms = Omit<Params<"private/buy">, "account" | "instrument_name" | "nonce" | "signature">;
type Quoted = NonNullable<Params<"private/mass_quote">["quotes"][number]["bid"]>;

function flagsOf(params: Terms): number {
	const postOnly = params.post_only ? Messages.POST_ONLY | (params.reject_post_only ? 0 : Messages.SLIDE) : 0;
	const reduceOnly = params.reduce_only ? Messages.REDUCE_ONLY : 0;
	const isProtected = params.mmp ? Messages.PROTECTED : 0;
	return postOnly | reduceOnly | isProtected | (SELF_TRADE_MODES.indexOf(params.self_trade_prevention) << 3);
}

const sideOf = (direction: "buy" | "sell"): number => (direction === "buy" ? 0 : 1);
const sidesOf = (direction: "buy" | "sell" | undefined): number => (direction === undefined ? 3 : direction === "buy" ? 1 : 2);

export function place(params: Params<"private/buy">, side: number): Uint8Array {
	const series = seriesOf(params.instrument_name);
	return Encoding.place({
		account: params.account,
		series,
		side,
		timeInForce: TIMES_IN_FORCE.indexOf(params.time_in_force),
		flags: flagsOf(params),
		price: ticksOf(series, params.price),
		size: lotsOf(series, params.amount),
		expiresAt: params.expires_at,
		nonce: params.nonce,
		label: params.label,
		signature: Bytes.fromHex(params.signature),
	});
}

function item(series: number, side: number, quoted: Quoted): Item {
	const none = { series, side, timeInForce: 0, flags: 0, price: 0, size: 0, expiresAt: 0, label: 0 };
	if ("cancel" in quoted) return { ...none, kind: Messages.CANCEL, order: quoted.cancel };
	const quote = { ...none, price: ticksOf(series, quoted.price), size: lotsOf(series, quoted.amount) };
	if ("edit" in quoted) return { ...quote, kind: Messages.REPLACE, order: quoted.edit };
	const { time_in_force, expires_at, label } = quoted;
	const timeInForce = TIMES_IN_FORCE.indexOf(time_in_force);
	return { ...quote, kind: Messages.PLACE, order: 0, timeInForce, flags: flagsOf(quoted), expiresAt: expires_at, label };
}

/** The basket of a mass quote: of each quote the bid, then the ask. Throws RpcError when they are more than a basket holds. */
export function massQuote({ account, quotes, nonce, signature }: Params<"private/mass_quote">): Uint8Array {
	const items = quotes.flatMap(({ instrument_name, bid, ask }) => {
		const series = seriesOf(instrument_name);
		return [bid, ask].flatMap((quoted, side) => (quoted === undefined ? [] : [item(series, side, quoted)]));
	});
	if (items.length > MAX_ITEMS) throw new RpcError(Code.InvalidParams, `quotes: ${items.length} sides are more than ${MAX_ITEMS}`);
	return DealEncoding.basket({
		account,
		nonce,
		count: items.length,
		items: DealEncoding.items(items),
		signature: Bytes.fromHex(signature),
	});
}

export function edit(params: Params<"private/edit">): Uint8Array {
	const { account, order, nonce, direction, signature } = params;
	const series = seriesOf(params.instrument_name);
	const [price, size] = [ticksOf(series, params.price), lotsOf(series, params.amount)];
	return Encoding.replace({ account, series, side: sideOf(direction), order, price, size, nonce, signature: Bytes.fromHex(signature) });
}

export function cancel({ account, instrument_name, direction, order, signature }: Params<"private/cancel">): Uint8Array {
	const series = seriesOf(instrument_name);
	return Encoding.cancel({ account, series, side: sideOf(direction), order, signature: Bytes.fromHex(signature) });
}

export function cancelSeries(
	{ account, instrument_name, direction, nonce, signature }: Params<"private/cancel_all_by_instrument">,
	label: number,
): Uint8Array {
	const series = seriesOf(instrument_name);
	return Encoding.cancelSeries({ account, series, sides: sidesOf(direction), label, nonce, signature: Bytes.fromHex(signature) });
}

export function cancelAll({ account, currency, nonce, signature }: Params<"private/cancel_all">): Uint8Array {
	return Encoding.cancelAll({ account, underlying: underlyingOf(currency), nonce, signature: Bytes.fromHex(signature) });
}

export function withdraw({ account, recipient, amount, nonce, signature }: Params<"private/withdraw">): Uint8Array {
	return Encoding.withdraw({
		account,
		recipient: recipient.toLowerCase(),
		amount: moneyOf(amount),
		nonce,
		signature: Bytes.fromHex(signature),
	});
}

export function transfer({ account, recipient, amount, nonce, signature }: Params<"private/transfer">): Uint8Array {
	return Encoding.transfer({ account, recipient, amount: moneyOf(amount), nonce, signature: Bytes.fromHex(signature) });
}

export function setSession({ account, key, scopes, expires_at, nonce, signature }: Params<"private/set_session">): Uint8Array {
	return Encoding.setSession({
		account,
		key: key.toLowerCase(),
		scopes,
		expiresAt: expires_at,
		nonce,
		signature: Bytes.fromHex(signature),
	});
}

export function setProtection(params: Params<"private/set_mmp_config">): Uint8Array {
	return Encoding.setProtection({
		account: params.account,
		underlying: underlyingOf(params.currency),
		window: params.interval,
		freeze: params.frozen_time,
		quantityLimit: params.quantity_limit,
		deltaLimit: params.delta_limit,
		vegaLimit: params.vega_limit,
		nonce: params.nonce,
		signature: Bytes.fromHex(params.signature),
	});
}

export function heartbeat({ account, duration, nonce, signature }: Params<"private/set_dead_man_switch">): Uint8Array {
	return Encoding.heartbeat({ account, duration, nonce, signature: Bytes.fromHex(signature) });
}
