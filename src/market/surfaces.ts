// Volatility surfaces of our own, fitted by scripts/dev/fitSurfaces.ts to public snapshots of Deribit's ETH and BTC option chains of March 2026 and rounded.
// A slice is SVI (Gatheral's raw form) scaled by its tenor T in years: a / T, b / sqrt T, rho, m / sqrt T, sigma / sqrt T, so that tenors between can be interpolated.

export type Slice = {
	readonly days: number;
	readonly a: number;
	readonly b: number;
	readonly rho: number;
	readonly m: number;
	readonly sigma: number;
};

/** By underlying (0 ETH, 1 BTC), shortest tenor first. */
export const SURFACES: readonly (readonly Slice[])[] = [
	[
		{ days: 4, a: 0.007, b: 0.42, rho: -0.34, m: -0.23, sigma: 1.35 },
		{ days: 16, a: 0.085, b: 0.4, rho: -0.27, m: -0.03, sigma: 1.12 },
		{ days: 51, a: -0.058, b: 0.404, rho: -0.24, m: -0.04, sigma: 1.37 },
		{ days: 114, a: -0.008, b: 0.356, rho: -0.2, m: 0.04, sigma: 1.34 },
	],
	[
		{ days: 3, a: -0.013, b: 0.327, rho: -0.3, m: -0.08, sigma: 1.23 },
		{ days: 9, a: 0.052, b: 0.297, rho: -0.49, m: -0.2, sigma: 0.98 },
		{ days: 16, a: 0.033, b: 0.294, rho: -0.43, m: -0.1, sigma: 0.94 },
		{ days: 86, a: -0.13, b: 0.351, rho: -0.36, m: -0.1, sigma: 1.11 },
	],
];

/** Yearly carry of the forward over the index. */
export const CARRY: readonly number[] = [0.025, 0.025];
/** Index levels to start from, in dollars, and what the index path is made of: yearly volatility, and the correlation of the two. */
export const START: readonly number[] = [2000, 71_000];
export const VOLATILITY: readonly number[] = [0.64, 0.47];
export const CORRELATION = 0.9;

/** The slice of a tenor, by linear interpolation of the scaled parameters; flat beyond the ends. */
export function sliceAt(underlying: number, days: number): Slice {
	const slices = SURFACES[underlying];
	const above = slices.findIndex((slice) => slice.days >= days);
	const high = (above < 0 ? slices.at(-1) : slices[above]) as Slice;
	const low = above <= 0 ? high : slices[above - 1];
	const part = high.days === low.days ? 0 : (days - low.days) / (high.days - low.days);
	const between = (x: number, y: number): number => x + part * (y - x);
	return {
		days,
		a: between(low.a, high.a),
		b: between(low.b, high.b),
		rho: between(low.rho, high.rho),
		m: between(low.m, high.m),
		sigma: between(low.sigma, high.sigma),
	};
}
