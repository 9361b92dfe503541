// Makers who quote a whole market under one signature, and takers who meet them: baskets of orders, replacements and cancellations.

import * as Messages from "../../../src/machine/step/Messages.ts";
import type { Item } from "../../../src/machine/step/DealMessages.ts";
import type { Desk } from "./Desk.ts";
import { Market } from "./Episodes.ts";
import type { Episode } from "./Episodes.ts";
import { restingOrders } from "./OrderEpisodes.ts";

type Quote = Partial<Item> & { kind: number };

/** Two makers quote both sides of six series again and again, a basket at a time; a taker's basket crosses. */
export const baskets: Episode = async (desk) => {
	const { random } = desk;
	const market = await Market.open(desk, random.below(2), [5 + random.below(20)]);
	const [first, second, taker] = [desk.open(1e12), desk.open(1e12), desk.open(1e12)];
	await desk.flush();
	for (let i = 0; i < 12; i++) {
		const maker = random.pick([first, second]);
		await desk.record(desk.basket(maker, requote(desk, market, maker)), random.below(3));
		if (random.next() < 0.6) await desk.record(desk.basket(taker, cross(desk, market)));
		if (random.next() < 0.2) desk.force(desk.basket(maker, cross(desk, market)), desk.ownerOf(maker).address);
		if (random.next() < 0.3) await desk.record(desk.cancelAll(random.pick([first, second])));
		if (random.next() < 0.5) {
			await desk.wait(1 + random.below(30));
			await market.report();
		}
		await desk.flush();
	}
};

/** Replaces what rests, takes some of it away, and quotes what does not rest yet. */
function requote(desk: Desk, market: Market, account: number): Quote[] {
	const { random } = desk;
	const items: Quote[] = [];
	for (const { series, side, order } of restingOrders(desk, market)
		.filter((one) => one.order.account === account)
		.slice(0, 20)) {
		if (random.next() < 0.3) items.push({ kind: Messages.CANCEL, series, side, order: order.order });
		else
			items.push({
				kind: Messages.REPLACE,
				series,
				side,
				order: order.order,
				price: quoted(desk, market, series, side),
				size: 1 + random.below(9),
			});
	}
	for (let i = 0; i < 10; i++) {
		const [series, side] = [market.series(), random.below(2)];
		const flags = random.pick([0, 1, 3, 8]);
		items.push({
			kind: Messages.PLACE,
			series,
			side,
			flags,
			price: quoted(desk, market, series, side),
			size: 1 + random.below(9),
			label: 7,
		});
	}
	return items;
}

function cross(desk: Desk, market: Market): Quote[] {
	const { random } = desk;
	return Array.from({ length: 1 + random.below(6) }, () => {
		const [series, side] = [market.series(), random.below(2)];
		const price = Math.max(1, market.fair(series) + (side === 0 ? 6 : -6));
		return { kind: Messages.PLACE, series, side, price, size: 1 + random.below(25), timeInForce: random.below(3) };
	});
}

function quoted(desk: Desk, market: Market, series: number, side: number): number {
	return Math.max(1, market.fair(series) + (side === 0 ? -1 - desk.random.below(5) : 1 + desk.random.below(5)));
}
