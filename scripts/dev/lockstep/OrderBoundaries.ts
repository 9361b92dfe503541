// Orders that meet what rests, on the two sides of every edge: the last lot that a fill-or-kill order finds and one that it does not, makers that may only reduce, orders
// that die this second, labels, replaced orders, and one owner on both sides.

import { Result } from "../../../src/machine/Result.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import type { Order } from "../../../src/machine/types/Book.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { ACCOUNT, CLOCK, NOTHING, OWNER, TODAY, cells, forced, place, playAll, strikeOf } from "./BoundaryWorld.ts";
import type { Boundary, World } from "./BoundaryWorld.ts";
import type { Item } from "./Lane.ts";

const CALL = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
const FUTURE = Series.make(0, TODAY + 7, Series.FUTURE, 0);
const OTHER = Series.make(0, TODAY + 7, Series.PUT, strikeOf(0, -1));
const RICH = 1_000_000_000_000;
const [FIRST, SECOND] = [ACCOUNT + 1, ACCOUNT + 2];

type Case = {
	readonly series?: number;
	readonly side: number;
	readonly resting: readonly Partial<Order>[];
	readonly own?: readonly Partial<Order>[];
	readonly world?: World;
};

/** Everybody is rich, and holds lots against the taker's side, so that reducing has something to reduce. */
function worldOf({ series = CALL, side, resting, own = [], world = {} }: Case): ReturnType<typeof cells> {
	const held = (size: number): { cash: number; positions: { series: number; size: number }[] } => ({
		cash: RICH,
		positions: [{ series, size }],
	});
	// A bid of the taker reduces what he is short of and what a maker is long of.
	const makers = side === 0 ? 4 : -4;
	const others = [held(makers), held(makers)];
	const books = [
		{ series, side: 1 - side, orders: resting },
		{ series, side, orders: own },
	];
	return cells({ account: held(-makers), others, ...world, books });
}

function replace(fields: Partial<Messages.Replace>): Item {
	return forced(
		Encoding.replace({
			account: ACCOUNT,
			series: CALL,
			side: 0,
			order: 7,
			price: 1000,
			size: 10,
			nonce: 1001,
			signature: NOTHING,
			...fields,
		}),
	);
}

