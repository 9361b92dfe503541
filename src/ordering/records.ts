import * as Batch from "../protocol/Batch.ts";

/** How many records these bytes are, or undefined when they are not whole records. SAFETY: junk in a batch would void all that follows it. */
export function wholeRecords(records: Uint8Array): number | undefined {
	let count = 0;
	for (let at = 0; at < records.length; count++) {
		const record = Batch.readRecord(records, 0, at, records.length);
		if (!record.ok) return undefined;
		at = record.payloadAt + record.length;
	}
	return count;
}

/** Why a gateway may not hand these records to a committee, or undefined: time and L1's messages are the committee's to give, not one member's. */
export function stampRefusal(records: Uint8Array): string | undefined {
	for (let at = 0; at < records.length;) {
		const record = Batch.readRecord(records, 0, at, records.length);
		if (!record.ok) return "a bundle holds whole records";
		if (record.delay !== 0) return "a record of a gateway carries no delay: the committee gives the time";
		if (record.length === 1 && records[record.payloadAt] === Batch.TAKE_L1) return "the committee takes L1's messages, not a gateway";
		at = record.payloadAt + record.length;
	}
	return undefined;
}

/** The same records with the first one delayed by `delay` seconds. */
export function delayed(records: Uint8Array, delay: number): Uint8Array {
	if (delay === 0) return records;
	const first = Batch.readRecord(records, 0, 0, records.length);
	const end = first.payloadAt + first.length;
	const head = Batch.encodeRecord(records.subarray(first.payloadAt, end), first.delay + delay);
	const all = new Uint8Array(head.length + records.length - end);
	all.set(head, 0);
	all.set(records.subarray(end), head.length);
	return all;
}
