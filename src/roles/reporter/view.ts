import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import { MAX_UNDERLYINGS } from "../../machine/Constants.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Slot } from "./asking.ts";
import type { Spoilt } from "./rules.ts";
import type { TakenReports } from "./TakenReports.ts";

/** A report under a quorum of signatures, and how many seconds this circle had seen pass when it made or heard it: clocks leap, and its own time may be long past. */
export type Made = { readonly time: number; readonly payload: Uint8Array; readonly heardAt: number };

/** What a report is made for: to go on, or because a destination misses one that nobody made. */
export type Purpose = "next" | "hole";

export type Feed = {
	readonly underlying: number;
	/** Times of the last reports that the machine and L1's oracle took, 0 before the first; the oracle's is undefined while it is not known. */
	readonly machineTime: number;
	readonly oracleTime: number | undefined;
	/** Reports that this circle made and that may still be needed, in order of time. */
	readonly made: readonly Made[];
	/** Reports that the machine took, whoever made them, in order of time: all behind `takenSince`. */
	readonly taken: readonly Made[];
	readonly takenSince: number;
	/** That are listed and not settled, ascending. */
	readonly days: readonly number[];
	/** What failed of the next report, and of one that fills a hole. */
	readonly spoilt: { readonly [P in Purpose]: Spoilt | undefined };
};

export type View = {
	readonly now: number;
	/** Seconds that this circle has seen pass. */
	readonly observed: number;
	readonly intervalSeconds: number;
	readonly feeds: readonly Feed[];
	/** Whose turn a second is; undefined where this circle is the only one. */
	readonly slotAt: ((time: number) => Slot) | undefined;
};

/** The days of an underlying that are listed and not settled, ascending. */
export function listedDays(queries: Pick<LiveExecutor["queries"], "expiries" | "expiry">, underlying: number): number[] {
	const days = queries.expiries(underlying).filter((day) => (queries.expiry(underlying, day)?.settlementPrice ?? 0) === 0);
	return days.sort((x, y) => x - y);
}

export function look(
	live: LiveExecutor,
	clock: Clock,
	observed: number,
	intervalSeconds: number,
	made: (underlying: number) => readonly Made[],
	taken: Pick<TakenReports, "of" | "since">,
	oracleTime: (underlying: number) => number | undefined,
	spoilt: (underlying: number, purpose: Purpose) => Spoilt | undefined,
	slotAt: ((time: number) => Slot) | undefined,
): View {
	const feeds: Feed[] = [];
	for (let underlying = 0; underlying < MAX_UNDERLYINGS; underlying++) {
		feeds.push({
			underlying,
			machineTime: live.queries.underlying(underlying).time,
			oracleTime: oracleTime(underlying),
			made: made(underlying),
			taken: taken.of(underlying),
			takenSince: taken.since(underlying),
			days: listedDays(live.queries, underlying),
			spoilt: { next: spoilt(underlying, "next"), hole: spoilt(underlying, "hole") },
		});
	}
	return { now: clock.now(), observed, intervalSeconds, feeds, slotAt };
}
