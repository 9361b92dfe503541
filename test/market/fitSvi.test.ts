import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fitChain, quantile } from "../../scripts/dev/fitErrors.ts";
import { Random } from "../../src/market/Random.ts";
import { crosses, density, fitSvi, hasButterfly, variance } from "../../src/market/fitSvi.ts";
import type { Svi } from "../../src/market/fitSvi.ts";

const YEARS = 30 / 365;
const SMILE: Svi = { a: 0.01, b: 0.1, rho: -0.3, m: 0, sigma: 0.2 };
const strikes = Array.from({ length: 21 }, (_, i) => -0.5 + i * 0.05);
const pointsOf = (svi: Svi, noise = (): number => 0): { k: number; volatility: number; weight: number }[] =>
	strikes.map((k) => ({ k, volatility: Math.sqrt(variance(svi, k) / YEARS) + noise(), weight: 1 }));

describe("given quotes of one expiry", () => {
	it("says nothing of too few, or of an expiry that is over", () => {
		assert.equal(fitSvi(pointsOf(SMILE).slice(0, 4), YEARS), undefined);
		assert.equal(fitSvi(pointsOf(SMILE), 0), undefined);
	});

	it("passes over quotes that are no numbers", () => {
		const broken = [NaN, Infinity, 0, -1].map((volatility) => ({ k: 0.1, volatility, weight: 1 }));
		const fit = fitSvi([...pointsOf(SMILE), ...broken, { k: NaN, volatility: 0.5, weight: 1 }], YEARS);
		assert.ok(fit && fit.error < 2e-4, `error ${fit?.error}`);
		assert.equal(
			fitSvi(
				Array.from({ length: 9 }, () => ({ k: NaN, volatility: NaN, weight: NaN })),
				YEARS,
			),
			undefined,
		);
	});

	it("finds the slice that the quotes are of", () => {
		const fit = fitSvi(pointsOf(SMILE), YEARS);
		assert.ok(fit && fit.error < 2e-4, `error ${fit?.error}`);
	});

	it("is not led astray by noise within the spread", () => {
		const random = new Random(7);
		const fit = fitSvi(
			pointsOf(SMILE, () => 0.01 * random.normal()),
			YEARS,
		);
		assert.ok(fit);
		for (const k of [-0.3, 0, 0.3])
			assert.ok(Math.abs(Math.sqrt(variance(fit.svi, k) / YEARS) - Math.sqrt(variance(SMILE, k) / YEARS)) < 0.015, `at ${k}`);
	});

	it("gives no butterfly for nothing, though the quotes hold one", () => {
		// Wings too steep for what stands between them.
		const arbitrage: Svi = { a: 0, b: 0.3, rho: 0.2, m: 0.1, sigma: 0.05 };
		assert.ok(hasButterfly(arbitrage), "the quotes hold one");
		const fit = fitSvi(pointsOf(arbitrage), YEARS);
		assert.ok(fit);
		for (const k of strikes) assert.ok(density(fit.svi, k) >= 0, `density ${density(fit.svi, k)} at ${k}`);
	});

	it("gives none whatever the quotes weigh", () => {
		const arbitrage: Svi = { a: 0, b: 0.3, rho: 0.2, m: 0.1, sigma: 0.05 };
		for (const weight of [1e-6, 1e6]) {
			const fit = fitSvi(
				pointsOf(arbitrage).map((point) => ({ ...point, weight })),
				YEARS,
			);
			assert.ok(fit, `weights of ${weight}`);
			for (const k of strikes) assert.ok(density(fit.svi, k) >= 0, `density ${density(fit.svi, k)} at ${k}`);
		}
	});

	it("stays between the expiry before and the one after, also in the wings", () => {
		const [floor, ceiling]: Svi[] = [
			{ a: 0.001, b: 0.05, rho: -0.2, m: 0.01, sigma: 0.05 },
			{ a: 0.012, b: 0.07, rho: -0.3, m: 0.05, sigma: 0.3 },
		];
		assert.equal(crosses(floor, ceiling), false);
		const points = strikes.map((k) => ({ k, volatility: Math.sqrt((variance(floor, k) + variance(ceiling, k)) / 2 / YEARS), weight: 1 }));
		const fit = fitSvi(points, YEARS, { floor, ceiling });
		assert.ok(fit && fit.error < 5e-3, `error ${fit?.error}`);
		assert.deepEqual([hasButterfly(fit.svi), crosses(floor, fit.svi), crosses(fit.svi, ceiling)], [false, false, false]);
	});

	it("sees two slices cross far out, by the slopes of their wings", () => {
		assert.ok(crosses({ ...SMILE, b: 0.12, a: 0.001 }, { ...SMILE, a: 0.05 }));
	});

	it("does not go below the expiry before", () => {
		const earlier: Svi = { ...SMILE, a: 0.03 };
		assert.ok(crosses(earlier, SMILE));
		const fit = fitSvi(pointsOf(SMILE), YEARS, { floor: earlier });
		assert.ok(fit);
		assert.equal(crosses(earlier, fit.svi), false);
	});
});

