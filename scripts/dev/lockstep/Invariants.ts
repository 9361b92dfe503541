// What must hold after every step, whatever came in: the numbers are those of docs/invariants.md.

import { MAX_ATTESTATION_AGE_SECONDS, MAX_ORDERS_PER_SIDE, MAX_PRICE_AGE_SECONDS } from "../../../src/machine/Constants.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import { Result, nameOf } from "../../../src/machine/Result.ts";
import * as Margin from "../../../src/machine/risk/Margin.ts";
import * as Kinds from "../../../src/machine/state/Kinds.ts";
import * as State from "../../../src/machine/state/State.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import * as Settlement from "../../../src/machine/step/Settlement.ts";
import { isDead } from "../../../src/machine/step/Venue.ts";
import type { Account } from "../../../src/machine/types/Account.ts";
import * as Books from "../../../src/machine/types/Book.ts";
import type { Book, Order } from "../../../src/machine/types/Book.ts";
import type { Expiry } from "../../../src/machine/types/Expiry.ts";
import type { Globals } from "../../../src/machine/types/Globals.ts";
import * as Listings from "../../../src/machine/types/Listing.ts";
import { DEPOSIT, InputKind, MATCH } from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import type { Lane, Recorded } from "./Lane.ts";

/** What adds to an account's risk, or takes from what bears it, beside the fills of a book. */
const ADDING: ReadonlySet<number> = new Set([Messages.BLOCK, Messages.BID, Messages.WITHDRAW, Messages.TRANSFER]);

/** An invariant does not hold: the machine is wrong, in both twins. */
export class Broken extends Error {
	constructor(invariant: number, what: string, recorded: Recorded) {
		super(`Invariant ${invariant} is broken: ${what}, after ${nameOf(recorded.outcome.result)} of ${Bytes.toHex(recorded.input.payload)}.`);
	}
}

export class Invariants {
	readonly #lane: Lane;
	#backing = 0;
	#excess = new Map<number, number>();
	/** Cash, rebate and positions of every account. */
	#holdings = new Map<number, string>();
	/** Why the maker whom the pending order meets may not trade with it. */
	#barred: string | undefined = undefined;

	constructor(lane: Lane) {
		this.#lane = lane;
	}

