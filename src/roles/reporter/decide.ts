import type { MarketQuote, SurfaceQuote } from "../../ports/PriceSource.ts";
import * as rules from "./rules.ts";
import type { View } from "./view.ts";

/** What to report now: an underlying, a time and the days that are listed; the underlying that waited longest first. */
export type Due = { readonly underlying: number; readonly time: number; readonly days: readonly number[] };

export function decide(view: View): Due[] {
	return view.feeds
		.filter((feed) => rules.isDue(feed.lastTime, view.now, view.intervalSeconds))
		.map((feed) => {
			const time = rules.nextTime(feed.lastTime, view.now);
			return { underlying: feed.underlying, time, days: feed.days.filter((day) => view.expiryTime(day) > time) };
		});
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
