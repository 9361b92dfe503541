// Pairs of steps on the two sides of a rule's edge: the last value that passes and the first that does not. Margin is pinned to the micro-USDC by what
// a portfolio may still withdraw.

import {
	MAX_CASH,
	MAX_EXPIRY_DAYS,
	MAX_NONCE,
	MAX_NONCE_JUMP,
	MAX_POSITION_LOTS,
	MAX_POSITIONS,
	MAX_PRICE,
	MAX_PRICE_AGE_SECONDS,
	MAX_PRICE_TICKS,
	MAX_REPORT_GAP_SECONDS,
	MAX_SIZE_LOTS,
	MIN_LISTING_SECONDS,
	NONCE_WINDOW,
	PPM,
	SECONDS_PER_DAY,
	SETTLEMENT_WINDOW_SECONDS,
	strikeGrid,
} from "../../../src/machine/Constants.ts";
import { TrackedState } from "../../../src/executor/TrackedState.ts";
import { Random } from "../../../src/market/Random.ts";
import { Result } from "../../../src/machine/Result.ts";
import * as Margin from "../../../src/machine/risk/Margin.ts";
import { CommittedState } from "../../../src/machine/state/CommittedState.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import type * as Messages from "../../../src/machine/step/Messages.ts";
import * as Accounts from "../../../src/machine/types/Account.ts";
import type { Account, Position } from "../../../src/machine/types/Account.ts";
import { DEPOSIT } from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import {
	ACCOUNT,
	CLOCK,
	INDEX,
	NOTHING,
	OWNER,
	STRIKES,
	TODAY,
	bandOf,
	cells,
	forced,
	place,
	play,
	record,
	report,
	strikeOf,
	withdraw,
} from "./BoundaryWorld.ts";
import type { Boundary, World } from "./BoundaryWorld.ts";
import { deals } from "./DealBoundaries.ts";
import { bands } from "./BandBoundaries.ts";
import { baskets } from "./BasketBoundaries.ts";
import { blobs } from "./BlobBoundaries.ts";
import { guards } from "./GuardBoundaries.ts";
import { orders } from "./OrderBoundaries.ts";
import { refusals } from "./RefusalBoundaries.ts";
import type { Item, Recorded } from "./Lane.ts";

/** Positions of every kind, long and short, over days, strikes and underlyings. */
function portfolio(random: Random, days: readonly number[], count: number): Position[] {
	const held = new Map<number, number>();
	while (held.size < count) {
		const underlying = random.below(2);
		const series = Series.make(underlying, random.pick(days), random.below(2), strikeOf(underlying, random.pick(STRIKES)));
		held.set(series, (1 + random.below(400)) * (random.next() < 0.5 ? 1 : -1));
	}
	return [...held].map(([series, size]) => ({ series, size })).sort((a, b) => a.series - b.series);
}

/** What each of some portfolios may withdraw to the last micro-USDC, and one more. The last ones are inside the settlement window of their first day. */
function margins(): Boundary[] {
	const random = new Random(20_261_123);
	const all: Boundary[] = [];
	const open = [1, 3, 4, 900, 1799, 1800, 1801];
	for (let i = 0; i < 16 + open.length; i++) {
		const clock = i < 16 ? CLOCK : Series.expiryTimeOf(TODAY + 1) - open[i - 16] + 3;
		const days = [TODAY + 1, TODAY + 7, TODAY + 29, TODAY + 31, TODAY + 200].slice(0, 1 + (i % 5));
		const cash = 50_000_000_000_000;
		const positions = portfolio(random, days, 1 + (i % 8));
		const list = cells({ account: { cash, positions }, clock, days, random, confidence: i % 3 === 0 ? 950_000 : PPM });
		const state = new CommittedState();
		TrackedState.fill(state, list);
		const account: Account = { ...Accounts.empty(), owner: OWNER, cash, positions };
		const { equity, initial } = Margin.assess(state.live, account);
		const most = Math.min(cash, equity - initial);
		for (const extra of [0, 1]) all.push({ name: `margin/${i}/${extra}`, recorded: play(list, withdraw(most + extra), clock) });
	}
	return all;
}

