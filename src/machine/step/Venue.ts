// The opposite side of a book, where the order in the registers looks for makers. Matching and probing share it.

import type { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account } from "../types/Account.ts";
import * as Books from "../types/Book.ts";
import type { Book, Order } from "../types/Book.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { noRegisters } from "../types/Machine.ts";
import * as Series from "../types/Series.ts";

export type Venue = { slot: number; seriesIndex: number; oppositeIndex: number; opposite: Book };

/** Whether a resting order may no longer trade: its account moved to a later epoch, or its time is reached. */
export function isDead(order: Order, series: number, account: Account, clock: number): boolean {
	return order.epoch !== Accounts.epochOf(account, Series.underlyingOf(series)) || (order.expiresAt !== 0 && clock >= order.expiresAt);
}

/** Removes a maker without a fill. */
export function expel(state: State.Body, venue: Venue, place: number, out: Outcome, result: Result): void {
	out.result = result;
	Books.removeAt(venue.opposite, place);
	State.putBook(state, venue.oppositeIndex, venue.opposite);
}

/** Takes lots from the order at a place and from the taker, who is done when none are left. */
export function take(state: State.Body, machine: Machine, venue: Venue, place: number, size: number, out: Outcome): void {
	const taker = machine.registers;
	if (venue.opposite.orders[place].size === size) Books.removeAt(venue.opposite, place);
	else Books.reduceAt(venue.opposite, place, size);
	State.putBook(state, venue.oppositeIndex, venue.opposite);
	taker.remaining -= size;
	out.remaining = taker.remaining;
	if (taker.remaining === 0) machine.registers = noRegisters();
}
