import { EXPIRY_SECOND_OF_DAY, MAX_UNDERLYINGS, SECONDS_PER_DAY } from "../machine/Constants.ts";
import type { MarketQuote, PriceSource, SurfaceQuote } from "../ports/PriceSource.ts";
import type { Store } from "../ports/Store.ts";
import type { Fit, Point, Svi } from "./fitSvi.ts";
import { errorOf, fitSvi, variance } from "./fitSvi.ts";
import { impliedVolatility } from "./impliedVolatility.ts";
import { isOfWindow, WindowLooks } from "./WindowLooks.ts";
import { loadCcxt, venuesOf } from "./Venues.ts";
import type { OptionQuote, Venue } from "./Venues.ts";

/** What was seen at one time is not reported for another that is further away than this. */
const MAX_AGE_SECONDS = 20;
/** LIMIT: for how long it is remembered: a settlement window, and some minutes to come back to it. */
const MEMORY_SECONDS = 2100;
/** Venues are not asked more often than this. */
const POLL_MS = 4000;
/** How often they are asked where nobody else asks. */
const WATCH_MS = 10_000;
/** A venue whose index is further than this part from the median is left out. */
const OUTLIER = 0.01;
const MIN_VENUES = 2;
const SECONDS_PER_YEAR = 31_536_000;
const PPM = 1_000_000;
/** How far a forward may be from the index, in logarithms: at once, and a year. One venue gives the chain, and what it says is not believed beyond. */
const NEAR = 0.02;
const NEAR_PER_YEAR = 0.5;
/** Volatility by which a surface may be uncertain and still be worth half the confidence. */
const HALF_CONFIDENCE = 0.05;

/** Volatility between two slices that is little room for a third. */
const NARROW = 0.005;

type Slice = { readonly expiry: number; readonly years: number; readonly forward: number; readonly fit: Fit; readonly spread: number };
type Seen = {
	readonly at: number;
	readonly index: number;
	readonly spread: number;
	readonly slices: readonly Slice[];
	/** What was made of it last, and for which days. */
	made?: { readonly days: string; readonly surfaces: readonly SurfaceQuote[] };
};

/** The median, and what is near it. Undefined when too few agree. */
export function robustIndex(prices: readonly number[]): { readonly index: number; readonly spread: number } | undefined {
	const sorted = [...prices].sort((a, b) => a - b);
	const median = (values: readonly number[]): number => (values[(values.length - 1) >> 1] + values[values.length >> 1]) / 2;
	if (sorted.length < MIN_VENUES) return undefined;
	const centre = median(sorted);
	const kept = sorted.filter((price) => Math.abs(price / centre - 1) <= OUTLIER);
	if (kept.length < MIN_VENUES || 2 * kept.length <= sorted.length) return undefined;
	return { index: median(kept), spread: (kept[kept.length - 1] - kept[0]) / centre };
}

/** Slices of a chain without butterfly arbitrage in any, or calendar arbitrage between two; expiries whose quotes fit none, or whose forward is far from the index, are left out. */
export function slicesOf(chain: readonly OptionQuote[], now: number, index: number): Slice[] {
	const slices: Slice[] = [];
	let floor: Svi | undefined;
	for (const expiry of [...new Set(chain.map((one) => one.expiry))].sort((a, b) => a - b)) {
		const years = (expiry - now) / SECONDS_PER_YEAR;
		if (years <= 0) continue;
		const quotes = chain.filter((one) => one.expiry === expiry);
		const forwards = quotes.map(({ forward }) => forward).sort((a, b) => a - b);
		const forward = forwards[forwards.length >> 1];
		if (!(Math.abs(Math.log(forward / index)) <= NEAR + NEAR_PER_YEAR * years)) continue;
		const points: (Point & { readonly spread: number })[] = quotes.flatMap((quote) => {
			// Out of the money alone: there the volatility is what is traded.
			if (quote.isCall !== quote.strike >= forward) return [];
			const bid = impliedVolatility(quote, forward, years, quote.bid);
			const ask = impliedVolatility(quote, forward, years, quote.ask);
			if (bid === undefined || ask === undefined) return [];
			const spread = ask - bid;
			return [{ k: Math.log(quote.strike / forward), volatility: (bid + ask) / 2, weight: 1 / (0.005 + spread) ** 2, spread }];
		});
		const fit = fitSvi(points, years, { floor });
		if (!fit) continue;
		floor = fit.svi;
		const spreads = points.map(({ spread }) => spread).sort((a, b) => a - b);
		slices.push({ expiry, years, forward, fit, spread: spreads[spreads.length >> 1] });
	}
	return slices;
}

