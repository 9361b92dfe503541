// What memory and store know of orders and trades, made to agree with a state that was just loaded.

import { Result } from "../machine/Result.ts";
import * as Kinds from "../machine/state/Kinds.ts";
import type { LiveState } from "../machine/state/LiveState.ts";
import * as State from "../machine/state/State.ts";
import { isDead } from "../machine/step/Venue.ts";
import type { Account } from "../machine/types/Account.ts";
import type { Book, Order } from "../machine/types/Book.ts";
import type { Listing } from "../machine/types/Listing.ts";
import * as Series from "../machine/types/Series.ts";
import type { OrderStatus, Orders } from "./Orders.ts";
import type { Trades } from "./Trades.ts";

/** Takes the orders that stand in the books into memory: the store has their statuses, and the books know what is left of each. */
export function restoreOrders(state: LiveState, orders: Orders): void {
	orders.clearOpen();
	for (const [bookIndex, cell] of state.entries(Kinds.BOOKS)) {
		const series = seriesOfBook(state, bookIndex);
		if (series === undefined) continue;
		for (const order of (cell as Book).orders) {
			// An order of an older epoch was closed when its account cancelled everything; time alone is judged when somebody asks.
			if (isDead(order, series, State.account(state, order.account), 0)) continue;
			const status = orders.find(order.account, order.order) ?? statusOf(order, series, bookIndex % 2);
			orders.restore(status, order.size);
		}
	}
}

/** Dead-man switches that are set, by account. */
export function deadlinesOf(state: LiveState): Map<number, number> {
	const deadlines = new Map<number, number>();
	for (const [index, cell] of state.entries(Kinds.ACCOUNTS)) {
		const { deadline } = cell as Account;
		if (deadline !== 0) deadlines.set(index, deadline);
	}
	return deadlines;
}

/** Takes back the trades that a rebase undid: those beyond what the series cells count. */
export function undoTrades(state: LiveState, orders: Orders, trades: Trades): void {
	for (const [slot, cell] of state.entries(Kinds.LISTINGS)) {
		for (const { series, index } of seriesOf(slot, cell as Listing)) {
			for (const trade of trades.undo(series, State.series(state, index).trades + 1)) {
				unfill(orders, trade.taker, trade.takerOrder, trade.price, trade.size);
				unfill(orders, trade.maker, trade.makerOrder, trade.price, trade.size);
			}
		}
	}
}

function unfill(orders: Orders, account: number, order: number, price: number, size: number): void {
	const status = orders.find(account, order);
	if (!status) return;
	status.remaining += size;
	status.filledValue -= price * size;
	orders.put(status);
}

/** What the book alone says of an order whose message this store never saw. */
function statusOf(order: Order, series: number, side: number): OrderStatus {
	return {
		account: order.account,
		order: order.order,
		series,
		side,
		price: order.price,
		size: order.size,
		timeInForce: 0,
		flags: order.flags,
		expiresAt: order.expiresAt,
		label: order.label,
		sequence: 0,
		time: 0,
		result: Result.Rested,
		remaining: order.size,
		filledValue: 0,
		closed: undefined,
	};
}

/** Every series of a listed expiry with the place of its cell: its dated future, then calls and puts by strike. */
export function seriesOf(slot: number, { day, strikes }: Listing): { readonly series: number; readonly index: number }[] {
	if (day === 0) return [];
	const underlying = underlyingOf(slot);
	const future = { series: Series.make(underlying, day, Series.FUTURE, 0), index: Series.cellIndexOf(slot, 0, Series.FUTURE) };
	const options = strikes.flatMap((strike, place) =>
		[Series.CALL, Series.PUT].map((kind) => ({
			series: Series.make(underlying, day, kind, strike),
			index: Series.cellIndexOf(slot, place, kind),
		})),
	);
	return [future, ...options];
}

function underlyingOf(slot: number): number {
	return Math.floor(slot / Series.slotOf(1, 0));
}

/** The series whose book stands at an index, or undefined when its strike is not listed there any more. */
function seriesOfBook(state: LiveState, bookIndex: number): number | undefined {
	const seriesIndex = Math.floor(bookIndex / 2);
	const slot = Math.floor(seriesIndex / 512);
	return seriesOf(slot, State.listing(state, slot)).find(({ index }) => index === seriesIndex)?.series;
}
