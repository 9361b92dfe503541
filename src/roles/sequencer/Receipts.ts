import type { RecordResult } from "../../executor/Events.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import { Result } from "../../machine/Result.ts";
import type { OrderedBundle } from "../../ports/Orderer.ts";
import * as Batch from "../../protocol/Batch.ts";

/** A message that was ordered and executed, whoever took it. */
export type Executed = {
	readonly sequence: number;
	readonly offset: number;
	readonly messageHash: Uint8Array;
	readonly streamHash: Uint8Array;
	readonly result: RecordResult;
};

/** LIMIT: messages that are remembered; an older one's fate is in its order's state, and in the log. */
const MAX_KNOWN = 200_000;

const EXECUTED: ReadonlySet<Result> = new Set([Result.Ok, Result.Rested, Result.Displaced, Result.Dropped, Result.Killed]);

/**
 * What became of messages, by their hash, whichever gateway took them: so that a sender whose connection broke learns from any gateway what he was not told. Of
 * a message that was ordered twice, it is the one that was executed: the machine executes a nonce once.
 */
export class Receipts {
	readonly #known = new Map<string, Executed>();

	/** Takes a bundle that was applied, with the results of its records. */
	take({ records, firstSequence, streamEnd, streamHash }: OrderedBundle, results: readonly RecordResult[]): void {
		for (let at = 0, i = 0; at < records.length && i < results.length; i++) {
			const record = Batch.readRecord(records, 0, at, records.length);
			if (!record.ok) return;
			const offset = streamEnd - records.length + at;
			at = record.payloadAt + record.length;
			const messageHash = Keccak.hash(records.subarray(record.payloadAt, at));
			const key = Bytes.toHex(messageHash);
			const before = this.#known.get(key);
			if (before && EXECUTED.has(before.result.result)) continue;
			this.#known.set(key, { sequence: firstSequence + i, offset, messageHash, streamHash, result: results[i] });
		}
		for (const oldest of this.#known.keys()) {
			if (this.#known.size <= MAX_KNOWN) break;
			this.#known.delete(oldest);
		}
	}

	/** @param messageHash lower-case hexadecimal with 0x */
	find(messageHash: string): Executed | undefined {
		return this.#known.get(messageHash);
	}
}
