// The connection itself, and what the rollup says.

import { z } from "zod";
import * as Fields from "../fields.ts";
import { method } from "./method.ts";

const channels = z.array(z.string().max(80)).min(1).max(200);

export const SESSION = {
	"public/test": method("Answers; also what a test request asks for.", Fields.nothing, z.strictObject({ version: z.string() })),
	"public/get_time": method("The node's clock.", Fields.nothing, Fields.seconds),
	"public/get_domain": method(
		"EIP-712 domain of the messages, chain, contracts, L1, the sequencer's address.",
		Fields.nothing,
		z.record(z.string(), z.unknown()),
	),
	"public/get_status": method("Height, clock, batches, what is posted and confirmed.", Fields.nothing, z.record(z.string(), z.unknown())),
	"public/get_currencies": method(
		"What is traded.",
		Fields.nothing,
		z.array(
			z.strictObject({
				currency: Fields.currency,
				tick_size: Fields.price,
				min_trade_amount: Fields.amount,
				strike_step: Fields.price,
			}),
		),
	),
	"public/get_finality": method(
		"The rung a message stands on, with evidence, by its sequence number, its hash, or an account's order.",
		z.union([
			z.strictObject({ sequence: Fields.sequence }),
			z.strictObject({ message_hash: Fields.hash }),
			z.strictObject({ account: Fields.account, order: Fields.orderId }),
		]),
		z.strictObject({
			sequence: Fields.sequence,
			rung: z.enum(["ordered", "posted", "confirmed"]),
			undone_only_if: z.string(),
			evidence: z.strictObject({
				posted_below: z.int().describe("Sequence numbers"),
				confirmed_below: z.int().describe("Sequence numbers"),
				batch: z.int().nullable().describe("Number of the batch on L1 that holds it"),
				assertion: Fields.hash.nullable().describe("The latest confirmed assertion on L1"),
			}),
		}),
	),
	"public/subscribe": method("Adds channels to the connection's.", z.strictObject({ channels }), z.array(z.string())),
	"public/unsubscribe": method("Takes channels away.", z.strictObject({ channels }), z.array(z.string())),
	"public/unsubscribe_all": method("Takes all channels away.", Fields.nothing, z.literal("ok")),
	"public/set_heartbeat": method(
		"From now on the server asks for a sign of life at this interval, and closes a connection that gives none for another.",
		z.strictObject({ interval: z.int().min(10).max(3600).describe("Seconds") }),
		z.literal("ok"),
	),
	"public/disable_heartbeat": method("Ends the heartbeat.", Fields.nothing, z.literal("ok")),
} as const;
