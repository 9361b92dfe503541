import { MAX_ORDERS_PER_SIDE } from "../Constants.ts";
import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Books from "../types/Book.ts";
import type { Book, Order } from "../types/Book.ts";
import type { Outcome } from "../types/Machine.ts";

/** Whether the order finds a place on its side: a full side has one only for an order better than its worst. */
export function hasRoom(book: Book, side: number, price: number): boolean {
	const count = Books.count(book);
	return count < MAX_ORDERS_PER_SIDE || Books.isBetter(side, price, book.orders[count - 1].price);
}

/** Rests an order for which `hasRoom` holds. On a full side the worst order gives way: nobody can block a book with orders far from it. */
export function rest(state: State.Body, book: Book, bookIndex: number, side: number, order: Order, out: Outcome): void {
	out.result = Result.Rested;
	const count = Books.count(book);
	if (count === MAX_ORDERS_PER_SIDE) {
		const worst = book.orders[count - 1];
		out.result = Result.Displaced;
		out.maker = worst.account;
		out.makerOrder = worst.order;
		Books.removeAt(book, count - 1);
	}
	Books.insert(book, side, order);
	State.putBook(state, bookIndex, book);
}