export function orders(): Boundary[] {
	const all: Boundary[] = [];
	const add = (name: string, item: Item, one: Case): void => {
		for (const [i, recorded] of playAll(worldOf(one), item).entries()) all.push({ name: `order/${name}/${one.side}/${i}`, recorded });
	};
	for (const side of [0, 1]) {
		// Two makers, the second at a worse price, of 6 and 4 lots: exactly enough is 10.
		const worse = side === 0 ? 1001 : 999;
		const two = [{ size: 6 }, { size: 4, account: SECOND, price: worse }];
		for (const timeInForce of [Messages.GTC, Messages.IOC, Messages.FOK]) {
			for (const size of [10, 11])
				add(`size/${timeInForce}/${size}`, place({ side, timeInForce, size, price: worse }), { side, resting: two });
			add(`price/${timeInForce}`, place({ side, timeInForce, size: 10 }), { side, resting: two });
			for (const flags of [Messages.REDUCE_ONLY, 0]) {
				const reducing = [
					{ size: 3, flags },
					{ size: 3, flags, order: 8 },
					{ size: 6, account: SECOND, price: worse },
				];
				for (const size of [9, 10, 11])
					add(`reducing/${timeInForce}/${flags}/${size}`, place({ side, timeInForce, size, price: worse }), { side, resting: reducing });
			}
			for (const size of [4, 5])
				add(`reduceOnly/${timeInForce}/${size}`, place({ side, timeInForce, size, flags: Messages.REDUCE_ONLY, price: worse }), {
					side,
					resting: two,
				});
			for (const ending of [CLOCK - 1, CLOCK, CLOCK + 1])
				add(`dying/${timeInForce}/${ending - CLOCK}`, place({ side, timeInForce, size: 6 }), {
					side,
					resting: [{ size: 6, expiresAt: ending }],
				});
			for (const epoch of [0, 1])
				add(`epoch/${timeInForce}/${epoch}`, place({ side, timeInForce, size: 6 }), {
					side,
					resting: [
						{ size: 6, epoch },
						{ size: 6, account: SECOND },
					],
				});
			for (const mode of [Messages.CANCEL_MAKER, Messages.CANCEL_TAKER, Messages.CANCEL_BOTH, Messages.DECREMENT]) {
				for (const size of [5, 6, 7]) {
					const own = [
						{ size: 6, account: ACCOUNT },
						{ size: 6, account: SECOND },
					];
					add(`self/${timeInForce}/${mode}/${size}`, place({ side, timeInForce, size, flags: 8 * mode }), { side, resting: own });
				}
			}
			const poor = { account: { cash: RICH }, others: [{ cash: 0 }, { cash: RICH }] };
			for (const size of [4, 5])
				add(`poor/${timeInForce}/${size}`, place({ side, timeInForce, size, price: worse }), { side, resting: two, world: poor });
			add(`future/${timeInForce}`, place({ series: FUTURE, side, timeInForce, size: 6, price: 30_000 }), {
				series: FUTURE,
				side,
				resting: [{ size: 6, price: 30_000 }],
			});
		}
		// Behind the best: one tick, and none left at the end of the prices.
		for (const price of [1, 2, 1000])
			add(`slide/${price}`, place({ side, flags: Messages.POST_ONLY + Messages.SLIDE, price: side === 0 ? 60_000 : 1 }), {
				side,
				resting: [{ price }],
			});
		for (const price of [999, 1000, 1001])
			add(`postOnly/${price}`, place({ side, flags: Messages.POST_ONLY, price }), { side, resting: [{ size: 6 }] });
		// The taker's own orders.
		const own = [
			{ account: ACCOUNT, size: 10, label: 3 },
			{ account: FIRST, size: 2, label: 3 },
			{ account: ACCOUNT, size: 5, order: 9 },
		];
		for (const [price, size] of [
			[1000, 10],
			[1000, 9],
			[1000, 1],
			[1000, 11],
			[1001, 10],
			[999, 10],
			[999, 11],
			[999, 9],
		] as const)
			add(`replace/${price}/${size}`, replace({ side, price, size }), {
				side,
				own,
				resting: [{ price: side === 0 ? 1001 : 999, account: SECOND }],
			});
		for (const expiresAt of [CLOCK, CLOCK + 1])
			add(`replace/dying/${expiresAt - CLOCK}`, replace({ side, size: 9 }), { side, resting: [], own: [{ account: ACCOUNT, expiresAt }] });
		for (const order of [8, 9])
			add(`cancel/${order}`, forced(Encoding.cancel({ account: ACCOUNT, series: CALL, side, order, signature: NOTHING })), {
				side,
				resting: [],
				own,
			});
		const marked = { account: ACCOUNT, series: CALL, nonce: 1001, signature: NOTHING };
		for (const sides of [1, 2, 3]) {
			for (const label of [0, 1, 3])
				add(`cancelSeries/${sides}/${label}`, forced(Encoding.cancelSeries({ ...marked, sides, label })), { side, resting: own, own });
		}
	}
	const lone = { side: 0, resting: [], own: [{ account: ACCOUNT }] };
	for (const underlying of [0, 1, 2, 254, 255])
		add(`cancelAll/${underlying}`, forced(Encoding.cancelAll({ account: ACCOUNT, underlying, nonce: 1001, signature: NOTHING })), lone);
	for (const underlying of [2, 15]) {
		const series = Series.make(underlying, TODAY + 7, Series.PUT, strikeOf(1, 0));
		add(
			`cancelSeries/underlying/${underlying}`,
			forced(Encoding.cancelSeries({ account: ACCOUNT, series, sides: 3, label: 0, nonce: 1001, signature: NOTHING })),
			lone,
		);
		add(`replace/underlying/${underlying}`, replace({ series }), lone);
	}
	for (const side of [1, 2]) {
		add(`cancel/side/${side}`, forced(Encoding.cancel({ account: ACCOUNT, series: OTHER, side, order: 7, signature: NOTHING })), lone);
		add(`replace/side/${side}`, replace({ side }), lone);
	}
	for (const sides of [0, 3, 4])
		add(
			`cancelSeries/sides/${sides}`,
			forced(Encoding.cancelSeries({ account: ACCOUNT, series: CALL, sides, label: 0, nonce: 1001, signature: NOTHING })),
			lone,
		);
	for (const timeInForce of [2, 3]) add(`timeInForce/${timeInForce}`, place({ timeInForce }), lone);
	for (const flags of [1, 2, 3, 7, 31, 32]) add(`flags/${flags}`, place({ flags }), lone);
	for (const flags of [1, 3]) add(`flags/fok/${flags}`, place({ flags, timeInForce: Messages.FOK }), lone);
	for (const account of [ACCOUNT, FIRST, FIRST + 1]) {
		for (const amount of [0, 1, RICH, RICH + 1])
			add(
				`transfer/${account}/${amount}`,
				forced(Encoding.transfer({ account: ACCOUNT, recipient: account, amount, nonce: 1001, signature: NOTHING })),
				{
					...lone,
					world: { account: { cash: RICH }, others: [{ owner: OWNER }] },
				},
			);
	}
	if (!all.some(({ recorded }) => recorded.outcome.result === Result.Probed)) throw new Error("no fill-or-kill order was looked at");
	return all;
}
