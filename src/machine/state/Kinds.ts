// The kinds of cells, the depth of each kind's tree, and how a cell of each becomes bytes.

import * as Accounts from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import * as Expiries from "../types/Expiry.ts";
import * as GlobalsCell from "../types/Globals.ts";
import * as Guards from "../types/Guard.ts";
import * as Listings from "../types/Listing.ts";
import * as SeriesCells from "../types/SeriesCell.ts";
import * as Underlyings from "../types/Underlying.ts";

export const GLOBALS = 0;
export const ACCOUNTS = 1;
export const UNDERLYINGS = 2;
export const EXPIRIES = 3;
export const LISTINGS = 4;
export const SERIES = 5;
export const BOOKS = 6;
export const GUARDS = 7;
export const OUTBOX = 8;

/** Kinds whose roots hash to the state root; the outbox stands alone. */
export const STATE_KINDS = 8;

/** Depth of each kind's tree, by kind. */
export const DEPTHS: readonly number[] = [0, 24, 4, 14, 14, 23, 24, 24, 24];

type Codec = { encode(cell: never): Uint8Array; decode(bytes: Uint8Array): object; empty(): object };

const CODECS: readonly Codec[] = [GlobalsCell, Accounts, Underlyings, Expiries, Listings, SeriesCells, Books, Guards];

export function encode(kind: number, cell: object): Uint8Array {
	return CODECS[kind].encode(cell as never);
}

export function decode(kind: number, bytes: Uint8Array): object {
	return CODECS[kind].decode(bytes);
}

/** The value of an absent cell. */
export function empty(kind: number): object {
	return CODECS[kind].empty();
}
