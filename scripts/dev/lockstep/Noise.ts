// Everything that anybody may send: bad bytes, bad signatures, bad fields, and good messages among them.

import { EXPIRY_SECOND_OF_DAY, MAX_CASH, MAX_NONCE, SECONDS_PER_DAY } from "../../../src/machine/Constants.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { DEPOSIT, FORCED } from "../../../src/machine/types/Machine.ts";
import * as Batch from "../../../src/protocol/Batch.ts";
import { NOBODY } from "./Desk.ts";
import type { Desk } from "./Desk.ts";
import { DOLLAR, Market } from "./Episodes.ts";
import type { Episode } from "./Episodes.ts";
import { restingOrders } from "./OrderEpisodes.ts";
import { keyOf, SPOILINGS } from "./Keys.ts";

/** A market of a few accounts under everything that can be sent to it. */
export const noise: Episode = async (desk) => {
	const { random } = desk;
	const market = await Market.open(desk, random.below(2), [1 + random.below(3), 9 + random.below(40)]);
	const accounts = Array.from({ length: 5 }, () => desk.open(10_000 * DOLLAR * 10 ** random.below(4)));
	await desk.flush();
	for (let i = 0; i < 260; i++) {
		if (random.next() < 0.03) await time(desk, market);
		await one(desk, market, random.pick(accounts), accounts);
	}
	await desk.flush();
};

/** Time passes: a moment with a report, or so much that prices are stale or an expiry is reached. */
async function time(desk: Desk, market: Market): Promise<void> {
	const roll = desk.random.next();
	if (roll < 0.75) await desk.wait(1 + desk.random.below(50));
	else if (roll < 0.95) await desk.wait(121 + desk.random.below(500));
	else await desk.at(Series.expiryTimeOf(market.days[0]) + desk.random.below(100));
	if (desk.random.next() < 0.8) await market.report();
}

async function one(desk: Desk, market: Market, account: number, accounts: readonly number[]): Promise<void> {
	const { random } = desk;
	const roll = random.next();
	const delay = random.next() < 0.1 ? random.below(4) : 0;
	if (roll < 0.32) await desk.record(order(desk, market, account), delay);
	else if (roll < 0.38) await desk.record(cancel(desk, market, account), delay);
	else if (roll < 0.42) await desk.record(desk.cancelAll(account, nonceOf(desk, account)), delay);
	else if (roll < 0.48) await desk.record(desk.withdraw(account, amount(desk), nonceOf(desk, account)), delay);
	else if (roll < 0.52) await desk.record(list(desk, market), delay);
	else if (roll < 0.55) await desk.record(Encoding.settle({ account: random.next() < 0.8 ? account : random.below(30) }), delay);
	else if (roll < 0.62) await desk.record(report(desk, market), delay);
	else if (roll < 0.68) await desk.record(spoilt(desk, message(desk, market, account)), delay);
	else if (roll < 0.76) await desk.record(wrongSignature(desk, message(desk, market, account)), delay);
	else if (roll < 0.81) force(desk, market, account, accounts);
	else if (roll < 0.86) deposit(desk, account, accounts);
	else if (roll < 0.87) await desk.record(message(desk, market, account), delay);
	else if (roll < 0.9) await desk.record(unknown(desk), delay);
	else if (roll < 0.94) await desk.raw(junk(desk));
	else if (roll < 0.96) await strangeBatch(desk, message(desk, market, account));
	else if (roll < 0.98) await desk.flush();
	else await desk.halt();
}

