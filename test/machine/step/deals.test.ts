import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../../../src/market/Random.ts";
import { MAX_ATTESTATION_AGE_SECONDS, PPM } from "../../../src/machine/Constants.ts";
import * as Parameters from "../../../src/machine/risk/Parameters.ts";
import { nameOf } from "../../../src/machine/Result.ts";
import * as Kinds from "../../../src/machine/state/Kinds.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Liquidation from "../../../src/machine/step/Liquidation.ts";
import * as Treasury from "../../../src/machine/step/Treasury.ts";
import type { Account } from "../../../src/machine/types/Account.ts";
import * as GlobalsCell from "../../../src/machine/types/Globals.ts";
import type { Globals } from "../../../src/machine/types/Globals.ts";
import * as Guards from "../../../src/machine/types/Guard.ts";
import * as Machines from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { ACCOUNT, CLOCK, NOTHING, OWNER, TODAY, cells, forced, record, strikeOf } from "../../../scripts/dev/lockstep/BoundaryWorld.ts";
import type { World } from "../../../scripts/dev/lockstep/BoundaryWorld.ts";
import { auction, bid, block, standingOf, withEquity } from "../../../scripts/dev/lockstep/DealBoundaries.ts";
import { Lane } from "../../../scripts/dev/lockstep/Lane.ts";
import type { Item } from "../../../scripts/dev/lockstep/Lane.ts";

const DEBTOR = ACCOUNT + 1;
const RICH = { cash: 1_000_000_000_000 };
const CALL = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
const PUT = Series.make(0, TODAY + 7, Series.PUT, strikeOf(0, -1));
const POSITIONS = [
	{ series: CALL, size: -400 },
	{ series: PUT, size: -1 },
];

type After = { result: string; bidder: Account; debtor: Account; globals: Globals };

function after(item: Item, world: World): After {
	const machine = Machines.initial();
	machine.clock = CLOCK;
	const lane = new Lane(cells({ account: RICH, globals: { insurance: 5_000_000 }, ...world }), machine);
	lane.open([item], { minTime: CLOCK, maxTime: CLOCK });
	const { outcome } = lane.advance();
	const cell = <T>(kind: number, index: number): T => new Map(lane.state.live.entries(kind)).get(index) as T;
	return {
		result: nameOf(outcome.result),
		bidder: cell(Kinds.ACCOUNTS, ACCOUNT),
		debtor: cell(Kinds.ACCOUNTS, DEBTOR),
		globals: cell(Kinds.GLOBALS, 0),
	};
}

const lotsOf = (account: Account, series: number): number => account.positions.find((position) => position.series === series)?.size ?? 0;

