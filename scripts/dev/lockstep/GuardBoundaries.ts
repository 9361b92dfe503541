// Guards on the two sides of every edge: the last fill that a protection bears and the first that trips it, levels that have just leaked away, freezes, switches and
// sessions in their last second, and what each scope allows.

import { FOREVER, MAX_CASH, MAX_GUARD_SECONDS, MAX_NONCE, MAX_SESSIONS } from "../../../src/machine/Constants.ts";
import { Result } from "../../../src/machine/Result.ts";
import * as GreekLetters from "../../../src/machine/risk/Greeks.ts";
import * as Kinds from "../../../src/machine/state/Kinds.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import type { Expiry } from "../../../src/machine/types/Expiry.ts";
import * as Guards from "../../../src/machine/types/Guard.ts";
import type { Guard, Protection } from "../../../src/machine/types/Guard.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import { ACCOUNT, CLOCK, NOTHING, OWNER, TODAY, cells, forced, place, playAll, record, strikeOf } from "./BoundaryWorld.ts";
import type { Boundary, World } from "./BoundaryWorld.ts";
import { DOMAIN } from "./Desk.ts";
import { keyOf, sign } from "./Keys.ts";
import type { Item } from "./Lane.ts";

const MAKER = ACCOUNT + 1;
const RICH = { cash: 1_000_000_000_000 };
const KEY = keyOf("session at the edge");
const SERIES = [Series.CALL, Series.PUT, Series.FUTURE].map((kind) =>
	Series.make(0, TODAY + 7, kind, kind === Series.FUTURE ? 0 : strikeOf(0, 1)),
);

function protectedBy(protection: Partial<Protection>): Guard {
	return { ...Guards.empty(), protections: [{ ...Guards.none(), window: 60, freeze: 30, time: CLOCK, ...protection }, Guards.none()] };
}

function add(all: Boundary[], name: string, item: Item, world: World): void {
	for (const [i, recorded] of playAll(cells({ account: RICH, ...world }), item).entries())
		all.push({ name: `guard/${name}/${i}`, recorded });
}

/** A maker's protected orders of 6 and 4 lots meet a taker of 10, under limits that the first fill just does not reach, reaches, and so on. */
function trips(all: Boundary[]): void {
	for (const [kind, series] of SERIES.entries()) {
		for (const side of [0, 1]) {
			const price = series === SERIES[2] ? 30_000 : 1000;
			const orders = [6, 4].map((size, i) => ({ size, price, order: 7 + i, flags: Messages.PROTECTED }));
			const books = [{ series, side: 1 - side, orders }];
			const expiry = Kinds.decode(Kinds.EXPIRIES, cells({}).find((cell) => cell.kind === Kinds.EXPIRIES)?.cell as Uint8Array) as Expiry;
			const greeks = GreekLetters.greeksOf(series, expiry);
			const [delta, vega] = [6 * Math.abs(greeks.delta), 6 * greeks.vega];
			const limits: Partial<Protection>[] = [5, 6, 9, 10].map((quantityLimit) => ({ quantityLimit }));
			limits.push({ deltaLimit: delta }, { deltaLimit: delta - 1 }, { freeze: 0, quantityLimit: 1 }, { window: 0, freeze: 0 });
			if (vega > 0) limits.push({ vegaLimit: vega }, { vegaLimit: vega - 1 });
			for (const [i, limit] of limits.entries()) {
				for (const timeInForce of i < 4 || i === 7 ? [Messages.GTC, Messages.FOK] : [Messages.IOC]) {
					const item = place({ series, side, timeInForce, size: 10, price });
					add(all, `trip/${kind}/${side}/${i}/${timeInForce}`, item, { others: [RICH], guards: [undefined, protectedBy(limit)], books });
				}
			}
			// What was there before leaks away evenly, of either sign.
			for (const elapsed of [0, 1, 59, 60, 61]) {
				for (const sign_ of [1, -1]) {
					const levels = { quantity: 100, delta: sign_ * 10_000_000, vega: sign_ * 1_000_000, time: CLOCK - elapsed };
					const guard = protectedBy({ ...levels, quantityLimit: 103, deltaLimit: 11_000_000, vegaLimit: 1_100_000 });
					add(all, `leak/${kind}/${side}/${elapsed}/${sign_}`, place({ series, side, timeInForce: 1, size: 3, price }), {
						others: [RICH],
						guards: [undefined, guard],
						books,
					});
				}
			}
			// An order that its owner did not protect counts for nothing.
			add(all, `uncounted/${kind}/${side}`, place({ series, side, timeInForce: 1, size: 10, price }), {
				others: [RICH],
				guards: [undefined, protectedBy({ quantityLimit: 1 })],
				books: [{ ...books[0], orders: orders.map((order) => ({ ...order, flags: 0 })) }],
			});
			const full = protectedBy({
				quantity: MAX_CASH - 1,
				delta: MAX_CASH - 1,
				vega: MAX_CASH - 1,
				deltaLimit: MAX_CASH - 1,
				vegaLimit: MAX_CASH - 1,
			});
			add(all, `saturate/${kind}/${side}`, place({ series, side, timeInForce: 1, size: 10, price }), {
				others: [RICH],
				guards: [undefined, full],
				books,
			});
		}
	}
}