function message(desk: Desk, market: Market, account: number): Uint8Array {
	const kind = desk.random.below(21);
	if (kind < 2) return order(desk, market, account);
	if (kind === 2) return cancel(desk, market, account);
	if (kind === 3) return desk.cancelAll(account);
	if (kind === 4) return desk.withdraw(account, amount(desk));
	if (kind === 5) return list(desk, market);
	if (kind === 6) return desk.replace({ account, ...quote(desk, market), order: desk.random.below(9), nonce: nonceOf(desk, account) });
	if (kind === 7)
		return desk.cancelSeries({
			account,
			series: market.series(),
			sides: desk.random.below(5),
			label: desk.random.below(3),
			nonce: nonceOf(desk, account),
		});
	if (kind === 8) return desk.transfer(account, desk.random.pick([1, 2, 77, account]), amount(desk), nonceOf(desk, account));
	if (kind === 20) return basket(desk, market, account);
	if (kind > 13) return deal(desk, market, account, kind);
	if (kind > 9) return guarding(desk, market, account, kind);
	return report(desk, market);
}

function quote(desk: Desk, market: Market): { series: number; side: number; price: number; size: number } {
	const { random } = desk;
	const price = random.pick([0, 1, 100, 8_388_607, 8_388_608]);
	return { series: market.series(), side: random.pick([0, 1, 1, 2]), price, size: random.pick([0, 1, 5, 1_048_575, 1_048_576]) };
}

function nonceOf(desk: Desk, account: number): number {
	const roll = desk.random.next();
	if (roll < 0.85) return desk.nonce(account);
	if (roll < 0.9) return desk.random.below(20);
	if (roll < 0.93) {
		const far = desk.nonce(account) + 200 + desk.random.below(400);
		desk.skipTo(account, far);
		return far;
	}
	return desk.random.pick([0, 4_294_967_296 + 100_000, 4_294_967_296 + 255, MAX_NONCE - 1, MAX_NONCE]);
}

function amount(desk: Desk): number {
	return desk.random.pick([0, 1, DOLLAR, 1 + desk.random.below(10_000 * DOLLAR), 1e15, MAX_NONCE - 1, MAX_NONCE]);
}

function order(desk: Desk, market: Market, account: number): Uint8Array {
	const { random } = desk;
	const odd = random.next();
	const timeInForce = random.next() < 0.15 ? 1 + random.below(2) : 0;
	const flags = random.next() < 0.2 ? random.below(64) : 0;
	const side = random.below(2);
	const series = market.series();
	const fair = market.fair(series);
	const price = Math.max(1, fair + random.below(200) - 100 + (side === 0 ? -20 : 20));
	const size = random.next() < 0.05 ? 1_048_575 : 1 + random.below(60);
	const expiresAt = random.next() < 0.12 ? Math.max(0, desk.clock + random.below(30) - 5) : 0;
	const fields = { account, series, side, timeInForce, flags, price, size, expiresAt, nonce: nonceOf(desk, account) };
	if (odd > 0.1) return desk.place(fields);
	const wrong = [
		{ ...fields, series: Series.make(2 + random.below(14), market.days[0], 0, market.strikes[0]) },
		{ ...fields, series: Series.make(market.underlying, market.days[0], random.below(4), random.below(2 ** 30)) },
		{ ...fields, series: Series.make(market.underlying, market.days[0] + 1 + random.below(5), 0, market.strikes[0]) },
		{ ...fields, series: random.pick([0, 2 ** 52 - 1, 2 ** 52, 2 ** 53 - 1]) },
		{ ...fields, side: 2 + random.below(254) },
		{ ...fields, timeInForce: 3 + random.below(253) },
		{ ...fields, flags: 32 + random.below(224) },
		{ ...fields, price: random.pick([0, 8_388_607, 8_388_608, 4_294_967_295]) },
		{ ...fields, size: random.pick([0, 1_048_576, 1_099_511_627_775]) },
		{ ...fields, account: random.pick([0, 77, 16_777_215]) },
	];
	return desk.place(random.pick(wrong));
}

function cancel(desk: Desk, market: Market, account: number): Uint8Array {
	const { random } = desk;
	const series = random.next() < 0.9 ? market.series() : random.pick([0, Series.make(9, 1, 0, 1), Series.make(market.underlying, 3, 1, 7)]);
	const known = random.pick([0, 1]);
	// An order that rests, when one of this account does.
	const own = restingOrders(desk, market).find(({ order }) => order.account === account);
	if (own && random.next() < 0.6) return desk.cancel({ account, series: own.series, side: own.side, order: own.order.order });
	return desk.cancel({ account, series, side: random.next() < 0.95 ? known : 2, order: random.pick([1, 2, 3, MAX_NONCE - 1, MAX_NONCE]) });
}