describe("given a portfolio below its maintenance margin", () => {
	const { maintenance, initial } = standingOf({ positions: POSITIONS });
	const equity = Math.round(maintenance * 0.9);

	it("is auctioned only with a fresh state behind it, and its orders are dead from then on", () => {
		const item = record(DealEncoding.liquidate(DEBTOR));
		const world = { others: [{ ...withEquity(equity, POSITIONS), epoch: 3 }] };
		const begun = after(item, world);
		assert.equal(begun.result, "Ok");
		assert.equal(begun.debtor.epoch, 4);
		assert.equal(begun.debtor.guards & Guards.AUCTION, Guards.AUCTION);
		const globals = { attestedAt: CLOCK - MAX_ATTESTATION_AGE_SECONDS - 1 };
		assert.equal(after(item, { ...world, globals }).result, "StaleState");
		assert.equal(after(item, { others: [withEquity(maintenance, POSITIONS)] }).result, "Healthy");
	});

	it("gives a bidder a share of every position, rounded away from nothing, and no more than brings the rest to its initial margin", () => {
		const random = new Random(7);
		for (let i = 0; i < 200; i++) {
			const standing = { equity: 1 + random.below(maintenance - 1), initial, maintenance, oldestPriceTime: CLOCK };
			const discount = Liquidation.discountAt(standing, random.below(Parameters.SOLVENT_SECONDS));
			const most = Liquidation.mostOf(standing, discount);
			assert.ok(most > 0 && most <= PPM);
			const [left, needed] = [standing.equity - (discount * most) / PPM, initial * (1 - most / PPM)];
			assert.ok(left >= needed - 1, "what is left of the equity bears what is left of the risk");
			if (most < PPM) assert.ok(left <= needed + initial / PPM + 1, "and no more was sold than that");
		}
		const { result, bidder, debtor } = after(bid({ share: 1000 }), {
			others: [withEquity(equity, POSITIONS)],
			guards: [undefined, auction()],
		});
		assert.equal(result, "Ok");
		assert.deepEqual(
			POSITIONS.map(({ series }) => lotsOf(bidder, series)),
			[-1, -1],
		);
		assert.deepEqual(
			POSITIONS.map(({ series }) => lotsOf(debtor, series)),
			[-399, 0],
		);
	});

	it("goes with time from nearly its worth to nothing, and then the insurance fund pays", () => {
		const at = (seconds: number): After =>
			after(bid({}), {
				others: [withEquity(equity, POSITIONS)],
				guards: [undefined, auction(CLOCK - seconds)],
				globals: { insurance: 1e12 },
			});
		let before = -Infinity;
		for (const seconds of [0, 100, 450, 899, 900, 2000, 4500, 9000]) {
			const { bidder, debtor, globals } = at(seconds);
			const gain = bidder.cash - RICH.cash;
			assert.ok(gain >= before, `a later bidder gains at least as much: after ${seconds} s`);
			before = gain;
			assert.ok(debtor.cash >= 0, "the debtor never owes for it");
			if (seconds < 900) assert.equal(globals.insurance, 1e12);
			if (seconds > 900) assert.ok(globals.insurance < 1e12);
		}
	});

	it("begins anew after a hole between attestations: nobody could bid in it", () => {
		const world = { others: [withEquity(equity, POSITIONS)], guards: [undefined, auction(CLOCK - 800)] };
		const late = after(bid({}), world);
		const resumed = after(bid({}), { ...world, globals: { attestedSince: CLOCK - 10 } });
		assert.equal(resumed.result, "Ok");
		assert.ok(resumed.bidder.cash < late.bidder.cash);
	});

	it("waits after a hole between attestations until every price that it needs was agreed upon since", () => {
		const age = 3;
		const world = { others: [withEquity(equity, POSITIONS)], indexAge: age, surfaceAge: age };
		const begin = record(DealEncoding.liquidate(DEBTOR));
		const resumed = (ago: number): World => ({ ...world, globals: { attestedSince: CLOCK - ago } });
		const auctioned = { guards: [undefined, auction(CLOCK - 800)] };
		for (const item of [begin, bid({ share: 1 })]) {
			const more = item === begin ? {} : auctioned;
			assert.equal(after(item, { ...resumed(age + 1), ...more }).result, "Ok");
			const waiting = after(item, { ...resumed(age), ...more });
			assert.equal(waiting.result, "PriceBeforeResume");
			assert.deepEqual(waiting.debtor.positions, POSITIONS);
			assert.equal(after(item, { ...resumed(age + 1), ...more, indexAge: age + 1 }).result, "PriceBeforeResume");
			assert.equal(after(item, { ...resumed(age + 1), ...more, surfaceAge: age + 1 }).result, "PriceBeforeResume");
		}
		const flat = { ...resumed(0), others: [{ cash: -5 }] };
		assert.equal(after(begin, flat).result, "Ok", "what an account without positions owes needs no price");
	});

	it("leaves no debt when somebody takes all of an insolvent one, and what insurance lacks is a deficit", () => {
		const { debtor, globals, result } = after(bid({}), { others: [withEquity(-9_000_000, POSITIONS)], guards: [undefined, auction()] });
		assert.equal(result, "Ok");
		assert.deepEqual([debtor.cash, debtor.positions.length, debtor.guards], [0, 0, 0]);
		assert.deepEqual([globals.insurance, globals.deficit], [0, 4_000_000]);
	});

	it("cannot be milked: bids of a millionth never gain more than one bid for what they took together", () => {
		const world: World = {
			account: RICH,
			others: [withEquity(equity, POSITIONS)],
			guards: [undefined, auction(CLOCK - 890)],
			globals: { insurance: 5_000_000 },
		};
		const gainOf = (bids: readonly Item[]): { gained: number; taken: number[] } => {
			const machine = Machines.initial();
			machine.clock = CLOCK;
			const lane = new Lane(cells(world), machine);
			lane.open(bids, { minTime: CLOCK, maxTime: CLOCK });
			for (const _ of bids) assert.equal(nameOf(lane.advance().outcome.result), "Ok");
			const bidder = new Map(lane.state.live.entries(Kinds.ACCOUNTS)).get(ACCOUNT) as Account;
			return { gained: standingOf({ ...bidder }).equity - RICH.cash, taken: POSITIONS.map(({ series }) => lotsOf(bidder, series)) };
		};
		const many = gainOf(Array.from({ length: 40 }, (_, i) => bid({ share: 1, nonce: 1001 + i })));
		const once = gainOf([bid({ share: 100_000 })]);
		assert.deepEqual(
			[many.taken, once.taken],
			[
				[-40, -1],
				[-40, -1],
			],
		);
		assert.ok(many.gained <= once.gained, `${many.gained} in forty bids, ${once.gained} in one`);
		// Each is paid its millionth of the discount, but for what rounding gives.
		assert.ok(many.gained <= 40 * (Math.ceil(equity / PPM) + 2));
	});
});

