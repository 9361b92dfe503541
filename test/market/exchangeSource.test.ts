import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { arbitragesOf } from "../../scripts/dev/fitErrors.ts";
import { ExchangeSource, robustIndex, slicesOf } from "../../src/market/ExchangeSource.ts";
import { variance } from "../../src/market/fitSvi.ts";
import { loadCcxt, optionOf, venuesOf } from "../../src/market/Venues.ts";
import type { Venue } from "../../src/market/Venues.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { RecordedExchanges, volatilityAt } from "./recordedExchanges.ts";

const NOW = Date.UTC(2026, 1, 2, 9) / 1000;
const TODAY = Math.floor(NOW / 86_400);
const CCXT = process.env.CCXT ?? "ccxt";
const hasCcxt = await loadCcxt(CCXT).then(
	() => true,
	() => false,
);
const skip = !hasCcxt && "the package ccxt is not installed: npm install --no-save ccxt@4, or name its entry in CCXT";

describe("given prices of several venues", () => {
	it("says nothing when there are too few, or they do not agree", () => {
		assert.equal(robustIndex([]), undefined);
		assert.equal(robustIndex([2000]), undefined);
		assert.equal(robustIndex([2000, 2500]), undefined);
		assert.equal(robustIndex([2000, 2200, 2400, 2600]), undefined);
	});

	it("leaves out the one that is far away, however far", () => {
		assert.deepEqual(robustIndex([2000, 2001, 2002])?.index, 2001);
		for (const lie of [1, 2100, 1e9]) {
			const robust = robustIndex([2000, 2001, 2002, lie]);
			assert.ok(robust && robust.index >= 2000 && robust.index <= 2002, `with ${lie}`);
		}
	});
});

describe("given a summary of Deribit's", () => {
	it("takes nothing that is no option with two quotes", () => {
		const good = { instrument_name: "ETH-25DEC26-4000-C", bid_price: 0.01, ask_price: 0.011, underlying_price: 2000 };
		assert.deepEqual(optionOf(good), [
			{ expiry: Date.UTC(2026, 11, 25, 8) / 1000, strike: 4000, isCall: true, forward: 2000, bid: 20, ask: 22 },
		]);
		for (const wrong of [
			{ instrument_name: "ETH-PERPETUAL" },
			{ bid_price: null },
			{ ask_price: 0.009 },
			{ underlying_price: 0 },
			{ bid_price: "many" },
		])
			assert.deepEqual(optionOf({ ...good, ...wrong }), []);
	});
});

