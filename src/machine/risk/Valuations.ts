// What one unit of a series is worth in every scenario. A pure function of the series and its expiry's last report, so it is computed once a report.

import { PPM, tickSize } from "../Constants.ts";
import * as Black76 from "../math/Black76.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import { BITS, ONE } from "../math/FixedPoint.ts";
import * as LogExp from "../math/LogExp.ts";
import * as Svi from "../math/Svi.ts";
import type { Body } from "../state/State.ts";
import type { Expiry } from "../types/Expiry.ts";
import * as Series from "../types/Series.ts";
import * as Parameters from "./Parameters.ts";
import * as Scenarios from "./Scenarios.ts";

/** Micro-USDC per unit: the mark, and by scenario how far the value is from it, split as high * 2^20 + low so that sums stay exact in doubles. */
export type Valuation = { time: number; mark: number; high: Float64Array; low: Float64Array };

export const SPLIT = 1_048_576;

const LOGS: readonly bigint[][] = [Scenarios.logSpotFactors(0), Scenarios.logSpotFactors(1)];

type Cache = { series: Map<number, Valuation>; shocks: Map<number, { time: number; shocks: Scenarios.Shocks }> };
const caches = new WeakMap<Body, Cache>();

/** The valuation of a series whose expiry cell is `expiry`. Cached by the time of the expiry's report. */
export function of(state: Body, series: number, expiry: Expiry): Valuation {
	let cache = caches.get(state);
	if (!cache) {
		cache = { series: new Map(), shocks: new Map() };
		caches.set(state, cache);
	}
	const known = cache.series.get(series);
	if (known && known.time === expiry.time) return known;
	const slot = Series.expirySlotOf(series);
	let shocked = cache.shocks.get(slot);
	if (!shocked || shocked.time !== expiry.time) {
		shocked = { time: expiry.time, shocks: Scenarios.shocksOf(expiry) };
		cache.shocks.set(slot, shocked);
	}
	const values = valuesOf(series, expiry, shocked.shocks);
	const mark = values[Parameters.MARK_SCENARIO];
	const valuation: Valuation = {
		time: expiry.time,
		mark,
		high: new Float64Array(Parameters.SCENARIOS),
		low: new Float64Array(Parameters.SCENARIOS),
	};
	for (let scenario = 0; scenario < Parameters.SCENARIOS; scenario++) {
		const change = values[scenario] - mark;
		const high = Math.floor(change / SPLIT);
		valuation.high[scenario] = high;
		valuation.low[scenario] = change - high * SPLIT;
	}
	cache.series.set(series, valuation);
	return valuation;
}

/** Total volatility of a series' strike as the surface has it, and ln(forward / strike), in fixed point. The forward must not be 0. */
export function smileAt(expiry: Expiry, strike: bigint): { volatility: bigint; logMoneyness: bigint } {
	const logMoneyness = LogExp.ln((BigInt(expiry.forward) * ONE) / strike);
	const volatility = Svi.totalVolatility(expiry.a, expiry.b, expiry.rho, expiry.m, expiry.sigma, -logMoneyness);
	return { volatility, logMoneyness };
}

/** Values in micro-USDC per unit, rounded down, by scenario; all 0 before the first report. */
export function valuesOf(series: number, expiry: Expiry, shocks: Scenarios.Shocks): number[] {
	const values = new Array<number>(Parameters.SCENARIOS).fill(0);
	if (expiry.forward === 0) return values;
	const underlying = Series.underlyingOf(series);
	const isPut = Series.kindOf(series) === Series.PUT;
	const strike = BigInt(Series.strikeOf(series)) * BigInt(tickSize(underlying));
	const { volatility, logMoneyness } = smileAt(expiry, strike);
	const logs = LOGS[underlying] as readonly bigint[];
	for (let step = 0; step < Parameters.VOLATILITY_STEPS; step++) {
		const factor = step === 0 ? shocks.down : step === 1 ? ONE : shocks.up;
		const shocked = Svi.clamp(FixedPoint.mul(volatility, factor));
		const inverse = Black76.inverseOf(shocked);
		const spots = step === 2 ? Scenarios.SPOTS : Parameters.SPOT_STEPS;
		for (let spot = 0; spot < spots; spot++) {
			const forward = (BigInt(expiry.forward) * BigInt(Scenarios.spotFactor(underlying, spot))) / BigInt(PPM);
			let value = Black76.call(forward, strike, logMoneyness + logs[spot], shocked, inverse);
			if (isPut) {
				value += (strike - forward) << BITS;
				if (value < 0n) value = 0n;
			}
			const discounted = (value >> BITS) * shocks.discount;
			const scenario = spot < Parameters.SPOT_STEPS ? spot * Parameters.VOLATILITY_STEPS + step : spot + 2 * Parameters.SPOT_STEPS;
			// ROUNDING: down; longs are marked lower, and what shorts gain by it is below a micro-USDC per unit.
			values[scenario] = Number(discounted >> BITS);
		}
	}
	return values;
}