/**
 * What exchanges say: an index that no single venue can move, and surfaces fitted to a chain. Of the past it knows what it saw itself, for 35 minutes and until it
 * ends; given a store, of settlement windows for days, whatever ended. Of another time it says nothing.
 */
export class ExchangeSource implements PriceSource {
	readonly #venues: readonly Venue[];
	readonly #now: () => number;
	readonly #elapsed: () => number;
	/** By underlying: the last look, when it began, and what all looks have seen in order of time. */
	readonly #looks = new Map<number, Promise<void>>();
	readonly #asked = new Map<number, number>();
	readonly #seen = new Map<number, readonly Seen[]>();
	#windows: WindowLooks<Seen> | undefined;

	/** @param now seconds since 1970; @param elapsed milliseconds of a clock that nobody sets */
	constructor(
		venues: readonly Venue[],
		now: () => number = () => Math.floor(Date.now() / 1000),
		elapsed: () => number = () => performance.now(),
	) {
		this.#venues = venues;
		this.#now = now;
		this.#elapsed = elapsed;
	}

	/** Keeps in this store, which is nobody else's, what it sees of settlement windows, and knows what was kept there. */
	keepIn(store: Store): void {
		this.#windows = new WindowLooks(store);
	}

	/** Looks by itself from now on, so that it knows what was to be seen while nobody asked. Returns what ends that. */
	watch(): () => void {
		const look = (): void => {
			for (let underlying = 0; underlying < MAX_UNDERLYINGS; underlying++) this.#look(underlying).catch(() => undefined);
		};
		look();
		const timer = setInterval(look, WATCH_MS);
		timer.unref();
		return () => clearInterval(timer);
	}

	async quote(underlying: number, time: number, days: readonly number[]): Promise<MarketQuote | undefined> {
		const age = this.#now() - time;
		if (age < -MAX_AGE_SECONDS || (age > MEMORY_SECONDS && !isOfWindow(time))) return undefined;
		if (age <= MAX_AGE_SECONDS) await this.#look(underlying);
		const seen = this.#nearest(underlying, time);
		if (!seen || Math.abs(seen.at - time) > MAX_AGE_SECONDS) return undefined;
		// Whoever asks for a day beyond the last slice besides, or does not, gets the same.
		const last = seen.slices.at(-1)?.expiry ?? 0;
		const key = days.filter((day) => expiryOf(day) <= last).join();
		if (seen.made?.days !== key) seen.made = { days: key, surfaces: surfacesAt(seen, days) };
		const { surfaces } = seen.made;
		if (days.some((day) => expiryOf(day) <= time)) return undefined;
		return {
			underlying,
			time,
			indexPrice: Math.round(seen.index * PPM),
			confidence: Math.max(0, Math.round(PPM * (1 - seen.spread / OUTLIER / 2))),
			surfaces,
		};
	}

