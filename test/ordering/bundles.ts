import * as Bytes from "../../src/machine/math/Bytes.ts";
import type { Bundle } from "../../src/ports/Orderer.ts";
import * as Batch from "../../src/protocol/Batch.ts";

/** A bundle whose bytes follow from its height, so that a reader knows what it should find there. */
export function bundleOf(height: number): Bundle {
	const recordCount = 1 + (height % 9);
	const records = Array.from({ length: recordCount }, (_, place) => {
		const payload = new Uint8Array(1 + ((height * 7919 + place) % 400));
		for (let i = 0; i < payload.length; i++) payload[i] = (height * 31 + i * 17) % 251;
		return Batch.encodeRecord(payload, height % 3);
	});
	return { records: Bytes.concat(...records), recordCount };
}
