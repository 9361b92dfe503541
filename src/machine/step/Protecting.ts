// Market-maker protection: what an account's protected orders traded lately, and what happens when it was too much. One maker trades a step, so a trip
// is felt by the very next step of the same taker.

import { FOREVER } from "../Constants.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import * as GreekLetters from "../risk/Greeks.ts";
import * as State from "../state/State.ts";
import type { Account } from "../types/Account.ts";
import type { Guard, Protection } from "../types/Guard.ts";
import * as Series from "../types/Series.ts";

/** What the window holds: lots, lots times millionths, micro-USDC per point of volatility. */
type Levels = { quantity: number; delta: number; vega: number };

/** Whether the account is protected in the series' underlying. */
export function isProtected(account: Account, series: number): boolean {
	return ((account.guards >> (1 + Series.underlyingOf(series))) & 1) === 1;
}

/** Whether quotes of the account in the series' underlying are refused at this time. Requires `isProtected`. */
export function isFrozen(state: State.Body, index: number, series: number, clock: number): boolean {
	return clock < protectionOf(State.guard(state, index), series).frozenUntil;
}

/** Whether fills of that many lots, negative when sold, would trip the protection, if there is one. */
export function wouldTrip(state: State.Body, index: number, account: Account, series: number, lots: number, clock: number): boolean {
	if (!isProtected(account, series)) return false;
	const protection = protectionOf(State.guard(state, index), series);
	return isTripped(protection, levelsAfter(state, protection, series, lots, clock));
}

/**
 * Counts a fill of a protected order: lots, negative when sold. When that trips the protection the account's orders in the underlying are dead, and quotes
 * are frozen. Returns whether it did. The caller puts the account.
 */
export function record(state: State.Body, index: number, account: Account, series: number, lots: number, clock: number): boolean {
	if (!isProtected(account, series)) return false;
	const guard = State.guard(state, index);
	const protection = protectionOf(guard, series);
	const levels = levelsAfter(state, protection, series, lots, clock);
	const tripped = isTripped(protection, levels);
	protection.time = clock;
	protection.quantity = tripped ? 0 : levels.quantity;
	protection.delta = tripped ? 0 : levels.delta;
	protection.vega = tripped ? 0 : levels.vega;
	if (tripped) {
		protection.frozenUntil = protection.freeze === 0 ? FOREVER : clock + protection.freeze;
		account.epochs[Series.underlyingOf(series)] += 1;
	}
	State.putGuard(state, index, guard);
	return tripped;
}

function protectionOf(guard: Guard, series: number): Protection {
	return guard.protections[Series.underlyingOf(series)];
}

/**
 * The levels after a fill: what was there leaks away evenly over the window, and the fill is added.
 * INVARIANT: at one time two fills of a series make the same levels as one of both.
 */
function levelsAfter(state: State.Body, protection: Protection, series: number, lots: number, clock: number): Levels {
	const { window } = protection;
	const elapsed = clock - protection.time;
	const left = elapsed < window ? window - elapsed : 0;
	const greeks = GreekLetters.greeksOf(series, State.expiry(state, Series.expirySlotOf(series)));
	return {
		quantity: FixedPoint.saturate(FixedPoint.mulDivDown(protection.quantity, left, window) + (lots < 0 ? -lots : lots)),
		delta: FixedPoint.saturate(FixedPoint.mulDivDown(protection.delta, left, window) + lots * greeks.delta),
		vega: FixedPoint.saturate(FixedPoint.mulDivDown(protection.vega, left, window) + lots * greeks.vega),
	};
}

function isTripped(protection: Protection, levels: Levels): boolean {
	const { quantityLimit, deltaLimit, vegaLimit } = protection;
	return exceeds(levels.quantity, quantityLimit) || exceeds(levels.delta, deltaLimit) || exceeds(levels.vega, vegaLimit);
}

/** Whether a level is beyond its limit either way; a limit of 0 is none. */
function exceeds(level: number, limit: number): boolean {
	return limit !== 0 && (level < 0 ? -level : level) > limit;
}