describe("given exchanges behind ccxt", { skip }, () => {
	const exchanges = new RecordedExchanges(NOW);
	let venues: Venue[] = [];

	before(async () => {
		venues = venuesOf(await loadCcxt(CCXT), await exchanges.listen());
	});

	after(() => exchanges.close());

	const source = (): ExchangeSource => new ExchangeSource(venues, () => NOW);

	it("sees the index and the surfaces, and is as sure as they deserve", async () => {
		for (const [underlying, index] of [2000, 71_000].entries()) {
			const quote = await source().quote(underlying, NOW, [TODAY + 2, TODAY + 9, TODAY + 30]);
			assert.ok(quote, "there is a quote");
			assert.ok(Math.abs(quote.indexPrice / 1e6 / index - 1) < 1e-3);
			assert.ok(quote.confidence > 900_000 && quote.surfaces.every(({ confidence }) => confidence > 500_000));
			const [, week] = quote.surfaces;
			const years = ((TODAY + 9) * 86_400 + 28_800 - NOW) / 31_536_000;
			const svi = { a: week.a / 1e9, b: week.b / 1e9, rho: week.rho / 1e9, m: week.m / 1e9, sigma: week.sigma / 1e9 };
			for (const k of [-0.1, 0, 0.1]) {
				const volatility = Math.sqrt(variance(svi, k) / years);
				assert.ok(Math.abs(volatility - volatilityAt(k)) < 0.01, `volatility ${volatility} at ${k}`);
			}
		}
	});

	it("puts a day between two expiries between their slices, and knows nothing beyond the last", async () => {
		const quote = await source().quote(0, NOW, [TODAY + 5]);
		const years = ((TODAY + 5) * 86_400 + 28_800 - NOW) / 31_536_000;
		const surface = quote?.surfaces[0];
		assert.ok(surface);
		const atForward = variance(
			{ a: surface.a / 1e9, b: surface.b / 1e9, rho: surface.rho / 1e9, m: surface.m / 1e9, sigma: surface.sigma / 1e9 },
			0,
		);
		assert.ok(Math.abs(Math.sqrt(atForward / years) - 0.6) < 0.01);
		const beyond = await source().quote(0, NOW, [TODAY + 5, TODAY + 60]);
		assert.deepEqual(beyond?.surfaces, [surface], "and what it does not know keeps it from nothing else");
	});

	it("leaves no arbitrage between days, be there an expiry or none, in whatever order they are asked for", async () => {
		const days = Array.from({ length: 15 }, (_, i) => TODAY + 1 + 2 * i);
		const quote = await source().quote(0, NOW, [...days].reverse());
		assert.deepEqual(
			quote?.surfaces.map(({ day }) => day),
			[...days].reverse(),
		);
		const surfaces = [...(quote?.surfaces ?? [])].reverse();
		assert.equal(arbitragesOf(surfaces), 0);
		for (const { day, ...surface } of surfaces) {
			const years = (day * 86_400 + 28_800 - NOW) / 31_536_000;
			const [a, b, rho, m, sigma] = [surface.a, surface.b, surface.rho, surface.m, surface.sigma].map((one) => one / 1e9);
			const volatility = Math.sqrt(variance({ a, b, rho, m, sigma }, 0) / years);
			assert.ok(Math.abs(volatility - volatilityAt(0)) < 0.01, `volatility ${volatility} in ${day - TODAY} days`);
		}
	});

	it("knows nothing of a time at which it did not look, nor of the future", async () => {
		assert.equal(await source().quote(0, NOW - 60, [TODAY + 2]), undefined);
		assert.equal(await source().quote(0, NOW + 60, [TODAY + 2]), undefined);
	});

	for (const fault of ["dead", "lies", "garbage"] as const) {
		it(`is not moved by one exchange that ${fault === "dead" ? "is dead" : fault === "lies" ? "lies" : "talks garbage"}`, async () => {
			exchanges.faults.set("binance", fault);
			const quote = await source().quote(0, NOW, [TODAY + 2]);
			exchanges.faults.clear();
			assert.ok(quote && Math.abs(quote.indexPrice / 2e9 - 1) < 1e-3);
		});
	}

	it("says nothing, rather than guess, when most are gone, or the chain is", async () => {
		for (const venue of ["binance", "okx", "bybit"]) exchanges.faults.set(venue, "dead");
		assert.equal(await source().quote(0, NOW, [TODAY + 2]), undefined);
		exchanges.faults.clear();
		exchanges.faults.set("deribit", "dead");
		assert.equal(await source().quote(0, NOW, [TODAY + 2]), undefined);
		exchanges.faults.clear();
	});

	it("does not ask the exchanges again for what it has just seen", async () => {
		const one = source();
		await one.quote(0, NOW, [TODAY + 2]);
		const before = exchanges.requests;
		await Promise.all(Array.from({ length: 20 }, () => one.quote(0, NOW, [TODAY + 9])));
		assert.equal(exchanges.requests, before);
	});
});

/** Two venues whose prices and times a test sets, and the source that looks at them. */
class Past {
	now: number;
	index: number | undefined = 2000;
	/** How often the venues were asked. */
	looks = 0;
	#elapsed = 0;
	readonly source: ExchangeSource;

