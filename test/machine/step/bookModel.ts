// A book by the rules as they are told to traders, with no cells, no registers and one loop; and the machine's own, driven by the same orders.

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

export const CALL = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
const RICH = { cash: 1_000_000_000_000 };
/** ACCOUNT and the one behind it have one owner. */
const TRADERS = [ACCOUNT, ACCOUNT + 1, ACCOUNT + 2, ACCOUNT + 3];
const WORLD = { account: RICH, others: [{ ...RICH, owner: OWNER }, RICH, RICH] };
const BAND = bandOf(CALL);
export const MIDDLE = Math.round((BAND.sell + BAND.buy) / 2);

export type Order = {
	readonly trader: number;
	readonly side: number;
	readonly price: number;
	readonly size: number;
	readonly timeInForce: number;
	readonly flags: number;
	/** Seconds from the beginning; 0 is never. */
	readonly expiresAt?: number;
	readonly label?: number;
};

export type Resting = { trader: number; id: number; price: number; size: number };
export type Fill = { maker: number; makerId: number; price: number; size: number };
/** How an order rests in the model: what it was placed with, and whether its owner has cancelled everything since. */
type Kept = Resting & { flags: number; expiresAt: number; label: number; revoked: boolean };
type Terms = Required<Order>;

export class Model {
	readonly #sides: [Kept[], Kept[]] = [[], []];
	readonly positions = TRADERS.map(() => 0);
	/** Seconds since the beginning. */
	now = 0;

	side(side: number): Resting[] {
		return this.#sides[side].map(({ trader, id, price, size }) => ({ trader, id, price, size }));
	}

	/** The fills of an order, or the name of the Result that refuses it. */
	place(order: Order, id: number): Fill[] | string {
		const terms: Terms = { expiresAt: 0, label: 0, ...order };
		const admitted = this.#admit(terms);
		return typeof admitted === "string" ? admitted : this.#match(admitted, id);
	}

	/** Fewer lots at the same price stay where they are; anything else leaves and comes anew. */
	replace(trader: number, side: number, id: number, price: number, size: number, newId: number): Fill[] | string {
		const at = this.#sides[side].findIndex((order) => order.trader === trader && order.id === id);
		const old = this.#sides[side][at];
		if (!old || this.#isDead(old)) return "OrderNotFound";
		if (price === old.price && size <= old.size) {
			old.size = size;
			return [];
		}
		const { flags, expiresAt, label } = old;
		const admitted = this.#admit({ trader, side, price, size, flags, expiresAt, label, timeInForce: Messages.GTC });
		if (typeof admitted === "string") return admitted;
		this.#sides[side].splice(at, 1);
		return this.#match(admitted, newId);
	}

	cancel(trader: number, side: number, id: number): string {
		const at = this.#sides[side].findIndex((order) => order.trader === trader && order.id === id);
		if (at < 0) return "OrderNotFound";
		this.#sides[side].splice(at, 1);
		return "Ok";
	}

	cancelSeries(trader: number, sides: number, label: number): number {
		let count = 0;
		for (const side of [0, 1]) {
			if (((sides >> side) & 1) === 0) continue;
			const kept = this.#sides[side].filter((order) => order.trader !== trader || (label !== 0 && order.label !== label));
			count += this.#sides[side].length - kept.length;
			this.#sides[side] = kept;
		}
		return count;
	}

	/** They stay in the book, and nobody trades with them. */
	cancelAll(trader: number): void {
		for (const order of this.#sides.flat()) if (order.trader === trader) order.revoked = true;
	}

	#isDead({ expiresAt, revoked }: Kept): boolean {
		return revoked || (expiresAt !== 0 && this.now >= expiresAt);
	}

	#isOwn(one: number, other: number): boolean {
		return (one <= 1 ? 0 : one) === (other <= 1 ? 0 : other);
	}

