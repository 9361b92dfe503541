// Programs that lead the machine where chance seldom does: each reaches some of the Results on purpose, and is random in everything else.

import { EXPIRY_SECOND_OF_DAY, MAX_CASH, MAX_SIZE_LOTS, SECONDS_PER_DAY, strikeGrid, tickSize } from "../../../src/machine/Constants.ts";
import * as Valuations from "../../../src/machine/risk/Valuations.ts";
import * as State from "../../../src/machine/state/State.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Settlement from "../../../src/machine/step/Settlement.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import type { Desk } from "./Desk.ts";

export const DOLLAR = 1_000_000;
/** Micro-USDC per unit, about: ETH, BTC. */
const INDEX = [4_000 * DOLLAR, 100_000 * DOLLAR] as const;
/** A strike at the money, in ticks. */
const STRIKE = [40_000, 100_000] as const;

/** An open market: one underlying, its listed days and strikes, and a price. */
export class Market {
	readonly desk: Desk;
	readonly underlying: number;
	readonly days: readonly number[];
	readonly strikes: readonly number[];
	index: number;

	private constructor(desk: Desk, underlying: number, days: readonly number[], strikes: readonly number[]) {
		this.desk = desk;
		this.underlying = underlying;
		this.days = days;
		this.strikes = strikes;
		this.index = INDEX[underlying];
	}

	/** Lists `strikeCount` strikes around the money on each day (counted from today) and reports prices. */
	static async open(desk: Desk, underlying: number, inDays: readonly number[], strikeCount = 3): Promise<Market> {
		const today = Math.floor(desk.clock / SECONDS_PER_DAY);
		const step = 10 * strikeGrid(underlying);
		const strikes = Array.from({ length: strikeCount }, (_, i) => STRIKE[underlying] + (i - Math.floor(strikeCount / 2)) * step);
		const market = new Market(
			desk,
			underlying,
			inDays.map((days) => today + days),
			strikes,
		);
		for (const day of market.days) for (const strike of strikes) await desk.record(Encoding.list({ underlying, day, strike }));
		await market.report();
		await desk.flush();
		return market;
	}

	/** A report of now under a quorum, after the index moved by about half a per cent. */
	async report(time = this.desk.clock): Promise<void> {
		const { desk, underlying } = this;
		this.index = Math.round(this.index * (1 + 0.005 * desk.random.normal()));
		const surfaces = this.days
			.filter((day) => Series.expiryTimeOf(day) > time)
			.map((day) => desk.surface({ day, time, forward: Math.round(this.index * (1 + 0.001 * desk.random.next())) }));
		await desk.record(desk.report({ underlying, time, indexPrice: this.index, surfaces }));
	}

	/** The mark of a series in ticks, by the last report that was executed. */
	fair(series: number): number {
		const { live } = this.desk.lane.state;
		const mark = Valuations.markOf(live, series, State.expiry(live, Series.expirySlotOf(series)));
		return Math.max(20, Math.round(mark / tickSize(this.underlying)));
	}

	series(): number {
		const { random } = this.desk;
		if (random.next() < 0.1) return Series.make(this.underlying, random.pick(this.days), Series.FUTURE, 0);
		return Series.make(this.underlying, random.pick(this.days), random.below(2), random.pick(this.strikes));
	}

	call(strike = this.strikes[0], day = this.days[0]): number {
		return Series.make(this.underlying, day, Series.CALL, strike);
	}

	put(strike = this.strikes[0], day = this.days[0]): number {
		return Series.make(this.underlying, day, Series.PUT, strike);
	}
}

export type Episode = (desk: Desk) => Promise<void>;

