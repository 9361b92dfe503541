// What is asked about one account. Nothing of it is secret: every message is posted to L1, and anybody can execute them.

import { z } from "zod";
import * as Fields from "../fields.ts";
import { method } from "./method.ts";

const bytes = z.string().regex(/^0x([0-9a-f]{2})*$/, "bytes in hexadecimal with 0x");

const session = z.strictObject({
	key: Fields.address,
	scopes: z.int().describe("1 trade, 2 cancel, 4 transfer, added up"),
	expires_at: z.int().describe("0 is never"),
});

const protection = z.strictObject({
	currency: Fields.currency,
	interval: z.int().describe("Seconds in which what was traded leaks away"),
	frozen_time: z.int().describe("Seconds; 0 is until it is set anew"),
	quantity_limit: Fields.amount.nullable(),
	delta_limit: z.number().nullable().describe("Units"),
	vega_limit: Fields.decimal.nullable().describe("USDC per point of volatility"),
	frozen_until: z.union([Fields.seconds, z.literal("until_reset")]).nullable(),
});

const summary = z.strictObject({
	account: Fields.account,
	owner: Fields.address,
	cash: Fields.usdc,
	equity: Fields.usdc,
	initial_margin: Fields.usdc,
	maintenance_margin: Fields.usdc,
	available_funds: Fields.usdc.describe("Equity above the initial margin"),
	nonce_floor: z.int(),
	dead_man_switch: Fields.seconds.nullable(),
	sessions: z.array(session),
	mmp: z.array(protection),
	price_timestamp: Fields.seconds.nullable().describe("Of the oldest price behind these numbers"),
	greeks: z
		.array(
			z.strictObject({
				currency: Fields.currency,
				delta: z.number(),
				gamma: z.number(),
				vega: z.number(),
				theta: z.number(),
			}),
		)
		.describe("Of all positions in a currency; for display"),
});

const risk = z
	.strictObject({
		currency: Fields.currency,
		scenarios: z.array(
			z.strictObject({
				spot: z.number().describe("Relative move of the spot"),
				volatility: z.enum(["down", "same", "up"]).describe("Relative move by expiry: docs/spec/margin.md"),
				tail: z.boolean().describe("Counts in part"),
				change: Fields.usdc.describe("What the positions gain, before a tail is damped"),
			}),
		),
		worst: Fields.usdc.describe("The scenario that decides the margin, after damping"),
		contingencies: Fields.usdc,
	})
	.describe("The machine's own scenarios");

const assessment = z.strictObject({
	equity: Fields.usdc,
	initial_margin: Fields.usdc,
	maintenance_margin: Fields.usdc,
	available_funds: Fields.usdc,
	price_timestamp: Fields.seconds.nullable(),
	risk: z.array(risk),
	positions: z.array(Fields.position),
});

export const orderAnswer = z.union([
	Fields.openOrder,
	z.strictObject({ state: z.literal("unknown"), nonce_used: z.boolean() }).describe("No message placed it"),
]);

