import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as Svi from "../../src/machine/math/Svi.ts";
import { SyntheticMarket } from "../../src/market/SyntheticMarket.ts";
import { sliceAt } from "../../src/market/surfaces.ts";

const START = Date.UTC(2026, 1, 2, 9) / 1000;

/** Total variance of a slice at log-moneyness k. */
function variance(underlying: number, days: number, k: number): number {
	const t = days / 365;
	const { a, b, rho, m, sigma } = sliceAt(underlying, days);
	const x = k - m * Math.sqrt(t);
	return a * t + b * Math.sqrt(t) * (rho * x + Math.hypot(x, sigma * Math.sqrt(t)));
}

describe("given the synthetic market", () => {
	it("gives the same prices to the same seed, and others to another", () => {
		const [one, same, other] = [1, 1, 2].map((seed) => new SyntheticMarket(seed, START).index(0, START + 86_400));
		assert.equal(one, same);
		assert.notEqual(one, other);
	});

	it("makes surfaces that the machine takes, at every tenor", async () => {
		const source = new SyntheticMarket(1, START).source(1, 0.0002);
		const days = [1, 2, 3, 5, 9, 16, 30, 60, 100, 200, 390].map((ahead) => Math.floor(START / 86_400) + ahead);
		for (const underlying of [0, 1]) {
			const quote = await source.quote(underlying, START, days);
			for (const s of quote?.surfaces ?? []) assert.ok(Svi.isValid(s.a, s.b, s.rho, s.m, s.sigma));
			assert.equal(quote?.surfaces.length, days.length);
		}
	});

	it("leaves no arbitrage: variance grows with tenor, and every density is positive", () => {
		const tenors = [1, 2, 4, 7, 10, 16, 25, 40, 51, 80, 114, 200];
		for (const underlying of [0, 1]) {
			for (const [i, days] of tenors.entries()) {
				const width = 2.5 * Math.sqrt(variance(underlying, days, 0));
				for (let step = -40; step <= 40; step++) {
					const k = (step / 40) * width;
					const h = width / 400;
					const [below, w, above] = [k - h, k, k + h].map((x) => variance(underlying, days, x)) as [number, number, number];
					const slope = (above - below) / (2 * h);
					const curve = (above - 2 * w + below) / (h * h);
					// Gatheral and Jacquier's condition for a positive density.
					const density = (1 - (k * slope) / (2 * w)) ** 2 - ((slope * slope) / 4) * (1 / w + 1 / 4) + curve / 2;
					assert.ok(density > 0, `${underlying} ${days} days, k ${k}: ${density}`);
					if (i > 0) assert.ok(w > variance(underlying, tenors[i - 1], k), `${underlying} ${days} days, k ${k}`);
				}
			}
		}
	});
});