	/** Notes how things stand before a step. */
	before(): void {
		const { live } = this.#lane.state;
		this.#backing = State.globals(live).backing;
		this.#excess.clear();
		this.#barred = undefined;
		this.#holdings = new Map(Array.from(live.entries(Kinds.ACCOUNTS), ([index, cell]) => [index, holdingsOf(cell as Account)]));
		const { kind, account, series, side } = this.#lane.machine.registers;
		if (kind !== MATCH) return;
		this.#excess.set(account, this.#excessOf(account));
		const opposite = this.#bookOf(series, 1 - side);
		if (Books.count(opposite) === 0) return;
		const maker = Books.best(opposite);
		this.#excess.set(maker.account, this.#excessOf(maker.account));
		const owner = State.account(live, maker.account).owner;
		if (owner === State.account(live, account).owner) this.#barred = "of the same owner";
		if (isDead(maker, series, State.account(live, maker.account), this.#lane.machine.clock)) this.#barred = "dead";
	}

	#bookOf(series: number, side: number): Book {
		const { live } = this.#lane.state;
		const slot = Series.expirySlotOf(series);
		const strike = Listings.placeOf(State.listing(live, slot), series);
		return State.book(live, Series.bookIndexOf(Series.cellIndexOf(slot, strike, Series.kindOf(series)), side));
	}

	/** Throws Broken when something does not hold after the step. */
	after(recorded: Recorded): void {
		this.#conserves(recorded);
		this.#positions(recorded);
		this.#books(recorded);
		this.#margins(recorded);
		this.#deals(recorded);
		this.#agreements(recorded);
		this.#bystanders(recorded);
		this.#makers(recorded);
	}

	#excessOf(index: number): number {
		const { equity, initial } = Margin.assess(this.#lane.state.live, State.account(this.#lane.state.live, index));
		return equity - initial;
	}

	/** 3: what is inside is what the vault holds and the deficit; 14: only the door changes what the vault holds. */
	#conserves(recorded: Recorded): void {
		const { live } = this.#lane.state;
		const globals: Globals = State.globals(live);
		let inside = globals.fees + globals.insurance;
		// What has settled and is not folded yet counts as cash: losers pay what winners have, whoever is folded first.
		for (const [, cell] of live.entries(Kinds.ACCOUNTS)) inside += Settlement.fold(live, cell as Account).cash + (cell as Account).rebate;
		if (inside !== globals.backing + globals.deficit)
			throw new Broken(3, `${inside} micro-USDC inside, ${globals.backing} behind them and ${globals.deficit} missing`, recorded);
		if (globals.deficit < 0 || globals.insurance < 0 || globals.backing < 0) throw new Broken(3, "a sum of money is below 0", recorded);
		const { input, outcome } = recorded;
		let crossed = 0;
		if (outcome.result === Result.Ok && input.kind === InputKind.L1Message && input.l1Kind === DEPOSIT)
			crossed = Bytes.uint(input.payload, 23, 8);
		else if (outcome.result === Result.Ok && outcome.kind === Messages.WITHDRAW) crossed = -outcome.amount;
		if (globals.backing !== this.#backing + crossed)
			throw new Broken(14, `${globals.backing - this.#backing} micro-USDC came in where ${crossed} crossed the door`, recorded);
	}

	/** 9: nobody is liquidated by a state or a price that is old, or that was agreed upon before a halt. */
	#agreements(recorded: Recorded): void {
		const { result, kind, account, maker, order } = recorded.outcome;
		if (result !== Result.Ok) return;
		// An auction that begins says when; what a bid leaves of the debtor is still valued by the prices it used.
		const begins = kind === Messages.LIQUIDATE && order !== 0;
		if (!begins && kind !== Messages.BID) return;
		const { live } = this.#lane.state;
		const { clock } = this.#lane.machine;
		const { attestedAt, attestedSince } = State.globals(live);
		if (clock - attestedAt > MAX_ATTESTATION_AGE_SECONDS) throw new Broken(9, `the state was attested at ${attestedAt}`, recorded);
		for (const { series } of State.account(live, begins ? account : maker).positions) {
			const surface = State.expiry(live, Series.expirySlotOf(series)).time;
			const index = State.underlying(live, Series.underlyingOf(series)).time;
			const oldest = Math.min(surface, index);
			if (clock - oldest > MAX_PRICE_AGE_SECONDS || oldest <= attestedSince)
				throw new Broken(9, `a price of ${oldest} decides at ${clock}, and the exchange resumed at ${attestedSince}`, recorded);
		}
	}

