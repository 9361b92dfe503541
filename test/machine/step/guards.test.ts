import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as GreekLetters from "../../../src/machine/risk/Greeks.ts";
import { Result, nameOf } from "../../../src/machine/Result.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import * as DealMessages from "../../../src/machine/step/DealMessages.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import * as Expiries from "../../../src/machine/types/Expiry.ts";
import * as Guards from "../../../src/machine/types/Guard.ts";
import type { Guard, Protection } from "../../../src/machine/types/Guard.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import {
	ACCOUNT,
	CLOCK,
	NOTHING,
	OWNER,
	TODAY,
	cells,
	forced,
	place,
	playAll,
	record,
	strikeOf,
} from "../../../scripts/dev/lockstep/BoundaryWorld.ts";
import type { World } from "../../../scripts/dev/lockstep/BoundaryWorld.ts";
import { DOMAIN } from "../../../scripts/dev/lockstep/Desk.ts";
import { keyOf, sign } from "../../../scripts/dev/lockstep/Keys.ts";
import type { Item } from "../../../scripts/dev/lockstep/Lane.ts";

const [TRADE, CANCEL, MOVE] = [1, 2, 4];
const RICH = { cash: 1_000_000_000_000 };
const CALL = Series.make(0, TODAY + 7, Series.CALL, strikeOf(0, 0));
const MAKER = ACCOUNT + 1;

function guard(protection: Partial<Protection>): Guard {
	return { ...Guards.empty(), protections: [{ ...Guards.none(), window: 60, time: CLOCK, ...protection }, Guards.none()] };
}

function results(item: Item, world: World): string[] {
	return playAll(cells({ account: RICH, others: [RICH], ...world }), item).map(({ outcome }) => nameOf(outcome.result));
}

/** Three protected asks of five lots each, of one maker. */
const asks = [{ series: CALL, side: 1, orders: [7, 8, 9].map((order) => ({ order, size: 5, flags: Messages.PROTECTED })) }];

describe("given a maker protected at seven lots a minute, with three quotes of five", () => {
	const world = { guards: [undefined, guard({ quantityLimit: 7, freeze: 30 })], books: asks };

	it("ends the third quote before a taker who sweeps can have it: the second fill trips, and the next step finds nobody", () => {
		const taken = results(place({ series: CALL, timeInForce: Messages.IOC, size: 15 }), world);
		assert.deepEqual(taken, ["Ok", "Filled", "Tripped", "Expunged", "Dropped"]);
	});

	it("gives nothing at all to a fill-or-kill order that wants more than the protection bears", () => {
		assert.deepEqual(results(place({ series: CALL, timeInForce: Messages.FOK, size: 15 }), world), ["Ok", "Probed", "Probed", "Killed"]);
	});

	it("gives a fill-or-kill order what it bears, and trips with it", () => {
		assert.deepEqual(results(place({ series: CALL, timeInForce: Messages.FOK, size: 10 }), world), [
			"Ok",
			"Probed",
			"Probed",
			"Filled",
			"Tripped",
		]);
	});
});

describe("given a maker who lives on a dead-man switch", () => {
	const books = [{ series: CALL, side: 1, orders: [{ size: 5 }] }];
	const take = place({ series: CALL, timeInForce: Messages.IOC, size: 5 });

	it("trades until the last second, and is dead in the next without anybody's message", () => {
		assert.deepEqual(results(take, { others: [{ ...RICH, deadline: CLOCK + 1 }], books }), ["Ok", "Completed"]);
		assert.deepEqual(results(take, { others: [{ ...RICH, deadline: CLOCK }], books }), ["Ok", "Expunged", "Dropped"]);
	});

	it("lets him begin anew after it went off: the new order lives, the old one does not", () => {
		const own = { ...RICH, deadline: CLOCK - 5 };
		const [placed] = playAll(cells({ account: own }), place({ series: CALL, side: 1, price: 2000 }));
		assert.equal(placed?.outcome.result, Result.Rested);
		const old = [{ series: CALL, side: 1, orders: [{ account: ACCOUNT, size: 5 }] }];
		const beat = forced(Encoding.heartbeat({ account: ACCOUNT, duration: 60, nonce: 1001, signature: NOTHING }));
		assert.deepEqual(results(beat, { account: own, books: old }), ["Ok"]);
		const sweep = record(Encoding.sweep({ account: ACCOUNT, series: CALL, side: 1, order: 7 }));
		assert.deepEqual(results(sweep, { account: own, books: old }), ["Ok"]);
		assert.deepEqual(results(sweep, { account: RICH, books: old }), ["StillAlive"]);
	});
});

