import * as Bytes from "../math/Bytes.ts";

/** What is counted of one series. */
export type SeriesCell = {
	/** Lots held long, which are as many as are held short. */
	openInterest: number;
	/** Fills so far. */
	trades: number;
};

export function empty(): SeriesCell {
	return { openInterest: 0, trades: 0 };
}

/** openInterest u64 | trades u64 */
export function encode(cell: SeriesCell): Uint8Array {
	const bytes = new Uint8Array(16);
	Bytes.put(bytes, 0, 8, cell.openInterest);
	Bytes.put(bytes, 8, 8, cell.trades);
	return bytes;
}

export function decode(bytes: Uint8Array): SeriesCell {
	if (bytes.length === 0) return empty();
	return { openInterest: Bytes.uint(bytes, 0, 8), trades: Bytes.uint(bytes, 8, 8) };
}
