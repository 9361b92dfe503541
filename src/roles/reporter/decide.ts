import * as rules from "./rules.ts";
import type { Feed, Made, Purpose, View } from "./view.ts";

/** A report to make: an underlying, a time, what for, and the days that are listed. */
export type Due = { readonly underlying: number; readonly time: number; readonly purpose: Purpose; readonly days: readonly number[] };

/** How far the clock of an order of several may be behind a member's own. */
const ORDERED_SECONDS = 2;

/** What to make now: the next report of each underlying, and one that a destination misses. Neither waits for the other, which may not be to be had. Pure. */
export function decide(view: View): Due[] {
	return view.feeds.flatMap((feed) => {
		const { underlying } = feed;
		const due = (purpose: Purpose, time: number | undefined): Due[] =>
			time === undefined ? [] : [{ underlying, time, purpose, days: rules.daysOf(feed.days, time) }];
		const hole = holeOf(feed, view);
		const next = nextOf(feed, view);
		return [...due("next", next), ...due("hole", hole === next ? undefined : hole)];
	});
}

function nextOf(feed: Feed, view: View): number | undefined {
	// What this circle made counts, whether or not the machine has it yet: L1 needs the next one also when nobody sequences.
	const last = Math.max(feed.machineTime, feed.made.at(-1)?.time ?? 0);
	const { slotAt, intervalSeconds } = view;
	if (!slotAt) return rules.isDue(last, view.now, intervalSeconds) ? timeBehind(last, "next", feed, view) : undefined;
	// By turns a slot is due whatever others reported in theirs: were it not, who reports most often would be the only one.
	// An order of several takes the median of their clocks, of the block before: what is newer than that it refuses.
	const now = view.now - ORDERED_SECONDS;
	const isFree = (time: number): boolean => slotAt(time).isOwn && !feed.spoilt.next?.times.has(time);
	const windowStart = rules.windowStartFrom(last);
	const time =
		last !== 0 && last < windowStart && windowStart <= now && isFree(windowStart) ? windowStart : rules.newest(last, now, isFree);
	if (time === undefined || slotAt(time).start <= last) return undefined;
	return last === 0 && rules.opensInside(time) ? undefined : time;
}

/** A time at which a destination misses a report that nobody made, or nothing. */
function holeOf(feed: Feed, view: View): number | undefined {
	const { made, machineTime, oracleTime } = feed;
	const times = rules.neededByMachine(made, machineTime).map(({ time }) => time);
	// By turns each makes what is now and leaves what lies between to this.
	const behind = rules.holeBehind(machineTime, view.slotAt ? [...times, view.now] : times);
	if (behind !== undefined) return timeBehind(behind, "hole", feed, view);
	if (oracleTime === undefined || !rules.isHole(oracleTime, owedToOracle(feed, view.observed)[0]?.time)) return undefined;
	return timeBehind(oracleTime, "hole", feed, view);
}

function timeBehind(last: number, purpose: Purpose, feed: Feed, { now, slotAt }: View): number | undefined {
	return rules.besides(rules.nextTime(last, now), last, now, feed.spoilt[purpose], (time) => slotAt?.(time).isOwn ?? true);
}

/** Which reports the machine is owed, oldest first. Pure. */
export function owedToMachine(feed: Feed): Made[] {
	return rules.neededByMachine(feed.made, feed.machineTime);
}

/**
 * Which reports L1's oracle is owed, oldest first: those that the machine took, so that both fix one price, and of those that this circle made only what no order
 * took in time. Pure.
 */
export function owedToOracle(feed: Feed, observed: number): Made[] {
	const { made, taken, takenSince, oracleTime } = feed;
	if (oracleTime === undefined) return [];
	const newest = Math.max(feed.machineTime, taken.at(-1)?.time ?? 0);
	// An order that took another since is there: it has half an hour again for what it has not.
	const heard = taken.at(-1)?.heardAt ?? 0;
	const unordered = made.filter(({ time, heardAt }) => time > newest && rules.isSilent(Math.max(heard, heardAt), observed));
	if (oracleTime >= takenSince) return rules.neededByOracle([...taken, ...unordered], oracleTime);
	// Others know what the oracle is to hear before the first report that is known here. Where nobody tells it, a window with other prices is better than none.
	const known = [...taken, ...unordered];
	const first = known.find(({ time }) => rules.countsForWindow(time));
	if (first === undefined || !rules.isForgotten(first.heardAt, observed)) return [];
	return rules.neededByOracle([...made.filter(({ time }) => time < known[0].time), ...known], oracleTime);
}

/** Which of the reports that this circle made nobody will ask for any more: they are of no window and not the newest, or both destinations are past them. Pure. */
export function obsoleteMade(feed: Feed): Made[] {
	const { made, oracleTime } = feed;
	const machine = owedToMachine(feed);
	const oracle = oracleTime === undefined ? made.filter(({ time }) => rules.countsForWindow(time)) : rules.neededByOracle(made, oracleTime);
	return made.slice(0, -1).filter((one) => !machine.includes(one) && !oracle.includes(one));
}

/** Which of the reports that the machine took L1's oracle will not ask for any more. The newest tells where the next begins. Pure. */
export function obsoleteTaken(feed: Feed): Made[] {
	const { taken, oracleTime } = feed;
	if (oracleTime === undefined) return taken.slice(0, -1).filter(({ time }, i) => i > 0 && !rules.countsForWindow(time));
	const needed = rules.neededByOracle(taken, oracleTime);
	return taken.slice(0, -1).filter((one) => !needed.includes(one));
}
