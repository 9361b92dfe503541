// What the methods' schemas are made of.

import { z } from "zod";

export const account = z.int().min(1).max(0xffffff).describe("Index of the account");
export const nonce = z.int().min(0).describe("Chosen by the trader, in any order, each once");
export const orderId = z.int().min(0).describe("The nonce of the message that placed the order");
export const instrument = z.string().min(5).max(40).describe("Like ETH-25DEC26-4000-C, or ETH-25DEC26 for the dated future");
export const currency = z.enum(["ETH", "BTC"]);
export const kind = z.enum(["option", "future"]);
export const direction = z.enum(["buy", "sell"]);
export const seconds = z.int().min(0).describe("Seconds since 1970");
export const label = z.int().min(1).max(65_535).describe("The owner's own mark");
export const sequence = z.int().min(0).describe("Place of the message in the order of all messages, from 0");

export const offset = z
	.int()
	.min(0)
	.describe(
		"Bytes of the order before the message's record: where it stands in the stream of all records, of which batches on L1 are cuts",
	);

export const bytes = (length: number): z.ZodString =>
	z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${2 * length}}$`), `${length} bytes in hexadecimal with 0x`);
export const payload = z.string().regex(/^0x([0-9a-fA-F]{2}){1,4096}$/, "1 to 4096 bytes in hexadecimal with 0x");
export const data = z.string().regex(/^0x([0-9a-fA-F]{2})*$/, "bytes in hexadecimal with 0x");
export const signature = bytes(65).describe("r 32 | s 32 | v 1 over the EIP-712 digest, low s, v 27 or 28");
export const hash = bytes(32);
export const address = bytes(20);

/** A quantity that is not negative. */
export const decimal = z.string().regex(/^\d{1,15}(\.\d{1,15})?$/, "a decimal string");
/** A quantity that may be negative. */
export const signed = z.string().regex(/^-?\d{1,16}(\.\d{1,15})?$/, "a decimal string, negative or not");
export const price = decimal.describe("USDC per unit of the underlying");
export const amount = decimal.describe("Units of the underlying");
export const usdc = signed.describe("USDC");
export const nothing = z.strictObject({});

export const level = z.tuple([price, amount]);

/** Order as it is signed: docs/api/vectors.json has examples. */
export const order = z.strictObject({
	account,
	instrument_name: instrument,
	price,
	amount,
	time_in_force: z.enum(["good_til_cancelled", "immediate_or_cancel", "fill_or_kill"]).default("good_til_cancelled"),
	post_only: z.boolean().default(false),
	reject_post_only: z
		.boolean()
		.default(true)
		.describe("False: a post-only order that would take moves to one tick behind the best price instead"),
	reduce_only: z.boolean().default(false),
	self_trade_prevention: z
		.enum(["cancel_maker", "cancel_taker", "cancel_both", "decrement"])
		.default("cancel_maker")
		.describe("What becomes of the order when it meets one of the same owner"),
	mmp: z.boolean().default(false).describe("Its fills count for market-maker protection, and a trip ends it"),
	label: z.int().min(0).max(65_535).default(0).describe("The owner's own mark, by which orders can be cancelled together; 0 is none"),
	expires_at: z.int().min(0).default(0).describe("Seconds since 1970; 0 is never"),
	nonce,
	signature,
});

/** One side of a mass quote. Edits and cancellations name an order; a new one has the terms of a limit order. */
const quoted = z.union([
	z.strictObject({ cancel: orderId }),
	z.strictObject({ edit: orderId, price, amount }),
	order.omit({ account: true, instrument_name: true, nonce: true, signature: true }).extend({
		post_only: z.boolean().default(true),
		mmp: z.boolean().default(true).describe("Its fills count for market-maker protection, which private/set_mmp_config sets before"),
	}),
]);

/** LIMIT: MAX_ITEMS of the machine, counting sides. */
export const massQuote = z.strictObject({
	account,
	quotes: z
		.array(
			z
				.strictObject({ instrument_name: instrument, bid: quoted.optional(), ask: quoted.optional() })
				.refine(({ bid, ask }) => bid !== undefined || ask !== undefined, "a quote has a bid or an ask"),
		)
		.min(1)
		.max(32)
		.describe("Each gives an item for its bid, then one for its ask: 32 at most, signed in this order"),
	nonce: nonce.describe("Of the whole; item i, from 0, has nonce + 1 + i, which is the id of an order that it places"),
	signature,
});

const outcome = {
	result: z.string().describe("The Result of the message (docs/spec/machine.md)"),
	final: z.string().describe("The Result of its last step"),
	order: orderId,
	filled: z.int().describe("Lots"),
	remaining: z.int().describe("Lots"),
};

export const acknowledgement = z
	.strictObject({
		sequence,
		offset,
		message_hash: hash,
		stream_hash: hash.describe("Of the bundle that holds the message"),
		time: seconds,
		receipt: signature.describe(
			"The sequencer's signature over Receipt(uint64 sequence,uint64 offset,bytes32 messageHash,bytes32 streamHash,uint64 time)",
		),
		...outcome,
		items: z.array(z.strictObject(outcome)).describe("Of a basket: what became of its items, in their order"),
	})
	.describe("The message is durable, ordered and executed");

export const greeks = z
	.strictObject({ volatility: z.number(), delta: z.number(), gamma: z.number(), vega: z.number(), theta: z.number() })
	.describe("Of one unit, with respect to the forward: for display, in floating point");

export const trade = z.strictObject({
	trade_id: z.string().describe("Instrument, and number of the trade within it"),
	trade_seq: z.int().min(1),
	instrument_name: instrument,
	price,
	amount,
	direction: direction.describe("The taker's"),
	timestamp: seconds,
	sequence,
	taker: account,
	taker_order: orderId,
	taker_fee: usdc,
	maker: account,
	maker_order: orderId,
	maker_fee: usdc,
});

export const openOrder = z.strictObject({
	account,
	order_id: orderId,
	instrument_name: instrument,
	direction,
	price,
	amount: amount.describe("As placed"),
	remaining: amount,
	average_price: price.nullable(),
	state: z.enum(["open", "filled", "rejected", "cancelled"]),
	reason: z.string().nullable().describe("Why it no longer stands"),
	result: z.string().describe("The Result of the message that placed it"),
	time_in_force: z.string(),
	post_only: z.boolean(),
	reduce_only: z.boolean(),
	mmp: z.boolean(),
	label: z.int(),
	expires_at: z.int(),
	sequence,
	timestamp: seconds,
});

export const position = z.strictObject({
	instrument_name: instrument,
	kind,
	direction: z.enum(["buy", "sell"]),
	size: signed.describe("Units of the underlying, negative when short"),
	mark_price: price,
	value: usdc.describe("Size at the mark"),
	delta: z.number().nullable(),
	gamma: z.number().nullable(),
	vega: z.number().nullable(),
	theta: z.number().nullable(),
});