	constructor(now = NOW, store?: MemoryStore) {
		this.now = now;
		const venue = (name: string): Venue => ({
			name,
			index: () => {
				if (name === "a") this.looks += 1;
				return this.index === undefined ? Promise.reject(new Error("nobody answers")) : Promise.resolve(this.index);
			},
			chain: () => Promise.resolve([]),
		});
		this.source = new ExchangeSource(
			[venue("a"), venue("b")],
			() => this.now,
			// The time since the last look is always long enough for another.
			() => (this.#elapsed += 5000),
		);
		if (store) this.source.keepIn(store);
	}

	/** Looks every ten seconds up to a time, while the index grows by one each time. */
	async lookUntil(time: number): Promise<void> {
		for (; this.now < time; this.now += 10) {
			await this.source.quote(0, this.now, []);
			if (this.index !== undefined) this.index += 1;
		}
	}

	async priceAt(time: number): Promise<number | undefined> {
		const quote = await this.source.quote(0, time, []);
		assert.equal(quote?.time ?? time, time);
		return quote && quote.indexPrice / 1e6;
	}
}

describe("given a time that is past", () => {
	it("tells the price of that time as it saw it then, for 35 minutes", async () => {
		const past = new Past();
		await past.lookUntil(NOW + 300);
		past.now = NOW + 1000;
		past.index = 9000;
		assert.equal(await past.priceAt(NOW), 2000);
		assert.equal(await past.priceAt(NOW + 104), 2010);
		assert.equal(await past.priceAt(NOW + 106), 2011);
		past.now = NOW + 2100;
		assert.equal(await past.priceAt(NOW), 2000);
		past.now = NOW + 2101;
		assert.equal(await past.priceAt(NOW), undefined);
		assert.equal(await past.priceAt(NOW + 1), 2000);
	});

	it("says nothing of what it did not see: before it began, while venues were silent, and after a start", async () => {
		const past = new Past();
		await past.lookUntil(NOW + 100);
		past.index = undefined;
		await past.lookUntil(NOW + 200);
		past.index = 3000;
		await past.lookUntil(NOW + 300);
		assert.equal(await past.priceAt(NOW - 21), undefined);
		assert.equal(await past.priceAt(NOW + 110), 2009, "what is near enough was seen");
		for (const time of [111, 150, 179]) assert.equal(await past.priceAt(NOW + time), undefined, `at ${time}`);
		assert.equal(await past.priceAt(NOW + 180), 3000);
		assert.equal(await new Past().priceAt(NOW - 21), undefined);
	});

	it("forgets what a clock that is set back puts into the time to come", async () => {
		const past = new Past();
		await past.lookUntil(NOW + 100);
		past.now = NOW - 3600;
		past.index = 1000;
		assert.equal(await past.priceAt(NOW - 3600), 1000);
		past.now = NOW;
		past.index = undefined;
		assert.equal(await past.priceAt(NOW), undefined);
	});

	it("given a store, tells a settlement window's prices days later and after a start, and of other times no more than before", async () => {
		const store = new MemoryStore();
		const opens = NOW - 5400;
		const past = new Past(opens - 100, store);
		await past.lookUntil(opens + 2000);
		for (const later of [new Past(opens + 3 * 86_400, store), past]) {
			later.now = opens + 3 * 86_400;
			assert.equal(await later.priceAt(opens), 2010);
			assert.equal(await later.priceAt(opens + 900), 2100);
			assert.equal(await later.priceAt(opens + 1800), 2190);
			assert.equal(await later.priceAt(opens + 1890 + 21), undefined);
		}
		assert.equal(await new Past(opens + 3 * 86_400).priceAt(opens + 900), undefined);
	});

	it("keeps the looks of the last windows alone, however often it looks and whatever its clock said", async () => {
		const store = new MemoryStore();
		for (let day = 0; day < 7; day++) {
			const past = new Past(NOW - 5400 + day * 86_400 - 90, store);
			for (let i = 0; i < 1980; i += 4, past.now += 4) await past.source.quote(0, past.now, []);
			if (day === 0) assert.equal([...store.range("", "~")].length, 248);
		}
		assert.equal([...store.range("", "~")].length, 1024);
		const after = new Past(NOW + 7 * 86_400, store);
		assert.equal(await after.priceAt(NOW - 4500 + 6 * 86_400), 2000);
		assert.equal(await after.priceAt(NOW - 4500), undefined);
	});

	it("keeps nothing of a window that only a clock running ahead saw", async () => {
		const store = new MemoryStore();
		const opens = NOW - 5400;
		const ahead = new Past(opens + 86_400, store);
		ahead.index = 9000;
		await ahead.lookUntil(opens + 86_400 + 100);
		await new Past(opens, store).lookUntil(opens + 100);
		const after = new Past(opens + 2 * 86_400, store);
		assert.equal(await after.priceAt(opens + 50), 2005);
		assert.equal(await after.priceAt(opens + 86_400 + 50), undefined);
	});

	it("looks by itself while nobody asks", async (context) => {
		context.mock.timers.enable({ apis: ["setInterval"] });
		const past = new Past();
		const end = past.source.watch();
		for (let i = 0; i < 30; i++) {
			past.now += 10;
			context.mock.timers.tick(10_000);
			await new Promise((resolve) => setImmediate(resolve));
		}
		past.index = undefined;
		assert.equal(await past.priceAt(NOW + 150), 2000);
		const { looks } = past;
		end();
		past.now += 100;
		context.mock.timers.tick(100_000);
		assert.equal(past.looks, looks, "and no longer than it is told to");
	});
});

describe("given a chain without sense", () => {
	const quote = { expiry: NOW + 864_000, forward: 2000, isCall: true, bid: 1, ask: 1900 };
	const at = (strikes: readonly number[], more: Partial<typeof quote> = {}): Parameters<typeof slicesOf>[0] =>
		strikes.map((strike) => ({ ...quote, ...more, strike }));

	it("leaves out what fits nothing", () => {
		assert.deepEqual(slicesOf(at([1900, 2000, 2100]), NOW, 2000), []);
		assert.deepEqual(slicesOf([], NOW, 2000), []);
	});

	it("leaves out an expiry whose forward no other exchange's index bears out", () => {
		const years = 864_000 / 31_536_000;
		const fair = [2000, 2050, 2100, 2150, 2200, 2250].flatMap((strike) => {
			const value = 400 * Math.sqrt(years) * Math.exp(-(((strike - 2000) / 250) ** 2));
			return at([strike], { bid: value * 0.99, ask: value * 1.01 });
		});
		assert.equal(slicesOf(fair, NOW, 2000).length, 1);
		for (const index of [1800, 2200, Number.NaN]) assert.deepEqual(slicesOf(fair, NOW, index), []);
	});
});