	/** What was seen nearest to a time: of two that are as near, the later one. */
	#nearest(underlying: number, time: number): Seen | undefined {
		let nearest: Seen | undefined;
		for (const seen of [...(this.#windows?.of(underlying, this.#now()) ?? []), ...(this.#seen.get(underlying) ?? [])])
			if (!nearest || Math.abs(seen.at - time) <= Math.abs(nearest.at - time)) nearest = seen;
		return nearest;
	}

	/** Looks, unless somebody has just looked. What could not be seen is not remembered; rejects where what a venue said makes no sense. */
	#look(underlying: number): Promise<void> {
		const asked = this.#asked.get(underlying);
		const known = this.#looks.get(underlying);
		if (known && asked !== undefined && this.#elapsed() - asked < POLL_MS) return known;
		this.#asked.set(underlying, this.#elapsed());
		const look = this.#see(underlying).then((seen) => seen && this.#remember(underlying, seen));
		this.#looks.set(underlying, look);
		return look;
	}

	#remember(underlying: number, seen: Seen): void {
		const now = this.#now();
		// Where the disk fails, it is remembered as what is of no window.
		this.#windows?.keep(underlying, seen).catch(() => undefined);
		// What a clock that was set back says is to come was not seen at such a time.
		const isOfUse = ({ at }: Seen): boolean => at <= now && at >= now - MEMORY_SECONDS - MAX_AGE_SECONDS;
		const all = [...(this.#seen.get(underlying) ?? []), seen].filter(isOfUse);
		this.#seen.set(
			underlying,
			all.sort((x, y) => x.at - y.at),
		);
	}

	async #see(underlying: number): Promise<Seen | undefined> {
		const at = this.#now();
		const chainOf = this.#venues.find((venue) => venue.chain !== undefined);
		const [chain, ...indices] = await Promise.all([
			chainOf?.chain?.(underlying).catch(() => undefined),
			...this.#venues.map((venue) => venue.index(underlying).catch(() => undefined)),
		]);
		const index = robustIndex(indices.filter((price) => price !== undefined));
		if (!index || !chain) return undefined;
		return { at, ...index, slices: slicesOf(chain, at, index.index) };
	}
}

/** Sources over the exchanges themselves. Throws an Error with one sentence when ccxt is not installed. */
export async function exchangeSource(): Promise<ExchangeSource> {
	return new ExchangeSource(venuesOf(await loadCcxt()));
}

/**
 * The surfaces of listed days, in their order, but of days beyond the last slice: anyone may list such a day, and it is no reason to say nothing of the others. None
 * is below that of a day before it.
 */
function surfacesAt(seen: Seen, days: readonly number[]): SurfaceQuote[] {
	const surfaces = new Map<number, SurfaceQuote>();
	let before: Slice | undefined;
	for (const day of [...days].sort((x, y) => x - y)) {
		const slice = sliceAt(seen, expiryOf(day), before);
		if (!slice) continue;
		before = slice;
		surfaces.set(day, surfaceOf(day, slice));
	}
	return days.flatMap((day) => surfaces.get(day) ?? []);
}

/** A slice of the chain or, between two of them, one that is linear in total variance as nearly as an SVI slice without arbitrage is; undefined beyond the last. */
function sliceAt(seen: Seen, expiry: number, before: Slice | undefined): Slice | undefined {
	const years = (expiry - seen.at) / SECONDS_PER_YEAR;
	const after = seen.slices.findIndex((slice) => slice.expiry >= expiry);
	const high = seen.slices[after];
	if (!high || years <= 0) return undefined;
	if (high.expiry === expiry) return high;
	const low = after > 0 ? seen.slices[after - 1] : undefined;
	const { svi } = high.fit;
	// Before the first expiry variance grows from nothing: a part of a slice without a butterfly has none.
	if (!low) {
		const part = years / high.years;
		const forward = seen.index * (high.forward / seen.index) ** part;
		return { ...high, expiry, years, forward, fit: { svi: scaled(svi, part), error: high.fit.error } };
	}
	const part = (expiry - low.expiry) / (high.expiry - low.expiry);
	const between = (k: number): number => variance(low.fit.svi, k) * (1 - part) + variance(svi, k) * part;
	const side = 3 * Math.sqrt(between(0));
	const points = Array.from({ length: 25 }, (_, i) => -side + (2 * side * i) / 24).map((k) => ({
		k,
		volatility: Math.sqrt(between(k) / years),
		// Where there is little room, it is kept to.
		weight: 1 / (NARROW + Math.sqrt(variance(svi, k) / years) - Math.sqrt(variance(low.fit.svi, k) / years)) ** 2,
	}));
	const floor = before && before.expiry > low.expiry ? before.fit.svi : low.fit.svi;
	// Where no such slice is found, the one before it is one: variance does not grow until the next.
	const found = fitSvi(points, years, { floor, ceiling: svi }) ?? { svi: floor, error: errorOf(floor, points, years) };
	const forward = low.forward * (high.forward / low.forward) ** part;
	return { expiry, years, forward, spread: high.spread, fit: { svi: found.svi, error: found.error + high.fit.error } };
}

const expiryOf = (day: number): number => day * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY;
const scaled = (svi: Svi, part: number): Svi => ({ ...svi, a: svi.a * part, b: svi.b * part });

function surfaceOf(day: number, { forward, fit, spread }: Slice): SurfaceQuote {
	const { svi } = fit;
	const nano = (value: number): number => Math.round(value * 1e9);
	const uncertainty = fit.error + spread / 4;
	return {
		day,
		forward: Math.round(forward * PPM),
		a: nano(svi.a),
		b: nano(svi.b),
		rho: nano(svi.rho),
		m: nano(svi.m),
		sigma: Math.max(1, nano(svi.sigma)),
		rate: 0,
		confidence: Math.round(PPM / (1 + uncertainty / HALF_CONFIDENCE)),
	};
}
