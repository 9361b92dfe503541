import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import * as Reporting from "../../src/machine/step/Reporting.ts";
import { variance } from "../../src/market/fitSvi.ts";
import type { Svi } from "../../src/market/fitSvi.ts";
import { Random } from "../../src/market/Random.ts";
import { SyntheticMarket } from "../../src/market/SyntheticMarket.ts";
import type { MarketQuote, SurfaceQuote } from "../../src/ports/PriceSource.ts";
import { agrees, proposalOf } from "../../src/roles/reporter/quotes.ts";
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

function reporterOf(place: number, store = new MemoryStore(), seesUntil = Infinity): Reporter {
	const signer = new KeySigner(testWallet(PLACES.reporters + place).privateKey);
	return new Reporter({
		place,
		signer,
		source: {
			quote: (underlying, time, days) =>
				market.source(place + 1, 0.0002).quote(
					underlying,
					time,
					days.filter((day) => day <= seesUntil),
				),
		},
		store,
		domainSeparator: new Uint8Array(32),
		wasAt: (time, root) => time === 7 && root.every((byte) => byte === 7),
	});
}

const sviOf = ({ a, b, rho, m, sigma }: SurfaceQuote): Svi => ({ a: a / 1e9, b: b / 1e9, rho: rho / 1e9, m: m / 1e9, sigma: sigma / 1e9 });

async function seenBy(place: number, time = START + 60): Promise<MarketQuote> {
	return (await reporterOf(place).see(0, time, [DAY])) as MarketQuote;
}