/** A side fills up: BookFull for a worse order, Displaced for a better one; dead makers are expunged. */
export const fullBooks: Episode = async (desk) => {
	const market = await Market.open(desk, desk.random.below(2), [30], 1);
	const accounts = [desk.open(1e13), desk.open(1e13), desk.open(1e13)];
	await desk.flush();
	const series = market.call();
	const fair = market.fair(series);
	for (let i = 0; i < 66; i++) {
		const account = desk.random.pick(accounts.slice(0, 2));
		await desk.record(desk.place({ account, series, side: 0, price: fair + desk.random.below(5), size: 1 + desk.random.below(9) }));
	}
	await desk.record(desk.place({ account: accounts[0], series, side: 0, price: fair - 1 }));
	await desk.record(desk.place({ account: accounts[1], series, side: 0, price: fair + 100, size: 5, expiresAt: desk.clock + 2 }));
	await desk.record(desk.place({ account: accounts[0], series, side: 0, price: fair + 101, size: 5 }));
	await desk.record(desk.cancelAll(accounts[0]), 3);
	await desk.record(desk.place({ account: accounts[2], series, side: 1, price: fair + 4, size: 20 }));
	await desk.record(desk.place({ account: accounts[1], series, side: 1, price: fair, size: 400 }));
	await desk.record(desk.place({ account: accounts[2], series, side: 1, price: 1, size: 300, timeInForce: 1 }));
	await desk.record(desk.place({ account: accounts[2], series, side: 1, price: fair - 50, size: 300, timeInForce: 1 }));
	// A taker's remainder that finds its own side full.
	const asks = market.put();
	const put = market.fair(asks);
	for (let i = 0; i < 64; i++) await desk.record(desk.place({ account: accounts[0], series: asks, side: 1, price: put }));
	await desk.record(desk.place({ account: accounts[1], series: asks, side: 0, price: put - 5, size: 2 }));
	await desk.record(desk.place({ account: accounts[2], series: asks, side: 1, price: put + 5, size: 1 }));
	await desk.record(desk.place({ account: accounts[2], series: asks, side: 1, price: put - 5, size: 4 }));
	await desk.flush();
};

/** Makers and takers that fail at the fill: too little margin, too much cash. */
export const failures: Episode = async (desk) => {
	const market = await Market.open(desk, 0, [7, 35], 2);
	const [series, other] = [market.call(), market.put(market.strikes[1], market.days[1])];
	const last = market.call(market.strikes[1]);
	const [fair, otherFair, lastFair] = [market.fair(series), market.fair(other), market.fair(last)];
	const poor = desk.open(1_500 * DOLLAR);
	const rich = desk.open(1e13);
	const full = desk.open(MAX_CASH - Settlement.premium(lastFair, 100));
	await desk.flush();
	// Each order alone is covered; all of them together are not.
	for (let i = 0; i < 8; i++) await desk.record(desk.place({ account: poor, series, side: 1, price: fair - 100, size: 60 }));
	await desk.record(desk.place({ account: rich, series, side: 0, price: fair, size: 480 }));
	await desk.record(desk.place({ account: rich, series: other, side: 0, price: otherFair, size: 60, flags: 1 }));
	await desk.record(desk.place({ account: full, series: other, side: 1, price: otherFair, size: 10, flags: 1 }));
	const far = 4000 + desk.random.below(1000);
	for (const nonce of [far, 7, far, far - 100, 5_000_000_000]) await desk.record(desk.cancelAll(rich, nonce));
	desk.skipTo(rich, far + 1);
	await desk.record(desk.place({ account: poor, series, side: 1, price: fair, size: 100_000 }));
	await desk.record(desk.withdraw(poor, 1_000_000 * DOLLAR));
	await desk.record(desk.withdraw(poor, 1_499 * DOLLAR));
	// Selling at the limit fits below the cash limit, at the better price of the maker it does not.
	await desk.record(desk.place({ account: rich, series: last, side: 0, price: lastFair + 50, size: 1000 }));
	await desk.record(desk.place({ account: full, series: last, side: 1, price: lastFair - 50, size: 100 }));
	await desk.record(desk.place({ account: full, series: last, side: 1, price: lastFair + 51, size: 1000 }));
	desk.deposit(full, MAX_CASH);
	desk.deposit(full, 300 * DOLLAR);
	desk.deposit(rich, MAX_CASH + 1 + desk.random.below(1000));
	await desk.flush();
};

