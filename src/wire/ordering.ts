// The order over HTTP: what a process that follows a sequencer asks it, and what it answers. Everything in it is posted to L1 later; nothing is secret.

import { z } from "zod";
import { hash, signature } from "./fields.ts";

const count = z.int().min(0);
const bytes = z.string().regex(/^0x([0-9a-f]{2})*$/);

const bundle = z.strictObject({
	height: count,
	first_sequence: count,
	record_count: count,
	stream_end: count,
	stream_hash: hash,
	records: bytes,
});

const certificate = z.strictObject({
	proposal: z.strictObject({
		index: count,
		previous_accumulator: hash,
		min_time: count,
		max_time: count,
		l1_end: count,
		from_height: count,
		to_height: count,
	}),
	content: bytes,
	signatures: z.array(signature).max(256),
});

export const ORDERING = {
	/** Bundles from a height on, as many as fit in an answer; waits so many milliseconds for the first of them. */
	"order/read": {
		params: z.strictObject({ from: z.int().min(1), wait_ms: z.int().min(0).max(4000).default(0) }),
		result: z.strictObject({ height: count, bundles: z.array(bundle).max(4096) }),
	},
	/** The certificate of the batch that comes next on L1, once the sequencer would post it itself; null before. */
	"order/certificate": {
		params: z.strictObject({ index: count, previous_accumulator: hash }),
		result: certificate.nullable(),
	},
} as const;

export type WireCertificate = z.infer<typeof certificate>;
export type WireBundle = z.infer<typeof bundle>;