/** Fields of messages at their limits. */
function fields(): Boundary[] {
	const rich = { cash: MAX_CASH - 1 };
	const list = cells({ account: rich });
	const all: Boundary[] = [];
	const add = (name: string, item: Item, world = list, clock = CLOCK): void => void all.push({ name, recorded: play(world, item, clock) });
	for (const price of [0, 1, MAX_PRICE_TICKS, MAX_PRICE_TICKS + 1]) add(`price/${price}`, place({ price, size: 1 }));
	for (const size of [0, 1, MAX_SIZE_LOTS, MAX_SIZE_LOTS + 1]) add(`size/${size}`, place({ price: 1, size }));
	const window = 1000 + NONCE_WINDOW;
	for (const nonce of [999, 1000, window - 1, window, window + MAX_NONCE_JUMP - 1, window + MAX_NONCE_JUMP, MAX_NONCE - 1, MAX_NONCE]) {
		add(`nonce/place/${nonce}`, place({ nonce }));
		add(`nonce/withdraw/${nonce}`, withdraw(1, nonce));
	}
	for (const nonce of [MAX_NONCE - 1, MAX_NONCE]) {
		const replaced = {
			account: ACCOUNT,
			series: Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0)),
			side: 0,
			order: 7,
			price: 900,
			size: 3,
			nonce,
		};
		const resting = cells({ account: rich, books: [{ series: replaced.series, side: 0, orders: [{ account: ACCOUNT }] }] });
		add(`nonce/replace/${nonce}`, forced(Encoding.replace({ ...replaced, signature: NOTHING })), resting);
	}
	for (const nonce of [MAX_NONCE - 1, MAX_NONCE]) {
		const common = { account: ACCOUNT, nonce, signature: NOTHING };
		const series = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
		add(`nonce/cancelAll/${nonce}`, forced(Encoding.cancelAll({ ...common, underlying: 255 })));
		add(`nonce/cancelSeries/${nonce}`, forced(Encoding.cancelSeries({ ...common, series, sides: 3, label: 0 })));
		add(`nonce/transfer/${nonce}`, forced(Encoding.transfer({ ...common, recipient: ACCOUNT + 1, amount: 1 })));
	}
	for (const amount of [0, 1, MAX_CASH - 1, MAX_CASH, MAX_NONCE - 1, MAX_NONCE]) add(`amount/${amount}`, withdraw(amount));
	for (const underlying of [1, 2, 15]) {
		const series = Series.make(underlying, TODAY + 7, Series.PUT, strikeOf(1, 0));
		add(`underlying/place/${underlying}`, place({ series }));
		const cancel = { account: ACCOUNT, series, side: 0, order: 1, signature: NOTHING };
		add(`underlying/cancel/${underlying}`, forced(Encoding.cancel(cancel)));
		add(`underlying/list/${underlying}`, record(Encoding.list({ underlying, day: TODAY + 9, strike: 0 })));
	}
	for (const kind of [Series.FUTURE, 3]) add(`kind/${kind}`, place({ series: Series.make(0, TODAY + 7, kind, strikeOf(0, 0)) }));
	for (const side of [1, 2]) add(`side/${side}`, place({ side }));
	for (const timeInForce of [1, 2]) add(`timeInForce/${timeInForce}`, place({ timeInForce }));
	for (const [timeInForce, flags] of [
		[0, 1],
		[0, 2],
		[1, 1],
	] as const)
		add(`flags/${timeInForce}/${flags}`, place({ timeInForce, flags }));
	for (const account of [ACCOUNT, ACCOUNT + 1]) add(`account/${account}`, place({ account }));
	const deposit = (amount: number): Item => ({
		kind: "message",
		taken: true,
		l1Kind: DEPOSIT,
		sender: OWNER,
		payload: Encoding.deposit(ACCOUNT, OWNER, amount),
	});
	for (const amount of [1, 2, MAX_CASH, MAX_CASH + 1]) add(`deposit/${amount}`, deposit(amount));
	add("strike/0", place({ series: Series.make(0, TODAY + 7, Series.CALL, 0) }));
	for (const cash of [0, 1]) add(`deposit/all/${cash}`, deposit(MAX_CASH), cells({ account: { cash } }));
	return all;
}