	/** 4: positions of a series sum to zero; 15: open interest and open positions are what the accounts hold. */
	#positions(recorded: Recorded): void {
		const { live } = this.#lane.state;
		const sums = new Map<number, { net: number; long: number }>();
		const counts = new Map<number, number>();
		for (const [, cell] of live.entries(Kinds.ACCOUNTS)) {
			for (const { series, size } of (cell as Account).positions) {
				const sum = sums.get(series) ?? { net: 0, long: 0 };
				sums.set(series, { net: sum.net + size, long: sum.long + Math.max(size, 0) });
				const slot = Series.expirySlotOf(series);
				counts.set(slot, (counts.get(slot) ?? 0) + 1);
			}
		}
		for (const [slot, cell] of live.entries(Kinds.EXPIRIES)) {
			const { openPositions } = cell as Expiry;
			if (openPositions !== (counts.get(slot) ?? 0))
				throw new Broken(15, `the expiry at ${slot} counts ${openPositions} positions, accounts hold ${counts.get(slot) ?? 0}`, recorded);
		}
		for (const [series, { net, long }] of sums) {
			const slot = Series.expirySlotOf(series);
			// What settled leaves accounts one by one.
			if (State.expiry(live, slot).settlementPrice !== 0) continue;
			if (net !== 0) throw new Broken(4, `series ${series} sums to ${net} lots`, recorded);
			const strike = Listings.placeOf(State.listing(live, slot), series);
			const { openInterest } = State.series(live, Series.cellIndexOf(slot, strike, Series.kindOf(series)));
			if (openInterest !== long) throw new Broken(15, `series ${series} counts ${openInterest} lots long, accounts hold ${long}`, recorded);
		}
	}

	/** 5: sides are sorted and bounded, and no two orders that live cross. */
	#books(recorded: Recorded): void {
		const { state, machine } = this.#lane;
		for (const [index, cell] of state.live.entries(Kinds.BOOKS)) {
			const { orders } = cell as Book;
			if (orders.length > MAX_ORDERS_PER_SIDE) throw new Broken(5, `${orders.length} orders on one side`, recorded);
			const side = index % 2;
			for (let i = 1; i < orders.length; i++) {
				const [better, worse] = [orders[i - 1], orders[i]];
				if (side === 0 ? better.price < worse.price : better.price > worse.price)
					throw new Broken(5, `side ${index} is not sorted`, recorded);
			}
			if (side === 1 || machine.registers.kind !== 0) continue;
			const bid = this.#bestAlive(index, orders);
			const ask = this.#bestAlive(index + 1, State.book(state.live, index + 1).orders);
			if (bid !== undefined && ask !== undefined && bid >= ask) throw new Broken(5, `bid ${bid} stands against ask ${ask}`, recorded);
		}
	}

	#bestAlive(index: number, orders: readonly Order[]): number | undefined {
		const { state, machine } = this.#lane;
		const slot = Math.floor(index / 1024);
		const series = Series.make(Math.floor(slot / 1024), State.listing(state.live, slot).day, 0, 1);
		return orders.find((order) => !isDead(order, series, State.account(state.live, order.account), machine.clock))?.price;
	}

	/** 8: a fill leaves both sides with their initial margin, or less short of it than before. */
	#margins(recorded: Recorded): void {
		const { result, account, maker } = recorded.outcome;
		if (recorded.input.kind !== InputKind.Pending) return;
		if (result !== Result.Filled && result !== Result.Completed && result !== Result.Tripped) return;
		for (const index of [account, maker]) {
			const [before, after] = [this.#excess.get(index), this.#excessOf(index)];
			if (after < 0 && (before === undefined || after < before))
				throw new Broken(8, `account ${index} is ${-after} micro-USDC short of its margin`, recorded);
		}
	}

	/** 8: nor does a block leave a side short of its initial margin, a bid the bidder, or money that goes the account that it leaves. */
	#deals(recorded: Recorded): void {
		const { result, kind, account, maker } = recorded.outcome;
		if (result !== Result.Ok || !ADDING.has(kind)) return;
		for (const index of kind === Messages.BLOCK ? [account, maker] : [account]) {
			const excess = this.#excessOf(index);
			if (excess < 0) throw new Broken(8, `account ${index} is ${-excess} micro-USDC short of its margin`, recorded);
		}
	}

	/** 24: whom the outcome does not name keeps cash, rebate and positions as they were. */
	#bystanders(recorded: Recorded): void {
		const { account, maker } = recorded.outcome;
		for (const [index, cell] of this.#lane.state.live.entries(Kinds.ACCOUNTS)) {
			if (index === account || index === maker) continue;
			const [before, after] = [this.#holdings.get(index), holdingsOf(cell as Account)];
			if (before !== after) throw new Broken(24, `account ${index} held ${before ?? "nothing"}, and holds ${after}`, recorded);
		}
	}

	/** 25: nobody trades with himself; 5: nor with the dead, and what is swept is gone. */
	#makers(recorded: Recorded): void {
		const { result, kind, account, series, side, order, maker } = recorded.outcome;
		const isFill = result === Result.Filled || result === Result.Completed || result === Result.Tripped;
		if (isFill && this.#barred !== undefined)
			throw new Broken(this.#barred === "dead" ? 5 : 25, `the order of account ${maker} that traded is ${this.#barred}`, recorded);
		if (result !== Result.Ok || kind !== Messages.SWEEP) return;
		if (Books.find(this.#bookOf(series, side), account, order) !== Books.NOT_FOUND)
			throw new Broken(5, `order ${order} of account ${account} was swept and is there`, recorded);
	}
}

function holdingsOf({ cash, rebate, positions }: Account): string {
	return JSON.stringify([cash, rebate, positions]);
}
