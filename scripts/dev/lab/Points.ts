// Points at which the pricing kernel is held against the exact functions: the kernel's own path from integers (a report's surface, a strike) to a value, and the
// exact value of the same integers.

import { fromNano } from "../../../src/machine/math/FixedPoint.ts";
import * as Black76 from "../../../src/machine/math/Black76.ts";
import * as FixedPoint from "../../../src/machine/math/FixedPoint.ts";
import * as LogExp from "../../../src/machine/math/LogExp.ts";
import * as Normal from "../../../src/machine/math/Normal.ts";
import * as Valuations from "../../../src/machine/risk/Valuations.ts";
import * as Expiries from "../../../src/machine/types/Expiry.ts";
import type { Random } from "../../../src/market/Random.ts";
import * as Exact from "../../../test/machine/math/exact.ts";

/** Forward and strike in micro-USDC, the slice in 1e-9, `rateTime` = rate * time in 1e-9. */
export type Point = {
	readonly forward: number;
	readonly strike: number;
	readonly a: number;
	readonly b: number;
	readonly rho: number;
	readonly m: number;
	readonly sigma: number;
	readonly rateTime: number;
	readonly isPut: boolean;
};

/** The kernel's distance from the exact function: of the value in parts of forward + strike, of the others absolutely; exp's relatively. */
export type Errors = {
	readonly price: number;
	readonly ln: number;
	readonly exp: number;
	readonly volatility: number;
	readonly cdf: number;
};

const NANO = 1e9;
const MIN_RATIO = 0.1;
const MAX_RATIO = 10;
const MIN_VOLATILITY = 1e-4;
const MAX_VOLATILITY = 5;
/** The kernel's values are taken with so many bits below their unit, so that what is measured is not the last rounding. */
const FINE = FixedPoint.BITS;

function between(random: Random, low: number, high: number): number {
	return low + (high - low) * random.next();
}

function logBetween(random: Random, low: number, high: number): number {
	return Math.exp(between(random, Math.log(low), Math.log(high)));
}

function clamp(value: number, low: number, high: number): number {
	return Math.min(high, Math.max(low, value));
}

/** K / F in 0.1 .. 10 and total volatility in 1e-4 .. 5, both evenly by their logarithms; one point of eight stands on an edge. */
export function draw(random: Random): Point {
	const forward = Math.round(logBetween(random, 1e6, 8e12 / MAX_RATIO));
	const ratio = random.below(8) === 0 ? random.pick([MIN_RATIO, 1, MAX_RATIO]) : logBetween(random, MIN_RATIO, MAX_RATIO);
	const volatility =
		random.below(8) === 0 ? random.pick([MIN_VOLATILITY, MAX_VOLATILITY]) : logBetween(random, MIN_VOLATILITY, MAX_VOLATILITY);
	const strike = Math.max(
		1,
		Math.round(forward * clamp(ratio * (random.below(4) === 0 ? Math.exp(volatility * random.normal()) : 1), MIN_RATIO, MAX_RATIO)),
	);
	const rho = Math.round(between(random, -0.999, 0.999) * NANO);
	const m = Math.round(between(random, -1, 1) * NANO);
	const sigma = Math.round(logBetween(random, 1e-4, 2) * NANO);
	return withVolatility(
		{ forward, strike, a: 0, b: 0, rho, m, sigma, rateTime: Math.round(between(random, -0.05, 0.3) * NANO), isPut: random.below(2) === 1 },
		volatility,
		random.next(),
	);
}

/** The point with a and b such that its strike has about this total volatility, of whose variance b brings `share`. */
function withVolatility(point: Point, volatility: number, share: number): Point {
	const distance = Math.log(point.strike / point.forward) - point.m / NANO;
	const shape = (point.rho / NANO) * distance + Math.hypot(distance, point.sigma / NANO);
	const variance = volatility * volatility;
	const b = Math.round(clamp((share * variance) / Math.max(shape, 1e-6), 0, 10) * NANO);
	const a = Math.round(clamp(variance - (b / NANO) * shape, -10, 25) * NANO);
	return { ...point, a, b };
}