/** Freezes and dead-man switches in their last second. */
function times(all: Boundary[]): void {
	for (const frozenUntil of [0, CLOCK, CLOCK + 1, FOREVER])
		add(all, `frozen/${frozenUntil}`, place({ flags: Messages.PROTECTED }), { guards: [protectedBy({ frozenUntil })] });
	add(all, "unprotected", place({ flags: Messages.PROTECTED }), {});
	const other: Guard = { ...Guards.empty(), protections: [Guards.none(), { ...Guards.none(), window: 5 }] };
	add(all, "unprotected/other", place({ flags: Messages.PROTECTED }), { guards: [other] });
	const books = [{ series: SERIES[0], side: 1, orders: [{ size: 6 }] }];
	for (const deadline of [0, CLOCK - 1, CLOCK, CLOCK + 1]) {
		const own = { ...RICH, deadline };
		add(all, `deadline/maker/${deadline}`, place({ series: SERIES[0], timeInForce: 1 }), { others: [own], books });
		add(all, `deadline/place/${deadline}`, place({ series: SERIES[0], side: 1, price: 2000 }), { account: own });
		add(all, `deadline/taker/${deadline}`, place({ series: SERIES[0] }), { account: own, others: [RICH], books });
		const order = { account: MAKER, series: SERIES[0], side: 1, order: 7 };
		add(all, `deadline/sweep/${deadline}`, record(Encoding.sweep(order)), { others: [own], books });
		for (const duration of [0, 1]) {
			const beat = forced(Encoding.heartbeat({ account: ACCOUNT, duration, nonce: 1001, signature: NOTHING }));
			add(all, `heartbeat/${deadline}/${duration}`, beat, { account: own });
		}
		const replaced = { account: ACCOUNT, series: SERIES[0], side: 1, order: 7, price: 1000, size: 5, nonce: 1001, signature: NOTHING };
		add(all, `deadline/replace/${deadline}`, forced(Encoding.replace(replaced)), {
			account: own,
			books: [{ ...books[0], orders: [{ account: ACCOUNT, size: 6 }] }],
		});
	}
	for (const expiresAt of [0, CLOCK, CLOCK + 1]) {
		const order = { account: MAKER, series: SERIES[0], side: 1, order: 7 };
		add(all, `sweep/${expiresAt}`, record(Encoding.sweep(order)), { others: [RICH], books: [{ ...books[0], orders: [{ expiresAt }] }] });
	}
	for (const [order, side] of [
		[8, 1],
		[7, 0],
		[7, 2],
		[MAX_NONCE, 1],
	] as const)
		add(all, `sweep/${order}/${side}`, record(Encoding.sweep({ account: MAKER, series: SERIES[0], side, order })), {
			others: [RICH],
			books,
		});
}

