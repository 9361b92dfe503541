import {
	MAX_EXPIRY_DAYS,
	MAX_PRICE_TICKS,
	MAX_STRIKES,
	MAX_UNDERLYINGS,
	MIN_LISTING_SECONDS,
	SECONDS_PER_DAY,
	strikeGrid,
} from "../Constants.ts";
import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Books from "../types/Book.ts";
import * as Expiries from "../types/Expiry.ts";
import * as Listings from "../types/Listing.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";
import * as SeriesCells from "../types/SeriesCell.ts";
import * as Messages from "./Messages.ts";

/** List: opens an expiry, and one strike of it when the strike is not 0. From anyone: nobody decides what may be traded. */
export function list(state: State.Body, machine: Machine, payload: Uint8Array): Outcome {
	const out = outcome(Result.Ok, Messages.LIST);
	const message = Messages.parseList(payload);
	if (!message) return { ...out, result: Result.Malformed };
	const { underlying, day, strike } = message;
	out.price = strike;
	out.amount = day;
	if (underlying >= MAX_UNDERLYINGS) return { ...out, result: Result.UnknownUnderlying };
	const expiryTime = Series.expiryTimeOf(day);
	if (expiryTime < machine.clock + MIN_LISTING_SECONDS) return { ...out, result: Result.BadExpiry };
	if (expiryTime > machine.clock + MAX_EXPIRY_DAYS * SECONDS_PER_DAY) return { ...out, result: Result.BadExpiry };
	const slot = Series.slotOf(underlying, day);
	const expiry = State.expiry(state, slot);
	const isNew = expiry.day !== day;
	if (isNew && expiry.openPositions !== 0) return { ...out, result: Result.SlotOccupied };
	const listing = State.listing(state, slot);
	if (!isNew && (strike === 0 || Listings.indexOf(listing, strike) !== Listings.NOT_FOUND)) return { ...out, result: Result.AlreadyListed };
	if (strike % strikeGrid(underlying) !== 0 || strike > MAX_PRICE_TICKS) return { ...out, result: Result.BadStrike };
	if (!isNew && listing.strikes.length >= MAX_STRIKES) return { ...out, result: Result.ListingFull };

	// After this point the message must succeed.
	const next = isNew ? Listings.empty() : listing;
	next.day = day;
	if (isNew) {
		const opened = Expiries.empty();
		opened.day = day;
		State.putExpiry(state, slot, opened);
		clear(state, Series.cellIndexOf(slot, 0, Series.FUTURE));
	}
	if (strike !== 0) {
		clear(state, Series.cellIndexOf(slot, next.strikes.length, Series.CALL));
		clear(state, Series.cellIndexOf(slot, next.strikes.length, Series.PUT));
		next.strikes.push(strike);
	}
	State.putListing(state, slot, next);
	return out;
}

/** Empties the books and counts of a series: an older expiry of this slot may have left dead orders there. */
function clear(state: State.Body, seriesIndex: number): void {
	State.putSeries(state, seriesIndex, SeriesCells.empty());
	State.putBook(state, Series.bookIndexOf(seriesIndex, Books.BID), Books.empty());
	State.putBook(state, Series.bookIndexOf(seriesIndex, Books.ASK), Books.empty());
}
