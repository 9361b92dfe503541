// The one noun through which a step touches cells. It does not know whether they live in memory, are being recorded for a proof, or come out
// of one. A cell read is a shared reference: a step changes it only after it must succeed, and puts every cell it changed.

import type { Account } from "../types/Account.ts";
import type { Book } from "../types/Book.ts";
import type { Expiry } from "../types/Expiry.ts";
import type { Globals } from "../types/Globals.ts";
import type { Guard } from "../types/Guard.ts";
import type { Listing } from "../types/Listing.ts";
import type { SeriesCell } from "../types/SeriesCell.ts";
import type { Underlying } from "../types/Underlying.ts";
import { ACCOUNTS, BOOKS, EXPIRIES, GLOBALS, GUARDS, LISTINGS, SERIES, UNDERLYINGS } from "./Kinds.ts";

/** Where cells come from and go to. */
export interface Body {
	get(kind: number, index: number): object;
	put(kind: number, index: number, cell: object): void;
	pushWithdrawal(index: number, leaf: Uint8Array): void;
}

export function globals(state: Body): Globals {
	return state.get(GLOBALS, 0) as Globals;
}

export function putGlobals(state: Body, cell: Globals): void {
	state.put(GLOBALS, 0, cell);
}

export function account(state: Body, index: number): Account {
	return state.get(ACCOUNTS, index) as Account;
}

export function putAccount(state: Body, index: number, cell: Account): void {
	state.put(ACCOUNTS, index, cell);
}

export function underlying(state: Body, index: number): Underlying {
	return state.get(UNDERLYINGS, index) as Underlying;
}

export function putUnderlying(state: Body, index: number, cell: Underlying): void {
	state.put(UNDERLYINGS, index, cell);
}

export function expiry(state: Body, slot: number): Expiry {
	return state.get(EXPIRIES, slot) as Expiry;
}

export function putExpiry(state: Body, slot: number, cell: Expiry): void {
	state.put(EXPIRIES, slot, cell);
}

export function listing(state: Body, slot: number): Listing {
	return state.get(LISTINGS, slot) as Listing;
}

export function putListing(state: Body, slot: number, cell: Listing): void {
	state.put(LISTINGS, slot, cell);
}

export function series(state: Body, index: number): SeriesCell {
	return state.get(SERIES, index) as SeriesCell;
}

export function putSeries(state: Body, index: number, cell: SeriesCell): void {
	state.put(SERIES, index, cell);
}

export function book(state: Body, index: number): Book {
	return state.get(BOOKS, index) as Book;
}

export function putBook(state: Body, index: number, cell: Book): void {
	state.put(BOOKS, index, cell);
}

/** What guards an account, by its index. */
export function guard(state: Body, index: number): Guard {
	return state.get(GUARDS, index) as Guard;
}

export function putGuard(state: Body, index: number, cell: Guard): void {
	state.put(GUARDS, index, cell);
}

/** Appends a leaf to the outbox at `index`, which is the number of leaves so far. */
export function pushWithdrawal(state: Body, index: number, leaf: Uint8Array): void {
	state.pushWithdrawal(index, leaf);
}
