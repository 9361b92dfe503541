// What one unit of a series is worth in every scenario. A pure function of the series and its expiry's last report, so it is computed once a report.

import { SETTLEMENT_WINDOW_SECONDS, tickSize } from "../Constants.ts";
import * as Black76 from "../math/Black76.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import { ONE } from "../math/FixedPoint.ts";
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

const MOVES: readonly bigint[][] = [0, 1].map((underlying) => Scenarios.spotMoves(underlying, SETTLEMENT_WINDOW_SECONDS));

/** The spot moves of an expiry: inside its settlement window less than others'. */
export function movesOf(underlying: number, expiry: Expiry): readonly bigint[] {
	const open = Scenarios.openSeconds(expiry);
	return open === SETTLEMENT_WINDOW_SECONDS ? MOVES[underlying] : Scenarios.spotMoves(underlying, open);
}

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
	const underlying = Series.underlyingOf(series);
	let shocked = cache.shocks.get(slot);
	if (!shocked || shocked.time !== expiry.time) {
		shocked = { time: expiry.time, shocks: Scenarios.shocksOf(expiry, movesOf(underlying, expiry)) };
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

/** The mark of a series in micro-USDC per unit: its value in the scenario of no move. */
export function markOf(state: Body, series: number, expiry: Expiry): number {
	return of(state, series, expiry).mark;
}

/** Total volatility of a series' strike as the surface has it, and ln(forward / strike), in fixed point. The forward must not be 0. */
export function smileAt(expiry: Expiry, strike: bigint): { volatility: bigint; logMoneyness: bigint } {
	const logMoneyness = LogExp.ln((BigInt(expiry.forward) * ONE) / strike);
	const volatility = Svi.totalVolatility(expiry.a, expiry.b, expiry.rho, expiry.m, expiry.sigma, -logMoneyness);
	return { volatility, logMoneyness };
}

/** Values in micro-USDC per unit, rounded down, by scenario; all 0 before the first report. */
export function valuesOf(series: number, expiry: Expiry, shocks: Scenarios.Shocks): number[] {
	const values = new Array<bigint>(Parameters.SCENARIOS).fill(0n);
	if (expiry.forward === 0) return values.map(Number);
	if (Series.kindOf(series) === Series.FUTURE) return values.map((_, scenario) => Number(Scenarios.forwardAt(shocks, scenario)));
	const strike = BigInt(Series.strikeOf(series)) * BigInt(tickSize(Series.underlyingOf(series)));
	const { volatility, logMoneyness } = smileAt(expiry, strike);
	const { spots, discount } = shocks;
	const smile = { spots, strike, logMoneyness, volatility, discount, isPut: Series.kindOf(series) === Series.PUT };
	smile.volatility = Svi.clamp(FixedPoint.mul(volatility, shocks.down));
	Black76.price(smile, Parameters.SPOT_STEPS, values, 0);
	smile.volatility = volatility;
	Black76.price(smile, Parameters.SPOT_STEPS, values, Parameters.SPOT_STEPS);
	smile.volatility = Svi.clamp(FixedPoint.mul(volatility, shocks.up));
	Black76.price(smile, Scenarios.SPOTS, values, 2 * Parameters.SPOT_STEPS);
	return values.map(Number);
}
