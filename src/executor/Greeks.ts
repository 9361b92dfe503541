// Greeks for display, in floating point from the forward and the surface that the machine holds. They are never an input of the machine.

import { tickSize } from "../machine/Constants.ts";
import { ONE } from "../machine/math/FixedPoint.ts";
import * as Svi from "../machine/math/Svi.ts";
import * as Parameters from "../machine/risk/Parameters.ts";
import * as Valuations from "../machine/risk/Valuations.ts";
import type { Expiry } from "../machine/types/Expiry.ts";
import * as Series from "../machine/types/Series.ts";

/**
 * Black-76 with respect to the forward. Per unit of the underlying: delta in units, gamma per USDC, vega in USDC per percentage point of volatility,
 * theta in USDC per day. `volatility` is a fraction a year.
 */
export type Greeks = {
	readonly volatility: number;
	readonly delta: number;
	readonly gamma: number;
	readonly vega: number;
	readonly theta: number;
};

const MICRO = 1_000_000;
const SECONDS_PER_DAY = 86_400;

/** Greeks of a series whose expiry cell has a forward; undefined once it expired, and for a dated future. `clock` in seconds. */
export function of(series: number, expiry: Expiry, clock: number): Greeks | undefined {
	const seconds = Series.expiryTimeOf(expiry.day) - clock;
	if (seconds <= 0 || Series.kindOf(series) === Series.FUTURE) return undefined;
	const strikeTicks = Series.strikeOf(series);
	const strike = (strikeTicks * tickSize(Series.underlyingOf(series))) / MICRO;
	const forward = expiry.forward / MICRO;
	const total =
		Number(Svi.clamp(Valuations.smileAt(expiry, BigInt(strikeTicks) * BigInt(tickSize(Series.underlyingOf(series)))).volatility)) /
		Number(ONE);
	const years = seconds / Parameters.SECONDS_PER_YEAR;
	const volatility = total / Math.sqrt(years);
	const d1 = Math.log(forward / strike) / total + total / 2;
	const density = Math.exp((-d1 * d1) / 2) / Math.sqrt(2 * Math.PI);
	const delta = normal(d1) - (Series.kindOf(series) === Series.PUT ? 1 : 0);
	const daily = (forward * density * volatility) / (2 * Math.sqrt(years)) / (Parameters.SECONDS_PER_YEAR / SECONDS_PER_DAY);
	return { volatility, delta, gamma: density / (forward * total), vega: (forward * density * Math.sqrt(years)) / 100, theta: -daily };
}

/** The surface's volatility at the forward, a fraction a year; undefined once it expired. The forward must not be 0. */
export function volatilityAtForward(expiry: Expiry, clock: number): number | undefined {
	const seconds = Series.expiryTimeOf(expiry.day) - clock;
	if (seconds <= 0) return undefined;
	const total = Number(Svi.clamp(Valuations.smileAt(expiry, BigInt(expiry.forward)).volatility)) / Number(ONE);
	return total / Math.sqrt(seconds / Parameters.SECONDS_PER_YEAR);
}

/** Standard normal distribution by its series or continued fraction: relative error below 1e-12 where it matters for display. */
function normal(x: number): number {
	const size = Math.abs(x);
	const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
	let tail: number;
	if (size < 3) {
		let term = size;
		let sum = size;
		for (let n = 1; n < 60; n++) {
			term *= (size * size) / (2 * n + 1);
			sum += term;
		}
		tail = 0.5 - density * sum;
	} else {
		let fraction = size;
		for (let n = 60; n >= 1; n--) fraction = size + n / fraction;
		tail = density / fraction;
	}
	return x > 0 ? 1 - tail : tail;
}
