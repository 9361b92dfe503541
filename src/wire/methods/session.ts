// The connection itself, and what the rollup says.

import { z } from "zod";
import * as Fields from "../fields.ts";
import { method } from "./method.ts";

const state = z.enum(["ok", "warn", "alarm", "unknown"]);
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
	"public/get_vitals": method(
		"The measures of fault tolerance, each with its definition, unit and age. What is not known is unknown, never good; the headline is the worst.",
		Fields.nothing,
		z.strictObject({
			headline: state,
			vitals: z.array(
				z.strictObject({
					name: z.string(),
					unit: z.string(),
					definition: z.string(),
					value: z.number().nullable(),
					state,
					detail: z.string(),
					age_seconds: z.number().nullable(),
				}),
			),
		}),
	),
	"public/get_committee": method(
		"Who orders, as this gateway sees it: members, power, who is missing, and how far what they agree on is behind. What it cannot know is null.",
		Fields.nothing,
		z.strictObject({
			engine: z.enum(["local", "comet"]),
			own: Fields.address.describe("This gateway's member"),
			block: z.int().nullable().describe("The engine's last block"),
			block_age_seconds: z.number().nullable(),
			height: z.int().describe("Of bundles that are ordered"),
			checkpoint_height: z.int().describe("Of the last state that more than two thirds signed"),
			checkpoint_lag: z.int().describe("Bundles ordered since"),
			checkpoint_root: Fields.hash.nullable(),
			quorum_slack: z.int().nullable().describe("Members that may still fail; -1: nothing is decided"),
			power_total: z.int(),
			power_missing: z.int().nullable(),
			engine_starts: z.int().describe("How often the engine was started again"),
			silent_because: z.string().nullable().describe("Why this member signs nothing now"),
			members: z.array(
				z.strictObject({
					address: Fields.address,
					power: z.int(),
					state: z.enum(["present", "missing", "unknown"]),
					last_vote_block: z.int().nullable(),
					last_vote_age_seconds: z.number().nullable(),
					clock_skew_seconds: z.number().nullable().describe("From the members' median"),
				}),
			),
		}),
	),
	"public/get_rollup": method(
		"Batches and assertions on L1, and the edges of every dispute, newest last.",
		Fields.nothing,
		z.strictObject({
			block: z.int(),
			latest_confirmed: z.string(),
			challenge_period_blocks: z.int(),
			batches: z
				.array(z.strictObject({ index: z.int(), block: z.int(), bytes: z.int(), end_step: z.int(), state_root: Fields.hash }))
				.describe("The last 50"),
			assertions: z.array(
				z.strictObject({
					id: Fields.hash,
					parent: z.string(),
					status: z.enum(["pending", "winner", "confirmed", "rejected"]),
					asserter: Fields.address,
					target_batch: z.int(),
					created_at: z.int().describe("L1 block"),
					rivals: z.int().describe("Others of the same parent"),
				}),
			),
			edges: z.array(
				z.strictObject({
					id: Fields.hash,
					mutual_id: Fields.hash,
					height: z.int().describe("2^height steps"),
					position: z.int(),
					root: Fields.hash,
					created_at: z.int(),
					rivalled_at: z.int().describe("0: never"),
					move: z.enum(["none", "bisected", "proven"]),
					mover: z.string(),
				}),
			),
		}),
	),
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