describe("given a proposed report", () => {
	it("is not signed when any number of it is not what the reporter sees", async () => {
		const reporter = reporterOf(0);
		const honest = await seenBy(1);
		const surface = honest.surfaces[0];
		const level = surface.a + (surface.b * surface.sigma) / 1e9;
		const lies: [string, Partial<MarketQuote>][] = [
			["index", { indexPrice: Math.round(honest.indexPrice * 1.01) }],
			["no confidence", { confidence: 0 }],
			["too much confidence", { confidence: 1_000_001 }],
			["a day twice", { surfaces: [surface, surface] }],
			["a day that is over", { surfaces: [{ ...surface, day: DAY - 10 }, surface] }],
		];
		const smiles: [string, Partial<SurfaceQuote>][] = [
			["another day", { day: DAY + 1 }],
			["forward", { forward: Math.round(surface.forward * 0.99) }],
			["level", { b: surface.b * 2 }],
			["the same level under other wings", { a: 0, b: 1e9, sigma: Math.round(level), rho: -900_000_000 }],
			["skew", { rho: -surface.rho }],
			["place", { m: 1e9 }],
			["a wing beyond where anybody trades", { a: Math.round(level), b: 1e10, rho: 999_999_999, m: 1.2e9, sigma: 1 }],
			["rate", { rate: 1_000_000 }],
			["no confidence in it", { confidence: 0 }],
			["what the machine refuses", { sigma: 0 }],
			["no number", { m: NaN }],
		];
		for (const [name, lie] of lies) assert.equal(await reporter.sign({ ...honest, ...lie }), undefined, name);
		for (const [name, lie] of smiles)
			assert.equal(await reporter.sign({ ...honest, surfaces: [{ ...surface, ...lie }] }), undefined, `of the smile: ${name}`);
		assert.ok(await reporter.sign(honest));
	});

	it("is signed with no smile that is far off anywhere, however one is looked for", async () => {
		const own = await seenBy(0);
		const [mine] = own.surfaces;
		const deviation = Math.sqrt(variance(sviOf(mine), 0));
		/** How much higher or lower than its own volatility, as a part, at up to this many standard deviations. */
		const off = (surface: SurfaceQuote, deviations: number): number => {
			const ks = Array.from({ length: 81 }, (_, i) => (deviation * deviations * (i - 40)) / 40);
			const ratios = ks.map((k) => Math.sqrt(variance(sviOf(surface), k) / variance(sviOf(mine), k)));
			return Math.max(...ratios.map((ratio) => Math.max(ratio, 1 / ratio) - 1));
		};
		const random = new Random(5);
		const near = (value: number, step: number): number => Math.round(value + step * random.normal());
		for (const [deviations, bound] of [
			[2, 0.08],
			[4, 0.2],
			[30, 0.75],
		]) {
			// Whatever is signed and further off than what was found so far is gone on from.
			let [found, furthest] = [mine, 0];
			for (let tries = 0; tries < 4000; tries++) {
				const step = Math.exp(-8 * random.next());
				const next = {
					...found,
					a: near(found.a, step * deviation ** 2 * 1e9),
					b: Math.abs(near(found.b, step * found.b)),
					rho: near(found.rho, step * 1e9),
					m: near(found.m, step * deviation * 5e9),
					sigma: Math.round(found.sigma * Math.exp(3 * step * random.normal())),
				};
				if (!agrees({ ...own, surfaces: [next] }, own) || off(next, deviations) <= furthest) continue;
				[found, furthest] = [next, off(next, deviations)];
			}
			assert.ok(furthest > 0.04, "it found something that is signed");
			assert.ok(furthest < bound, `volatility ${furthest} off within ${deviations} deviations`);
		}
	});

	it("is signed without some of the days, and never with one that the reporter does not see", async () => {
		const [near, far] = [DAY, DAY + 30];
		const whole = (await reporterOf(1).see(0, START + 60, [near, far])) as MarketQuote;
		const short = { ...whole, surfaces: whole.surfaces.slice(0, 1) };
		assert.ok(await reporterOf(0).sign(whole));
		assert.ok(await reporterOf(0).sign(short));
		assert.ok(await reporterOf(0, undefined, near).sign(short));
		assert.equal(await reporterOf(0, undefined, near).sign(whole), undefined);
		assert.ok(await reporterOf(2).sign({ ...whole, surfaces: [] }));
	});

	it("is signed when it is a little less sure than the reporter, or somewhat surer, since doubt is what is charged", async () => {
		const own = await seenBy(0);
		const ofDoubt = (index: number, smile: number): MarketQuote => ({
			...own,
			confidence: index,
			surfaces: [{ ...own.surfaces[0], confidence: smile }],
		});
		const half = ofDoubt(500_000, 500_000);
		for (const [less, isSigned] of [
			[-50_000, true],
			[-50_001, false],
			[200_000, true],
			[200_001, false],
		] as const) {
			assert.equal(agrees(ofDoubt(500_000 + less, 500_000), half), isSigned, `index ${less}`);
			assert.equal(agrees(ofDoubt(500_000, 500_000 + less), half), isSigned, `smile ${less}`);
		}
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
		const { indexPrice } = proposalOf([...honest, ...liars], 5, 0);
		const prices = honest.map((quote) => quote.indexPrice);
		assert.ok(indexPrice >= Math.min(...prices) && indexPrice <= Math.max(...prices));
	});

	it("gives the smile of one of them, and not of two liars who are in the middle at the forward and wrong in the wings", async () => {
		const honest = await Promise.all([0, 1, 2, 3, 4].map((place) => seenBy(place)));
		const bent = honest.map(({ surfaces: [surface], ...quote }, i) => ({
			...quote,
			surfaces: [{ ...surface, a: surface.a + 1000 * i, confidence: 900_000 + i }],
		}));
		const liars = bent.slice(2, 4).map(({ surfaces: [surface], ...quote }) => ({
			...quote,
			surfaces: [{ ...surface, rho: 0, m: 0, confidence: 0 }],
		}));
		const { surfaces } = proposalOf([...liars, ...bent], 5, 0);
		const [{ a, rho, m, confidence }] = surfaces;
		assert.deepEqual([a, rho, m, confidence], [bent[2].surfaces[0].a, bent[0].surfaces[0].rho, bent[0].surfaces[0].m, 900_002]);
	});

	const days = [DAY, DAY + 3, DAY + 30];
	const wide = async (places: readonly number[]): Promise<MarketQuote[]> =>
		Promise.all(places.map(async (place) => (await reporterOf(place).see(0, START + 60, days)) as MarketQuote));
	const differing = (quote: MarketQuote, day: number): MarketQuote => ({
		...quote,
		surfaces: quote.surfaces.map((surface) => (surface.day === day ? { ...surface, b: surface.b * 4 } : surface)),
	});
	const daysOf = ({ surfaces }: MarketQuote): number[] => surfaces.map(({ day }) => day);

	it("leaves out a day on which too many differ, so that the others are signed", async () => {
		const seven = await wide([0, 1, 2, 3, 4, 5, 6]);
		for (const [differ, proposed] of [
			[2, days],
			[3, [days[0], days[2]]],
			[4, [days[0], days[2]]],
		] as const) {
			const quotes = seven.map((quote, i) => (i < differ ? differing(quote, days[1]) : quote));
			// Of four against three the many may be either.
			const proposal = proposalOf(quotes, 5, 0);
			assert.deepEqual(daysOf(proposal), proposed, `${differ} differ`);
			assert.ok(quotes.filter((quote) => agrees(proposal, quote)).length >= 5);
		}
		const each = seven.map((quote, i) => differing({ ...quote }, days[i % 3]));
		const proposal = proposalOf(each, 5, 0);
		assert.ok(each.filter((quote) => agrees(proposal, quote)).length >= 5, "also when everybody differs somewhere");
	});

	it("asks for one more who agrees after each failure, since one who said so may be who did not sign", async () => {
		const [one, two, ...five] = await wide([0, 1, 2, 3, 4, 5, 6]);
		const quotes = [differing(one, days[1]), differing(two, days[1]), ...five];
		assert.deepEqual(daysOf(proposalOf(quotes, 5, 0)), days);
		assert.deepEqual(daysOf(proposalOf(quotes, 5, 1)), [days[0], days[2]]);
		// Who sees another price signs nothing anyway, and does not cost a day.
		const away = { ...one, indexPrice: 2 * one.indexPrice };
		assert.deepEqual(daysOf(proposalOf([away, two, ...five], 5, 9)), days);
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

describe("given more days that are listed than a report has places for", () => {
	it("reports the nearest each time and every other within two minutes, up to 78", () => {
		const listed = Array.from({ length: 90 }, (_, i) => DAY + i);
		const few = listed.slice(0, 12);
		assert.deepEqual(rules.daysOf(few, START), few);
		assert.deepEqual(rules.daysOf(few, DAY * 86_400 + 28_800), few.slice(1), "what is over is over");
		for (const [count, isFresh] of [
			[13, true],
			[78, true],
			[79, false],
		] as const) {
			const days = listed.slice(0, count);
			const seen = new Set<number>();
			for (let time = START; time < START + 120; time += 10) {
				const reported = rules.daysOf(days, time);
				assert.deepEqual(reported.slice(0, 6), days.slice(0, 6));
				assert.ok(reported.length <= 12 && reported.every((day, i) => i === 0 || day > reported[i - 1]));
				for (const day of reported) seen.add(day);
			}
			assert.equal(seen.size === count, isFresh, `${count} days`);
		}
	});
});
