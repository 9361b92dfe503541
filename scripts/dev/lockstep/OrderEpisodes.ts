// Orders of every kind against each other: fill or kill, sliding, reducing, replaced, of one owner, cancelled together; options and dated futures.

import * as Kinds from "../../../src/machine/state/Kinds.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import type { Book, Order } from "../../../src/machine/types/Book.ts";
import type { Desk } from "./Desk.ts";
import { DOLLAR, Market } from "./Episodes.ts";
import type { Episode } from "./Episodes.ts";
import { keyOf } from "./Keys.ts";

export type Resting = { readonly series: number; readonly side: number; readonly order: Order };

/** Every order that rests in the market, whoever it is of. */
export function restingOrders(desk: Desk, market: Market): Resting[] {
	const found: Resting[] = [];
	for (const [index, cell] of desk.lane.state.live.entries(Kinds.BOOKS)) {
		const slot = Math.floor(index / 1024);
		const day = market.days.find((d) => Series.slotOf(market.underlying, d) === slot);
		const kind = Math.floor(index / 2) % 4;
		const strike = kind === Series.FUTURE ? 0 : market.strikes[Math.floor(index / 8) % 128];
		if (day === undefined || strike === undefined) continue;
		const series = Series.make(market.underlying, day, kind, strike);
		for (const order of (cell as Book).orders) found.push({ series, side: index % 2, order });
	}
	return found;
}

/** Five accounts, of which two have one owner and one is poor, trade three series under every flag. */
export const orders: Episode = async (desk) => {
	const { random } = desk;
	const market = await Market.open(desk, random.below(2), [5 + random.below(20)], 1);
	const both = keyOf(`owner of two, ${random.below(1e6)}`);
	const accounts = [desk.open(1e12, both), desk.open(1e12, both), desk.open(1e12), desk.open(1e12), desk.open(3_000 * DOLLAR)];
	await desk.flush();
	const [day] = market.days as [number];
	const traded = [market.call(), market.put(), Series.make(market.underlying, day, Series.FUTURE, 0)];
	for (let i = 0; i < 150; i++) await act(desk, market, traded, accounts);
	await desk.flush();
};

async function act(desk: Desk, market: Market, traded: readonly number[], accounts: readonly number[]): Promise<void> {
	const { random } = desk;
	const account = random.pick(accounts);
	const series = random.pick(traded);
	const roll = random.next();
	if (roll < 0.6) {
		const side = random.below(2);
		const price = market.fair(series) + random.below(9) - 4;
		const timeInForce = random.next() < 0.3 ? 2 : random.next() < 0.15 ? 1 : 0;
		const rules = random.below(8) * 4;
		const flags = timeInForce === 0 ? rules + random.pick([0, 0, 0, 1, 3]) : rules;
		const size = 1 + random.below(timeInForce === 2 ? 40 : 12);
		await desk.record(desk.place({ account, series, side, price, timeInForce, flags, size, label: random.below(3) }));
	} else if (roll < 0.8) await replace(desk, market, account);
	else if (roll < 0.87) await desk.record(desk.cancelSeries({ account, series, sides: 1 + random.below(3), label: random.below(3) }));
	else if (roll < 0.9) await desk.record(desk.cancelAll(account, undefined, undefined, random.pick([0, 1, 255])));
	else if (roll < 0.97) {
		const amount = random.pick([1, DOLLAR, 1 + random.below(2_000 * DOLLAR), 2e12]);
		await desk.record(desk.transfer(account, random.pick([...accounts, 77]), amount));
	} else {
		await desk.wait(1 + random.below(40));
		await market.report();
	}
}

/** A resting order gets fewer lots, more lots, or another price: worse, or one that crosses. */
async function replace(desk: Desk, market: Market, account: number): Promise<void> {
	const { random } = desk;
	await desk.flush();
	const own = restingOrders(desk, market).filter(({ order }) => order.account === account);
	const { series, side, order } = own[random.below(own.length)] ?? {
		series: market.call(),
		side: 0,
		order: { order: 1, price: 100, size: 2 },
	};
	const size = Math.max(1, order.size + random.pick([0, -1, -2, 1, 5]));
	const price = Math.max(1, order.price + random.pick([0, 0, 0, 1, -1, 4, -4]));
	await desk.record(desk.replace({ account, series, side, order: order.order, price, size }));
}