/** What a key of every scope may do, and whom it is of. */
function sessions(all: Boundary[]): void {
	const unsigned = { account: ACCOUNT, nonce: 1001, signature: NOTHING };
	const placed = { ...unsigned, series: SERIES[0], side: 0, timeInForce: 0, flags: 0, price: 900, size: 3, expiresAt: 0, label: 0 };
	const cancel = { account: ACCOUNT, series: SERIES[0], side: 1, order: 7, signature: NOTHING };
	const ways: readonly (readonly [string, (signature: Uint8Array) => Uint8Array, Uint8Array])[] = [
		["place", (signature) => Encoding.place({ ...placed, signature }), Messages.placeDigest(DOMAIN, placed)],
		["cancel", (signature) => Encoding.cancel({ ...cancel, signature }), Messages.cancelDigest(DOMAIN, cancel)],
		...[{ ...unsigned, underlying: 255 }].map(
			(m) =>
				["cancelAll", (signature: Uint8Array) => Encoding.cancelAll({ ...m, signature }), Messages.cancelAllDigest(DOMAIN, m)] as const,
		),
		...[{ ...unsigned, series: SERIES[0], sides: 3, label: 0 }].map(
			(m) =>
				[
					"cancelSeries",
					(signature: Uint8Array) => Encoding.cancelSeries({ ...m, signature }),
					Messages.cancelSeriesDigest(DOMAIN, m),
				] as const,
		),
		...[{ ...unsigned, series: SERIES[0], side: 1, order: 7, price: 1000, size: 5 }].map(
			(m) => ["replace", (signature: Uint8Array) => Encoding.replace({ ...m, signature }), Messages.replaceDigest(DOMAIN, m)] as const,
		),
		...[{ ...unsigned, recipient: MAKER, amount: 5 }].map(
			(m) => ["transfer", (signature: Uint8Array) => Encoding.transfer({ ...m, signature }), Messages.transferDigest(DOMAIN, m)] as const,
		),
		...[{ ...unsigned, recipient: OWNER, amount: 5 }].map(
			(m) => ["withdraw", (signature: Uint8Array) => Encoding.withdraw({ ...m, signature }), Messages.withdrawDigest(DOMAIN, m)] as const,
		),
		...[{ ...unsigned, key: KEY.address, scopes: 7, expiresAt: 0 }].map(
			(m) =>
				["setSession", (signature: Uint8Array) => Encoding.setSession({ ...m, signature }), Messages.setSessionDigest(DOMAIN, m)] as const,
		),
		...[{ ...unsigned, underlying: 1, window: 9, freeze: 8, quantityLimit: 7, deltaLimit: 6, vegaLimit: 5 }].map(
			(m) =>
				[
					"setProtection",
					(signature: Uint8Array) => Encoding.setProtection({ ...m, signature }),
					Messages.setProtectionDigest(DOMAIN, m),
				] as const,
		),
		...[{ ...unsigned, duration: 9 }].map(
			(m) =>
				["heartbeat", (signature: Uint8Array) => Encoding.heartbeat({ ...m, signature }), Messages.heartbeatDigest(DOMAIN, m)] as const,
		),
	];
	const books = [{ series: SERIES[0], side: 1, orders: [{ account: ACCOUNT, size: 6 }] }];
	for (const [name, encode, digest] of ways) {
		for (const scopes of [1, 2, 4]) {
			const guard: Guard = {
				...Guards.empty(),
				sessions: [{ key: KEY.address, scopes, expiresAt: 0 }],
				protections: [Guards.none(), Guards.none()],
			};
			const world = { guards: [guard], others: [{ owner: OWNER }], books };
			add(all, `scope/${name}/${scopes}`, record(encode(sign(KEY, digest))), world);
			if (scopes === 1)
				add(all, `sender/${name}`, { kind: "message", taken: true, l1Kind: 2, sender: KEY.address, payload: encode(NOTHING) }, world);
		}
	}
	for (const expiresAt of [0, CLOCK, CLOCK + 1]) {
		const ended = { key: KEY.address, scopes: 1, expiresAt };
		const others = [1, 2].map((i) => ({ key: keyOf(`other session ${i}`).address, scopes: 7, expiresAt: 5 }));
		const guard: Guard = { ...Guards.empty(), sessions: [others[0], ended, others[1]], protections: [Guards.none(), Guards.none()] };
		add(all, `session/${expiresAt}`, record(ways[0][1](sign(KEY, ways[0][2]))), { guards: [guard] });
		for (const scopes of [0, 3])
			add(all, `session/set/${expiresAt}/${scopes}`, forced(Encoding.setSession({ ...unsigned, key: KEY.address, scopes, expiresAt })), {
				guards: [guard],
			});
	}
	for (const count of [MAX_SESSIONS - 1, MAX_SESSIONS]) {
		const many = Array.from({ length: count }, (_, i) => ({ key: keyOf(`session ${i} of many`).address, scopes: 7, expiresAt: 0 }));
		const guard: Guard = { ...Guards.empty(), sessions: many, protections: [Guards.none(), Guards.none()] };
		for (const key of [KEY.address, many[0].key, many.at(-1)?.key as string])
			for (const scopes of [0, 1])
				add(all, `sessions/${count}/${key}/${scopes}`, forced(Encoding.setSession({ ...unsigned, key, scopes, expiresAt: 0 })), {
					guards: [guard],
				});
	}
}