/** A neighbour: one or two of the point's parts moved a little, by ever smaller steps as `scale` shrinks. It keeps within the domain. */
export function nudge(point: Point, random: Random, scale: number): Point {
	const moved = { ...point };
	const by = (value: number): number => Math.round(value * Math.exp(scale * random.normal()) + random.below(3) - 1);
	for (let i = 0; i < 1 + random.below(2); i++) {
		const part = random.pick(["forward", "strike", "a", "b", "rho", "m", "sigma", "rateTime"] as const);
		moved[part] = by(moved[part]);
	}
	moved.forward = clamp(moved.forward, 1e5, 8e12 / MAX_RATIO);
	moved.strike = clamp(moved.strike, Math.ceil(moved.forward * MIN_RATIO), Math.floor(moved.forward * MAX_RATIO));
	moved.rho = clamp(moved.rho, -0.999 * NANO, 0.999 * NANO);
	moved.m = clamp(moved.m, -NANO, NANO);
	moved.sigma = clamp(moved.sigma, 1, 2 * NANO);
	moved.b = clamp(moved.b, 0, 10 * NANO);
	moved.a = clamp(moved.a, -10 * NANO, 25 * NANO);
	moved.rateTime = clamp(moved.rateTime, -0.05 * NANO, 0.3 * NANO);
	return moved;
}

/** Exact volatility of the point's strike, kept within the kernel's limits. */
export function exactVolatility(point: Point): { volatility: bigint; logMoneyness: bigint } {
	const nano = (value: number): bigint => Exact.ratio(BigInt(value), 1_000_000_000n);
	const logMoneyness = Exact.ln(Exact.ratio(BigInt(point.forward), BigInt(point.strike)));
	const slice = { a: nano(point.a), b: nano(point.b), rho: nano(point.rho), m: nano(point.m), sigma: nano(point.sigma) };
	const variance = Exact.totalVariance(slice, -logMoneyness);
	const volatility = variance > 0n ? Exact.sqrt(variance) : 0n;
	const low = Exact.ratio(1n, 10_000n);
	const high = 5n * Exact.ONE;
	return { volatility: volatility < low ? low : volatility > high ? high : volatility, logMoneyness };
}

function distance(kernel: bigint, exact: bigint): number {
	const error = Exact.toDouble(Exact.fromFixed(kernel, FixedPoint.BITS) - exact);
	return error < 0 ? -error : error;
}

/** What the kernel values the point by, at its own forward; forward and strike are micro-USDC with 60 fractional bits. By the functions that margin uses. */
export function kernelSmile(point: Point): Black76.Smile {
	const expiry = { ...Expiries.empty(), forward: point.forward, a: point.a, b: point.b, rho: point.rho, m: point.m, sigma: point.sigma };
	const { volatility, logMoneyness } = Valuations.smileAt(expiry, BigInt(point.strike));
	const discount = LogExp.exp(-fromNano(point.rateTime));
	const spots = [BigInt(point.forward) << FINE, 0n];
	return { spots, strike: BigInt(point.strike) << FINE, logMoneyness, volatility, discount, isPut: point.isPut };
}

/** The kernel's value in micro-USDC with 60 fractional bits. */
export function kernelValue(point: Point): { value: bigint; volatility: bigint; logMoneyness: bigint; discount: bigint } {
	const smile = kernelSmile(point);
	const values = [0n];
	Black76.price(smile, 1, values, 0);
	return { value: values[0], volatility: smile.volatility, logMoneyness: smile.logMoneyness, discount: smile.discount };
}

export function errorsAt(point: Point): Errors {
	const kernel = kernelValue(point);
	const { volatility, logMoneyness } = exactVolatility(point);
	const discount = Exact.exp(-Exact.ratio(BigInt(point.rateTime), 1_000_000_000n));
	const forward = BigInt(point.forward) << Exact.BITS;
	const strike = BigInt(point.strike) << Exact.BITS;
	const d1 = Exact.div(logMoneyness, volatility) + (volatility >> 1n);
	const d2 = d1 - volatility;
	const [n1, n2] = [Exact.normal(d1), Exact.normal(d2)];
	const call = Exact.mul(forward, n1) - Exact.mul(strike, n2);
	const value = Exact.mul(discount, point.isPut ? call - forward + strike : call);
	// The same argument for both, so that each is the function's error alone.
	const x = d1 >> (Exact.BITS - FixedPoint.BITS);
	const y = (BigInt(point.forward) * FixedPoint.ONE) / BigInt(point.strike);
	const z = -fromNano(point.rateTime);
	return {
		price: distance(kernel.value, value) / (point.forward + point.strike),
		ln: distance(LogExp.ln(y), Exact.ln(Exact.fromFixed(y, FixedPoint.BITS))),
		exp: distance(LogExp.exp(z), Exact.exp(Exact.fromFixed(z, FixedPoint.BITS))) / Exact.toDouble(discount),
		volatility: distance(kernel.volatility, volatility),
		cdf: distance(Normal.cdf(x), Exact.normal(Exact.fromFixed(x, FixedPoint.BITS))),
	};
}
