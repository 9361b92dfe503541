import * as Bytes from "../math/Bytes.ts";

/** One expiry of an underlying: its forward and volatility surface as last reported, and at the end its settlement price. */
export type Expiry = {
	/** Days since 1970; 0 when the slot was never listed. */
	day: number;
	/** Micro-USDC per unit. */
	forward: number;
	/** SVI of total variance, w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), in 1e-9. */
	a: number;
	b: number;
	rho: number;
	m: number;
	sigma: number;
	/** 1e-6 a year. */
	rate: number;
	/** Parts per million. */
	confidence: number;
	/** Seconds: when the surface was of; 0 before the first report. */
	time: number;
	/** Micro-USDC per unit; 0 until the expiry is settled. */
	settlementPrice: number;
	/** Positions in accounts that are of this expiry. */
	openPositions: number;
};

const LENGTH = 75;

export function empty(): Expiry {
	return { day: 0, forward: 0, a: 0, b: 0, rho: 0, m: 0, sigma: 0, rate: 0, confidence: 0, time: 0, settlementPrice: 0, openPositions: 0 };
}

/** day u16 | forward u64 | a b rho m sigma i64 | rate i32 | confidence u32 | time u40 | settlementPrice u64 | openPositions u32 */
export function encode(expiry: Expiry): Uint8Array {
	const bytes = new Uint8Array(LENGTH);
	let at = Bytes.put(bytes, 0, 2, expiry.day);
	at = Bytes.put(bytes, at, 8, expiry.forward);
	at = Bytes.put(bytes, at, 8, expiry.a);
	at = Bytes.put(bytes, at, 8, expiry.b);
	at = Bytes.put(bytes, at, 8, expiry.rho);
	at = Bytes.put(bytes, at, 8, expiry.m);
	at = Bytes.put(bytes, at, 8, expiry.sigma);
	at = Bytes.put(bytes, at, 4, expiry.rate);
	at = Bytes.put(bytes, at, 4, expiry.confidence);
	at = Bytes.put(bytes, at, 5, expiry.time);
	at = Bytes.put(bytes, at, 8, expiry.settlementPrice);
	Bytes.put(bytes, at, 4, expiry.openPositions);
	return bytes;
}

export function decode(bytes: Uint8Array): Expiry {
	if (bytes.length === 0) return empty();
	return {
		day: Bytes.uint(bytes, 0, 2),
		forward: Bytes.uint(bytes, 2, 8),
		a: Bytes.int(bytes, 10, 8),
		b: Bytes.int(bytes, 18, 8),
		rho: Bytes.int(bytes, 26, 8),
		m: Bytes.int(bytes, 34, 8),
		sigma: Bytes.int(bytes, 42, 8),
		rate: Bytes.int(bytes, 50, 4),
		confidence: Bytes.uint(bytes, 54, 4),
		time: Bytes.uint(bytes, 58, 5),
		settlementPrice: Bytes.uint(bytes, 63, 8),
		openPositions: Bytes.uint(bytes, 71, 4),
	};
}
