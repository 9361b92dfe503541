import {
	EXPIRY_SECOND_OF_DAY,
	MAX_REPORT_EXPIRIES,
	MAX_REPORT_GAP_SECONDS,
	SECONDS_PER_DAY,
	SETTLEMENT_WINDOW_SECONDS,
} from "../../machine/Constants.ts";
import * as Reporting from "../../machine/step/Reporting.ts";
import * as Series from "../../machine/types/Series.ts";

/**
 * Seconds in which the order takes a report, if there is to be an order again. L1 takes what a window misses for a day after it, so nothing presses; and what L1 was
 * told alone the order may settle otherwise.
 */
const SILENCE_SECONDS = 1800;
/** Seconds in which one of those who know it all tells L1 of a report. */
const FORGOTTEN_SECONDS = 600;
/** The most that counts as seen to pass from one round to the next: a clock that leaps, or a process that was stopped, saw nothing of what lies between. */
const MAX_STEP_SECONDS = 60;

/** Seconds from which another one is drawn. */
const DRAWN_FROM = 15;

/** Start of the settlement window that is open at `time`, or of the next one. */
export function windowStartFrom(time: number): number {
	const day = Math.floor((time + SECONDS_PER_DAY - EXPIRY_SECOND_OF_DAY) / SECONDS_PER_DAY);
	return day * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY - SETTLEMENT_WINDOW_SECONDS;
}

/** Whether a settlement window is open: from 07:30 until 08:00 UTC. */
export function isInWindow(time: number): boolean {
	return time >= windowStartFrom(time);
}

/**
 * The next time to report when the last report was of `last`. A window begins with a report of its first second, so that whoever hears the window's reports
 * alone gets the same average as who heard all; inside it no hole is longer than a minute.
 */
export function nextTime(last: number, now: number): number {
	if (last === 0) return now;
	const windowStart = windowStartFrom(last);
	if (last < windowStart) return Math.min(now, windowStart);
	return Reporting.leavesGap(last, now) ? Math.min(now, last + MAX_REPORT_GAP_SECONDS) : now;
}

/** Seconds for which too few signatures came together, and a number drawn from the proposal that failed last. */
export type Spoilt = { readonly times: ReadonlySet<number>; readonly draw: number };

/**
 * The time to report instead of one that is another's turn, or spoilt: a reporter signs one report for a second for ever, so once two proposals share the
 * reporters between them, neither can be made any more. Any other second that leaves no gap does as well; whoever proposed something else draws another one.
 * Undefined where there is none yet.
 */
export function besides(
	time: number,
	last: number,
	now: number,
	spoilt: Spoilt | undefined,
	isOwn: (time: number) => boolean,
): number | undefined {
	const isSpoilt = (one: number): boolean => spoilt?.times.has(one) ?? false;
	if (isOwn(time) && !isSpoilt(time)) return time;
	const latest = Math.min(now, Math.max(time, last + MAX_REPORT_GAP_SECONDS));
	const earliest = Math.max(last + 1, latest - MAX_REPORT_GAP_SECONDS);
	const own: number[] = [];
	// The newest first: markets that are seen now tell little of a minute ago.
	for (let other = latest; other >= earliest; other--) if (isOwn(other) && !Reporting.leavesGap(last, other)) own.push(other);
	const fresh = own.filter((other) => !isSpoilt(other)).slice(0, DRAWN_FROM);
	// Where each was tried, one is tried again: who did not answer then may answer now.
	const others = fresh.length > 0 ? fresh : own;
	return others[isSpoilt(time) ? (spoilt?.draw ?? 0) % others.length : 0];
}

/** The newest time up to now for which something holds, of the last minute and behind `last`. */
export function newest(last: number, now: number, holds: (time: number) => boolean): number | undefined {
	for (let time = now; time > Math.max(last, now - MAX_REPORT_GAP_SECONDS); time--) if (holds(time)) return time;
	return undefined;
}

/** Whether a first report of this time is refused, because it lies inside a window. */
export function opensInside(time: number): boolean {
	return Reporting.leavesGap(0, time);
}

