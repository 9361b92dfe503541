import type { Bundle } from "../../src/ports/Orderer.ts";

/** A bundle whose bytes follow from its height, so that a reader knows what it should find there. */
export function bundleOf(height: number): Bundle {
	const records = new Uint8Array(1 + ((height * 7919) % 3000));
	for (let i = 0; i < records.length; i++) records[i] = (height * 31 + i * 17) % 251;
	return { records, recordCount: 1 + (height % 9) };
}
