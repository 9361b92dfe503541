// Makers who are protected, quote through session keys and keep a dead-man switch, against takers who sweep.

import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import type { Desk } from "./Desk.ts";
import { Market } from "./Episodes.ts";
import type { Episode } from "./Episodes.ts";
import { keyOf } from "./Keys.ts";
import type { Key } from "./Keys.ts";
import { restingOrders } from "./OrderEpisodes.ts";

type Maker = { readonly account: number; readonly key: Key };

/** Two makers and two takers in three series: protections trip by lots, delta and vega, switches go off, sessions end. */
export const guards: Episode = async (desk) => {
	const { random } = desk;
	const market = await Market.open(desk, random.below(2), [5 + random.below(20)], 1);
	const makers: Maker[] = [0, 1].map((i) => ({ account: desk.open(1e12), key: keyOf(`maker's session ${i}`) }));
	const takers = [desk.open(1e12), desk.open(1e12)];
	await desk.flush();
	const traded = [market.call(), market.put(), Series.make(market.underlying, market.days[0], Series.FUTURE, 0)];
	await fillSessions(desk, takers[0]);
	for (const { account, key } of makers) {
		await desk.record(desk.setSession({ account, key: key.address, scopes: 7, expiresAt: 0 }));
		await protect(desk, market, account, 5 + random.below(100));
	}
	for (let i = 0; i < 170; i++) await act(desk, market, traded, random.pick(makers), random.pick(takers));
	await desk.flush();
};

/** More session keys than there may be, one of them ended. */
async function fillSessions(desk: Desk, account: number): Promise<void> {
	for (let i = 0; i < 10; i++)
		await desk.record(desk.setSession({ account, key: keyOf(`one of many ${i}`).address, scopes: 1 + (i % 7), expiresAt: 0 }));
	for (const i of [3, 3, 9])
		await desk.record(desk.setSession({ account, key: keyOf(`one of many ${i}`).address, scopes: 0, expiresAt: 0 }));
}

async function protect(desk: Desk, market: Market, account: number, window: number): Promise<void> {
	const { random } = desk;
	const limits = random.pick([
		{ quantityLimit: 10 + random.below(30) },
		{ deltaLimit: 1_000_000 * (2 + random.below(10)) },
		{ vegaLimit: 10_000 + random.below(2_000_000) },
		{ quantityLimit: 25, deltaLimit: 8_000_000, vegaLimit: 500_000 },
	]);
	const fields = window === 0 ? {} : { window, freeze: random.pick([0, 10, 30]), ...limits };
	await desk.record(desk.setProtection({ account, underlying: market.underlying, ...fields }));
}

async function act(desk: Desk, market: Market, traded: readonly number[], maker: Maker, taker: number): Promise<void> {
	const { random } = desk;
	const series = random.pick(traded);
	const fair = market.fair(series);
	const { account, key } = maker;
	const roll = random.next();
	if (roll < 0.45) {
		const side = random.below(2);
		const price = fair + (side === 0 ? -1 - random.below(4) : 1 + random.below(4));
		const flags = random.next() < 0.85 ? Messages.PROTECTED : 0;
		await desk.record(desk.place({ account, series, side, price, flags, size: 1 + random.below(12) }, key));
	} else if (roll < 0.68) {
		const side = random.below(2);
		const timeInForce = random.pick([1, 1, 2]);
		const fields = { account: taker, series, side, price: fair + (side === 0 ? 5 : -5), size: 1 + random.below(60) };
		await desk.record(desk.place({ ...fields, timeInForce }));
	} else if (roll < 0.75) await desk.record(desk.heartbeat(account, random.pick([0, 3, 10, 40]), undefined, key));
	else if (roll < 0.83) await sweep(desk, market);
	else if (roll < 0.88) await protect(desk, market, account, random.next() < 0.1 ? 0 : 5 + random.below(100));
	else if (roll < 0.93) {
		const scopes = random.pick([1, 2, 4, 7, 7, 7, 7]);
		await desk.record(
			desk.setSession({ account, key: key.address, scopes, expiresAt: random.pick([0, 0, 0, desk.clock + random.below(20)]) }),
		);
	} else if (roll < 0.95) await desk.record(desk.transfer(account, taker, 1, undefined, key));
	else if (roll < 0.96) desk.force(desk.place({ account, series, signature: new Uint8Array(65) }), key.address);
	else if (roll < 0.97) await desk.record(desk.withdraw(account, 1, undefined, key));
	else {
		await desk.wait(1 + random.below(15));
		await market.report();
	}
}

/** Somebody tidies up, whether it is time or not. */
async function sweep(desk: Desk, market: Market): Promise<void> {
	await desk.flush();
	const resting = restingOrders(desk, market);
	if (resting.length === 0) return;
	const { series, side, order } = desk.random.pick(resting);
	await desk.record(Encoding.sweep({ account: order.account, series, side, order: order.order }));
}
