import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import { MAX_REPORT_EXPIRIES, MAX_UNDERLYINGS } from "../../machine/Constants.ts";
import * as Series from "../../machine/types/Series.ts";
import type { Clock } from "../../ports/Clock.ts";

export type Feed = { readonly underlying: number; readonly lastTime: number; readonly days: readonly number[] };

export type View = {
	readonly now: number;
	readonly intervalSeconds: number;
	readonly feeds: readonly Feed[];
	readonly expiryTime: (day: number) => number;
};

export function look(live: LiveExecutor, clock: Clock, intervalSeconds: number): View {
	const feeds: Feed[] = [];
	for (let underlying = 0; underlying < MAX_UNDERLYINGS; underlying++) {
		const days = live.queries.expiries(underlying).filter((day) => (live.queries.expiry(underlying, day)?.settlementPrice ?? 0) === 0);
		feeds.push({
			underlying,
			lastTime: live.queries.underlying(underlying).time,
			days: days.sort((x, y) => x - y).slice(0, MAX_REPORT_EXPIRIES),
		});
	}
	return { now: clock.now(), intervalSeconds, feeds, expiryTime: Series.expiryTimeOf };
}
