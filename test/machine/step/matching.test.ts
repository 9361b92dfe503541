import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TrackedState } from "../../../src/executor/TrackedState.ts";
import { Result, nameOf } from "../../../src/machine/Result.ts";
import { CommittedState } from "../../../src/machine/state/CommittedState.ts";
import * as State from "../../../src/machine/state/State.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Step from "../../../src/machine/step/Machine.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import * as Accounts from "../../../src/machine/types/Account.ts";
import * as Listings from "../../../src/machine/types/Listing.ts";
import * as Machines from "../../../src/machine/types/Machine.ts";
import { FORCED, InputKind } from "../../../src/machine/types/Machine.ts";
import type { Machine, Outcome } from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { ACCOUNT, CLOCK, NOTHING, OWNER, TODAY, bandOf, cells, strikeOf } from "../../../scripts/dev/lockstep/BoundaryWorld.ts";

const CALL = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
const RICH = { cash: 1_000_000_000_000 };
/** ACCOUNT and the one behind it have one owner. */
const TRADERS = [ACCOUNT, ACCOUNT + 1, ACCOUNT + 2, ACCOUNT + 3];
const WORLD = { account: RICH, others: [{ ...RICH, owner: OWNER }, RICH, RICH] };
const BAND = bandOf(CALL);
const MIDDLE = Math.round((BAND.sell + BAND.buy) / 2);

type Order = {
	readonly trader: number;
	readonly side: number;
	readonly price: number;
	readonly size: number;
	readonly timeInForce: number;
	readonly flags: number;
};
const orders: fc.Arbitrary<Order[]> = fc.array(
	fc
		.record({
			trader: fc.integer({ min: 0, max: 3 }),
			side: fc.integer({ min: 0, max: 1 }),
			price: fc.integer({ min: MIDDLE - 4, max: MIDDLE + 4 }),
			size: fc.integer({ min: 1, max: 9 }),
			timeInForce: fc.constantFrom(Messages.GTC, Messages.GTC, Messages.GTC, Messages.IOC, Messages.FOK),
			selfTrade: fc.integer({ min: 0, max: 3 }),
			postOnly: fc.constantFrom(0, 0, 0, 0, Messages.POST_ONLY, Messages.POST_ONLY + Messages.SLIDE),
		})
		.map(({ selfTrade, postOnly, ...order }) => ({
			...order,
			flags: (selfTrade << 3) + (order.timeInForce === Messages.GTC ? postOnly : 0),
		})),
	{ minLength: 1, maxLength: 60 },
);

type Resting = { trader: number; id: number; price: number; size: number };
type Fill = { maker: number; makerId: number; price: number; size: number };

/** A book by the rules as they are told to traders: no cells, no registers, one loop. */
class Model {
	readonly sides: [Resting[], Resting[]] = [[], []];
	readonly positions = TRADERS.map(() => 0);
	#ownerOf = (trader: number): number => (trader <= 1 ? 0 : trader);

	/** The fills of an order, or undefined when it is refused. */
	place({ trader, side, price: limit, size, timeInForce, flags }: Order, id: number): Fill[] | undefined {
		const opposite = this.sides[1 - side];
		const crosses = (price: number, maker: Resting): boolean => (side === 0 ? price >= maker.price : price <= maker.price);
		const mode = (flags >> 3) & 3;
		let price = limit;
		if (opposite.length > 0 && crosses(price, opposite[0]) && (flags & Messages.POST_ONLY) !== 0) {
			if ((flags & Messages.SLIDE) === 0) return undefined;
			price = opposite[0].price + (side === 0 ? -1 : 1);
		}
		const isOwn = (maker: Resting): boolean => this.#ownerOf(maker.trader) === this.#ownerOf(trader);
		if (timeInForce === Messages.FOK && !this.#canFill(opposite, size, mode, (maker) => crosses(price, maker), isOwn)) return [];
		const fills: Fill[] = [];
		let left = size;
		while (left > 0 && opposite.length > 0 && crosses(price, opposite[0])) {
			const [maker] = opposite;
			const lots = Math.min(left, maker.size);
			if (isOwn(maker)) {
				if (mode === 0 || mode === 2) opposite.shift();
				if (mode === 1 || mode === 2) return fills;
				if (mode === 0) continue;
			} else {
				fills.push({ maker: maker.trader, makerId: maker.id, price: maker.price, size: lots });
				this.positions[trader] += side === 0 ? lots : -lots;
				this.positions[maker.trader] -= side === 0 ? lots : -lots;
			}
			left -= lots;
			maker.size -= lots;
			if (maker.size === 0) opposite.shift();
		}
		if (left > 0 && timeInForce === Messages.GTC) {
			const own = this.sides[side];
			let at = own.length;
			while (at > 0 && (side === 0 ? price > own[at - 1].price : price < own[at - 1].price)) at -= 1;
			own.splice(at, 0, { trader, id, price, size: left });
		}
		return fills;
	}

	/** Whether others give all of it; orders of the same owner before that go, or end it. */
	#canFill(
		opposite: Resting[],
		size: number,
		mode: number,
		crosses: (maker: Resting) => boolean,
		isOwn: (maker: Resting) => boolean,
	): boolean {
		let found = 0;
		for (let i = 0; i < opposite.length && crosses(opposite[i]);) {
			if (!isOwn(opposite[i])) {
				found += opposite[i].size;
				if (found >= size) return true;
				i += 1;
				continue;
			}
			if (mode === 0 || mode === 2) opposite.splice(i, 1);
			if (mode !== 0) return false;
		}
		return false;
	}
}

