import { MAX_REPORT_EXPIRIES, MAX_UNDERLYINGS } from "../../machine/Constants.ts";
import * as Reporting from "../../machine/step/Reporting.ts";
import type { MarketQuote, SurfaceQuote } from "../../ports/PriceSource.ts";
import type { Due } from "./decide.ts";

/** How far a proposed price may be from a reporter's own, as parts of it: of the index, and of a forward. */
const PRICE_TOLERANCE = 0.005;
/**
 * How many times as high or as low a smile's total variance may be, less one: up to two standard deviations from the forward, more with the square of the distance
 * further out, where few quotes hold it, and at most MOST_TOLERANCE.
 */
const VARIANCE_TOLERANCE = 0.1;
const MOST_TOLERANCE = 2;
const HELD = 2;
/** No option's strike is further from the forward than what this is the logarithm of. */
const FURTHEST = 3;
/** Total variance as the machine bounds it (Svi.ts): what is beyond makes no difference. */
const [LEAST, MOST] = [1e-8, 25];
/** How far a confidence may be below one's own, and above it, in millionths. Half of what is missing is charged as a part of the index, so that less is the worse lie. */
const [LESS_CONFIDENCE, MORE_CONFIDENCE] = [50_000, 200_000];
/** How far a rate may be, in 1e-6 a year. */
const RATE_TOLERANCE = 5000;

/** Whether all its numbers are whole, and such that the machine takes a report of them. */
export function isSound(quote: MarketQuote): boolean {
	const { underlying, time, indexPrice, confidence, surfaces } = quote;
	const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
	if (!isCount(underlying) || underlying >= MAX_UNDERLYINGS || surfaces.length > MAX_REPORT_EXPIRIES) return false;
	if (![time, indexPrice, confidence].every(isCount)) return false;
	const isWhole = ({ day, forward, confidence: sure, ...more }: SurfaceQuote): boolean =>
		[day, forward, sure].every(isCount) && Object.values(more).every(Number.isSafeInteger);
	if (!surfaces.every(isWhole)) return false;
	return Reporting.isSound({ ...quote, surfaces: [...surfaces], surfaceBytes: new Uint8Array(0), signers: 0, signatures: [] });
}

/** Whether a quote is of what was asked for, and no nonsense. A day of which nothing is known may be left out. */
export function answers(quote: MarketQuote, { underlying, time, days }: Due): boolean {
	return quote.underlying === underlying && quote.time === time && quote.surfaces.every(({ day }) => days.includes(day)) && isSound(quote);
}

/**
 * Whether a reporter puts his name under somebody's proposal: it is what he sees himself, within the tolerances, with no number left free. Days that are left out
 * are no lie: who asks has his own slots alone, others report them in theirs, and nobody trades on what none reports.
 */
export function agrees(proposal: MarketQuote, own: MarketQuote): boolean {
	if (!isSound(proposal) || proposal.underlying !== own.underlying || proposal.time !== own.time) return false;
	if (!isNear(proposal.indexPrice, own.indexPrice) || !isAsSure(proposal.confidence, own.confidence)) return false;
	return proposal.surfaces.every((surface) => agreesOn(surface, own));
}

function agreesOn(surface: SurfaceQuote, { surfaces }: MarketQuote): boolean {
	const mine = surfaces.find(({ day }) => day === surface.day);
	if (!mine || !isNear(surface.forward, mine.forward) || Math.abs(surface.rate - mine.rate) > RATE_TOLERANCE) return false;
	return isAsSure(surface.confidence, mine.confidence) && distance(surface, mine) <= 1;
}

function isAsSure(confidence: number, own: number): boolean {
	return confidence >= own - LESS_CONFIDENCE && confidence <= own + MORE_CONFIDENCE;
}

function isNear(price: number, own: number): boolean {
	return Math.abs(price - own) <= PRICE_TOLERANCE * own;
}

/** How far a smile is from one's own where it is furthest, in tolerances. */
function distance(one: SurfaceQuote, own: SurfaceQuote): number {
	const deviation = Math.sqrt(varianceAt(own, 0));
	let furthest = 0;
	const look = (k: number, tolerance: number): void => {
		const ratio = varianceAt(one, k) / varianceAt(own, k);
		furthest = Math.max(furthest, (Math.max(ratio, 1 / ratio) - 1) / tolerance);
	};
	look(0, VARIANCE_TOLERANCE);
	// A slice is convex: between two looks it is at most as far as a line, so that twice as far each time is close enough.
	for (let out = 1; out * deviation <= FURTHEST; out *= 2)
		for (const k of [-out * deviation, out * deviation])
			look(k, Math.min(MOST_TOLERANCE, VARIANCE_TOLERANCE * Math.max(1, (out / HELD) ** 2)));
	return furthest;
}

