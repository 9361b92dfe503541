import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as Kinds from "../../src/machine/state/Kinds.ts";
import * as State from "../../src/machine/state/State.ts";
import * as DealEncoding from "../../src/machine/step/DealEncoding.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Accounts from "../../src/machine/types/Account.ts";
import type { Account } from "../../src/machine/types/Account.ts";
import type { Book } from "../../src/machine/types/Book.ts";
import type { Expiry } from "../../src/machine/types/Expiry.ts";
import * as Machines from "../../src/machine/types/Machine.ts";
import * as Series from "../../src/machine/types/Series.ts";
import type { SeriesCell } from "../../src/machine/types/SeriesCell.ts";
import { ACCOUNT, CLOCK, OWNER, TODAY, cells, place, record, strikeOf, withdraw } from "../../scripts/dev/lockstep/BoundaryWorld.ts";
import type { World } from "../../scripts/dev/lockstep/BoundaryWorld.ts";
import { block, standingOf } from "../../scripts/dev/lockstep/DealBoundaries.ts";
import { Invariants } from "../../scripts/dev/lockstep/Invariants.ts";
import { Lane } from "../../scripts/dev/lockstep/Lane.ts";
import type { Item } from "../../scripts/dev/lockstep/Lane.ts";

const CALL = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
const RICH = 1_000_000_000_000;
const [TAKER, MAKER, OTHER] = [ACCOUNT, ACCOUNT + 1, ACCOUNT + 2];
const SOLD = { cash: RICH, positions: [{ series: CALL, size: -10 }] };
const BOUGHT = { cash: RICH, positions: [{ series: CALL, size: 10 }] };
/** The maker has sold the other ten lots, and offers more in three orders. */
const WORLD: World = {
	account: { cash: RICH },
	others: [SOLD, BOUGHT],
	books: [
		{
			series: CALL,
			side: 1,
			orders: [
				{ order: 7, size: 5 },
				{ order: 8, size: 5, price: 1001 },
				{ order: 9, size: 5, price: 1002, epoch: 0, expiresAt: CLOCK },
			],
		},
		{ series: CALL, side: 0, orders: [{ order: 6, account: OTHER, price: 900 }] },
	],
};

type Tamper = (state: State.Body) => void;

/** A lane whose counts are what its accounts hold, and whose vault holds what is inside. */
function laneOf(world: World): Lane {
	const machine = Machines.initial();
	machine.clock = CLOCK;
	const lane = new Lane(cells(world), machine);
	const { live } = lane.state;
	const accounts = [...live.entries(Kinds.ACCOUNTS)].map(([, cell]) => cell as Account);
	const held = accounts.flatMap(({ positions }) => positions);
	State.globals(live).backing = accounts.reduce((sum, { cash }) => sum + cash, 0);
	for (const [slot, cell] of live.entries(Kinds.EXPIRIES))
		(cell as Expiry).openPositions = held.filter(({ series }) => Series.expirySlotOf(series) === slot).length;
	for (const [, cell] of live.entries(Kinds.SERIES))
		(cell as SeriesCell).openInterest = held.reduce((sum, { size }) => sum + Math.max(size, 0), 0);
	return lane;
}

/** Plays `steps` steps of the item; the last is tampered with after what was noted before it, and after it was taken. */
function play(
	item: Item,
	{ steps = 1, world = WORLD, early = () => {}, late = () => {} }: { steps?: number; world?: World; early?: Tamper; late?: Tamper } = {},
): void {
	const lane = laneOf(world);
	const invariants = new Invariants(lane);
	lane.open([item], { minTime: CLOCK, maxTime: CLOCK });
	for (let i = 1; i <= steps; i++) {
		invariants.before();
		if (i === steps) early(lane.state.live);
		const recorded = lane.advance();
		if (i === steps) late(lane.state.live);
		invariants.after(recorded);
	}
}

const BUY = place({ series: CALL, size: 15, price: 1010 });
const bookOf = (state: State.Body, side: number): Book =>
	[...(state as unknown as { entries(kind: number): Iterable<[number, object]> }).entries(Kinds.BOOKS)].find(
		([index]) => index % 2 === side,
	)?.[1] as Book;
const breaks = (number: number, what: RegExp = /./): ((error: Error) => boolean) => {
	return ({ message }) => message.startsWith(`Invariant ${number} is broken`) && what.test(message);
};

