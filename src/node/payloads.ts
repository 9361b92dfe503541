import * as Messages from "../machine/step/Messages.ts";
import { Result } from "../machine/Result.ts";
import type { RecordResult } from "../executor/Events.ts";
import type { Bundle } from "../ports/Orderer.ts";
import * as Batch from "../protocol/Batch.ts";

/** Payloads of a bundle's records, in order; up to where its bytes are none. */
export function* payloadsOf({ records }: Pick<Bundle, "records">): Generator<Uint8Array> {
	for (let at = 0; at < records.length;) {
		const record = Batch.readRecord(records, 0, at, records.length);
		if (!record.ok) return;
		at = record.payloadAt + record.length;
		yield records.subarray(record.payloadAt, at);
	}
}

/** The reports of prices in a bundle that the machine took. */
export function reportsTaken(bundle: Pick<Bundle, "records">, results: readonly RecordResult[]): Uint8Array[] {
	return [...payloadsOf(bundle)].filter((payload, i) => payload[0] === Messages.REPORT && results[i]?.result === Result.Ok);
}