export const ACCOUNT = {
	"public/get_account": method(
		"Everything of an account: its summary, positions and open orders.",
		z.strictObject({ account: Fields.account }),
		summary.extend({ positions: z.array(Fields.position), open_orders: z.array(Fields.openOrder) }),
	),
	"public/get_accounts_of": method("Accounts of an address.", z.strictObject({ owner: Fields.address }), z.array(Fields.account)),
	"private/get_account_summary": method(
		"Cash, equity, margins, greeks and what guards the account.",
		z.strictObject({ account: Fields.account }),
		summary,
	),
	"private/get_positions": method(
		"Positions of an account.",
		z.strictObject({ account: Fields.account, currency: Fields.currency.optional(), kind: Fields.kind.optional() }),
		z.array(Fields.position),
	),
	"private/get_open_orders": method(
		"Orders that stand, by the order of their messages.",
		z.strictObject({
			account: Fields.account,
			currency: Fields.currency.optional(),
			instrument_name: Fields.instrument.optional(),
			label: Fields.label.optional(),
		}),
		z.array(Fields.openOrder),
	),
	"private/get_order_state": method(
		"Always an answer: the order as it stands, or that it is unknown and whether its nonce is used.",
		z.strictObject({ account: Fields.account, order: Fields.orderId }),
		orderAnswer,
	),
	"private/get_order_state_by_label": method(
		"The newest orders with a label, standing or not, newest first.",
		z.strictObject({ account: Fields.account, label: Fields.label, count: z.int().min(1).max(1000).default(100) }),
		z.array(Fields.openOrder),
	),
	"private/get_user_trades_by_instrument": method(
		"An account's trades in a series among its newest 10,000, newest first.",
		z.strictObject({
			account: Fields.account,
			instrument_name: Fields.instrument,
			count: z.int().min(1).max(1000).default(10),
		}),
		z.array(Fields.trade),
	),
	"private/get_user_trades_by_currency": method(
		"Trades of an account in all series of a currency, newest first, of the newest 1,000 trades of all accounts.",
		z.strictObject({ account: Fields.account, currency: Fields.currency, count: z.int().min(1).max(1000).default(10) }),
		z.array(Fields.trade),
	),
	"private/simulate_portfolio": method(
		"Equity, margin and scenarios of positions that are not held, by the machine's own code.",
		z.strictObject({
			account: Fields.account.optional().describe("Whose cash and positions are counted; nobody's otherwise"),
			add_positions: z.boolean().default(true).describe("False: the account's own positions are left out"),
			cash: Fields.signed.optional().describe("Added to the cash"),
			simulated_positions: z.record(Fields.instrument, Fields.signed).default({}).describe("Units by instrument, added to what is held"),
		}),
		assessment,
	),
	"public/get_account_proof": method(
		"The account as the latest confirmed assertion on L1 holds it, with the path that shows it: what sdk.verify checks.",
		z.strictObject({ account: Fields.account }),
		z.strictObject({
			assertion: Fields.hash,
			final_state: bytes.describe("Preimage of the assertion's last leaf (docs/spec/machine.md, Commitment)"),
			kind_roots: z.array(Fields.hash).length(8),
			cell: bytes.describe("The account's bytes, empty when it does not exist there"),
			siblings: z.array(Fields.hash).length(24).describe("Lowest first"),
		}),
	),
	"public/get_withdrawals": method(
		"An account's withdrawals that L1 holds, oldest first.",
		z.strictObject({ account: Fields.account }),
		z.array(
			z.strictObject({
				index: z.int(),
				account: Fields.account,
				recipient: Fields.address,
				amount: Fields.usdc,
				confirmed: z.boolean(),
			}),
		),
	),
	"public/get_order_proof": method(
		"What L1 confirmed of the order at a receipt's `offset`: the message there, and what SlashingEvidence.brokenReceipt needs to judge a receipt that says otherwise.",
		z.strictObject({ offset: Fields.offset }),
		z.strictObject({
			message_hash: Fields.hash.nullable().describe("Null when no message begins there"),
			assertion: Fields.hash,
			game: Fields.hash,
			step: z.int().min(1),
			path: z.array(Fields.hash),
			machine: Fields.data.describe("The state that is about to read there: the preimage of its commitment"),
			opening: Fields.data.describe("Shows the record, as in a one-step proof"),
		}),
	),
	"public/get_withdrawal_proof": method(
		"What Outbox.claim needs, once the withdrawal is confirmed.",
		z.strictObject({ index: z.int().min(0) }),
		z.strictObject({
			outbox_root: Fields.hash,
			index: z.int(),
			account: Fields.account,
			recipient: Fields.address,
			amount: z.int().describe("Micro-USDC"),
			siblings: z.array(Fields.hash),
		}),
	),
} as const;