/** Whether there is something to report: nothing was for a while. A first report inside a window would be refused, so it waits. */
export function isDue(last: number, now: number, intervalSeconds: number): boolean {
	if (last === 0) return !opensInside(now);
	return now > last && now - last >= intervalSeconds;
}

/** Whether a report is part of a window's average, or may be the one that ends it, or the one before it whose price its first second has. */
export function countsForWindow(time: number): boolean {
	return isInWindow(time) || isInWindow(time - MAX_REPORT_GAP_SECONDS) || isInWindow(time + MAX_REPORT_GAP_SECONDS);
}

/** Of reports in order of time, those that the machine needs behind its last: all of a window, and the newest for the present prices. */
export function neededByMachine<R extends { readonly time: number }>(made: readonly R[], last: number): R[] {
	const canBegin = made.findIndex(({ time }) => last !== 0 || !opensInside(time));
	if (canBegin < 0) return [];
	return made.filter(({ time }, i) => i >= canBegin && time > last && (countsForWindow(time) || i === made.length - 1));
}

/** Of reports in order of time, those that L1's oracle needs behind its last: a first one, then every window's and the one that ends it. */
export function neededByOracle<R extends { readonly time: number }>(made: readonly R[], last: number): R[] {
	const needed: R[] = [];
	let before = last;
	for (const [i, report] of made.entries()) {
		const { time } = report;
		if (time <= before) continue;
		const isFirst = before === 0 && !Reporting.leavesGap(0, time);
		const ends = before !== 0 && isInWindow(before);
		if (!isFirst && !ends && !(before !== 0 && isInWindow(time))) continue;
		// Its first second has the price before it, where it has no report of its own.
		const opens = before !== 0 && isInWindow(time) && before < windowStartFrom(time) && time > windowStartFrom(time);
		if (opens && i > 0 && made[i - 1].time > before) needed.push(made[i - 1]);
		needed.push(report);
		before = time;
	}
	return needed;
}

/** How much of the time between two rounds a circle saw pass. */
export function seenToPass(before: number, now: number): number {
	return Math.max(0, Math.min(MAX_STEP_SECONDS, now - before));
}

/** Whether no order took a report since it was made for so long that L1 is to hear it from whoever made it. In seconds that the circle saw pass. */
export function isSilent(madeAt: number, observed: number): boolean {
	return observed - madeAt > SILENCE_SECONDS;
}

/** Whether nobody told L1 of a report since it was heard for so long that it must be assumed that nobody will. In seconds that the circle saw pass. */
export function isForgotten(heardAt: number, observed: number): boolean {
	return observed - heardAt > FORGOTTEN_SECONDS;
}

/** Of times behind `last`, in order: the one behind which a destination misses a report, or undefined. */
export function holeBehind(last: number, times: readonly number[]): number | undefined {
	return [last, ...times].find((time, i) => isHole(time, times[i]));
}

/** Whether a destination misses a report between its last and the next one that it would hear. */
export function isHole(last: number, next: number | undefined): boolean {
	return last !== 0 && next !== undefined && Reporting.leavesGap(last, next);
}

/** Days that every report holds, where there are more than it has a place for; the others take turns. */
const NEAR_DAYS = MAX_REPORT_EXPIRIES / 2;
/** How long the same others are reported. */
const TURN_SECONDS = 10;

/**
 * The days of a report of `time`, of all that are listed, ascending: those that are still to come. Where a report has no place for all, the nearest, and of the
 * others some in turn: anyone may list days, and a day whose surface is two minutes old nobody may trade, so that up to 78 days stay fresh.
 */
export function daysOf(listed: readonly number[], time: number): number[] {
	const coming = listed.filter((day) => Series.expiryTimeOf(day) > time);
	if (coming.length <= MAX_REPORT_EXPIRIES) return coming;
	const others = coming.slice(NEAR_DAYS);
	const groups = Math.ceil(others.length / NEAR_DAYS);
	const turn = (Math.floor(time / TURN_SECONDS) % groups) * NEAR_DAYS;
	return [...coming.slice(0, NEAR_DAYS), ...others.slice(turn, turn + NEAR_DAYS)];
}
