// The sequencer's door knew the messages up to Sweep and called every later one unknown: nobody could send it a block trade, a bid or a liquidation.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../../src/market/Random.ts";
import * as DealEncoding from "../../src/machine/step/DealEncoding.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import * as Series from "../../src/machine/types/Series.ts";
import { claimOf } from "../../src/roles/sequencer/rules.ts";
import { DOMAIN, Desk } from "../../scripts/dev/lockstep/Desk.ts";

const desk = new Desk(new Random(1), 1_800_000_000, () => Promise.resolve());
const series = Series.make(0, 20_600, Series.CALL, 30_000);
const { address } = desk.ownerOf(1);
const EVERY = [
	desk.place({ account: 1, series }),
	desk.cancel({ account: 1, series, side: 0, order: 1 }),
	desk.cancelAll(1),
	desk.withdraw(1, 5),
	Encoding.list({ underlying: 0, day: 20_600, strike: 30_000 }),
	Encoding.settle({ account: 1 }),
	desk.report({ underlying: 0, time: 1_800_000_000 }),
	desk.replace({ account: 1, series, side: 0, order: 1, price: 5, size: 5 }),
	desk.cancelSeries({ account: 1, series, sides: 3, label: 0 }),
	desk.transfer(1, 2, 5),
	desk.setSession({ account: 1, key: address, scopes: 1, expiresAt: 0 }),
	desk.setProtection({ account: 1, underlying: 0, window: 5 }),
	desk.heartbeat(1, 5),
	Encoding.sweep({ account: 1, series, side: 0, order: 1 }),
	DealEncoding.liquidate(1),
	desk.bid({ account: 1, debtor: 2, share: 1, limit: 1 }),
	desk.attest(),
	DealEncoding.collect(1),
	desk.setReferrer(1, 2),
	desk.block({ maker: 2, taker: 1, legs: [{ series, side: 0, price: 5, size: 5 }] }),
	desk.basket(1, [{ kind: Messages.PLACE, series, price: 5, size: 5 }]),
];

describe("given a well-formed message of every kind there is", () => {
	it("is known at the sequencer's door, and none beyond", () => {
		assert.deepEqual(
			EVERY.map((payload) => payload[0]),
			Array.from({ length: Messages.BASKET }, (_, i) => i + 1),
		);
		for (const payload of EVERY) {
			const claim = claimOf(payload, DOMAIN, () => [address]);
			assert.ok(!claim || !("code" in claim), `kind ${payload[0]}: ${JSON.stringify(claim)}`);
		}
		for (const kind of [0, Messages.BASKET + 1, 255]) {
			const claim = claimOf(Uint8Array.of(kind), DOMAIN, () => [address]);
			assert.ok(claim && "code" in claim && claim.code === "unknown_kind");
		}
	});

	it("is malformed at the door when it is cut", () => {
		for (const payload of EVERY) {
			const claim = claimOf(payload.subarray(0, payload.length - 1), DOMAIN, () => [address]);
			assert.ok(claim && "code" in claim && claim.code === "malformed", `kind ${payload[0]}`);
		}
	});
});