describe("given a session key that a thief has stolen", () => {
	const thief = keyOf("a stolen session");
	const session: Guard = {
		...Guards.empty(),
		sessions: [{ key: thief.address, scopes: 7, expiresAt: 0 }],
		protections: [Guards.none(), Guards.none()],
	};
	const world = { guards: [session], others: [{ owner: OWNER }] };
	const attempt = (encode: (signature: Uint8Array) => Uint8Array, digest: Uint8Array): string[] =>
		results(record(encode(sign(thief, digest))), world);

	it("moves no money without a trade: not to L1, not to another owner, and gives no other key a scope", () => {
		const common = { account: ACCOUNT, nonce: 1001, signature: NOTHING };
		const withdraw = { ...common, recipient: thief.address, amount: 1 };
		assert.deepEqual(
			attempt((signature) => Encoding.withdraw({ ...withdraw, signature }), Messages.withdrawDigest(DOMAIN, withdraw)),
			["OutOfScope"],
		);
		const abroad = { ...common, recipient: MAKER + 1, amount: 1 };
		assert.deepEqual(
			attempt((signature) => Encoding.transfer({ ...abroad, signature }), Messages.transferDigest(DOMAIN, abroad)),
			["OwnerMismatch"],
		);
		const another = { ...common, key: keyOf("his friend").address, scopes: 7, expiresAt: 0 };
		assert.deepEqual(
			attempt((signature) => Encoding.setSession({ ...another, signature }), Messages.setSessionDigest(DOMAIN, another)),
			["OutOfScope"],
		);
	});

	it("is of one account alone", () => {
		const other = { account: MAKER, recipient: ACCOUNT, amount: 1, nonce: 1001, signature: NOTHING };
		assert.deepEqual(
			attempt((signature) => Encoding.transfer({ ...other, signature }), Messages.transferDigest(DOMAIN, other)),
			["BadSignature"],
		);
	});
});

