// What every method takes. The same schemas validate and document.

import { z } from "zod";

const account = z.int().min(1).max(0xffffff);
const nonce = z.int().min(0);
const instrument = z.string().min(5).max(40);
const bytes = (length: number): z.ZodString =>
	z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${2 * length}}$`), `${length} bytes in hexadecimal with 0x`);
const signature = bytes(65);
const decimal = z.string().regex(/^\d{1,15}(\.\d{1,15})?$/, "a decimal string");
const order = z.strictObject({
	account,
	instrument_name: instrument,
	/** Dollars per unit. */
	price: decimal,
	/** Units of the underlying. */
	amount: decimal,
	time_in_force: z.enum(["good_til_cancelled", "immediate_or_cancel", "fill_or_kill"]).default("good_til_cancelled"),
	post_only: z.boolean().default(false),
	/** False: a post-only order that would take moves to one tick behind the best price instead. */
	reject_post_only: z.boolean().default(true),
	reduce_only: z.boolean().default(false),
	/** What becomes of the order when it meets one of the same owner. */
	self_trade_prevention: z.enum(["cancel_maker", "cancel_taker", "cancel_both", "decrement"]).default("cancel_maker"),
	/** Its fills count for market-maker protection, and a trip ends it. */
	mmp: z.boolean().default(false),
	/** The owner's own mark, by which orders can be cancelled together; 0 is none. */
	label: z.int().min(0).max(65_535).default(0),
	/** Seconds since 1970; 0 is never. */
	expires_at: z.int().min(0).default(0),
	nonce,
	signature,
});

export const SCHEMAS = {
	"public/get_time": z.strictObject({}),
	"public/get_domain": z.strictObject({}),
	"public/get_status": z.strictObject({}),
	"public/get_instruments": z.strictObject({ currency: z.enum(["ETH", "BTC"]).optional(), expired: z.boolean().optional() }),
	"public/get_order_book": z.strictObject({ instrument_name: instrument, depth: z.int().min(1).max(64).default(10) }),
	"public/ticker": z.strictObject({ instrument_name: instrument }),
	"public/get_index_price": z.strictObject({ currency: z.enum(["ETH", "BTC"]) }),
	"public/get_last_trades": z.strictObject({ instrument_name: instrument, count: z.int().min(1).max(1000).default(10) }),
	"public/get_account": z.strictObject({ account }),
	"public/get_accounts_of": z.strictObject({ owner: bytes(20) }),
	"public/get_finality": z.strictObject({ sequence: z.int().min(0) }),
	"public/get_withdrawals": z.strictObject({ account }),
	"public/get_withdrawal_proof": z.strictObject({ index: z.int().min(0) }),
	"public/submit": z.strictObject({ payload: z.string().regex(/^0x([0-9a-fA-F]{2}){1,4096}$/, "1 to 4096 bytes in hexadecimal with 0x") }),
	"public/order_debug": z.strictObject({
		payload: z.string().regex(/^0x([0-9a-fA-F]{2}){1,4096}$/, "1 to 4096 bytes in hexadecimal with 0x"),
	}),
	"public/subscribe": z.strictObject({ channels: z.array(z.string().max(80)).min(1).max(200) }),
	"public/unsubscribe": z.strictObject({ channels: z.array(z.string().max(80)).min(1).max(200) }),
	"private/buy": order,
	"private/sell": order,
	"private/cancel": z.strictObject({ account, instrument_name: instrument, direction: z.enum(["buy", "sell"]), order: nonce, signature }),
	"private/cancel_all": z.strictObject({ account, currency: z.enum(["ETH", "BTC"]).optional(), nonce, signature }),
	"private/withdraw": z.strictObject({ account, recipient: bytes(20), amount: decimal, nonce, signature }),
	"private/get_order_state": z.strictObject({ account, order: nonce }),
} as const;

export type Method = keyof typeof SCHEMAS;
export type Params<M extends Method> = z.output<(typeof SCHEMAS)[M]>;

export function isMethod(name: string): name is Method {
	return Object.hasOwn(SCHEMAS, name);
}
