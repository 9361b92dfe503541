import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { nameOf } from "../../../src/machine/Result.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import { CLOCK } from "../../../scripts/dev/lockstep/BoundaryWorld.ts";
import { Exchange, MIDDLE, Model, answerOf } from "./bookModel.ts";
import type { Order } from "./bookModel.ts";

const order: fc.Arbitrary<Order> = fc
	.record({
		trader: fc.integer({ min: 0, max: 3 }),
		side: fc.integer({ min: 0, max: 1 }),
		price: fc.integer({ min: MIDDLE - 4, max: MIDDLE + 4 }),
		size: fc.integer({ min: 1, max: 9 }),
		timeInForce: fc.constantFrom(Messages.GTC, Messages.GTC, Messages.GTC, Messages.IOC, Messages.FOK),
		selfTrade: fc.integer({ min: 0, max: 3 }),
		postOnly: fc.constantFrom(0, 0, 0, 0, Messages.POST_ONLY, Messages.POST_ONLY + Messages.SLIDE),
		reduceOnly: fc.constantFrom(0, 0, 0, Messages.REDUCE_ONLY),
		expiresAt: fc.constantFrom(0, 0, 5, 20, 50),
		label: fc.integer({ min: 0, max: 2 }),
	})
	.map(({ selfTrade, postOnly, reduceOnly, ...rest }) => ({
		...rest,
		flags: (selfTrade << 3) + reduceOnly + (rest.timeInForce === Messages.GTC ? postOnly : 0),
	}));

/** What a trader does; `which` of the orders in the book, and by how much its price and size change. */
type Action =
	| { readonly kind: "place"; readonly order: Order }
	| { readonly kind: "replace"; readonly which: number; readonly price: number; readonly size: number }
	| { readonly kind: "cancel"; readonly which: number; readonly aside: number }
	| { readonly kind: "cancelSeries"; readonly trader: number; readonly sides: number; readonly label: number }
	| { readonly kind: "cancelAll"; readonly trader: number; readonly underlying: number }
	| { readonly kind: "wait"; readonly seconds: number };

const trader = fc.integer({ min: 0, max: 3 });
const actions: fc.Arbitrary<Action[]> = fc.array(
	fc.oneof(
		{ weight: 12, arbitrary: fc.record({ kind: fc.constant("place" as const), order }) },
		{
			weight: 5,
			arbitrary: fc.record({
				kind: fc.constant("replace" as const),
				which: fc.nat(30),
				price: fc.constantFrom(0, 0, 0, 1, -1, 3, -3),
				size: fc.integer({ min: -4, max: 3 }),
			}),
		},
		{ weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(30), aside: fc.constantFrom(0, 0, 0, 1) }) },
		{
			weight: 1,
			arbitrary: fc.record({
				kind: fc.constant("cancelSeries" as const),
				trader,
				sides: fc.integer({ min: 1, max: 3 }),
				label: fc.integer({ min: 0, max: 2 }),
			}),
		},
		{
			weight: 1,
			arbitrary: fc.record({
				kind: fc.constant("cancelAll" as const),
				trader,
				underlying: fc.constantFrom(0, 1, Messages.EVERY_UNDERLYING),
			}),
		},
		{ weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 9 }) }) },
	),
	{ minLength: 1, maxLength: 70, size: "max" },
);

/** What the drawn actions must have come to, or the comparison says little. */
const MUST_MEET = [
	"Rested",
	"Filled",
	"Completed",
	"Dropped",
	"Probed",
	"Killed",
	"Expunged",
	"SelfTradeTaker",
	"SelfTradeBoth",
	"SelfTradeDecremented",
	"WouldCross",
	"NotReducing",
	"OrderExpired",
	"OrderNotFound",
];

