import type { MarketQuote, SurfaceQuote } from "../../ports/PriceSource.ts";
import * as rules from "./rules.ts";
import type { Feed, Made, View } from "./view.ts";

/** A report to make: an underlying, a time, and the days that are listed. */
export type Due = { readonly underlying: number; readonly time: number; readonly days: readonly number[] };

/** What to make now: the next report of each underlying, or one that a destination misses. Pure. */
export function decide(view: View): Due[] {
	return view.feeds.flatMap((feed) => {
		const time = holeOf(feed, view.now) ?? nextOf(feed, view);
		return time === undefined ? [] : [{ underlying: feed.underlying, time, days: feed.days.filter((day) => view.expiryTime(day) > time) }];
	});
}

function nextOf(feed: Feed, view: View): number | undefined {
	// What this circle made counts, whether or not the machine has it yet: L1 needs the next one also when nobody sequences.
	const last = Math.max(feed.machineTime, feed.made.at(-1)?.time ?? 0);
	return rules.isDue(last, view.now, view.intervalSeconds) ? rules.nextTime(last, view.now) : undefined;
}

function holeOf(feed: Feed, now: number): number | undefined {
	const machine = rules.neededByMachine(feed.made, feed.machineTime)[0];
	const missing = rules.hole(feed.machineTime, machine?.time, now);
	if (missing !== undefined || feed.oracleTime === undefined) return missing;
	return rules.hole(feed.oracleTime, rules.neededByOracle(feed.made, feed.oracleTime)[0]?.time, now);
}

/** Which reports the machine and L1's oracle are owed, oldest first. Pure. */
export function owed(feed: Feed): { readonly machine: readonly Made[]; readonly oracle: readonly Made[] } {
	return {
		machine: rules.neededByMachine(feed.made, feed.machineTime),
		oracle: feed.oracleTime === undefined ? [] : rules.neededByOracle(feed.made, feed.oracleTime),
	};
}

/** Which reports nobody will ask for any more: both destinations are past them, or they are of no window and not the newest. Pure. */
export function obsolete(feed: Feed): Made[] {
	const { machine, oracle } = owed(feed);
	const isOwed = (one: Made): boolean => machine.includes(one) || oracle.includes(one);
	const isUnknown = feed.oracleTime === undefined;
	return feed.made.slice(0, -1).filter((one) => !isOwed(one) && !(isUnknown && rules.countsForWindow(one.time)));
}

/** The median of what the reporters see, field by field. Requires at least one quote, and all of the same days. */
export function medianOf(quotes: readonly MarketQuote[]): MarketQuote {
	const median = (pick: (quote: MarketQuote) => number): number => {
		const values = quotes.map(pick).sort((x, y) => x - y);
		return values[Math.floor((values.length - 1) / 2)];
	};
	const first = quotes[0];
	const surface = (i: number, field: keyof SurfaceQuote): number => median((quote) => quote.surfaces[i][field]);
	return {
		underlying: first.underlying,
		time: first.time,
		indexPrice: median((quote) => quote.indexPrice),
		confidence: Math.min(...quotes.map((quote) => quote.confidence)),
		surfaces: first.surfaces.map(({ day }, i) => ({
			day,
			forward: surface(i, "forward"),
			a: surface(i, "a"),
			b: surface(i, "b"),
			rho: surface(i, "rho"),
			m: surface(i, "m"),
			sigma: surface(i, "sigma"),
			rate: surface(i, "rate"),
			confidence: surface(i, "confidence"),
		})),
	};
}
