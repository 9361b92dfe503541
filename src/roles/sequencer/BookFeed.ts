import type { Queries } from "../../executor/Queries.ts";
import { MAX_ORDERS_PER_SIDE } from "../../machine/Constants.ts";
import { nameOf } from "../../wire/Names.ts";
import * as Views from "./Views.ts";

type Sides = { readonly bids: ReadonlyMap<number, number>; readonly asks: ReadonlyMap<number, number> };
type Step = ["new" | "change" | "delete", price: string, amount: string];

/**
 * One book as its followers know it. A change is the difference of what stands now to what they know, so it does not matter why levels changed: by an order,
 * because an order's time was over, or because L1 undid what had been executed.
 */
export class BookFeed {
	readonly #series: number;
	#known: Sides | undefined;

	constructor(series: number) {
		this.#series = series;
	}

	/** The whole book. The caller has told the others what changed before. */
	snapshot(queries: Queries): object {
		this.#known = this.#read(queries);
		return { type: "snapshot", ...Views.orderBook(queries, this.#series, MAX_ORDERS_PER_SIDE) };
	}

	/** What changed since the last message, or undefined. */
	change(queries: Queries): object | undefined {
		const now = this.#read(queries);
		const before = this.#known ?? { bids: new Map(), asks: new Map() };
		this.#known = now;
		const bids = this.#steps(before.bids, now.bids);
		const asks = this.#steps(before.asks, now.asks);
		if (bids.length + asks.length === 0) return undefined;
		return { type: "change", instrument_name: nameOf(this.#series), timestamp: queries.clock, bids, asks };
	}

	#steps(before: ReadonlyMap<number, number>, now: ReadonlyMap<number, number>): Step[] {
		const steps: Step[] = [];
		const step = (what: Step[0], price: number, size: number): void => {
			steps.push([what, Views.price(this.#series, price), Views.amount(this.#series, size)]);
		};
		for (const price of before.keys()) if (!now.has(price)) step("delete", price, 0);
		for (const [price, size] of now) {
			const known = before.get(price);
			if (known === undefined) step("new", price, size);
			else if (known !== size) step("change", price, size);
		}
		return steps;
	}

	#read(queries: Queries): Sides {
		const book = queries.book(this.#series, MAX_ORDERS_PER_SIDE);
		const sizes = (levels: readonly { price: number; size: number }[]): Map<number, number> =>
			new Map(levels.map(({ price, size }) => [price, size]));
		return { bids: sizes(book?.bids ?? []), asks: sizes(book?.asks ?? []) };
	}
}