describe("given a machine that does wrong, each invariant tells", () => {
	it("finds nothing in one that does not", () => {
		play(BUY, { steps: 4 });
		play(withdraw(RICH));
		play(record(Encoding.sweep({ account: MAKER, series: CALL, side: 1, order: 9 })));
	});

	it("3: a micro-USDC that comes from nothing, or is gone", () => {
		for (const change of [1, -1])
			assert.throws(() => play(BUY, { steps: 2, late: (state) => void (State.account(state, OTHER).cash += change) }), breaks(3));
		assert.throws(() => play(BUY, { late: (state) => void (State.globals(state).fees += 1) }), breaks(3));
		const owed: Tamper = (state) => Object.assign(State.globals(state), { deficit: -1, backing: State.globals(state).backing + 1 });
		assert.throws(() => play(BUY, { late: owed }), breaks(3, /below 0/));
	});

	it("14: money in the vault that did not come through the door, and a withdrawal that left it there", () => {
		const gift: Tamper = (state) => {
			State.globals(state).backing += 1;
			State.globals(state).insurance += 1;
		};
		assert.throws(() => play(BUY, { steps: 2, late: gift }), breaks(14));
		assert.throws(() => play(withdraw(100), { late: gift }), breaks(14));
	});

	it("4 and 15: lots that only one side has, and counts that are not what accounts hold", () => {
		assert.throws(() => play(BUY, { steps: 2, late: (state) => Accounts.setSize(State.account(state, TAKER), CALL, 6) }), breaks(4));
		const counted =
			(kind: number, field: string): Tamper =>
			(state) => {
				const entries = (state as unknown as { entries(kind: number): Iterable<[number, Record<string, number>]> }).entries(kind);
				for (const [, cell] of entries) if (cell[field] !== 0) cell[field] += 1;
			};
		assert.throws(() => play(BUY, { steps: 2, late: counted(Kinds.SERIES, "openInterest") }), breaks(15));
		assert.throws(() => play(BUY, { steps: 2, late: counted(Kinds.EXPIRIES, "openPositions") }), breaks(15));
	});

	it("5: a side out of order, living orders that cross, a fill with a dead order, and a swept order that stays", () => {
		assert.throws(() => play(BUY, { late: (state) => void bookOf(state, 1).orders.reverse() }), breaks(5, /not sorted/));
		assert.throws(
			() => play(withdraw(1), { late: (state) => void (bookOf(state, 0).orders[0].price = 1001) }),
			breaks(5, /stands against/),
		);
		const dead = { ...WORLD, others: [{ ...SOLD, epoch: 1 }, BOUGHT] };
		const revived: Tamper = (state) => void (State.account(state, MAKER).epoch = 0);
		assert.throws(() => play(BUY, { steps: 2, world: dead, early: revived }), breaks(5, /is dead/));
		const kept: Tamper = (state) => void bookOf(state, 1).orders.push({ ...bookOf(state, 1).orders[0], order: 9, price: 1002 });
		const sweep = record(Encoding.sweep({ account: MAKER, series: CALL, side: 1, order: 9 }));
		assert.throws(() => play(sweep, { late: kept }), breaks(5, /is there/));
	});

	it("8: a fill, a block, and a withdrawal that leave somebody without his initial margin", () => {
		const robbed =
			(index: number): Tamper =>
			(state) => {
				const account = State.account(state, index);
				State.account(state, OTHER).cash += account.cash - 1;
				account.cash = 1;
			};
		assert.throws(() => play(BUY, { steps: 2, late: robbed(MAKER) }), breaks(8, new RegExp(`account ${MAKER} `)));
		for (const [side, seller] of [MAKER, TAKER].entries()) {
			const deal = block([{ series: CALL, side, price: 900, size: 20 }]);
			play(deal);
			assert.throws(() => play(deal, { late: robbed(seller) }), breaks(8, new RegExp(`account ${seller} `)));
		}
		const { initial, equity } = standingOf({ cash: RICH, positions: [{ series: CALL, size: -10 }] });
		const short = { ...WORLD, account: SOLD, others: [BOUGHT, {}] };
		const most = withdraw(equity - initial);
		play(most, { world: short });
		const poorer: Tamper = (state) => {
			State.account(state, ACCOUNT).cash -= 1;
			State.account(state, MAKER).cash += 1;
		};
		assert.throws(() => play(most, { world: short, late: poorer }), breaks(8, /is 1 micro-USDC short/));
	});

	it("9: an auction that begins by an old state, or by prices of before a halt", () => {
		const positions = [{ series: CALL, size: -10 }];
		const { maintenance, equity } = standingOf({ cash: 0, positions });
		const world = { ...WORLD, others: [{ cash: maintenance - equity - 1, positions }, BOUGHT] };
		const liquidate = record(DealEncoding.liquidate(MAKER));
		play(liquidate, { world });
		assert.throws(
			() => play(liquidate, { world, late: (state) => void (State.globals(state).attestedAt = CLOCK - 301) }),
			breaks(9, /attested/),
		);
		assert.throws(
			() => play(liquidate, { world, late: (state) => void (State.globals(state).attestedSince = CLOCK - 3) }),
			breaks(9, /resumed/),
		);
	});

	it("24: a step that touches somebody whom it does not name", () => {
		const moved: Tamper = (state) => {
			State.account(state, OTHER).cash -= 1;
			State.account(state, TAKER).cash += 1;
		};
		assert.throws(() => play(BUY, { steps: 2, late: moved }), breaks(24, new RegExp(`account ${OTHER} `)));
	});

	it("25: a fill between two accounts of one owner", () => {
		const own = { ...WORLD, others: [{ ...SOLD, owner: OWNER }, BOUGHT] };
		const parted: Tamper = (state) => void (State.account(state, MAKER).owner = State.account(state, OTHER).owner);
		assert.throws(() => play(BUY, { steps: 2, world: own, early: parted }), breaks(25));
	});
});
