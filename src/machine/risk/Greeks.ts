import { PPM, lotsPerUnit, tickSize } from "../Constants.ts";
import * as Black76 from "../math/Black76.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import { ONE } from "../math/FixedPoint.ts";
import * as LogExp from "../math/LogExp.ts";
import type { Expiry } from "../types/Expiry.ts";
import * as Series from "../types/Series.ts";
import * as Scenarios from "./Scenarios.ts";
import * as Valuations from "./Valuations.ts";

/** How one lot reacts: delta in millionths of a lot, vega in micro-USDC per point of volatility. */
export type Greeks = { delta: number; vega: number };

/** 1 / sqrt(2 pi) in 60 fractional bits. */
const DENSITY_AT_ZERO = 459_949_134_171_706_403n;

/**
 * Of one lot of a series by its expiry's last report; all 0 before the first. Black-76: delta = D N(d1) for a call and D (N(d1) - 1) for a put,
 * vega = D F n(d1) sqrt(T), D the discount factor and n the normal density.
 * ROUNDING: down in magnitude for vega, down for delta.
 */
export function greeksOf(series: number, expiry: Expiry): Greeks {
	if (expiry.forward === 0) return { delta: 0, vega: 0 };
	if (Series.kindOf(series) === Series.FUTURE) return { delta: PPM, vega: 0 };
	const underlying = Series.underlyingOf(series);
	const { volatility, logMoneyness } = Valuations.smileAt(expiry, BigInt(Series.strikeOf(series) * tickSize(underlying)));
	const { years, discount } = Scenarios.timeOf(expiry);
	// A call on a forward of 1 that costs nothing to exercise is worth D N(d1).
	const value = [0n];
	Black76.price({ spots: [ONE, 0n], strike: 0n, logMoneyness, volatility, discount, isPut: false }, 1, value, 0);
	const delta = Series.kindOf(series) === Series.PUT ? value[0] - discount : value[0];
	const d1 = FixedPoint.div(logMoneyness, volatility) + (volatility >> 1n);
	const density = FixedPoint.mul(DENSITY_AT_ZERO, LogExp.exp(-FixedPoint.mul(d1, d1) >> 1n));
	const slope = FixedPoint.mul(FixedPoint.mul(density, FixedPoint.isqrt(years * ONE)), discount);
	const vega = (BigInt(expiry.forward) * slope) >> FixedPoint.BITS;
	return { delta: Number((delta * BigInt(PPM)) >> FixedPoint.BITS), vega: Number(vega / BigInt(100 * lotsPerUnit(underlying))) };
}