/** Times at which a message is just in time, or just too late. */
function times(): Boundary[] {
	const all: Boundary[] = [];
	const rich = { cash: 1_000_000_000_000 };
	for (const age of [MAX_PRICE_AGE_SECONDS, MAX_PRICE_AGE_SECONDS + 1]) {
		all.push({ name: `age/index/${age}`, recorded: play(cells({ account: rich, indexAge: age }), place({})) });
		all.push({ name: `age/surface/${age}`, recorded: play(cells({ account: rich, surfaceAge: age }), place({})) });
		const positions = [{ series: Series.make(1, TODAY + 7, Series.PUT, strikeOf(1, 0)), size: -5 }];
		const list = cells({ account: { ...rich, positions }, surfaceAge: age });
		all.push({ name: `age/withdraw/${age}`, recorded: play(list, withdraw(1)) });
	}
	for (const expiresAt of [CLOCK - 1, CLOCK, CLOCK + 1])
		all.push({ name: `expiresAt/${expiresAt - CLOCK}`, recorded: play(cells({ account: rich }), place({ expiresAt })) });
	const expiry = Series.expiryTimeOf(TODAY + 7);
	for (const clock of [expiry - 1, expiry])
		all.push({ name: `expiry/${clock - expiry}`, recorded: play(cells({ account: rich, clock }), place({}), clock) });
	const day = TODAY + 9;
	const soonest = Series.expiryTimeOf(day) - MIN_LISTING_SECONDS;
	const latest = Series.expiryTimeOf(day) - MAX_EXPIRY_DAYS * SECONDS_PER_DAY;
	for (const clock of [soonest, soonest + 1, latest, latest - 1]) {
		const item = record(Encoding.list({ underlying: 0, day, strike: strikeOf(0, 0) }));
		all.push({ name: `list/${clock - Series.expiryTimeOf(day)}`, recorded: play(cells({ clock }), item, clock) });
	}
	for (const strike of [strikeGrid(0), strikeGrid(0) + 1, MAX_PRICE_TICKS - (MAX_PRICE_TICKS % 250), MAX_PRICE_TICKS + 1 + 142]) {
		const item = record(Encoding.list({ underlying: 0, day: TODAY + 7, strike }));
		all.push({ name: `list/strike/${strike}`, recorded: play(cells({}), item) });
	}
	return all;
}

/** Positions at their limits. */
function positions(): Boundary[] {
	const all: Boundary[] = [];
	const series = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
	for (const side of [0, 1]) {
		for (const size of [4, 5]) {
			const held = { series, size: (MAX_POSITION_LOTS - 4) * (side === 0 ? 1 : -1) };
			const list = cells({ account: { cash: MAX_CASH / 2, positions: [held] } });
			all.push({ name: `lots/${side}/${size}`, recorded: play(list, place({ side, size, price: 1000 })) });
		}
	}
	for (const count of [MAX_POSITIONS - 1, MAX_POSITIONS]) {
		const days = [TODAY + 7, TODAY + 8, TODAY + 9, TODAY + 14];
		const held = portfolio(new Random(9), days, MAX_POSITIONS + 1).filter((position) => position.series !== series);
		const list = cells({ account: { cash: MAX_CASH / 2, positions: held.slice(0, count) }, days });
		all.push({ name: `positions/${count}`, recorded: play(list, place({})) });
	}
	return all;
}

