import * as Bytes from "../math/Bytes.ts";

export type Underlying = {
	/** Micro-USDC per unit; 0 before the first report. */
	indexPrice: number;
	/** Seconds: when the last report was of. */
	time: number;
	/** Parts per million. */
	confidence: number;
	/** Sum of index price * seconds since the first report. */
	accumulator: bigint;
	/** The last day whose settlement window was entered, and the accumulator as it was at its start. */
	windowDay: number;
	windowStart: bigint;
};

const LENGTH = 51;

export function empty(): Underlying {
	return { indexPrice: 0, time: 0, confidence: 0, accumulator: 0n, windowDay: 0, windowStart: 0n };
}

/** indexPrice u64 | time u40 | confidence u32 | accumulator u128 | windowDay u16 | windowStart u128 */
export function encode(underlying: Underlying): Uint8Array {
	const bytes = new Uint8Array(LENGTH);
	let at = Bytes.put(bytes, 0, 8, underlying.indexPrice);
	at = Bytes.put(bytes, at, 5, underlying.time);
	at = Bytes.put(bytes, at, 4, underlying.confidence);
	at = Bytes.putBig(bytes, at, 16, underlying.accumulator);
	at = Bytes.put(bytes, at, 2, underlying.windowDay);
	Bytes.putBig(bytes, at, 16, underlying.windowStart);
	return bytes;
}

export function decode(bytes: Uint8Array): Underlying {
	if (bytes.length === 0) return empty();
	return {
		indexPrice: Bytes.uint(bytes, 0, 8),
		time: Bytes.uint(bytes, 8, 5),
		confidence: Bytes.uint(bytes, 13, 4),
		accumulator: Bytes.big(bytes, 17, 16),
		windowDay: Bytes.uint(bytes, 33, 2),
		windowStart: Bytes.big(bytes, 35, 16),
	};
}