function list(desk: Desk, market: Market): Uint8Array {
	const { random } = desk;
	const day = random.pick([
		market.days[0],
		market.days[1] + random.below(30),
		random.below(65_536),
		Math.floor(desk.clock / SECONDS_PER_DAY) + 401,
	]);
	const strike = random.pick([0, 250 * random.below(400), 500 * random.below(400), random.below(100_000), 8_388_500, 4_294_967_295]);
	return Encoding.list({ underlying: random.next() < 0.9 ? market.underlying : random.below(256), day, strike });
}

function report(desk: Desk, market: Market): Uint8Array {
	const { random } = desk;
	const time = desk.clock + random.pick([0, 0, 0, -1, -60, 1, 100, -SECONDS_PER_DAY, -desk.clock]);
	const good = market.days.map((day) => desk.surface({ day, time, forward: market.index }));
	const fields = { underlying: market.underlying, time, indexPrice: market.index, surfaces: good };
	const bad = [
		{ ...fields, surfaces: [...good].reverse() },
		{ ...fields, surfaces: [good[0], good[0]] },
		{ ...fields, surfaces: good.map((s) => ({ ...s, forward: random.pick([0, 2 ** 43 - 1, 2 ** 43, 2 ** 53]) })) },
		{ ...fields, surfaces: good.map((s) => ({ ...s, rate: random.pick([1_000_000, 1_000_001, -1_000_001, -2_147_483_648]) })) },
		{ ...fields, surfaces: good.map((s) => ({ ...s, confidence: 1_000_001 })) },
		{ ...fields, surfaces: good.map((s) => ({ ...s, a: random.pick([-10_000_000_000, 10_000_000_001, -(2 ** 60), -1]) })) },
		{ ...fields, surfaces: good.map((s) => ({ ...s, b: random.pick([-1, 10_000_000_001, 0]) })) },
		{ ...fields, surfaces: good.map((s) => ({ ...s, rho: random.pick([1_000_000_000, -1_000_000_000, 999_999_999, -999_999_999]) })) },
		{ ...fields, surfaces: good.map((s) => ({ ...s, m: random.pick([10_000_000_001, -10_000_000_001]) })) },
		{ ...fields, surfaces: good.map((s) => ({ ...s, sigma: random.pick([0, -1, 10_000_000_001, 2 ** 52]) })) },
		{ ...fields, surfaces: Array.from({ length: 13 }, (_, i) => ({ ...good[0], day: good[0].day + i })) },
		{ ...fields, surfaces: Array.from({ length: 12 }, (_, i) => ({ ...good[0], day: good[0].day + i })) },
		{ ...fields, indexPrice: random.pick([0, 2 ** 43 - 1, 2 ** 43, 2 ** 52]) },
		{ ...fields, confidence: random.pick([0, 1_000_001]) },
		{ ...fields, underlying: 2 + random.below(200) },
		{ ...fields, signers: random.pick([0, 15, 63, 127, 0x8000 | 15, 0xffff, 0b1110101, 255]) },
		{ ...fields, surfaces: [] },
	];
	return desk.report(random.next() < 0.5 ? fields : random.pick(bad));
}

/** Cut, lengthened, or changed in a byte. */
function spoilt(desk: Desk, payload: Uint8Array): Uint8Array {
	const { random } = desk;
	const roll = random.below(3);
	if (roll === 0) return payload.subarray(0, 1 + random.below(payload.length));
	if (roll === 1) return Bytes.concat(payload, new Uint8Array(1 + random.below(70)));
	const changed = payload.slice();
	for (let i = random.below(3); i >= 0; i--) changed[random.below(changed.length)] = random.pick([0, 1, 127, 128, 255, random.below(256)]);
	return changed;
}

