// An SVI slice fitted to the quotes of one expiry, kept free of butterfly arbitrage, and slices kept free of calendar arbitrage between them.
// Source: J. Gatheral and A. Jacquier, Arbitrage-free SVI volatility surfaces, 2014.

/** Total variance w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)). */
export type Svi = { readonly a: number; readonly b: number; readonly rho: number; readonly m: number; readonly sigma: number };

/** One strike: ln(strike / forward), volatility a year, and how much it counts. */
export type Point = { readonly k: number; readonly volatility: number; readonly weight: number };

/** `error` as errorOf has it. */
export type Fit = { readonly svi: Svi; readonly error: number };

const ROUNDS = 1200;
/** Of a simplex that is begun again; how often at most; and what it must come to, as a part of what was there, to be worth another. */
const SIZES = [0.05, 0.1, 3, 0.01];
const MAX_AGAIN = 24;
const WORTH = 0.98;
/** LIMIT: fewer strikes than this say nothing about five parameters. */
const MIN_POINTS = 5;
/** Where arbitrage is looked for: standard deviations of the slice, around the forward. */
const SIDE = 10;
/** For the search, which looks most where a slice bends, and for what is found. */
const PROBES = 61;
const BENDS = 31;
const FINAL_PROBES = 1001;
/** Standard deviations of the furthest looks, behind which only the slopes of the wings count. */
const FAR = [20, 100, 1000];
/** A little inside the wall, so that what is found at it is not just beyond; more where that was not enough. */
const MARGINS = [1e-3, 1e-2, 5e-2];
/** LIMIT: Roger Lee's bound on the slope of a wing. */
const MAX_SLOPE = 1.99;
/** Beyond any error of volatility: no gain in fit is worth an arbitrage. */
const WALL = 100;

export function variance({ a, b, rho, m, sigma }: Svi, k: number): number {
	const x = k - m;
	return a + b * (rho * x + Math.sqrt(x * x + sigma * sigma));
}

/**
 * Gatheral's g: the density of the forward at k is g times something positive, so a slice has no butterfly arbitrage where g >= 0.
 */
export function density({ a, b, rho, m, sigma }: Svi, k: number): number {
	const x = k - m;
	const root = Math.sqrt(x * x + sigma * sigma);
	const w = a + b * (rho * x + root);
	if (w <= 0) return -1;
	const first = b * (rho + x / root);
	const second = (b * sigma * sigma) / (root * root * root);
	return (1 - (k * first) / (2 * w)) ** 2 - ((first * first) / 4) * (1 / w + 0.25) + second / 2;
}

/** From -1 to 1. */
const evenly = (count: number): number[] => Array.from({ length: count }, (_, i) => -1 + (2 * i) / (count - 1));
const EVENLY = evenly(PROBES);
const FINELY = evenly(FINAL_PROBES);
const BENT = evenly(BENDS).map((part) => Math.sinh(4 * part));

/** Whether `isRight` at every probe: over what a slice of this variance at the forward reaches, at least as far as `reach`, far out, and where these slices bend. */
function everywhere(
	parts: readonly number[],
	atForward: number,
	reach: number,
	bent: readonly Svi[],
	isRight: (k: number) => boolean,
): boolean {
	const deviation = Math.sqrt(Math.max(atForward, 1e-8));
	const side = Math.max(reach, SIDE * deviation);
	for (const part of parts) if (!isRight(side * part)) return false;
	for (const far of FAR) if (!isRight(far * deviation) || !isRight(-far * deviation)) return false;
	for (const { m, sigma } of bent) for (const part of BENT) if (!isRight(m + sigma * part)) return false;
	return true;
}

const slopesOf = ({ b, rho }: Svi): readonly [left: number, right: number] => [b * (1 - rho), b * (1 + rho)];

/** `reach`: log-moneyness up to which it is looked for at least. */
export function hasButterfly(svi: Svi, reach = 0): boolean {
	return Math.max(...slopesOf(svi)) > 2 || !everywhere(FINELY, variance(svi, 0), reach, [svi], (k) => density(svi, k) >= 0);
}

/** Whether a later slice is anywhere below an earlier one: then a calendar spread would cost less than nothing. */
export function crosses(earlier: Svi, later: Svi): boolean {
	const [before, after] = [slopesOf(earlier), slopesOf(later)];
	if (after[0] < before[0] || after[1] < before[1]) return true;
	const isAbove = (k: number): boolean => variance(later, k) >= variance(earlier, k) - 1e-12;
	return !everywhere(FINELY, variance(later, 0), 0, [earlier, later], isAbove);
}

/** Between what a slice must lie: the one before it, and the one after. */
export type Bounds = { readonly floor?: Svi | undefined; readonly ceiling?: Svi | undefined };

/**
 * The slice that is nearest to the quotes among those without butterfly arbitrage, above `floor` and below `ceiling` where they are given; undefined when there
 * are too few quotes, or none is found. `years` to expiry.
 */