describe("given a deficit", () => {
	it("pays who withdraws first and who withdraws last the same, to a micro-USDC for each who left before", () => {
		const random = new Random(3);
		for (let run = 0; run < 50; run++) {
			const claims = Array.from({ length: 2 + random.below(9) }, () => 1_000_000 + random.below(1e12));
			const total = claims.reduce((sum, claim) => sum + claim, 0);
			const deficit = 1 + random.below(total - 1);
			const globals = { ...GlobalsCell.empty(), backing: total - deficit, deficit };
			const paid = claims.map((claim) => {
				const amount = Treasury.payout(globals, claim);
				Treasury.leave(globals, claim, amount);
				return amount;
			});
			for (const [i, claim] of claims.entries()) {
				const fair = (claim * (total - deficit)) / total;
				assert.ok(Math.abs(paid[i] - fair) <= claims.length, `claim ${i} of ${claims.length}`);
			}
			assert.deepEqual([globals.backing + globals.deficit, globals.deficit], [0, 0]);
		}
	});

	it("pays the same to the first and to the last through the machine's own door, whoever is first", () => {
		const random = new Random(5);
		for (let run = 0; run < 20; run++) {
			const cash = 1_000_000 + random.below(1e9);
			const deficit = 1 + random.below(2 * cash - 2);
			const others = [1, 2].map(() => ({ cash, owner: OWNER }));
			const globals = { fees: 0, insurance: 0, backing: 3 * cash - deficit, deficit };
			const paid = (order: readonly number[]): Map<number, number> => {
				const machine = Machines.initial();
				machine.clock = CLOCK;
				const lane = new Lane(cells({ account: { cash }, others, globals }), machine);
				const message = { recipient: OWNER, amount: cash, nonce: 1001, signature: NOTHING };
				lane.open(
					order.map((account) => forced(Encoding.withdraw({ ...message, account }))),
					{ minTime: CLOCK, maxTime: CLOCK },
				);
				return new Map(
					order.map((account) => {
						const { outcome } = lane.advance();
						assert.equal(nameOf(outcome.result), "Ok");
						return [account, outcome.amount];
					}),
				);
			};
			const accounts = [ACCOUNT, ACCOUNT + 1, ACCOUNT + 2];
			const [one, other] = [paid(accounts), paid(accounts.toReversed())];
			const fair = (cash * (3 * cash - deficit)) / (3 * cash);
			// ROUNDING: a part of a micro-USDC at each crossing stays for those who are still inside.
			for (const amounts of [one, other])
				for (const amount of amounts.values()) assert.ok(Math.abs(amount - fair) <= 2, `${amount} of ${fair}`);
			for (const account of accounts) assert.ok(Math.abs((one.get(account) ?? 0) - (other.get(account) ?? 0)) <= 2);
		}
	});

	it("pays who leaves in many parts no more than who leaves at once, and a stranger who comes and goes in between what he brought", () => {
		const random = new Random(6);
		for (let run = 0; run < 100; run++) {
			const [mine, theirs] = [1_000_000 + random.below(1e12), 1_000_000 + random.below(1e12)];
			const deficit = 1 + random.below(mine + theirs - 1_000_000);
			const globals = { ...GlobalsCell.empty(), backing: mine + theirs - deficit, deficit };
			const atOnce = Treasury.payout(globals, mine);
			let [left, paid, crossings] = [mine, 0, 0];
			while (left > 0) {
				const part = Math.min(left, 1 + random.below(Math.ceil(mine / 5)));
				const brought = 1 + random.below(1e12);
				const credited = Treasury.credit(globals, brought);
				Treasury.enter(globals, brought, credited);
				const amount = Treasury.payout(globals, part);
				Treasury.leave(globals, part, amount);
				const back = Treasury.payout(globals, credited);
				Treasury.leave(globals, credited, back);
				[left, paid, crossings] = [left - part, paid + amount, crossings + 3];
				// ROUNDING: each crossing leaves a part of a micro-USDC to those inside, of whom both are one for a while.
				assert.ok(back <= brought + 1, `${back} for ${brought}`);
			}
			assert.ok(paid <= atOnce + crossings, `${paid} in parts, ${atOnce} at once`);
			assert.ok(globals.backing >= 0 && globals.deficit >= 0);
		}
	});

	it("neither helps nor harms those inside when somebody enters", () => {
		const random = new Random(4);
		for (let run = 0; run < 200; run++) {
			const globals = { ...GlobalsCell.empty(), backing: 1_000_000 + random.below(1e12), deficit: random.below(1e12) };
			const rate = globals.backing / (globals.backing + globals.deficit);
			const amount = 1 + random.below(1e12);
			const credited = Treasury.credit(globals, amount);
			Treasury.enter(globals, amount, credited);
			const since = globals.backing / (globals.backing + globals.deficit);
			assert.ok(since >= rate && since - rate < 1e-5);
			assert.ok(Treasury.payout(globals, credited) <= amount, "going through the door and back gains nothing");
		}
	});

	it("is repaid by the exchange's income before anything else", () => {
		const globals = { ...GlobalsCell.empty(), backing: 100, deficit: 10 };
		Treasury.earn(globals, 7);
		assert.deepEqual([globals.deficit, globals.insurance], [3, 0]);
		Treasury.earn(globals, 7);
		assert.deepEqual([globals.deficit, globals.insurance], [0, 4]);
	});
});