/** Takes both through an action, and says what each answered. */
function act(model: Model, exchange: Exchange, action: Action, id: number): [expected: unknown, given: unknown] {
	if (action.kind === "wait") {
		// Prices stay fresh enough to trade by.
		model.now = Math.min(100, model.now + action.seconds);
		exchange.machine.clock = CLOCK + model.now;
		return [undefined, undefined];
	}
	if (action.kind === "place") return [model.place(action.order, id), answerOf(exchange.place(action.order, id))];
	if (action.kind === "cancelSeries") {
		const { trader: who, sides, label } = action;
		return [model.cancelSeries(who, sides, label), exchange.cancelSeries(who, sides, label, id)[0].amount];
	}
	if (action.kind === "cancelAll") {
		// His orders are in the first underlying.
		if (action.underlying !== 1) model.cancelAll(action.trader);
		return ["Ok", nameOf(exchange.cancelAll(action.trader, action.underlying, id)[0].result)];
	}
	const resting = [0, 1].flatMap((side) => model.side(side).map((one) => ({ side, ...one })));
	if (resting.length === 0) return [undefined, undefined];
	const { trader: who, side, id: named, price, size } = resting[action.which % resting.length];
	if (action.kind === "cancel") {
		// Sometimes by an owner's other account, which has no such order.
		const other = action.aside === 0 ? who : (who + 1) % 4;
		return [model.cancel(other, side, named), nameOf(exchange.cancel(other, side, named)[0].result)];
	}
	const [toPrice, toSize] = [price + action.price, Math.max(1, size + action.size)];
	return [model.replace(who, side, named, toPrice, toSize, id), answerOf(exchange.replace(who, side, named, toPrice, toSize, id))];
}

describe("given traders of whom two have one owner", () => {
	it("matches like a book by the rules: price, then time, at the maker's price, whole or not at all, and never an owner with himself; a replaced order keeps its place when only its size shrinks, and nobody trades with what is cancelled or over", () => {
		const met = new Set<string>();
		fc.assert(
			fc.property(actions, (list) => {
				const [model, exchange] = [new Model(), new Exchange(({ result }) => met.add(nameOf(result)))];
				for (const [i, action] of list.entries()) {
					const [expected, given] = act(model, exchange, action, 1001 + i);
					assert.deepEqual(given, expected, JSON.stringify(action));
					for (const side of [0, 1])
						assert.deepEqual(exchange.side(side), model.side(side), `side ${side} after ${JSON.stringify(action)}`);
				}
				assert.deepEqual(exchange.positions, model.positions);
				assert.equal(
					exchange.positions.reduce((sum, size) => sum + size, 0),
					0,
				);
			}),
			{ numRuns: 600 },
		);
		for (const name of MUST_MEET) assert.ok(met.has(name), name);
	});

	it("takes from both lots alike when an owner who gives up the smaller size meets himself", () => {
		const exchange = new Exchange();
		exchange.place({ trader: 0, side: 1, price: MIDDLE, size: 5, timeInForce: Messages.GTC, flags: 0 }, 1001);
		const outcomes = exchange.place(
			{ trader: 1, side: 0, price: MIDDLE, size: 8, timeInForce: Messages.GTC, flags: Messages.DECREMENT << 3 },
			1001,
		);
		assert.deepEqual(
			outcomes.map(({ result }) => nameOf(result)),
			["Ok", "SelfTradeDecremented", "Rested"],
		);
		assert.deepEqual([exchange.side(0), exchange.side(1)], [[{ trader: 1, id: 1001, price: MIDDLE, size: 3 }], []]);
	});

	it("leaves a replaced order before one that came later when only its size shrinks, and puts it behind when it grows", () => {
		const own = { side: 1, price: MIDDLE, size: 5, timeInForce: Messages.GTC, flags: 0 };
		const after = (size: number): number[] => {
			const exchange = new Exchange();
			exchange.place({ ...own, trader: 0 }, 1001);
			exchange.place({ ...own, trader: 2 }, 1001);
			exchange.replace(0, 1, 1001, MIDDLE, size, 1002);
			return exchange.side(1).map(({ trader: who }) => who);
		};
		assert.deepEqual(
			[after(4), after(5), after(6)],
			[
				[0, 2],
				[0, 2],
				[2, 0],
			],
		);
	});
});