/** Total variance of a slice at log-moneyness k, within what the machine bounds it to. */
function varianceAt({ a, b, rho, m, sigma }: SurfaceQuote, k: number): number {
	const x = 1e9 * k - m;
	const variance = (a + (b / 1e9) * ((rho / 1e9) * x + Math.hypot(x, sigma))) / 1e9;
	return Math.min(MOST, Math.max(LEAST, variance));
}

/**
 * What to propose of what reporters see: the median, without the days on which too many of them differ, so that one smile that is hard to see stops no price.
 * `failures` is how often too few signed since the last report: each asks for one more who agrees, because who said that he does may be who did not sign.
 * Requires a quorum of quotes, all of one time and sound.
 */
export function proposalOf(quotes: readonly MarketQuote[], quorum: number, failures: number): MarketQuote {
	const proposal = medianOf(quotes, quorum);
	const onPrice = quotes.filter((quote) => agrees({ ...proposal, surfaces: [] }, quote));
	const needed = Math.min(onPrice.length, quorum + failures);
	const agreeing = (surface: SurfaceQuote): number => onPrice.filter((quote) => agreesOn(surface, quote)).length;
	let surfaces = proposal.surfaces;
	while (onPrice.filter((quote) => surfaces.every((surface) => agreesOn(surface, quote))).length < needed) {
		const least = Math.min(...surfaces.map(agreeing));
		const worst = surfaces.find((surface) => agreeing(surface) === least);
		surfaces = surfaces.filter((surface) => surface !== worst);
	}
	return { ...proposal, surfaces };
}

/**
 * Of the days of which a quorum sees something: prices and rates are medians; confidences are such that a quorum has none above it; smiles are those of the one
 * reporter who is nearest to a majority, because parts of several would be nobody's: butterflies, or days that cross.
 */
function medianOf(quotes: readonly MarketQuote[], quorum: number): MarketQuote {
	const surfacesOf = (day: number): SurfaceQuote[] => quotes.flatMap(({ surfaces }) => surfaces.filter((surface) => surface.day === day));
	const all = new Set(quotes.flatMap(({ surfaces }) => surfaces.map(({ day }) => day)));
	const days = [...all].filter((day) => surfacesOf(day).length >= quorum).sort((x, y) => x - y);
	const { underlying, time, surfaces } = central(quotes, days);
	return {
		underlying,
		time,
		indexPrice: median(quotes.map(({ indexPrice }) => indexPrice)),
		confidence: ranked(
			quotes.map(({ confidence }) => confidence),
			quorum,
		),
		surfaces: surfaces
			.filter(({ day }) => days.includes(day))
			.map((surface) => {
				const seen = surfacesOf(surface.day);
				return {
					...surface,
					forward: median(seen.map(({ forward }) => forward)),
					rate: median(seen.map(({ rate }) => rate)),
					confidence: ranked(
						seen.map(({ confidence }) => confidence),
						quorum,
					),
				};
			}),
	};
}

function median(values: readonly number[]): number {
	return ranked(values, Math.floor((values.length + 1) / 2));
}

/** The value that stands at this place, from 1, when the least comes first. */
function ranked(values: readonly number[], place: number): number {
	return [...values].sort((x, y) => x - y)[place - 1];
}

/** The quote whose smiles are nearest to the quote that is furthest of the majority around it. One that liars share with nobody is never that. */
function central(quotes: readonly MarketQuote[], days: readonly number[]): MarketQuote {
	const onDay = ({ surfaces }: MarketQuote, day: number): SurfaceQuote | undefined => surfaces.find((surface) => surface.day === day);
	const between = (one: MarketQuote, other: MarketQuote): number =>
		days.reduce((furthest, day) => {
			const [smile, its] = [onDay(one, day), onDay(other, day)];
			return smile && its ? Math.max(furthest, distance(smile, its)) : Infinity;
		}, 0);
	const reach = (one: MarketQuote): number =>
		quotes.map((other) => between(one, other)).sort((x, y) => x - y)[Math.floor(quotes.length / 2)];
	return quotes.map((quote) => ({ quote, at: reach(quote) })).reduce((best, next) => (next.at < best.at ? next : best)).quote;
}
