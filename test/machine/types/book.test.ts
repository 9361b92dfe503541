import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import * as Books from "../../../src/machine/types/Book.ts";
import type { Order } from "../../../src/machine/types/Book.ts";

type Known = Order & { readonly arrival: number };
type Command =
	| { readonly does: "insert"; readonly order: Order }
	| { readonly does: "remove" | "reduce"; readonly at: number; readonly size: number }
	| { readonly does: "removeAll"; readonly account: number; readonly label: number };

const order: fc.Arbitrary<Order> = fc.record({
	price: fc.integer({ min: 1, max: 12 }),
	size: fc.integer({ min: 1, max: 1_048_575 }),
	account: fc.integer({ min: 0, max: 3 }),
	epoch: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
	order: fc.integer({ min: 0, max: 2 ** 53 - 1 }),
	expiresAt: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
	flags: fc.integer({ min: 0, max: 63 }),
	label: fc.integer({ min: 0, max: 2 }),
});
const command: fc.Arbitrary<Command> = fc.oneof(
	{ weight: 5, arbitrary: order.map((one) => ({ does: "insert" as const, order: one })) },
	{ weight: 2, arbitrary: fc.record({ does: fc.constantFrom("remove" as const, "reduce" as const), at: fc.nat(80), size: fc.nat() }) },
	{
		weight: 1,
		arbitrary: fc.record({
			does: fc.constant("removeAll" as const),
			account: fc.integer({ min: 0, max: 3 }),
			label: fc.integer({ min: 0, max: 2 }),
		}),
	},
);

/** Best price first, and who came first among equals: what price-time priority means, without a book. */
function ranked(known: readonly Known[], side: number): Order[] {
	const better = side === Books.BID ? -1 : 1;
	return [...known].sort((a, b) => better * (a.price - b.price) || a.arrival - b.arrival).map(({ arrival: _, ...rest }) => rest);
}

describe("given orders that come, shrink and go in any order", () => {
	it("holds them by price, and by arrival among equals", () => {
		fc.assert(
			fc.property(fc.constantFrom(Books.BID, Books.ASK), fc.array(command, { maxLength: 80, size: "max" }), (side, commands) => {
				const book = Books.empty();
				let known: Known[] = [];
				for (const [arrival, one] of commands.entries()) {
					if (one.does === "insert") {
						Books.insert(book, side, { ...one.order });
						known.push({ ...one.order, arrival });
					} else if (one.does === "removeAll") {
						const left = known.filter(({ account, label }) => account !== one.account || (one.label !== 0 && label !== one.label));
						assert.equal(Books.removeAll(book, one.account, one.label), known.length - left.length);
						known = left;
					} else if (known.length > 0) {
						const at = one.at % known.length;
						const target = ranked(known, side)[at];
						const i = known.findIndex(
							(two) =>
								two.order === target.order &&
								two.account === target.account &&
								two.size === target.size &&
								two.price === target.price &&
								two.epoch === target.epoch,
						);
						const taken = one.size % target.size;
						if (one.does === "remove") {
							Books.removeAt(book, at);
							known.splice(i, 1);
						} else if (taken > 0) {
							Books.reduceAt(book, at, taken);
							known[i] = { ...known[i], size: known[i].size - taken };
						}
					}
					assert.deepEqual(book.orders, ranked(known, side));
				}
				assert.deepEqual(Books.decode(Books.encode(book)), book);
			}),
			{ numRuns: 500 },
		);
	});

	it("finds an order by its account and id, and by nothing less", () => {
		fc.assert(
			fc.property(
				fc.uniqueArray(order, { selector: (one) => `${one.account}/${one.order}`, maxLength: 64, size: "max" }),
				order,
				(orders, stranger) => {
					const book = Books.empty();
					for (const one of orders) Books.insert(book, Books.ASK, one);
					for (const [i, one] of book.orders.entries()) assert.equal(Books.find(book, one.account, one.order), i);
					const isThere = orders.some((one) => one.account === stranger.account && one.order === stranger.order);
					assert.equal(Books.find(book, stranger.account, stranger.order) === Books.NOT_FOUND, !isThere);
				},
			),
			{ numRuns: 300 },
		);
	});
});
