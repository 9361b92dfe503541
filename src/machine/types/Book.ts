import * as Bytes from "../math/Bytes.ts";

export const BID = 0;
export const ASK = 1;

export type Order = {
	/** Ticks. */
	price: number;
	/** Lots that are left. */
	size: number;
	account: number;
	/** The account's epoch when it was placed. */
	epoch: number;
	/** The nonce of the message that placed it. */
	order: number;
	/** Seconds; 0 is never. */
	expiresAt: number;
	flags: number;
	/** The owner's own mark, by which orders can be cancelled together. */
	label: number;
};

/** One side of a series' book, best first; among equal prices, oldest first. */
export type Book = { orders: Order[] };

export const NOT_FOUND = 4_294_967_295;

export function empty(): Book {
	return { orders: [] };
}

const WORD = 4_294_967_296;

/** orders n x { price u32 | size u40 | account u24 | epoch u32 | order u64 | expiresAt u40 | flags u8 | label u16 }; no orders is an absent cell */
export function encode(book: Book): Uint8Array {
	const bytes = new Uint8Array(32 * book.orders.length);
	const words = new DataView(bytes.buffer);
	for (let i = 0; i < book.orders.length; i++) {
		const order = book.orders[i];
		const at = 32 * i;
		const sizeTop = Math.floor(order.size / WORD);
		const orderTop = Math.floor(order.order / WORD);
		const expiryTop = Math.floor(order.expiresAt / WORD);
		// Whole words, because a book is the largest cell that most steps hash; a field that ends within one shares it with the next.
		words.setUint32(at, order.price);
		bytes[at + 4] = sizeTop;
		words.setUint32(at + 5, order.size - sizeTop * WORD);
		words.setUint32(at + 8, ((order.size & 255) << 24) | order.account);
		words.setUint32(at + 12, order.epoch);
		words.setUint32(at + 16, orderTop);
		words.setUint32(at + 20, order.order - orderTop * WORD);
		bytes[at + 24] = expiryTop;
		words.setUint32(at + 25, order.expiresAt - expiryTop * WORD);
		bytes[at + 29] = order.flags;
		words.setUint16(at + 30, order.label);
	}
	return bytes;
}

export function decode(bytes: Uint8Array): Book {
	const orders: Order[] = [];
	for (let at = 0; at < bytes.length; at += 32) {
		orders.push({
			price: Bytes.uint(bytes, at, 4),
			size: Bytes.uint(bytes, at + 4, 5),
			account: Bytes.uint(bytes, at + 9, 3),
			epoch: Bytes.uint(bytes, at + 12, 4),
			order: Bytes.uint(bytes, at + 16, 8),
			expiresAt: Bytes.uint(bytes, at + 24, 5),
			flags: bytes[at + 29],
			label: Bytes.uint(bytes, at + 30, 2),
		});
	}
	return { orders };
}

export function count(book: Book): number {
	return book.orders.length;
}

/** Requires an order. */
export function best(book: Book): Order {
	return book.orders[0];
}

/** Whether `price` stands before `other` on this side. */
export function isBetter(side: number, price: number, other: number): boolean {
	return side === BID ? price > other : price < other;
}

/** Whether a taker on `side` with this limit trades with a maker at `makerPrice`. */
export function crosses(side: number, limit: number, makerPrice: number): boolean {
	return side === BID ? limit >= makerPrice : limit <= makerPrice;
}

/** Puts the order behind every order that is at least as good: price-time priority. The caller keeps the limit of the side. */
export function insert(book: Book, side: number, order: Order): void {
	let i = book.orders.length;
	while (i > 0 && isBetter(side, order.price, book.orders[i - 1].price)) i--;
	book.orders.splice(i, 0, order);
}

/** Requires an order there. */
export function removeAt(book: Book, index: number): void {
	book.orders.splice(index, 1);
}

/** Takes lots from an order, which must have more. It keeps its place. */
export function reduceAt(book: Book, index: number, size: number): void {
	book.orders[index].size -= size;
}

/** Removes the orders of an account that have this label, or all of them when it is 0. Returns how many they were. */
export function removeAll(book: Book, account: number, label: number): number {
	const before = book.orders.length;
	book.orders = book.orders.filter((order) => order.account !== account || (label !== 0 && order.label !== label));
	return before - book.orders.length;
}

/** Place of an account's order, or NOT_FOUND. */
export function find(book: Book, account: number, order: number): number {
	for (let i = 0; i < book.orders.length; i++) {
		const resting = book.orders[i];
		if (resting.account === account && resting.order === order) return i;
	}
	return NOT_FOUND;
}
