import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import * as Reporting from "../../src/machine/step/Reporting.ts";
import { SyntheticMarket } from "../../src/market/SyntheticMarket.ts";
import type { MarketQuote } from "../../src/ports/PriceSource.ts";
import { medianOf } from "../../src/roles/reporter/decide.ts";
import { Reporter } from "../../src/roles/reporter/Reporter.ts";
import * as rules from "../../src/roles/reporter/rules.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";

const START = Date.UTC(2026, 1, 2, 9) / 1000;
const DAY = Math.floor(START / 86_400) + 9;
const market = new SyntheticMarket(1, START);

/** A store whose changes are seen once they are durable, and not before. */
class SlowStore extends MemoryStore {
	override async commit(changes: Parameters<MemoryStore["commit"]>[0]): Promise<void> {
		await new Promise((resolve) => setTimeout(resolve, 20));
		return super.commit(changes);
	}
}

function reporterOf(place: number, store = new MemoryStore()): Reporter {
	const signer = new KeySigner(testWallet(PLACES.reporters + place).privateKey);
	return new Reporter({
		place,
		signer,
		source: market.source(place + 1, 0.0002),
		store,
		domainSeparator: new Uint8Array(32),
		wasAt: (time, root) => time === 7 && root.every((byte) => byte === 7),
	});
}

async function seenBy(place: number, time = START + 60): Promise<MarketQuote> {
	return (await reporterOf(place).see(0, time, [DAY])) as MarketQuote;
}

describe("given a proposed report", () => {
	it("is not signed when its price, forward, surface, days or confidence are not what the reporter sees", async () => {
		const reporter = reporterOf(0);
		const honest = await seenBy(1);
		const surface = honest.surfaces[0];
		const lies: MarketQuote[] = [
			{ ...honest, indexPrice: Math.round(honest.indexPrice * 1.01) },
			{ ...honest, confidence: 1_000_001 },
			{ ...honest, surfaces: [{ ...surface, forward: Math.round(surface.forward * 0.99) }] },
			{ ...honest, surfaces: [{ ...surface, b: surface.b * 2 }] },
		];
		for (const lie of lies) assert.equal(await reporter.sign(lie), undefined);
	});

	it("is signed once for a time, also after a restart", async () => {
		const store = new MemoryStore();
		const first = await seenBy(1);
		const second = await seenBy(2);
		assert.notEqual(first.indexPrice, second.indexPrice);
		const signature = await reporterOf(0, store).sign(first);
		assert.equal(signature?.length, 65);
		assert.equal(await reporterOf(0, store).sign(second), undefined);
		assert.deepEqual(await reporterOf(0, store).sign(first), signature);
	});

	it("is signed once for a time when two are proposed at once, and the store shows nothing before it is durable", async () => {
		const reporter = reporterOf(0, new SlowStore());
		const [first, second] = [await seenBy(1), await seenBy(2)];
		const [one, other, again] = await Promise.all([reporter.sign(first), reporter.sign(second), reporter.sign(first)]);
		assert.equal(one?.length, 65);
		assert.equal(other, undefined);
		assert.deepEqual(again, one);
		assert.equal(await reporter.sign(second), undefined);
	});
});

describe("given a state to attest", () => {
	it("is signed when it is the one the reporter derived, and never another one for the same time", async () => {
		const reporter = reporterOf(0);
		const own = new Uint8Array(32).fill(7);
		assert.equal((await reporter.attest({ time: 7, root: own }))?.length, 65);
		assert.equal(await reporter.attest({ time: 7, root: new Uint8Array(32).fill(8) }), undefined);
		assert.equal(await reporter.attest({ time: 8, root: own }), undefined);
	});
});

describe("given what seven reporters see", () => {
	it("gives a median that two liars cannot move beyond what an honest one saw", async () => {
		const honest = await Promise.all([0, 1, 2, 3, 4].map((place) => seenBy(place)));
		const liars = honest.slice(0, 2).map((quote) => ({ ...quote, indexPrice: quote.indexPrice * 100 }));
		const { indexPrice } = medianOf([...honest, ...liars]);
		const prices = honest.map((quote) => quote.indexPrice);
		assert.ok(indexPrice >= Math.min(...prices) && indexPrice <= Math.max(...prices));
	});
});

describe("given a time away across a settlement window", () => {
	it("reports what was missed so that the machine takes every report", () => {
		const expiry = (DAY - 3) * 86_400 + 28_800;
		const end = expiry + 500;
		let last = expiry - 5000;
		let reports = 0;
		for (; last < end; reports++) {
			const next = rules.nextTime(last, end);
			assert.ok(next > last && !Reporting.leavesGap(last, next), `from ${last} to ${next}`);
			last = next;
		}
		assert.ok(reports >= 31 && reports <= 33);
	});
});
