// The 33 scenarios: which spot and volatility each has. Scenarios 0 .. 26 are volatility step (down, same, up) * 9 + spot step; 27 .. 32 are the tails,
// under raised volatility.

import { PPM, SETTLEMENT_WINDOW_SECONDS } from "../Constants.ts";
import { ONE } from "../math/FixedPoint.ts";
import * as LogExp from "../math/LogExp.ts";
import type { Expiry } from "../types/Expiry.ts";
import * as Series from "../types/Series.ts";
import * as Parameters from "./Parameters.ts";

/** Spots there are: nine core moves, then six tails. */
export const SPOTS = 15;

/** The shocked spot as parts of the spot, of the nine core moves and then the six tails. */
export function spotFactor(underlying: number, spot: number): number {
	const range = Parameters.spotRange(underlying);
	if (spot < Parameters.SPOT_STEPS) return PPM + ((spot - Parameters.SPOT_STEP_OFFSET) * range) / 4;
	return PPM + Parameters.tailMultiple(spot - Parameters.SPOT_STEPS) * range;
}

/** What all series of an expiry share: discount factor, factors of volatility down and up, in fixed point, and the shocked spots (as `Smile.spots`). */
export type Shocks = { discount: bigint; down: bigint; up: bigint; spots: bigint[] };

/** How long the expiry had to go when it was reported: seconds, and years and the discount factor in fixed point. */
export function timeOf(expiry: Expiry): { seconds: number; years: bigint; discount: bigint } {
	const left = Series.expiryTimeOf(expiry.day) - expiry.time;
	const seconds = left < 0 ? 0 : left;
	const years = (BigInt(seconds) * ONE) / BigInt(Parameters.SECONDS_PER_YEAR);
	const discount = LogExp.exp(-(years * BigInt(expiry.rate)) / BigInt(PPM));
	return { seconds, years, discount };
}

/** How much of the settlement window is still to come at the expiry's last report: all of it but inside the window. No expiry takes a report over after it. */
export function openSeconds(expiry: Expiry): number {
	const left = Series.expiryTimeOf(expiry.day) - expiry.time;
	return left < SETTLEMENT_WINDOW_SECONDS ? left : SETTLEMENT_WINDOW_SECONDS;
}

/** A pure function of the expiry's day, forward, rate and report time, and of the underlying's `spotMoves`. */
export function shocksOf(expiry: Expiry, moves: readonly bigint[]): Shocks {
	const { seconds, discount } = timeOf(expiry);
	const time = seconds < Parameters.MIN_SECONDS ? Parameters.MIN_SECONDS : seconds;
	const power = time < Parameters.REFERENCE_SECONDS ? Parameters.SHORT_POWER : Parameters.LONG_POWER;
	const ratio = (BigInt(Parameters.REFERENCE_SECONDS) * ONE) / BigInt(time);
	const scale = LogExp.exp((LogExp.ln(ratio) * BigInt(power)) / BigInt(PPM));
	const up = ONE + (scale * BigInt(Parameters.VOLATILITY_UP)) / BigInt(PPM);
	const fall = ONE - (scale * BigInt(Parameters.VOLATILITY_DOWN)) / BigInt(PPM);
	const floor = (ONE * BigInt(Parameters.VOLATILITY_FLOOR)) / BigInt(PPM);
	const spots: bigint[] = [];
	for (let spot = 0; spot < SPOTS; spot++) spots.push((BigInt(expiry.forward) * moves[2 * spot]) / BigInt(PPM), moves[2 * spot + 1]);
	return { discount, down: fall < floor ? floor : fall, up, spots };
}

/** The forward in a scenario, micro-USDC per unit: what a dated future is worth in it. */
export function forwardAt(shocks: Shocks, scenario: number): bigint {
	const core = scenario < Parameters.SCENARIOS - Parameters.TAILS;
	return shocks.spots[2 * (core ? scenario % Parameters.SPOT_STEPS : scenario - 2 * Parameters.SPOT_STEPS)];
}

/**
 * By spot two numbers: its factor in millionths, and ln of the factor in fixed point. `open` are the seconds of the settlement window to come: the average that
 * is fixed already moves no more.
 */
export function spotMoves(underlying: number, open: number): bigint[] {
	const moves: bigint[] = [];
	for (let spot = 0; spot < SPOTS; spot++) {
		const whole = BigInt(spotFactor(underlying, spot) - PPM);
		const factor = BigInt(PPM) + (whole * BigInt(open)) / BigInt(SETTLEMENT_WINDOW_SECONDS);
		moves.push(factor, LogExp.ln((factor * ONE) / BigInt(PPM)));
	}
	return moves;
}
