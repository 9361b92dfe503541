import type { Store } from "./Store.ts";

/** One expiry of an underlying as a market source sees it. Units as in the machine's Report (docs/spec/machine.md). */
export interface SurfaceQuote {
	readonly day: number;
	/** Micro-USDC per unit. */
	readonly forward: number;
	/** SVI of total variance, in 1e-9. */
	readonly a: number;
	readonly b: number;
	readonly rho: number;
	readonly m: number;
	readonly sigma: number;
	/** 1e-6 a year. */
	readonly rate: number;
	/** Parts per million: 1,000,000 is full confidence. */
	readonly confidence: number;
}

export interface MarketQuote {
	readonly underlying: number;
	/** Seconds: the time the quote is of, which may be past when a reporter backfills. */
	readonly time: number;
	readonly indexPrice: number;
	readonly confidence: number;
	readonly surfaces: readonly SurfaceQuote[];
}

/** Where a reporter sees prices. `undefined` when it has none for that time: it then does not report, never guesses. */
export interface PriceSource {
	quote(underlying: number, time: number, days: readonly number[]): Promise<MarketQuote | undefined>;
	/** Makes durable in this store what it could not see again. Where there is none, a source needs none or forgets with its process. */
	keepIn?(store: Store): void;
}
