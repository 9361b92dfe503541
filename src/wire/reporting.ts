// What a reporter in a process of its own is asked over HTTP, and answers.

import { z } from "zod";
import { hash, signature } from "./fields.ts";

const amount = z.int().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);
const surface = z.strictObject({
	day: z.int().min(1).max(65_535),
	forward: amount,
	a: amount,
	b: amount,
	rho: amount,
	m: amount,
	sigma: amount,
	rate: amount,
	confidence: z.int().min(0).max(1_000_000),
});

/** A quote, as src/ports/PriceSource.ts draws it. */
export const quote = z.strictObject({
	underlying: z.int().min(0).max(1),
	time: z.int().min(0),
	indexPrice: z.int().min(1),
	confidence: z.int().min(0).max(1_000_000),
	surfaces: z.array(surface).max(12),
});

/** Who asks for a signature, and when. */
const ask = {
	at: z.int().min(0).describe("Seconds since 1970"),
	signature: signature.describe(
		"A member's, over Ask(bytes32 digest,uint64 at) in the reporters' domain: the digest is what the reporter is to sign",
	),
};

export const REPORTING = {
	"reporter/place": { params: z.strictObject({}), result: z.int().min(0).max(15) },
	"reporter/see": {
		params: z.strictObject({
			underlying: z.int().min(0).max(1),
			time: z.int().min(0),
			days: z.array(z.int().min(1).max(65_535)).max(12),
		}),
		result: quote.nullable(),
	},
	"reporter/attest": { params: z.strictObject({ time: z.int().min(0), root: hash, ...ask }), result: signature.nullable() },
	"reporter/sign": { params: z.strictObject({ proposal: quote, ...ask }), result: signature.nullable() },
} as const;
