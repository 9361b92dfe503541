import * as Bytes from "../math/Bytes.ts";
import * as Series from "./Series.ts";

/** The strikes of one expiry, in order of listing: a strike's place never changes. */
export type Listing = { day: number; strikes: number[] };

export const NOT_FOUND = 4_294_967_295;

export function empty(): Listing {
	return { day: 0, strikes: [] };
}

/** day u16 | strikes n x u32 (ticks) */
export function encode(listing: Listing): Uint8Array {
	const bytes = new Uint8Array(2 + 4 * listing.strikes.length);
	let at = Bytes.put(bytes, 0, 2, listing.day);
	for (const strike of listing.strikes) at = Bytes.put(bytes, at, 4, strike);
	return bytes;
}

export function decode(bytes: Uint8Array): Listing {
	if (bytes.length === 0) return empty();
	const strikes: number[] = [];
	for (let at = 2; at < bytes.length; at += 4) strikes.push(Bytes.uint(bytes, at, 4));
	return { day: Bytes.uint(bytes, 0, 2), strikes };
}

/** The place of a series' strike, or NOT_FOUND when it is not listed. Every listed expiry has its dated future, which has no strike and stands at place 0. */
export function placeOf(listing: Listing, series: number): number {
	if (listing.day !== Series.dayOf(series)) return NOT_FOUND;
	return Series.kindOf(series) === Series.FUTURE ? 0 : indexOf(listing, Series.strikeOf(series));
}

/** The strike's place, or NOT_FOUND. */
export function indexOf(listing: Listing, strike: number): number {
	for (let i = 0; i < listing.strikes.length; i++) if (listing.strikes[i] === strike) return i;
	return NOT_FOUND;
}
