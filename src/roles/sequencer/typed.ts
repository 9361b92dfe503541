// What each method that sends a message makes of its fields: the same bytes for sending and for asking why they would be refused.

import { Code, RpcError } from "../../wire/RpcError.ts";
import type { Params } from "../../wire/schema.ts";
import { METHODS } from "../../wire/schema.ts";
import * as Messages from "../../machine/step/Messages.ts";
import * as DealViews from "./DealViews.ts";
import * as Payloads from "./Payloads.ts";

export const TYPED = {
	"private/buy": (params: Params<"private/buy">) => Payloads.place(params, 0),
	"private/sell": (params: Params<"private/sell">) => Payloads.place(params, 1),
	"private/edit": Payloads.edit,
	"private/mass_quote": Payloads.massQuote,
	"private/cancel": Payloads.cancel,
	"private/cancel_by_label": (params: Params<"private/cancel_by_label">) => Payloads.cancelSeries(params, params.label),
	"private/cancel_all_by_instrument": (params: Params<"private/cancel_all_by_instrument">) =>
		Payloads.cancelSeries(params, Messages.EVERY_LABEL),
	"private/cancel_all_by_currency": Payloads.cancelAll,
	"private/cancel_all": Payloads.cancelAll,
	"private/withdraw": Payloads.withdraw,
	"private/transfer": Payloads.transfer,
	"private/set_session": Payloads.setSession,
	"private/set_mmp_config": Payloads.setProtection,
	"private/set_dead_man_switch": Payloads.heartbeat,
	"private/execute_block_trade": DealViews.blockTrade,
	"private/bid": DealViews.bid,
	"private/set_referrer": DealViews.setReferrer,
} as const;

export type Typed = keyof typeof TYPED;

/** The message that a call of such a method would send. Throws RpcError when there is no such method, or it does not take these parameters. */
export function payloadOf(method: string, params: unknown): Uint8Array {
	if (!Object.hasOwn(TYPED, method))
		throw new RpcError(Code.InvalidParams, `method: ${method} sends no message; those that do are ${Object.keys(TYPED).join(", ")}`);
	const name = method as Typed;
	const parsed = METHODS[name].params.safeParse(params);
	if (!parsed.success) {
		const first = parsed.error.issues[0];
		throw new RpcError(Code.InvalidParams, `params.${first?.path.join(".")}: ${first?.message}`, { issues: parsed.error.issues.length });
	}
	return (TYPED[name] as (params: unknown) => Uint8Array)(parsed.data);
}
