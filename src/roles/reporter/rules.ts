import { MAX_REPORT_GAP_SECONDS, EXPIRY_SECOND_OF_DAY, SECONDS_PER_DAY, SETTLEMENT_WINDOW_SECONDS } from "../../machine/Constants.ts";
import * as Reporting from "../../machine/step/Reporting.ts";
import type { MarketQuote } from "../../ports/PriceSource.ts";

/** How far a proposed price may be from a reporter's own, as parts of it. */
const TOLERANCE = 0.005;
/** How far a surface's level may be. */
const VARIANCE_TOLERANCE = 0.1;

/** Whether a reporter puts his name under somebody's proposal: it is what he sees himself, within the tolerance. */
export function agrees(proposal: MarketQuote, own: MarketQuote): boolean {
	const close = (a: number, b: number, tolerance: number): boolean => Math.abs(a - b) <= tolerance * Math.abs(b);
	if (proposal.underlying !== own.underlying || proposal.time !== own.time || proposal.surfaces.length !== own.surfaces.length)
		return false;
	if (!close(proposal.indexPrice, own.indexPrice, TOLERANCE) || proposal.confidence > own.confidence) return false;
	return proposal.surfaces.every((surface, i) => {
		const mine = own.surfaces[i];
		if (!mine || surface.day !== mine.day || !close(surface.forward, mine.forward, TOLERANCE)) return false;
		const level = (s: typeof surface): number => s.a + (s.b * s.sigma) / 1e9;
		return close(level(surface), level(mine), VARIANCE_TOLERANCE);
	});
}

/** The next time to report when the last report was of `last`: inside a settlement window no hole is longer than a minute. */
export function nextTime(last: number, now: number): number {
	if (last === 0 || !Reporting.leavesGap(last, now)) return now;
	const day = Math.floor((last + SECONDS_PER_DAY - EXPIRY_SECOND_OF_DAY) / SECONDS_PER_DAY);
	const windowStart = day * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY - SETTLEMENT_WINDOW_SECONDS;
	return Math.min(now, last < windowStart ? windowStart : last + MAX_REPORT_GAP_SECONDS);
}

/** Whether there is something to report: nothing was for a while, or a window is open and must have no hole. */
export function isDue(last: number, now: number, intervalSeconds: number): boolean {
	return now > last && (last === 0 || now - last >= intervalSeconds);
}
