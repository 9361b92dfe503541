// Deribit's names of series: ETH-25DEC26-4000-C, and ETH-25DEC26 for the dated future.

import { SECONDS_PER_DAY, tickSize } from "../machine/Constants.ts";
import * as Series from "../machine/types/Series.ts";

export const UNDERLYINGS: readonly string[] = ["ETH", "BTC"];
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const MICRO = 1_000_000;

export function dayName(day: number): string {
	const date = new Date(day * SECONDS_PER_DAY * 1000);
	return `${date.getUTCDate()}${MONTHS[date.getUTCMonth()]}${String(date.getUTCFullYear() % 100).padStart(2, "0")}`;
}

export function nameOf(series: number): string {
	const underlying = Series.underlyingOf(series);
	const expiry = `${UNDERLYINGS[underlying]}-${dayName(Series.dayOf(series))}`;
	if (Series.kindOf(series) === Series.FUTURE) return expiry;
	const strike = (Series.strikeOf(series) * tickSize(underlying)) / MICRO;
	return `${expiry}-${strike}-${Series.kindOf(series) === Series.CALL ? "C" : "P"}`;
}

/** The series of a name, or undefined when it is not one. */
export function seriesOf(name: string): number | undefined {
	const match = /^([A-Z]+)-(\d{1,2})([A-Z]{3})(\d{2})(?:-(\d{1,9}(?:\.\d)?)-([CP]))?$/.exec(name);
	if (!match) return undefined;
	const underlying = UNDERLYINGS.indexOf(match[1]);
	const month = MONTHS.indexOf(match[3]);
	if (underlying < 0 || month < 0) return undefined;
	const time = Date.UTC(2000 + Number(match[4]), month, Number(match[2]));
	const strike = Math.round((Number(match[5] ?? 0) * MICRO) / tickSize(underlying));
	const kind = match[6] === undefined ? Series.FUTURE : match[6] === "C" ? Series.CALL : Series.PUT;
	const series = Series.make(underlying, time / 1000 / SECONDS_PER_DAY, kind, strike);
	return new Date(time).getUTCMonth() === month && Series.isValid(series) && nameOf(series) === name ? series : undefined;
}
