// Messages with their fields and a signature. Each is encoded as docs/spec/machine.md says and sent as public/submit would.

import { z } from "zod";
import * as Fields from "../fields.ts";
import { method } from "./method.ts";

const { account, nonce, signature } = Fields;

const assumeSigned = z
	.boolean()
	.default(false)
	.describe("True: the machine is asked as if the owner had signed, so the signature may be any 65 bytes");

export const TRADING = {
	"public/submit": method("Sends a signed message's bytes.", z.strictObject({ payload: Fields.payload }), Fields.acknowledgement),
	"public/get_receipt": method(
		"The acknowledgement of a message by its hash, whichever gateway took it, signed by this one: what a broken connection left unknown. Of a message that was ordered twice, the one that was executed.",
		z.strictObject({ message_hash: Fields.hash }),
		Fields.acknowledgement,
	),
	"public/show_receipt": method(
		"Shows a receipt to this member's watcher. Two of one signer with one sequence number and two messages take his stake. Answers whose it is, null when he has none here.",
		z.strictObject({
			sequence: Fields.sequence,
			offset: Fields.offset,
			message_hash: Fields.hash,
			stream_hash: Fields.hash,
			time: Fields.seconds,
			receipt: Fields.signature,
		}),
		z.strictObject({ signer: Fields.address.nullable() }),
	),
	"public/order_debug": method(
		"Why a message would be refused, at the door and by the machine as it now stands, with the digest and the domain that its signature must be over. Nothing is sent.",
		z.union([
			z.strictObject({ payload: Fields.payload, assume_signed: assumeSigned }),
			z.strictObject({
				method: z.string().max(60).describe("A method that sends a message, such as private/buy"),
				params: z.record(z.string(), z.unknown()).describe("What it would be called with"),
				assume_signed: assumeSigned,
			}),
		]),
		z.strictObject({
			would_be_taken: z.boolean(),
			payload: Fields.payload.describe("The bytes that were asked about"),
			reason: z.string().nullable().describe("Of data.reason of error 10001"),
			detail: z.string().nullable(),
			kind: z.string().nullable(),
			signer: Fields.address.nullable().describe("Whose signature it is"),
			signers: z.array(Fields.address).describe("Whose it may be: the owner, then the session keys"),
			digest: Fields.hash.nullable(),
			domain: z.record(z.string(), z.unknown()),
			execution: z
				.strictObject({
					result: z.string(),
					final: z.string(),
					filled: z.int().describe("Lots"),
					remaining: z.int().describe("Lots"),
					average_price: Fields.price.nullable().describe("Of an order; null of what fills nothing, or in several series"),
					items: z.array(z.string()).describe("Of a basket: the Result of each of its items"),
				})
				.nullable()
				.describe("What the machine would make of it now; null when it would not come so far"),
		}),
	),
	"private/buy": method("Places an order that buys.", Fields.order, Fields.acknowledgement),
	"private/sell": method("Places an order that sells.", Fields.order, Fields.acknowledgement),
	"private/edit": method(
		"Gives an order another price or amount. One that only shrinks keeps its place and its id.",
		z.strictObject({
			account,
			instrument_name: Fields.instrument,
			direction: Fields.direction,
			order: Fields.orderId,
			price: Fields.price,
			amount: Fields.amount,
			nonce,
			signature,
		}),
		Fields.acknowledgement,
	),
	"private/mass_quote": method(
		"Places, edits and cancels up to 32 orders under one signature, each with an outcome of its own in `items`. New ones are post-only and protected unless they say otherwise.",
		Fields.massQuote,
		Fields.acknowledgement,
	),
	"private/cancel": method(
		"Cancels an order.",
		z.strictObject({ account, instrument_name: Fields.instrument, direction: Fields.direction, order: Fields.orderId, signature }),
		Fields.acknowledgement,
	),
	"private/cancel_by_label": method(
		"Cancels an account's orders of a series that have a label.",
		z.strictObject({
			account,
			instrument_name: Fields.instrument,
			label: Fields.label,
			direction: Fields.direction.optional().describe("Both otherwise"),
			nonce,
			signature,
		}),
		Fields.acknowledgement,
	),
	"private/cancel_all_by_instrument": method(
		"Cancels an account's orders of a series.",
		z.strictObject({
			account,
			instrument_name: Fields.instrument,
			direction: Fields.direction.optional().describe("Both otherwise"),
			nonce,
			signature,
		}),
		Fields.acknowledgement,
	),
	"private/cancel_all_by_currency": method(
		"Cancels an account's orders in a currency.",
		z.strictObject({ account, currency: Fields.currency, nonce, signature }),
		Fields.acknowledgement,
	),
	"private/cancel_all": method(
		"Cancels every order of an account, or those of a currency.",
		z.strictObject({ account, currency: Fields.currency.optional(), nonce, signature }),
		Fields.acknowledgement,
	),
	"private/withdraw": method(
		"Sends money towards L1.",
		z.strictObject({ account, recipient: Fields.address, amount: Fields.decimal.describe("USDC"), nonce, signature }),
		Fields.acknowledgement,
	),
	"private/transfer": method(
		"Moves money to another account of the same owner.",
		z.strictObject({ account, recipient: Fields.account, amount: Fields.decimal.describe("USDC"), nonce, signature }),
		Fields.acknowledgement,
	),
	"private/set_session": method(
		"Lets another key sign for the account, or takes that away.",
		z.strictObject({
			account,
			key: Fields.address,
			scopes: z.int().min(0).max(7).describe("1 trade, 2 cancel, 4 transfer, added up; 0 takes the key away"),
			expires_at: z.int().min(0).default(0).describe("Seconds since 1970; 0 is never"),
			nonce,
			signature,
		}),
		Fields.acknowledgement,
	),
	"private/set_mmp_config": method(
		"Sets market-maker protection in a currency, ends a freeze, or with an interval of 0 ends it.",
		z.strictObject({
			account,
			currency: Fields.currency,
			interval: z.int().min(0).describe("Seconds in which what was traded leaks away"),
			frozen_time: z.int().min(0).default(0).describe("Seconds; 0 is until it is set anew"),
			quantity_limit: z.int().min(0).default(0).describe("Lots; 0 is none"),
			delta_limit: z.int().min(0).default(0).describe("Lots times millionths; 0 is none"),
			vega_limit: z.int().min(0).default(0).describe("Micro-USDC per point of volatility; 0 is none"),
			nonce,
			signature,
		}),
		Fields.acknowledgement,
	),
	"private/enable_cancel_on_disconnect": method(
		"Holds a cancellation that is signed now, as private/cancel_all takes it, and sends it when this WebSocket ends, however it does. It takes the place of the one before. Its nonce must still be good then: sign one far ahead; when it is used, no lower one is good any more.",
		z.strictObject({ account, currency: Fields.currency.optional(), nonce, signature }),
		z.literal("ok"),
	),
	"private/disable_cancel_on_disconnect": method(
		"Forgets what this connection holds for an account.",
		z.strictObject({ account }),
		z.literal("ok"),
	),
	"private/get_cancel_on_disconnect": method(
		"What will be sent when this connection ends.",
		Fields.nothing,
		z.array(z.strictObject({ account: Fields.account, currency: Fields.currency.nullable(), nonce: z.int() })),
	),
	"private/set_dead_man_switch": method(
		"Every order of the account dies so many seconds from now, unless it is set anew before. 0 switches it off.",
		z.strictObject({ account, duration: z.int().min(0), nonce, signature }),
		Fields.acknowledgement,
	),
} as const;