class Exchange {
	readonly state: State.Body;
	readonly machine: Machine;
	#books: readonly [number, number];

	constructor() {
		const state = new CommittedState();
		TrackedState.fill(state, cells(WORLD));
		this.state = state.live;
		this.machine = Machines.initial();
		this.machine.clock = CLOCK;
		const slot = Series.expirySlotOf(CALL);
		const cell = Series.cellIndexOf(slot, Listings.placeOf(State.listing(this.state, slot), CALL), Series.CALL);
		this.#books = [Series.bookIndexOf(cell, 0), Series.bookIndexOf(cell, 1)];
	}

	/** Every step of an order. */
	place({ trader, side, price, size, timeInForce, flags }: Order, nonce: number): Outcome[] {
		const account = TRADERS[trader];
		const message = { account, series: CALL, side, timeInForce, flags, price, size, expiresAt: 0, nonce, label: 0, signature: NOTHING };
		const sender = State.account(this.state, account).owner;
		const step = (kind: InputKind, payload: Uint8Array): Outcome =>
			Step.step(this.state, this.machine, { kind, cursor: this.machine.cursor, clock: CLOCK, payload, l1Kind: FORCED, sender });
		const outcomes = [{ ...step(InputKind.L1Message, Encoding.place(message)) }];
		while (this.machine.registers.kind !== Machines.NONE) outcomes.push({ ...step(InputKind.Pending, NOTHING) });
		return outcomes;
	}

	side(side: number): Resting[] {
		const { orders: resting } = State.book(this.state, this.#books[side]);
		return resting.map(({ account, order, price, size }) => ({ trader: account - ACCOUNT, id: order, price, size }));
	}
}

describe("given traders of whom two have one owner", () => {
	it("matches like a book by the rules: price, then time, at the maker's price, whole or not at all, and never an owner with himself", () => {
		fc.assert(
			fc.property(orders, (list) => {
				const [model, exchange] = [new Model(), new Exchange()];
				for (const [i, order] of list.entries()) {
					const id = 1001 + i;
					const expected = model.place(order, id);
					const outcomes = exchange.place(order, id);
					if (!expected) assert.equal(nameOf(outcomes[0].result), "WouldCross");
					else {
						const traded = outcomes.filter(({ result }) => result === Result.Filled || result === Result.Completed);
						const fills = traded.map(({ maker, makerOrder, price, size }) => ({
							maker: maker - ACCOUNT,
							makerId: makerOrder,
							price,
							size,
						}));
						assert.deepEqual(fills, expected, JSON.stringify(order));
					}
					for (const side of [0, 1])
						assert.deepEqual(exchange.side(side), model.sides[side], `side ${side} after ${JSON.stringify(order)}`);
				}
				const positions = TRADERS.map((account) => Accounts.sizeOf(State.account(exchange.state, account), CALL));
				assert.deepEqual(positions, model.positions);
				assert.equal(
					positions.reduce((sum, size) => sum + size, 0),
					0,
				);
			}),
			{ numRuns: 400 },
		);
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
});