/** The last signature of the message spoilt, or another's. */
function wrongSignature(desk: Desk, payload: Uint8Array): Uint8Array {
	if (payload.length < 65) return payload;
	const at = payload.length - 65;
	return Bytes.concat(payload.subarray(0, at), desk.random.pick(SPOILINGS)(payload.slice(at)));
}

/** On L1 the owner's message needs no signature, and another's signature does not help. */
function force(desk: Desk, market: Market, account: number, accounts: readonly number[]): void {
	const payload = message(desk, market, account);
	const sender = desk.ownerOf(desk.random.next() < 0.7 ? account : desk.random.pick(accounts)).address;
	const changed = desk.random.next() < 0.3 ? spoilt(desk, payload) : payload;
	desk.force(desk.random.next() < 0.5 ? wrongSignature(desk, changed) : changed, desk.random.next() < 0.9 ? sender : NOBODY);
}

function deposit(desk: Desk, account: number, accounts: readonly number[]): void {
	const { random } = desk;
	const roll = random.next();
	if (roll < 0.5) desk.deposit(account, random.below(1000 * DOLLAR));
	else if (roll < 0.6) desk.deposit(account, DOLLAR, desk.ownerOf(random.pick(accounts)).address);
	else if (roll < 0.7) desk.deposit(100 + random.below(1000), DOLLAR, keyOf(`owner ${random.below(99)}`).address);
	else if (roll < 0.8) desk.depositBytes(spoilt(desk, Encoding.deposit(account, desk.ownerOf(account).address, DOLLAR)));
	else desk.deposit(account, random.pick([0, 2 ** 52, 2 ** 52 + 1, 2 ** 53 - 1]));
}

function unknown(desk: Desk): Uint8Array {
	const { random } = desk;
	const kind = random.pick([0, 11 + random.below(245)]);
	return Bytes.concat(
		Uint8Array.of(kind),
		Uint8Array.from({ length: random.below(90) }, () => random.below(256)),
	);
}

/** Bytes that are no record: numbers too long, lengths of nothing, of too much, or beyond the end. */
function junk(desk: Desk): Uint8Array {
	const { random } = desk;
	return random.pick([
		Uint8Array.of(0, 0, 7),
		Uint8Array.of(128, 128, 128, 0),
		Uint8Array.of(1, 128, 128, 128, 128, 128, 0, 8),
		Uint8Array.of(1, 255, 255, 255, 255, 16, 8),
		Uint8Array.of(1, 255, 255, 255, 255, 127, 8),
		Uint8Array.of(129, 160, 1, 0),
		Uint8Array.of(5, 0, 8, 8),
		Uint8Array.of(255),
		Uint8Array.of(1, 128),
		Uint8Array.of(255, 255, 127, 0, 1),
		Bytes.concat(
			Uint8Array.of(0),
			Uint8Array.from({ length: random.below(3000) }, () => random.below(256)),
		),
	]);
}

/** Batches that an inbox accepts and no batcher would post: empty, with encodings that are not minimal, at odd times. */
async function strangeBatch(desk: Desk, payload: Uint8Array): Promise<void> {
	const { random } = desk;
	const now = desk.clock;
	await desk.flush();
	const padded = Bytes.concat(Uint8Array.of((payload.length & 127) | 128, (payload.length >> 7) | 128, 0, 128, 0), payload);
	const wide = Bytes.concat(Uint8Array.of(1, 255, 255, 255, 255, 15, 9));
	const long = Batch.encodeRecord(
		Uint8Array.from({ length: 4096 }, (_, i) => (i === 0 ? 200 : i & 255)),
		0,
	);
	const items = random.pick([
		[],
		[{ kind: "raw", bytes: padded } as const],
		[{ kind: "raw", bytes: wide } as const, { kind: "record", payload, delay: 5 } as const],
		[{ kind: "raw", bytes: long } as const, { kind: "record", payload, delay: 0 } as const],
		[{ kind: "record", payload: Uint8Array.of(0), delay: 1 } as const],
		[{ kind: "message", l1Kind: FORCED, sender: NOBODY, payload: Uint8Array.of(0), taken: false } as const],
		[{ kind: "message", l1Kind: 3, sender: NOBODY, payload, taken: true } as const],
		[{ kind: "message", l1Kind: DEPOSIT, sender: NOBODY, payload: new Uint8Array(0), taken: true } as const],
	]);
	const [minTime, maxTime] = random.pick([
		[now, now],
		[0, now + 2],
		[now - 100, now - 50],
		[now + 1, now + 1],
	]);
	await desk.batch(items, minTime, maxTime);
}