/** Fields of messages at their limits. */
function fields(all: Boundary[]): void {
	const common = { account: ACCOUNT, signature: NOTHING };
	const session = { ...common, key: KEY.address, scopes: 1, expiresAt: 0, nonce: 1001 };
	for (const [i, one] of [
		{ scopes: 7 },
		{ scopes: 8 },
		{ key: "0x0000000000000000000000000000000000000000" },
		{ nonce: MAX_NONCE - 1 },
		{ nonce: MAX_NONCE },
	].entries())
		add(all, `field/session/${i}`, forced(Encoding.setSession({ ...session, ...one })), {});
	const set = { ...common, underlying: 0, window: 10, freeze: 0, quantityLimit: 0, deltaLimit: 0, vegaLimit: 0, nonce: 1001 };
	const ends = [MAX_GUARD_SECONDS, MAX_GUARD_SECONDS + 1];
	const variants: Partial<Messages.SetProtection>[] = [
		...ends.flatMap((window) => [{ window }, { freeze: window }]),
		...[MAX_CASH - 1, MAX_CASH].flatMap((limit) => [{ deltaLimit: limit }, { vegaLimit: limit }]),
		...[1, 2].map((underlying) => ({ underlying })),
		...[MAX_NONCE - 1, MAX_NONCE].map((nonce) => ({ nonce })),
		...[{}, { freeze: 1 }, { quantityLimit: 1 }, { deltaLimit: 1 }, { vegaLimit: 1 }].map((one) => ({ window: 0, ...one })),
	];
	for (const [i, one] of variants.entries()) {
		for (const guard of [undefined, protectedBy({ quantity: 5, frozenUntil: FOREVER })])
			add(all, `field/protection/${i}/${guard ? 1 : 0}`, forced(Encoding.setProtection({ ...set, ...one })), { guards: [guard] });
	}
	for (const duration of [1, ...ends])
		add(all, `field/heartbeat/${duration}`, forced(Encoding.heartbeat({ ...common, duration, nonce: 1001 })), {});
	for (const nonce of [MAX_NONCE - 1, MAX_NONCE])
		add(all, `field/heartbeat/nonce/${nonce}`, forced(Encoding.heartbeat({ ...common, duration: 1, nonce })), {});
}

export function guards(): Boundary[] {
	const all: Boundary[] = [];
	trips(all);
	times(all);
	sessions(all);
	fields(all);
	for (const result of [Result.Tripped, Result.Frozen, Result.OutOfScope, Result.SessionsFull, Result.StillAlive])
		if (!all.some(({ recorded }) => recorded.outcome.result === result)) throw new Error(`no guard gives Result ${result}`);
	return all;
}