const BESIDE = process.env.REFERENCE_DATA ?? join(import.meta.dirname, "..", "..", "..", "shared", "data");
const FOLDER = existsSync(BESIDE) ? BESIDE : undefined;
const skip = FOLDER === undefined && "the reference chains are not beside the repository (../shared/data), nor named in REFERENCE_DATA";

describe("given real chains", { skip }, () => {
	const rows = (file: string): Record<string, string>[] => {
		const [head, ...lines] = readFileSync(join(FOLDER as string, file), "utf8")
			.trim()
			.split(/\r?\n/);
		const names = head.split(",");
		return lines.map((line) => Object.fromEntries(line.split(",").map((value, i) => [names[i], value])));
	};
	const files = FOLDER === undefined ? [] : readdirSync(FOLDER).filter((name) => name.startsWith("deribit-chain-"));
	for (const file of files) {
		it(`reports ${file} from its bids and asks: every expiry, with a median error of at most half a point and no arbitrage`, async (t) => {
			const { expiries, quoted, arbitrages } = await fitChain(readFileSync(join(FOLDER as string, file), "utf8"));
			const median = quantile(
				expiries.flatMap(({ errors }) => errors),
				0.5,
			);
			t.diagnostic(`${expiries.length} of ${quoted} expiries, median error ${(median * 100).toFixed(3)} points, ${arbitrages} arbitrages`);
			assert.ok(median <= 0.005);
			assert.deepEqual([expiries.length, arbitrages], [quoted, 0]);
		});

		it(`fits ${file}: the median error is at most half a point, and no arbitrage is left`, (t) => {
			const chain = rows(file);
			const errors: number[] = [];
			let [fitted, all] = [0, 0];
			for (const currency of ["ETH", "BTC"]) {
				let floor: Svi | undefined;
				const own = chain.filter((one) => one.currency === currency);
				for (const expiry of [...new Set(own.map((one) => one.expiry_datetime))].sort()) {
					const options = own.filter((one) => one.expiry_datetime === expiry);
					const futures = options.map((one) => Number(one.futures_price)).filter((price) => price > 0);
					const forward = futures.sort((x, y) => x - y)[futures.length >> 1];
					const years = (Date.parse(expiry) - Date.parse(options[0].timestamp)) / 1000 / 31_536_000;
					if (years < 1 / 365) continue;
					const points = options
						.map((one) => ({
							k: Math.log(Number(one.strike) / forward),
							volatility: Number(one.implied_volatility),
							delta: Math.abs(Number(one.delta)),
						}))
						.filter(({ k, volatility, delta }) => Number.isFinite(k) && volatility > 0 && delta > 0.03 && delta < 0.97)
						.map((one) => ({ ...one, weight: one.delta > 0.1 && one.delta < 0.9 ? 1 : 0.2 }));
					// Some expiries of a snapshot hold no future, or no quotes near the money.
					if (points.length < 5) continue;
					all += 1;
					const fit = fitSvi(points, years, { floor });
					if (!fit) continue;
					fitted += 1;
					assert.equal(hasButterfly(fit.svi), false, `${currency} ${expiry}`);
					if (floor) assert.equal(crosses(floor, fit.svi), false, `${currency} ${expiry}`);
					floor = fit.svi;
					for (const { k, volatility, delta } of points)
						if (delta > 0.1 && delta < 0.9) errors.push(Math.abs(Math.sqrt(variance(fit.svi, k) / years) - volatility));
				}
			}
			errors.sort((a, b) => a - b);
			const median = errors[errors.length >> 1];
			t.diagnostic(`${fitted} of ${all} expiries, median error ${(median * 100).toFixed(3)} points of ${errors.length} options`);
			assert.ok(fitted >= 0.9 * all, `${fitted} of ${all} expiries are fitted`);
			assert.ok(median <= 0.005, `median error ${(median * 100).toFixed(2)} points`);
		});
	}
});
