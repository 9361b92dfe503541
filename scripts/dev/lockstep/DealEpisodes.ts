// Deals outside the book: portfolios that fail and are auctioned, debts that are written off, what a deficit does at the door, block trades, and what the fees
// become.

import * as State from "../../../src/machine/state/State.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import type { Leg } from "../../../src/machine/step/DealMessages.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import { HOUSE } from "../../../src/machine/step/Treasury.ts";
import * as Guards from "../../../src/machine/types/Guard.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import type { Desk } from "./Desk.ts";
import { DOLLAR, Market } from "./Episodes.ts";
import type { Episode } from "./Episodes.ts";
import { keyOf } from "./Keys.ts";

/** Three debtors with as much risk as they may have, two bidders, one of them often short of money, and prices that run away from the debtors. */
export const liquidations: Episode = async (desk) => {
	const { random } = desk;
	const market = await Market.open(desk, random.below(2), [4 + random.below(9)], 2);
	const debtors = [0, 1, 2].map(() => desk.open(random.pick([20_000, 50_000]) * DOLLAR));
	const bidders = [desk.open(1e12), desk.open(random.pick([3_000, 1e6]) * DOLLAR)];
	const maker = desk.open(1e13);
	await desk.flush();
	await desk.record(desk.setReferrer(maker, bidders[0]));
	await desk.record(desk.setReferrer(maker, bidders[1]));
	for (const debtor of debtors) await desk.record(desk.setReferrer(debtor, random.pick([maker, debtor, 99])));
	await desk.record(desk.attest());
	for (const debtor of debtors) await expose(desk, market, debtor, maker);
	await desk.record(DealEncoding.collect(HOUSE));
	for (let i = 0; i < 60; i++) await act(desk, market, await debtorOf(desk, debtors), random.pick(bidders), maker);
	// What an expiry leaves behind: flat accounts that owe.
	const start = Series.expiryTimeOf(market.days[0]) - 1800;
	for (let time = start - 30; time <= start + 1860; time += 60) {
		await desk.at(Math.max(time, desk.clock + 1));
		await market.report(desk.clock);
	}
	for (const debtor of debtors) {
		await desk.record(Encoding.settle({ account: debtor }));
		await desk.record(DealEncoding.liquidate(debtor));
		await desk.record(DealEncoding.liquidate(debtor));
	}
	await door(desk, [...bidders, maker]);
	await desk.flush();
};

/** Sells calls and puts until the margin is used up. */
async function expose(desk: Desk, market: Market, debtor: number, maker: number): Promise<void> {
	for (const series of [market.call(), market.put(market.strikes[1]), market.call(market.strikes[1])]) {
		const price = market.fair(series);
		for (const size of [2000, 1000, 500, 250, 100, 30]) {
			const fields = { series, price, size, timeInForce: 0 };
			await desk.record(desk.place({ ...fields, account: maker, side: 0 }));
			await desk.record(desk.place({ ...fields, account: debtor, side: 1, timeInForce: 1 }));
			await desk.record(desk.cancelAll(maker));
		}
	}
}

/** One that is under auction, when there is one. */
async function debtorOf(desk: Desk, debtors: readonly number[]): Promise<number> {
	await desk.flush();
	const under = debtors.filter((debtor) => (State.account(desk.lane.state.live, debtor).guards & Guards.AUCTION) !== 0);
	return desk.random.pick(under.length > 0 && desk.random.next() < 0.8 ? under : debtors);
}

async function act(desk: Desk, market: Market, debtor: number, bidder: number, maker: number): Promise<void> {
	const { random } = desk;
	const roll = random.next();
	if (roll < 0.2) {
		// Up, where the sold calls hurt, more often than down.
		market.index = Math.round(market.index * (1 + (random.next() - 0.3) * 0.08));
		await market.report();
	} else if (roll < 0.45) {
		if (random.next() < 0.7) await desk.record(desk.attest());
		await desk.record(DealEncoding.liquidate(random.next() < 0.9 ? debtor : random.pick([bidder, 77])));
	} else if (roll < 0.7) {
		const share = random.pick([1, 1000, 100_000, 500_000, 1_000_000]);
		const limit = random.next() < 0.8 ? 1e12 : random.pick([0, -1e9, -1e12]);
		await desk.record(desk.bid({ account: bidder, debtor: random.next() < 0.95 ? debtor : maker, share, limit }));
	} else if (roll < 0.85) {
		await desk.wait(random.pick([20, 60, 100, 110, 290, 301]));
		if (random.next() < 0.9) await market.report();
		if (random.next() < 0.9) await desk.record(desk.attest());
	} else if (roll < 0.9) await desk.record(DealEncoding.collect(random.pick([HOUSE, maker, maker, bidder, 99])));
	else if (roll < 0.95) await desk.record(desk.attest(desk.clock + random.pick([0, -5, 5]), random.pick([31, 31, 15, 127, 255])));
	else await door(desk, [debtor, bidder, maker]);
}