	#crosses(side: number, price: number, maker: Resting): boolean {
		return side === 0 ? price >= maker.price : price <= maker.price;
	}

	/** Lots by which a trade on that side can only make the position smaller. */
	#reducible(position: number, side: number, size: number): number {
		return Math.min(size, Math.max(0, side === 0 ? -position : position));
	}

	#admit(terms: Terms): Terms | string {
		const { side, flags, expiresAt } = terms;
		if (expiresAt !== 0 && this.now >= expiresAt) return "OrderExpired";
		const admitted = { ...terms };
		const [best] = this.#sides[1 - side];
		if (best && this.#crosses(side, terms.price, best) && (flags & Messages.POST_ONLY) !== 0) {
			if ((flags & Messages.SLIDE) === 0) return "WouldCross";
			admitted.price = best.price + (side === 0 ? -1 : 1);
		}
		if ((flags & Messages.REDUCE_ONLY) !== 0) {
			admitted.size = this.#reducible(this.positions[terms.trader], side, terms.size);
			if (admitted.size === 0) return "NotReducing";
		}
		return admitted;
	}

	#match(terms: Terms, id: number): Fill[] {
		const { trader, side, price, timeInForce, flags, expiresAt, label } = terms;
		const opposite = this.#sides[1 - side];
		const mode = (flags >> 3) & 3;
		const fills: Fill[] = [];
		if (timeInForce === Messages.FOK && !this.#canFill(terms)) return fills;
		let left = terms.size;
		while (left > 0 && opposite.length > 0 && this.#crosses(side, price, opposite[0])) {
			const [maker] = opposite;
			if (this.#isDead(maker)) {
				opposite.shift();
				continue;
			}
			const reduces = (maker.flags & Messages.REDUCE_ONLY) !== 0;
			let lots = Math.min(left, maker.size);
			if (this.#isOwn(maker.trader, trader)) {
				if (mode === Messages.CANCEL_MAKER || mode === Messages.CANCEL_BOTH) opposite.shift();
				if (mode === Messages.CANCEL_TAKER || mode === Messages.CANCEL_BOTH) return fills;
				if (mode === Messages.CANCEL_MAKER) continue;
			} else {
				if (reduces) lots = this.#reducible(this.positions[maker.trader], 1 - side, lots);
				if (lots === 0) {
					opposite.shift();
					continue;
				}
				fills.push({ maker: maker.trader, makerId: maker.id, price: maker.price, size: lots });
				this.positions[trader] += side === 0 ? lots : -lots;
				this.positions[maker.trader] -= side === 0 ? lots : -lots;
			}
			left -= lots;
			maker.size -= lots;
			if (maker.size === 0) opposite.shift();
		}
		if (left > 0 && timeInForce === Messages.GTC) {
			const own = this.#sides[side];
			let at = own.length;
			while (at > 0 && (side === 0 ? price > own[at - 1].price : price < own[at - 1].price)) at -= 1;
			own.splice(at, 0, { trader, id, price, size: left, flags, expiresAt, label, revoked: false });
		}
		return fills;
	}

	/** Whether others give all of it. What is dead or has nothing to reduce goes; orders of the same owner go, or end it. */
	#canFill({ trader, side, price, size, flags }: Terms): boolean {
		const opposite = this.#sides[1 - side];
		const mode = (flags >> 3) & 3;
		const positions = [...this.positions];
		let found = 0;
		for (let i = 0; i < opposite.length && this.#crosses(side, price, opposite[i]);) {
			const maker = opposite[i];
			if (this.#isOwn(maker.trader, trader) && !this.#isDead(maker)) {
				if (mode === Messages.CANCEL_MAKER || mode === Messages.CANCEL_BOTH) opposite.splice(i, 1);
				if (mode !== Messages.CANCEL_MAKER) return false;
				continue;
			}
			let lots = Math.min(size - found, maker.size);
			if ((maker.flags & Messages.REDUCE_ONLY) !== 0) lots = this.#reducible(positions[maker.trader], 1 - side, lots);
			if (this.#isDead(maker) || lots === 0) {
				opposite.splice(i, 1);
				continue;
			}
			positions[maker.trader] -= side === 0 ? lots : -lots;
			found += lots;
			if (found === size) return true;
			i += 1;
		}
		return false;
	}
}