/** The least cash with which an account may trade, and one micro-USDC less: premium, fee and margin after the trade are all in it. */
function purses(): Boundary[] {
	const all: Boundary[] = [];
	const random = new Random(7);
	for (let i = 0; all.length < 16; i++) {
		const [underlying, kind, side] = [i & 1, (i >> 1) & 1, (i >> 2) & 1];
		const series = Series.make(underlying, TODAY + 7, kind, strikeOf(underlying, random.pick(STRIKES)));
		const held = portfolio(random, [TODAY + 7], i % 4);
		const { buy, sell } = bandOf(series);
		const item = place({ series, side, price: side === 0 ? buy : sell, size: 1 + random.below(50), timeInForce: i === 3 ? 1 : 0 });
		const attempt = (cash: number): Recorded => play(cells({ account: { cash, positions: held } }), item);
		let [refused, allowed] = [-1_000_000_000_000, 1_000_000_000_000];
		// What reduces risk is allowed to the poorest.
		if (attempt(refused).outcome.result !== Result.InsufficientMargin) continue;
		while (allowed - refused > 1) {
			const middle = Math.floor((allowed + refused) / 2);
			if (attempt(middle).outcome.result === Result.InsufficientMargin) refused = middle;
			else allowed = middle;
		}
		for (const cash of [allowed, refused]) all.push({ name: `purse/${i}/${cash - refused}`, recorded: attempt(cash) });
	}
	return all;
}

/** The last cash with which an account may still be paid, or pay, what a trade comes to, and one micro-USDC beyond: the limit of cash stands before margin. */
function coffers(): Boundary[] {
	const all: Boundary[] = [];
	for (const side of [0, 1]) {
		const item = place({ side, price: 60_000, size: 10 });
		const attempt = (cash: number): Recorded => play(cells({ account: { cash } }), item);
		const edge = side === 0 ? -MAX_CASH : MAX_CASH;
		let [refused, allowed] = [edge, 0];
		while (Math.abs(allowed - refused) > 1) {
			const middle = Math.trunc((allowed + refused) / 2);
			if (attempt(middle).outcome.result === Result.CashLimit) refused = middle;
			else allowed = middle;
		}
		for (const cash of [allowed, refused]) all.push({ name: `coffer/${side}/${Math.abs(cash - allowed)}`, recorded: attempt(cash) });
	}
	return all;
}

function reports(): Boundary[] {
	const all: Boundary[] = [];
	const add = (name: string, item: Item, world: World = {}): void =>
		void all.push({ name: `report/${name}`, recorded: play(cells(world), item, world.clock ?? CLOCK) });
	for (const time of [CLOCK - 4, CLOCK - 3, CLOCK - 2, CLOCK, CLOCK + 1]) add(`time/${time - CLOCK}`, report({ time }));
	for (const indexPrice of [0, 1, MAX_PRICE - 1, MAX_PRICE]) add(`indexPrice/${indexPrice}`, report({ indexPrice }));
	for (const confidence of [PPM, PPM + 1]) add(`confidence/${confidence}`, report({ confidence }));
	for (const underlying of [1, 2]) add(`underlying/${underlying}`, report({ underlying }));
	const surface = {
		day: TODAY + 7,
		forward: INDEX[0],
		a: 10_000_000,
		b: 5_000_000,
		rho: -250_000_000,
		m: 0,
		sigma: 200_000_000,
		rate: 0,
		confidence: PPM,
	};
	const variants: readonly Partial<Messages.Surface>[] = [
		{},
		...[0, 1, MAX_PRICE - 1, MAX_PRICE].map((forward) => ({ forward })),
		...[PPM, PPM + 1].map((confidence) => ({ confidence })),
		...[1_000_000, 1_000_001, -1_000_000, -1_000_001].map((rate) => ({ rate })),
		...[10_000_000_000, 10_000_000_001].flatMap((edge) => [{ a: edge }, { b: edge }, { m: edge }, { m: -edge }, { sigma: edge }]),
		...[1, 0, -1].flatMap((edge) => [{ b: edge }, { sigma: edge }]),
		...[999_999_999, 1_000_000_000, -999_999_999, -1_000_000_000].map((rho) => ({ rho })),
		// The least variance of b = 5e-3, rho = -1/4, sigma = 1/5 is a + b sigma sqrt(1 - rho^2) = a + 968_245.8...
		...[-968_245, -968_246, -10_000_000_001].map((a) => ({ a })),
		...[TODAY, TODAY + 1].map((day) => ({ day })),
	];
	for (const [i, variant] of variants.entries()) add(`surface/${i}`, report({ surfaces: [{ ...surface, ...variant }] }));
	for (const second of [0, 1]) add(`days/${second}`, report({ surfaces: [surface, { ...surface, day: TODAY + 7 + second }] }));
	// Far from every window, on either side of noon.
	for (const second of [3_600, 61_200]) {
		const time = Math.floor(CLOCK / SECONDS_PER_DAY) * SECONDS_PER_DAY + second;
		add(`second/${second}`, report({ time }), { clock: time });
	}
	const opening = Series.expiryTimeOf(TODAY + 7) - SETTLEMENT_WINDOW_SECONDS;
	// An underlying's first report, just before a window and in its first second.
	for (const time of [opening - 1, opening]) add(`first/${time - opening}`, report({ time }), { clock: time, indexAge: time });
	for (const gap of [MAX_REPORT_GAP_SECONDS, MAX_REPORT_GAP_SECONDS + 1]) {
		for (const [name, time] of [
			["before", opening],
			["entering", opening + 1],
			["within", opening + 900],
			["passing", opening + SETTLEMENT_WINDOW_SECONDS],
			["leaving", opening + SETTLEMENT_WINDOW_SECONDS + gap - 1],
			["after", opening + SETTLEMENT_WINDOW_SECONDS + gap],
		] as const) {
			add(`gap/${name}/${gap}`, report({ time }), { clock: time, indexAge: gap });
		}
	}
	return all;
}