/** One debtor fails for certain, and somebody is given all of it: what the insurance fund lacks is a deficit, until fees have made up for it. */
export const insolvency: Episode = async (desk) => {
	const { random } = desk;
	const market = await Market.open(desk, random.below(2), [4 + random.below(9)], 2);
	const [debtor, bidder, maker] = [desk.open(20_000 * DOLLAR), desk.open(1e12), desk.open(1e13)];
	await desk.flush();
	await desk.record(desk.setReferrer(maker, bidder));
	await desk.record(desk.setReferrer(debtor, maker));
	await expose(desk, market, debtor, maker);
	market.index = Math.round(market.index * (1.3 + 0.2 * random.next()));
	for (let i = 0; i < 8; i++) {
		await market.report();
		await desk.record(desk.attest());
		await desk.record(DealEncoding.liquidate(debtor));
		await desk.record(desk.bid({ account: bidder, debtor, share: 1 + random.below(200_000), limit: i % 2 === 0 ? -1e12 : 1e12 }));
		await desk.wait(50 + random.below(60));
		await desk.record(DealEncoding.collect(random.pick([maker, debtor])));
	}
	await market.report();
	await desk.record(desk.bid({ account: bidder, debtor, share: 1_000_000, limit: 1e12 }));
	for (const account of [bidder, maker, debtor]) await desk.record(desk.withdraw(account, 1));
	await door(desk, [bidder, maker]);
	await desk.record(DealEncoding.collect(HOUSE));
	await desk.flush();
};

/** Deposits and withdrawals cross at the rate of the moment. */
async function door(desk: Desk, accounts: readonly number[]): Promise<void> {
	const { random } = desk;
	await desk.flush();
	for (const account of accounts) {
		if (random.next() < 0.6) await desk.record(desk.withdraw(account, random.pick([1, 1 + random.below(3_000 * DOLLAR)])));
		if (random.next() < 0.6) desk.deposit(account, 1 + random.below(3_000 * DOLLAR));
	}
}

/** Two rich accounts, a poor one, and two of one owner exchange packages. */
export const blocks: Episode = async (desk) => {
	const { random } = desk;
	const market = await Market.open(desk, random.below(2), [5 + random.below(20), 40], 2);
	const both = keyOf(`owner of two, ${random.below(1e6)}`);
	const accounts = [desk.open(1e12), desk.open(1e12), desk.open(2_000 * DOLLAR), desk.open(1e11, both), desk.open(1e11, both)];
	await desk.flush();
	for (const account of accounts) await desk.record(desk.setReferrer(account, random.pick(accounts)));
	for (let i = 0; i < 70; i++) {
		const [maker, taker] = [random.pick(accounts), random.pick(accounts)];
		const legs = legsOf(desk, market);
		const roll = random.next();
		const expiresAt = random.next() < 0.8 ? 0 : desk.clock + random.below(20) - 5;
		if (roll < 0.7) await desk.record(desk.block({ maker, taker, legs, expiresAt }));
		else if (roll < 0.8) await desk.record(desk.block({ maker, taker, legs }, [keyOf("stranger"), desk.ownerOf(taker)]));
		else if (roll < 0.85) await desk.record(desk.block({ maker, taker, legs, makerNonce: 1, takerNonce: 2 }));
		else if (roll < 0.9) desk.force(desk.block({ maker, taker, legs }), desk.ownerOf(taker).address);
		else if (roll < 0.95) await desk.record(DealEncoding.collect(random.pick(accounts)));
		else {
			await desk.wait(1 + random.below(60));
			await market.report();
		}
	}
	await desk.record(DealEncoding.collect(HOUSE));
	await desk.flush();
};

function legsOf(desk: Desk, market: Market): Leg[] {
	const { random } = desk;
	const all = new Set(Array.from({ length: 1 + random.below(10) }, () => market.series()));
	const series = [...all].sort((a, b) => a - b);
	if (random.next() < 0.03) series.reverse();
	return series.map((one) => {
		const price = Math.max(1, market.fair(one) + random.below(21) - 10);
		return { series: one, side: random.below(2), price, size: random.next() < 0.02 ? 1_000_000 : 1 + random.below(30) };
	});
}