/** The fills among the outcomes of an order. */
export function fillsOf(outcomes: readonly Outcome[]): Fill[] {
	return outcomes
		.filter(({ result }) => result === Result.Filled || result === Result.Completed)
		.map(({ maker, makerOrder, price, size }) => ({ maker: maker - ACCOUNT, makerId: makerOrder, price, size }));
}

/** What an order came to: its fills, or the name of the Result that refused it. */
export function answerOf(outcomes: readonly Outcome[]): Fill[] | string {
	const [{ result }] = outcomes;
	const isTaken = result === Result.Ok || result === Result.Rested || result === Result.Dropped || result === Result.Killed;
	return isTaken ? fillsOf(outcomes) : nameOf(result);
}

export class Exchange {
	readonly state: State.Body;
	readonly machine: Machine;
	readonly #hear: (outcome: Outcome) => void;
	#books: readonly [number, number];

	/** `hear` is told every step's outcome. */
	constructor(hear: (outcome: Outcome) => void = () => {}) {
		this.#hear = hear;
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
	place(order: Order, nonce: number): Outcome[] {
		const { trader, side, price, size, timeInForce, flags, expiresAt = 0, label = 0 } = order;
		const ends = expiresAt === 0 ? 0 : CLOCK + expiresAt;
		const terms = { series: CALL, side, timeInForce, flags, price, size, expiresAt: ends, nonce, label, signature: NOTHING };
		return this.#send(trader, Encoding.place({ account: TRADERS[trader], ...terms }));
	}

	replace(trader: number, side: number, order: number, price: number, size: number, nonce: number): Outcome[] {
		const message = { account: TRADERS[trader], series: CALL, side, order, price, size, nonce, signature: NOTHING };
		return this.#send(trader, Encoding.replace(message));
	}

	cancel(trader: number, side: number, order: number): Outcome[] {
		return this.#send(trader, Encoding.cancel({ account: TRADERS[trader], series: CALL, side, order, signature: NOTHING }));
	}

	cancelSeries(trader: number, sides: number, label: number, nonce: number): Outcome[] {
		const message = { account: TRADERS[trader], series: CALL, sides, label, nonce, signature: NOTHING };
		return this.#send(trader, Encoding.cancelSeries(message));
	}

	cancelAll(trader: number, underlying: number, nonce: number): Outcome[] {
		return this.#send(trader, Encoding.cancelAll({ account: TRADERS[trader], underlying, nonce, signature: NOTHING }));
	}

	side(side: number): Resting[] {
		const { orders: resting } = State.book(this.state, this.#books[side]);
		return resting.map(({ account, order, price, size }) => ({ trader: account - ACCOUNT, id: order, price, size }));
	}

	get positions(): number[] {
		return TRADERS.map((account) => Accounts.sizeOf(State.account(this.state, account), CALL));
	}

	#send(trader: number, payload: Uint8Array): Outcome[] {
		const sender = State.account(this.state, TRADERS[trader]).owner;
		const { machine, state } = this;
		const step = (kind: InputKind, bytes: Uint8Array): Outcome =>
			Step.step(state, machine, { kind, cursor: machine.cursor, clock: machine.clock, payload: bytes, l1Kind: FORCED, sender });
		const outcomes = [{ ...step(InputKind.L1Message, payload) }];
		while (machine.registers.kind !== Machines.NONE) outcomes.push({ ...step(InputKind.Pending, NOTHING) });
		outcomes.forEach(this.#hear);
		return outcomes;
	}
}