/** Positions up to the limits of size and of number. */
export const limits: Episode = async (desk) => {
	const market = await Market.open(desk, 0, [20, 21], 17);
	const maker = desk.open(4e15);
	const taker = desk.open(4e15);
	await desk.flush();
	const far = market.call(market.strikes[16]);
	for (let i = 0; i < 17; i++) {
		await desk.record(desk.place({ account: maker, series: far, side: 1, price: 1, size: MAX_SIZE_LOTS }));
		await desk.record(desk.place({ account: taker, series: far, side: 0, price: 1, size: MAX_SIZE_LOTS }));
	}
	let opened = 0;
	for (const day of market.days) {
		for (const strike of market.strikes) {
			for (const series of [market.call(strike, day), market.put(strike, day)]) {
				if (opened++ % 12 === 0) await market.report();
				const side = desk.random.below(2);
				const price = market.fair(series);
				await desk.record(desk.place({ account: maker, series, side, price, size: 2 }));
				await desk.record(desk.place({ account: taker, series, side: 1 - side, price, size: 1 + desk.random.below(2) }));
			}
		}
	}
	await desk.flush();
};

/** A listing fills to its last strike. */
export const fullListing: Episode = async (desk) => {
	const underlying = desk.random.below(2);
	const day = Math.floor(desk.clock / SECONDS_PER_DAY) + 2 + desk.random.below(300);
	for (let i = 1; i <= 129; i++) await desk.record(Encoding.list({ underlying, day, strike: i * strikeGrid(underlying) }));
	await desk.record(Encoding.list({ underlying, day, strike: strikeGrid(underlying) }));
	await desk.flush();
};

/** A day passes 08:00: the window, its gaps, the settlement price, and everything that folds a position. */
export const settlement: Episode = async (desk) => {
	// The next 08:00, so that no window before it wants reports.
	const next = desk.clock % SECONDS_PER_DAY < EXPIRY_SECOND_OF_DAY ? 0 : 1;
	const eth = await Market.open(desk, 0, [next, next + 7]);
	const accounts = [desk.open(1e12), desk.open(1e12), desk.open(1e12), desk.open(1e12)];
	await desk.flush();
	const [near] = eth.days;
	const expiryTime = Series.expiryTimeOf(near);
	for (let i = 0; i < 12; i++) {
		const series = i % 3 === 0 ? eth.series() : Series.make(0, near, i % 2, desk.random.pick(eth.strikes));
		const [account, other] = [accounts[i % 4], accounts[(i + 1) % 4]];
		await desk.record(desk.place({ account, series, side: 1, price: eth.fair(series), size: 3 + desk.random.below(5) }));
		await desk.record(desk.place({ account: other, series, side: 0, price: eth.fair(series), size: 2 + desk.random.below(5) }));
	}
	await window(desk, eth, expiryTime);
	await desk.record(desk.place({ account: accounts[0], series: Series.make(0, near, 0, eth.strikes[0]), price: 10 }));
	await desk.record(Encoding.settle({ account: accounts[0] }));
	await desk.record(Encoding.settle({ account: accounts[0] }));
	const later = eth.call(eth.strikes[1], eth.days[1]);
	await desk.flush();
	await desk.record(desk.place({ account: accounts[1], series: later, side: 0, price: eth.fair(later), size: 2 }));
	await desk.record(desk.place({ account: accounts[2], series: later, side: 1, price: eth.fair(later), size: 2 }));
	await desk.record(desk.withdraw(accounts[3], 5 * DOLLAR));
	for (const account of accounts) await desk.record(Encoding.settle({ account }));
	await desk.flush();
};

/** Reports through a settlement window that ends at `end`, a minute or less apart. */
async function window(desk: Desk, market: Market, end: number): Promise<void> {
	await desk.at(Math.max(desk.clock, end - 1830));
	await market.report(end - 1830);
	const late = desk.random.next() < 0.3;
	if (late) await desk.at(end + 1000);
	for (let time = end - 1830; time <= end;) {
		if (desk.random.next() < 0.1) await gap(desk, market, time);
		time += 20 + desk.random.below(41);
		if (!late) await desk.at(time);
		await market.report(time);
	}
	await market.report(Math.max(desk.clock, end + 61));
}