export function fitSvi(quotes: readonly Point[], years: number, { floor, ceiling }: Bounds = {}): Fit | undefined {
	const points = quotes.filter(({ k, volatility, weight }) => Number.isFinite(k) && volatility > 0 && volatility < Infinity && weight > 0);
	if (points.length < MIN_POINTS || !(years > 0)) return undefined;
	const level =
		points.reduce((sum, { volatility, weight }) => sum + volatility * weight, 0) / points.reduce((sum, { weight }) => sum + weight, 0);
	const w = level * level * years;
	const root = Math.sqrt(years);
	const reach = Math.max(...points.map(({ k }) => Math.abs(k)));
	const total = points.reduce((sum, { weight }) => sum + weight, 0);
	const [least, most] = [floor && slopesOf(floor), ceiling && slopesOf(ceiling)];
	const lossWithin =
		(margin: number) =>
		(p: readonly number[]): number => {
			// Between two slices there may be little room.
			const gap = ceiling ? margin / 100 : margin;
			const svi = sviOf(p);
			const { a, b, rho, sigma } = svi;
			// A wall leans towards what is allowed, so that the search finds its way back.
			if (b < 0 || Math.abs(rho) > 0.98 || sigma < 1e-3) return 1e6 + Math.abs(b) + Math.abs(rho) + Math.abs(sigma);
			if (a + b * sigma * Math.sqrt(1 - rho * rho) < 1e-9 || b * (1 + Math.abs(rho)) > MAX_SLOPE) return 1e5;
			let sum = 0;
			for (const { k, volatility, weight } of points) sum += (weight / total) * (Math.sqrt(variance(svi, k) / years) - volatility) ** 2;
			let beyond = 0;
			everywhere(EVENLY, variance(svi, 0), reach, [svi], (k) => {
				const g = density(svi, k);
				if (g < margin) beyond += margin - g;
				const own = variance(svi, k);
				const below = floor === undefined ? 0 : variance(floor, k) * (1 + gap) - own;
				const above = ceiling === undefined ? 0 : own * (1 + gap) - variance(ceiling, k);
				if (below > 0) beyond += below / (w + own);
				if (above > 0) beyond += above / (w + own);
				return true;
			});
			for (const [i, slope] of slopesOf(svi).entries()) {
				if (least && slope < least[i]) beyond += 1 - slope / least[i];
				if (most && slope > most[i]) beyond += 1 - most[i] / slope;
			}
			return beyond > 0 ? WALL * (1 + beyond) + sum : sum;
		};
	const starts = [-0.6, -0.3, 0, 0.3].map((rho) => [w * 0.5, w * 2, rho, 0, root * level]);
	if (floor && ceiling) {
		const part = Math.min(1, Math.max(0, (w - variance(floor, 0)) / (variance(ceiling, 0) - variance(floor, 0))));
		starts.splice(0, starts.length, vectorOf(mixed(floor, ceiling, part)));
	}
	// What stands above the floor everywhere.
	if (floor) starts.push([Math.max(floor.a * 1.05, floor.a + w - variance(floor, 0)), floor.b * 1.05, floor.rho, floor.m, floor.sigma]);
	const scale = [w * 0.3, w, 0.2, root * 0.1, root * 0.2].map((one) => (ceiling ? one * SIZES[0] : one));
	const isAllowed = (svi: Svi): boolean =>
		!hasButterfly(svi, reach) && !(floor && crosses(floor, svi)) && !(ceiling && crosses(svi, ceiling));
	for (const margin of MARGINS) {
		const loss = lossWithin(margin);
		const found = starts.map((start) => (ceiling ? search : minimise)(loss, start, scale)).reduce((x, y) => (loss(y) < loss(x) ? y : x));
		if (isAllowed(sviOf(found))) return { svi: sviOf(found), error: errorOf(sviOf(found), points, years) };
	}
	return undefined;
}

/** The weighted median of |volatility - quoted|. */
export function errorOf(svi: Svi, points: readonly Point[], years: number): number {
	const errors = points
		.map(({ k, volatility, weight }) => ({ error: Math.abs(Math.sqrt(variance(svi, k) / years) - volatility), weight }))
		.sort((x, y) => x.error - y.error);
	const half = errors.reduce((sum, { weight }) => sum + weight, 0) / 2;
	let passed = 0;
	return errors.find(({ weight }) => (passed += weight) >= half)?.error ?? Infinity;
}

/** What is a mixture of both where they bend alike: a, b and b rho of a slice are linear in its variance. */
function mixed(low: Svi, high: Svi, part: number): Svi {
	const mix = (of: (svi: Svi) => number): number => of(low) * (1 - part) + of(high) * part;
	const b = mix((svi) => svi.b);
	return { a: mix(({ a }) => a), b, rho: mix((svi) => svi.b * svi.rho) / b, m: mix(({ m }) => m), sigma: mix(({ sigma }) => sigma) };
}

function vectorOf({ a, b, rho, m, sigma }: Svi): number[] {
	return [a, b, rho, m, sigma];
}

function sviOf([a, b, rho, m, sigma]: readonly number[]): Svi {
	return { a, b, rho, m, sigma };
}

/** A simplex that a wall has flattened finds no way on: it is begun anew from where it came to, in several sizes, until none gains. */
function search(f: (p: readonly number[]) => number, start: readonly number[], scale: readonly number[]): readonly number[] {
	let found = minimise(f, start, scale);
	for (let vain = 0, again = 0; vain < SIZES.length && again < MAX_AGAIN; again++) {
		const next = minimise(
			f,
			found,
			scale.map((one) => one * SIZES[1 + (again % (SIZES.length - 1))]),
		);
		vain = f(next) < f(found) * WORTH ? 0 : vain + 1;
		found = next;
	}
	return found;
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
