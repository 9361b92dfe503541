// An SVI slice fitted to the quotes of one expiry, kept free of butterfly arbitrage, and slices kept free of calendar arbitrage between them.
// Source: J. Gatheral and A. Jacquier, Arbitrage-free SVI volatility surfaces, 2014.

/** Total variance w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)). */
export type Svi = { readonly a: number; readonly b: number; readonly rho: number; readonly m: number; readonly sigma: number };

/** One strike: ln(strike / forward), volatility a year, and how much it counts. */
export type Point = { readonly k: number; readonly volatility: number; readonly weight: number };

/** `error` is the weighted median of |volatility - quoted|. */
export type Fit = { readonly svi: Svi; readonly error: number };

const ROUNDS = 1200;
/** LIMIT: fewer strikes than this say nothing about five parameters. */
const MIN_POINTS = 5;
/** Where arbitrage is looked for: standard deviations of the slice, around the forward. */
const SIDE = 6;
const PROBES = 97;
const MARGIN = 1e-3;

export function variance({ a, b, rho, m, sigma }: Svi, k: number): number {
	const x = k - m;
	return a + b * (rho * x + Math.hypot(x, sigma));
}

/**
 * Gatheral's g: the density of the forward at k is g times something positive, so a slice has no butterfly arbitrage where g >= 0.
 */
export function density({ a, b, rho, m, sigma }: Svi, k: number): number {
	const x = k - m;
	const root = Math.hypot(x, sigma);
	const w = a + b * (rho * x + root);
	if (w <= 0) return -1;
	const first = b * (rho + x / root);
	const second = (b * sigma * sigma) / root ** 3;
	return (1 - (k * first) / (2 * w)) ** 2 - ((first * first) / 4) * (1 / w + 0.25) + second / 2;
}

/** Log-moneyness of probes over what a slice of this variance at the forward reaches, and at least as far as `reach`. */
function probes(atForward: number, reach = 0): number[] {
	const side = Math.max(reach, SIDE * Math.sqrt(Math.max(atForward, 1e-8)));
	return Array.from({ length: PROBES }, (_, i) => -side + (2 * side * i) / (PROBES - 1));
}

/** `reach`: log-moneyness up to which it is looked for at least. */
export function hasButterfly(svi: Svi, reach = 0): boolean {
	return probes(variance(svi, 0), reach).some((k) => density(svi, k) < 0);
}

/** Whether a later slice is anywhere below an earlier one: then a calendar spread would cost less than nothing. */
export function crosses(earlier: Svi, later: Svi): boolean {
	return probes(variance(later, 0)).some((k) => variance(later, k) < variance(earlier, k) - 1e-12);
}

/**
 * The slice that is nearest to the quotes among those without butterfly arbitrage, and above `floor` where that is given; undefined when there are too few
 * quotes, or none fits. `years` to expiry.
 */
export function fitSvi(quotes: readonly Point[], years: number, floor?: Svi): Fit | undefined {
	const points = quotes.filter(({ k, volatility, weight }) => Number.isFinite(k) && volatility > 0 && volatility < Infinity && weight > 0);
	if (points.length < MIN_POINTS || !(years > 0)) return undefined;
	const level =
		points.reduce((sum, { volatility, weight }) => sum + volatility * weight, 0) / points.reduce((sum, { weight }) => sum + weight, 0);
	const w = level * level * years;
	const root = Math.sqrt(years);
	const reach = Math.max(...points.map(({ k }) => Math.abs(k)));
	const loss = (p: readonly number[]): number => {
		const svi = sviOf(p);
		const { a, b, rho, sigma } = svi;
		// A wall leans towards what is allowed, so that the search finds its way back.
		if (b < 0 || Math.abs(rho) > 0.98 || sigma < 1e-3) return 1e6 + Math.abs(b) + Math.abs(rho) + Math.abs(sigma);
		if (a + b * sigma * Math.sqrt(1 - rho * rho) < 1e-9 || b * (1 + Math.abs(rho)) > 2) return 1e5;
		let sum = 0;
		for (const { k, volatility, weight } of points) sum += weight * (Math.sqrt(variance(svi, k) / years) - volatility) ** 2;
		for (const k of probes(variance(svi, 0), reach)) {
			const g = density(svi, k);
			// A little inside the wall, so that what is found at it is not just beyond; and a step at it, which no gain in fit is worth.
			if (g < MARGIN) sum += 10 * (g - MARGIN) ** 2 + 1e-3;
			const below = floor === undefined ? 0 : variance(floor, k) - variance(svi, k);
			if (below > 0) sum += 10 * (below / w) ** 2 + 1e-3;
		}
		return sum;
	};
	const starts = [-0.6, -0.3, 0, 0.3].map((rho) => [w * 0.5, w * 2, rho, 0, root * level]);
	const scale = [w * 0.3, w, 0.2, root * 0.1, root * 0.2];
	const fits = starts.map((start) => minimise(loss, start, scale));
	const best = sviOf(fits.reduce((x, y) => (loss(y) < loss(x) ? y : x)));
	if (hasButterfly(best, reach) || (floor !== undefined && crosses(floor, best))) return undefined;
	const errors = points
		.map(({ k, volatility, weight }) => ({ error: Math.abs(Math.sqrt(variance(best, k) / years) - volatility), weight }))
		.sort((x, y) => x.error - y.error);
	const half = errors.reduce((sum, { weight }) => sum + weight, 0) / 2;
	let passed = 0;
	const median = errors.find(({ weight }) => (passed += weight) >= half);
	return { svi: best, error: median?.error ?? Infinity };
}

function sviOf([a, b, rho, m, sigma]: readonly number[]): Svi {
	return { a, b, rho, m, sigma };
}

type Corner = { readonly p: readonly number[]; readonly value: number };

/** Nelder and Mead's simplex. */
function minimise(f: (p: readonly number[]) => number, start: readonly number[], scale: readonly number[]): readonly number[] {
	const n = start.length;
	const cornerAt = (p: readonly number[]): Corner => ({ p, value: f(p) });
	let simplex = [start, ...start.map((_, i) => start.map((v, j) => (i === j ? v + scale[j] : v)))].map(cornerAt);
	for (let round = 0; round < ROUNDS; round++) {
		simplex.sort((x, y) => x.value - y.value);
		const [best, worst] = [simplex[0], simplex[n]];
		if (worst.value - best.value < 1e-14) break;
		const centre = start.map((_, j) => simplex.slice(0, n).reduce((sum, { p }) => sum + p[j], 0) / n);
		const at = (t: number): Corner => cornerAt(centre.map((c, j) => c + t * (worst.p[j] - c)));
		const reflected = at(-1);
		if (reflected.value < best.value) {
			const expanded = at(-2);
			simplex[n] = expanded.value < reflected.value ? expanded : reflected;
		} else if (reflected.value < simplex[n - 1].value) simplex[n] = reflected;
		else {
			const contracted = at(0.5);
			if (contracted.value < worst.value) simplex[n] = contracted;
			else simplex = simplex.map(({ p }) => cornerAt(p.map((v, j) => best.p[j] + 0.5 * (v - best.p[j]))));
		}
	}
	return simplex.reduce((x, y) => (y.value < x.value ? y : x)).p;
}
