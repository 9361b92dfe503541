// A series id describes itself: underlying(4) | day(16) | kind(2) | strike(30), 52 bits. The day counts from 1970; the series expires at
// 08:00 UTC of it. The strike is in ticks.

import { EXPIRY_RING_DAYS, EXPIRY_SECOND_OF_DAY, SECONDS_PER_DAY } from "../Constants.ts";

export const CALL = 0;
export const PUT = 1;
export const FUTURE = 2;

const KIND_UNIT = 1_073_741_824;
const DAY_UNIT = 4_294_967_296;
const UNDERLYING_UNIT = 281_474_976_710_656;

export function make(underlying: number, day: number, kind: number, strike: number): number {
	return underlying * UNDERLYING_UNIT + day * DAY_UNIT + kind * KIND_UNIT + strike;
}

export function underlyingOf(series: number): number {
	return Math.floor(series / UNDERLYING_UNIT);
}

export function dayOf(series: number): number {
	return Math.floor(series / DAY_UNIT) % 65_536;
}

export function kindOf(series: number): number {
	return Math.floor(series / KIND_UNIT) % 4;
}

/** In ticks. */
export function strikeOf(series: number): number {
	return series % KIND_UNIT;
}

/** Exclusive bound of ids: 2^52. */
const BOUND = 4_503_599_627_370_496;

/** Whether the id names an option, or a dated future (whose strike is 0), listed or not. */
export function isValid(series: number): boolean {
	if (series >= BOUND || kindOf(series) > FUTURE) return false;
	return kindOf(series) === FUTURE ? strikeOf(series) === 0 : strikeOf(series) > 0;
}

/** Where the expiry and listing cells of this underlying and day stand. */
export function slotOf(underlying: number, day: number): number {
	return underlying * EXPIRY_RING_DAYS + (day % EXPIRY_RING_DAYS);
}

export function expirySlotOf(series: number): number {
	return slotOf(underlyingOf(series), dayOf(series));
}

/** Seconds since 1970 at which a day's series expire. */
export function expiryTimeOf(day: number): number {
	return day * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY;
}

/** Where the series cell stands, by its place in the listing. */
export function cellIndexOf(slot: number, strikeIndex: number, kind: number): number {
	return slot * 512 + strikeIndex * 4 + kind;
}

/** Where the book of one side stands: 0 bids, 1 asks. */
export function bookIndexOf(seriesIndex: number, side: number): number {
	return seriesIndex * 2 + side;
}