/** A report that leaves a hole: refused. */
async function gap(desk: Desk, market: Market, time: number): Promise<void> {
	await desk.at(Math.max(desk.clock, time + 61));
	const indexPrice = market.index;
	await desk.record(desk.report({ underlying: market.underlying, time: time + 61, indexPrice }));
}

/** A slot of the ring of days that an older expiry with open positions still holds, and one that nothing holds. */
export const occupiedSlot: Episode = async (desk) => {
	const market = await Market.open(desk, desk.random.below(2), [5], 2);
	const [seller, buyer] = [desk.open(1e13), desk.open(1e13)];
	await desk.flush();
	const series = market.put();
	const price = market.fair(series);
	await desk.record(desk.place({ account: seller, series, side: 1, price, size: 5 }));
	if (desk.random.next() < 0.8) await desk.record(desk.place({ account: buyer, series, side: 0, price, size: 3 }));
	const { underlying } = market;
	const again = market.days[0] + 1024;
	await desk.at((again - 30) * SECONDS_PER_DAY);
	await desk.record(Encoding.list({ underlying, day: again, strike: market.strikes[0] }));
	await desk.record(Encoding.list({ underlying, day: again + 1, strike: 0 }));
	await desk.record(desk.place({ account: buyer, series: Series.make(underlying, again, 1, market.strikes[0]), price: 700 }));
	await desk.record(desk.place({ account: buyer, series, price: 700 }));
	await desk.record(desk.cancel({ account: seller, series, side: 1, order: 1 }));
	await desk.record(Encoding.settle({ account: buyer }));
	await desk.record(desk.withdraw(buyer, DOLLAR));
	await desk.flush();
};

/** Prices so far from anything sensible that every clamp and saturation is met. */
export const extremes: Episode = async (desk) => {
	const { random } = desk;
	const underlying = random.below(2);
	const day = Math.floor(desk.clock / SECONDS_PER_DAY) + 2 + random.below(390);
	const strikes = [1, 4, 1 + random.below(100), 33_000 / (underlying + 1)].map((n) => Math.floor(n) * strikeGrid(underlying));
	for (const strike of strikes) await desk.record(Encoding.list({ underlying, day, strike }));
	const rich = [desk.open(4e15), desk.open(3e15)];
	await desk.flush();
	for (let round = 0; round < 6; round++) {
		await desk.wait(1 + random.below(100));
		const any = (limit: number): number => (random.below(3) === 0 ? limit : Math.floor(random.next() * limit));
		const sign = (value: number): number => (random.next() < 0.5 ? value : -value);
		const time = desk.clock;
		const price = (): number => Math.max(1, any(random.pick([10, 10_000_000_000, 8_796_093_022_207])));
		const surface = {
			...desk.surface({ day, time, forward: price() }),
			a: any(10_000_000_000),
			b: any(10_000_000_000),
			rho: sign(any(999_999_999)),
			m: sign(any(10_000_000_000)),
			sigma: Math.max(1, any(10_000_000_000)),
			rate: sign(any(1_000_000)),
			confidence: any(1_000_000),
		};
		await desk.record(desk.report({ underlying, time, indexPrice: price(), confidence: any(1_000_000), surfaces: [surface] }));
		for (let i = 0; i < 6; i++) {
			const series = Series.make(underlying, day, random.below(2), random.pick(strikes));
			const limit = Math.max(1, any(random.pick([10, 5000, 8_388_607])));
			const size = Math.max(1, any(random.pick([5, 3000, MAX_SIZE_LOTS])));
			const side = random.below(2);
			await desk.record(desk.place({ account: rich[0], series, side, price: limit, size }));
			await desk.record(desk.place({ account: rich[1], series, side: 1 - side, price: limit, size: Math.max(1, any(size)) }));
		}
		await desk.record(desk.withdraw(random.pick(rich), 1 + any(4_000_000_000_000_000)));
	}
	await desk.flush();
};
