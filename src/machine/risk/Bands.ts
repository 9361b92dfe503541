import { PPM, tickSize } from "../Constants.ts";
import * as Black76 from "../math/Black76.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import { ONE } from "../math/FixedPoint.ts";
import * as LogExp from "../math/LogExp.ts";
import * as Svi from "../math/Svi.ts";
import type { Body } from "../state/State.ts";
import { BID } from "../types/Book.ts";
import type { Expiry } from "../types/Expiry.ts";
import * as Series from "../types/Series.ts";
import * as Parameters from "./Parameters.ts";
import * as Scenarios from "./Scenarios.ts";
import * as Valuations from "./Valuations.ts";

/** The least and the most that one unit could be worth, micro-USDC. */
export type Worth = { low: number; high: number };

const caches = new WeakMap<Body, Map<number, Worth & { time: number }>>();

/**
 * Whether a limit in ticks is within its series' band: nobody buys above, or sells below, what the series could be worth, with BAND_ROOM of the index to spare.
 * So a mistyped price is refused, and a price that nobody would take is not. Cached by the time of the expiry's report.
 */
export function allows(state: Body, series: number, expiry: Expiry, indexPrice: number, side: number, price: number): boolean {
	let cache = caches.get(state);
	if (!cache) {
		cache = new Map();
		caches.set(state, cache);
	}
	let worth = cache.get(series);
	if (worth?.time !== expiry.time) {
		worth = { ...worthOf(series, expiry), time: expiry.time };
		cache.set(series, worth);
	}
	const room = FixedPoint.mulDivDown(indexPrice, Parameters.BAND_ROOM, PPM);
	const limit = price * tickSize(Series.underlyingOf(series));
	return side === BID ? limit <= worth.high + room : limit >= worth.low - room;
}

/** What one unit is worth when spot and volatility are both against it, and when both are for it; nothing before the first report. */
export function worthOf(series: number, expiry: Expiry): Worth {
	if (expiry.forward === 0) return { low: 0, high: 0 };
	const spotMove = Series.kindOf(series) === Series.PUT ? -Parameters.BAND_SPOT : Parameters.BAND_SPOT;
	const low = worthAt(series, expiry, -spotMove, -Parameters.BAND_VOLATILITY_DOWN);
	const high = worthAt(series, expiry, spotMove, Parameters.BAND_VOLATILITY_UP);
	return { low, high };
}

/** Value of one unit with spot and volatility moved by these parts of themselves, in millionths. */
function worthAt(series: number, expiry: Expiry, spotMove: number, volatilityMove: number): number {
	const factor = BigInt(PPM + spotMove);
	const forward = (BigInt(expiry.forward) * factor) / BigInt(PPM);
	if (Series.kindOf(series) === Series.FUTURE) return Number(forward);
	const strike = BigInt(Series.strikeOf(series)) * BigInt(tickSize(Series.underlyingOf(series)));
	const { volatility, logMoneyness } = Valuations.smileAt(expiry, strike);
	const values = [0n];
	const smile = {
		spots: [forward, LogExp.ln((factor * ONE) / BigInt(PPM))],
		strike,
		logMoneyness,
		volatility: Svi.clamp((volatility * BigInt(PPM + volatilityMove)) / BigInt(PPM)),
		discount: Scenarios.timeOf(expiry).discount,
		isPut: Series.kindOf(series) === Series.PUT,
	};
	Black76.price(smile, 1, values, 0);
	return Number(values[0]);
}