describe("given a block of four legs", () => {
	const legs = [CALL, Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 1)), PUT, Series.make(0, TODAY + 7, Series.PUT, strikeOf(0, 0))]
		.sort((a, b) => a - b)
		.map((series, i) => ({ series, side: i % 2, price: 900, size: 10 }));

	it("moves all of it or nothing, and charges the dearer of what is bought and what is sold", () => {
		const { result, bidder, debtor, globals } = after(block(legs), { others: [RICH], globals: { fees: 0 } });
		assert.equal(result, "Ok");
		for (const { series, side } of legs) {
			assert.equal(lotsOf(bidder, series), side === 0 ? 10 : -10);
			assert.equal(lotsOf(debtor, series), side === 0 ? -10 : 10);
		}
		assert.equal(bidder.cash + debtor.cash + globals.fees, 2 * RICH.cash);
		// Index 3000: two legs of 0.1 ETH each at 0.03 % and 0.01 %.
		assert.equal(globals.fees, 2 * 90_000 + 2 * 30_000);
		const refused = after(block(legs), { others: [{ cash: 1 }] });
		assert.equal(refused.result, "InsufficientMargin");
		assert.deepEqual([refused.bidder.positions, refused.debtor.positions], [[], []]);
	});

	it("shares a referred side's fees with who brought it", () => {
		const { debtor, globals } = after(block(legs), { others: [{ ...RICH, referrer: ACCOUNT }], globals: { fees: 0 } });
		assert.equal(debtor.rebate, 12_000);
		assert.equal(globals.fees, 2 * 90_000 + 2 * 30_000 - 12_000);
	});
});