describe("given a session key of one scope", () => {
	const key = keyOf("a session of one scope");
	const unsigned = { account: ACCOUNT, nonce: 1001, signature: NOTHING };
	const quote = { series: CALL, side: 0, timeInForce: 0, flags: 0, price: 900, size: 3, expiresAt: 0, label: 0 };
	const legs = [{ series: CALL, side: 0, price: 900, size: 1 }];
	const parties = { maker: MAKER, taker: ACCOUNT, makerNonce: 1001, takerNonce: 1001, expiresAt: 0 };
	const basket = DealEncoding.items([{ ...quote, kind: Messages.PLACE, order: 0 }]);
	type Way = readonly [scopes: readonly number[], encode: (signature: Uint8Array) => Uint8Array, digest: Uint8Array];
	/** By message the scopes of which one is enough. */
	function ways(): Record<string, Way> {
		const way = <M>(
			scopes: readonly number[],
			message: M,
			encode: (m: M & { signature: Uint8Array }) => Uint8Array,
			digest: (domain: Uint8Array, m: M) => Uint8Array,
		): Way => [scopes, (signature) => encode({ ...message, signature }), digest(DOMAIN, message)];
		const [trade, either, move, none] = [[TRADE], [TRADE, CANCEL], [MOVE], []];
		const cancelled = { account: ACCOUNT, series: CALL, side: 1, order: 7, signature: NOTHING };
		const protection = { underlying: 1, window: 9, freeze: 8, quantityLimit: 7, deltaLimit: 6, vegaLimit: 5 };
		const deal = { ...parties, legs, legBytes: DealEncoding.legs(legs) };
		const dealt = DealMessages.blockDigest(DOMAIN, { ...deal, makerSignature: NOTHING, takerSignature: NOTHING });
		return {
			place: way(trade, { ...unsigned, ...quote }, Encoding.place, Messages.placeDigest),
			replace: way(trade, { ...unsigned, series: CALL, side: 1, order: 7, price: 1000, size: 5 }, Encoding.replace, Messages.replaceDigest),
			setProtection: way(trade, { ...unsigned, ...protection }, Encoding.setProtection, Messages.setProtectionDigest),
			bid: way(trade, { ...unsigned, debtor: MAKER, share: 1, limit: 1 }, DealEncoding.bid, DealMessages.bidDigest),
			basket: way(trade, { ...unsigned, count: 1, items: basket }, DealEncoding.basket, DealMessages.basketDigest),
			block: [
				trade,
				(signature) =>
					DealEncoding.block({ ...deal, makerSignature: sign(keyOf("maker 1 at the edge"), dealt), takerSignature: signature }),
				dealt,
			],
			cancel: way(either, cancelled, Encoding.cancel, Messages.cancelDigest),
			cancelAll: way(either, { ...unsigned, underlying: 255 }, Encoding.cancelAll, Messages.cancelAllDigest),
			cancelSeries: way(either, { ...unsigned, series: CALL, sides: 3, label: 0 }, Encoding.cancelSeries, Messages.cancelSeriesDigest),
			heartbeat: way(either, { ...unsigned, duration: 9 }, Encoding.heartbeat, Messages.heartbeatDigest),
			transfer: way(move, { ...unsigned, recipient: MAKER + 1, amount: 5 }, Encoding.transfer, Messages.transferDigest),
			withdraw: way(none, { ...unsigned, recipient: OWNER, amount: 5 }, Encoding.withdraw, Messages.withdrawDigest),
			setSession: way(none, { ...unsigned, key: key.address, scopes: 7, expiresAt: 0 }, Encoding.setSession, Messages.setSessionDigest),
			setReferrer: way(none, { ...unsigned, referrer: MAKER }, DealEncoding.setReferrer, DealMessages.setReferrerDigest),
		};
	}
	const books = [{ series: CALL, side: 1, orders: [{ account: ACCOUNT, size: 6 }] }];
	const answer = ([, encode, digest]: Way, scopes: number, expiresAt = 0): string => {
		const session: Guard = {
			...Guards.empty(),
			sessions: [{ key: key.address, scopes, expiresAt }],
			protections: [Guards.none(), Guards.none()],
		};
		return results(record(encode(sign(key, digest))), { guards: [session], others: [RICH, { owner: OWNER }], books })[0];
	};

	for (const [name, way] of Object.entries(ways()))
		it(`${name}: ${way[0].length === 0 ? "is the owner's alone" : "asks for its scope, until it ends"}`, () => {
			for (const scopes of [TRADE, CANCEL, MOVE, TRADE + CANCEL + MOVE]) {
				const may = way[0].some((scope) => (scopes & scope) !== 0);
				const given = answer(way, scopes, CLOCK + 1);
				if (may) assert.ok(["Ok", "Rested", "NoAuction"].includes(given), `${scopes}: ${given}`);
				else assert.equal(given, "OutOfScope", String(scopes));
				assert.equal(answer(way, scopes, CLOCK), "OutOfScope", "it ended this second");
			}
		});
});

describe("given the greeks that protection counts with", () => {
	const expiry = {
		...Expiries.empty(),
		day: TODAY + 91,
		forward: 3_000_000_000,
		a: 90_000_000,
		b: 0,
		sigma: 1,
		time: Series.expiryTimeOf(TODAY + 91) - 31_536_000 / 4,
	};

	it("has the textbook's delta and vega for a year's quarter at 60 % of volatility", () => {
		// Total volatility 0.3; at the money d1 = 0.15: N(d1) = 0.559618, n(d1) = 0.394479; vega a point = F n(d1) sqrt(T) / 100 = 5.917188 a unit.
		const call = GreekLetters.greeksOf(Series.make(0, TODAY + 91, Series.CALL, 30_000), expiry);
		const put = GreekLetters.greeksOf(Series.make(0, TODAY + 91, Series.PUT, 30_000), expiry);
		assert.equal(call.delta, 559_617);
		assert.equal(put.delta, 559_617 - 1_000_000);
		assert.equal(call.vega, 59_171);
		assert.equal(put.vega, call.vega);
	});
});