/** A message of every kind for an account that nobody has opened. */
function strangers(): Boundary[] {
	const account = ACCOUNT + 77;
	const series = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
	const common = { account, nonce: 1001, signature: NOTHING };
	const order = { series, side: 0, order: 1 };
	const payloads = [
		Encoding.cancel({ ...common, ...order }),
		Encoding.cancelAll({ ...common, underlying: 0 }),
		Encoding.withdraw({ ...common, recipient: OWNER, amount: 1 }),
		Encoding.settle({ account }),
		Encoding.replace({ ...common, ...order, price: 1000, size: 1 }),
		Encoding.cancelSeries({ ...common, series, sides: 3, label: 0 }),
		Encoding.transfer({ ...common, recipient: ACCOUNT, amount: 1 }),
		Encoding.setSession({ ...common, key: OWNER, scopes: 1, expiresAt: 0 }),
		Encoding.setProtection({ ...common, underlying: 0, window: 60, freeze: 1, quantityLimit: 1, deltaLimit: 0, vegaLimit: 0 }),
		Encoding.heartbeat({ ...common, duration: 5 }),
		DealEncoding.liquidate(account),
		DealEncoding.collect(account),
		DealEncoding.bid({ ...common, debtor: ACCOUNT, share: 1, limit: 1 }),
		DealEncoding.setReferrer({ ...common, referrer: ACCOUNT }),
		...[
			[account, ACCOUNT],
			[ACCOUNT, account],
		].map(([maker, taker]) =>
			DealEncoding.block({
				maker,
				taker,
				makerNonce: 1001,
				takerNonce: 1001,
				expiresAt: 0,
				legs: [{ series, side: 0, price: 1000, size: 1 }],
				makerSignature: NOTHING,
				takerSignature: NOTHING,
			}),
		),
	];
	return payloads.map((payload) => ({ name: `stranger/${payload[0]}`, recorded: play(cells({}), forced(payload)) }));
}

/** All of them. */
export function boundaries(): Boundary[] {
	const pairs = [...margins(), ...purses()];
	for (let i = 0; i < pairs.length; i += 2) {
		const [last, first] = [pairs[i], pairs[i + 1]].map((boundary) => boundary?.recorded.outcome.result);
		if (last === Result.InsufficientMargin || first !== Result.InsufficientMargin) throw new Error(`${pairs[i]?.name} is no edge`);
	}
	return [
		...pairs,
		...strangers(),
		...fields(),
		...times(),
		...positions(),
		...coffers(),
		...reports(),
		...orders(),
		...deals(),
		...guards(),
		...bands(),
		...baskets(),
		...blobs(),
		...refusals(),
	];
}