/** A time of day somewhere in the week after 2026-01-02. */
export function startTime(desk: { below(bound: number): number }): number {
	return (20_455 + desk.below(7)) * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY + 60 + desk.below(SECONDS_PER_DAY - 7200);
}

/** Liquidations, block trades, attestations and what the fees become, with every kind of field. */
function deal(desk: Desk, market: Market, account: number, kind: number): Uint8Array {
	const { random } = desk;
	const other = random.pick([1, 2, 3, 77, account]);
	if (kind === 14) return DealEncoding.liquidate(random.pick([account, other]));
	if (kind === 15) {
		const share = random.pick([0, 1, 500_000, 1_000_000, 1_000_001]);
		return desk.bid(
			{ account, debtor: other, share, limit: random.pick([0, MAX_CASH, MAX_CASH + 1, -MAX_CASH - 1]) },
			nonceOf(desk, account),
		);
	}
	if (kind === 16) return desk.attest(desk.clock + random.pick([0, 0, -1, 1]), random.pick([31, 0, 15, 127, 255]));
	if (kind === 17) return DealEncoding.collect(random.pick([0, account, other]));
	if (kind === 18) return desk.setReferrer(account, random.pick([0, other]), nonceOf(desk, account));
	const legs = Array.from({ length: random.pick([0, 1, 1, 2, 8, 9]) }, () => quote(desk, market)).sort((a, b) => a.series - b.series);
	return desk.block({ maker: other, taker: account, legs, takerNonce: nonceOf(desk, account) });
}

/** Items of every kind, with fields that their kinds have and have not. */
function basket(desk: Desk, market: Market, account: number): Uint8Array {
	const { random } = desk;
	const items = Array.from({ length: random.pick([0, 1, 2, 5, 32, 33]) }, () => {
		const odd = random.next() < 0.2 ? { label: random.below(2), flags: random.below(64), timeInForce: random.below(4) } : {};
		const kind = random.pick([Messages.PLACE, Messages.PLACE, Messages.CANCEL, Messages.REPLACE, random.below(256)]);
		return { kind, ...quote(desk, market), ...odd, order: random.pick([0, 1, 2, 9]) };
	});
	return desk.basket(account, items, nonceOf(desk, account));
}

/** Session keys, protection, heartbeats and sweeps with every kind of field. */
function guarding(desk: Desk, market: Market, account: number, kind: number): Uint8Array {
	const { random } = desk;
	const expiresAt = random.pick([0, desk.clock, desk.clock + 50]);
	const key = random.pick([NOBODY, keyOf(`session ${random.below(12)}`).address]);
	if (kind === 10) return desk.setSession({ account, key, scopes: random.below(9), expiresAt }, nonceOf(desk, account));
	if (kind === 11) {
		const limit = (): number => random.pick([0, 1, 1000, MAX_CASH - 1, MAX_CASH]);
		const limits = { quantityLimit: random.below(50), deltaLimit: limit(), vegaLimit: limit() };
		const fields = {
			account,
			underlying: random.below(3),
			window: random.pick([0, 1, 60, 86_400, 86_401]),
			freeze: random.pick([0, 5, 86_401]),
			...limits,
		};
		return desk.setProtection(fields, nonceOf(desk, account));
	}
	if (kind === 12) return desk.heartbeat(account, random.pick([0, 1, 20, 86_400, 86_401]), nonceOf(desk, account));
	return Encoding.sweep({ account, series: market.series(), side: random.below(3), order: random.below(30) });
}
