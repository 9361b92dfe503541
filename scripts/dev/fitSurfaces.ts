// Fits an SVI slice to every expiry of a real option chain, and volatility and correlation to an index path, and prints the figures that src/market ships
// (rounded, by hand). Reads ../shared/data in place; none of it is committed.   node scripts/dev/run.mjs scripts/dev/fitSurfaces.ts [chain.csv]

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const data = join(import.meta.dirname, "..", "..", "..", "shared", "data");
const file = join(data, process.argv[2] ?? "deribit-chain-20260304T093315Z.csv");
if (!existsSync(file)) {
	process.stderr.write(`The chain ${file} is not here: fitting needs the reference data beside the repository.\n`);
	process.exit(2);
}

type Quote = { k: number; volatility: number; weight: number };
const SECONDS_PER_YEAR = 31_536_000;

function rows(path: string): Record<string, string>[] {
	const [head, ...lines] = readFileSync(path, "utf8").trim().split(/\r?\n/);
	const names = head.split(",");
	return lines.map((line) => Object.fromEntries(line.split(",").map((value, i) => [names[i], value])));
}

function variance([a, b, rho, m, sigma]: readonly number[], k: number): number {
	const x = k - m;
	return a + b * (rho * x + Math.hypot(x, sigma));
}

/** Weighted squared error of volatility, with walls where the parameters make no slice. */
function loss(p: readonly number[], quotes: readonly Quote[], years: number): number {
	const [a, b, rho, , sigma] = p as [number, number, number, number, number];
	if (b < 0 || Math.abs(rho) > 0.95 || sigma < 0.01 || a + b * sigma * Math.sqrt(1 - rho * rho) < 1e-6 || b * (1 + Math.abs(rho)) > 1.9)
		return 1e9;
	let sum = 0;
	for (const { k, volatility, weight } of quotes) sum += weight * (Math.sqrt(Math.max(variance(p, k), 1e-9) / years) - volatility) ** 2;
	return sum;
}

/** Nelder and Mead's simplex. */
function minimise(f: (p: readonly number[]) => number, start: readonly number[], scale: readonly number[]): number[] {
	let simplex = [start, ...start.map((_, i) => start.map((v, j) => (i === j ? v + scale[j] : v)))].map((p) => ({ p: [...p], v: f(p) }));
	const n = start.length;
	for (let round = 0; round < 4000; round++) {
		simplex = simplex.sort((x, y) => x.v - y.v);
		const worst = simplex[n];
		const centre = start.map((_, j) => simplex.slice(0, n).reduce((s, x) => s + x.p[j], 0) / n);
		const at = (t: number): { p: number[]; v: number } => {
			const p = centre.map((c, j) => c + t * (worst.p[j] - c));
			return { p, v: f(p) };
		};
		const reflected = at(-1);
		let next = reflected;
		if (reflected.v < simplex[0]?.v) {
			const expanded = at(-2);
			if (expanded.v < reflected.v) next = expanded;
		} else if (reflected.v >= simplex[n - 1]?.v) {
			next = at(0.5);
			if (next.v >= worst.v) {
				const best = (simplex[0] as { p: number[] }).p;
				simplex = simplex.map(({ p }) => p.map((v, j) => best[j] + 0.5 * (v - best[j]))).map((p) => ({ p, v: f(p) }));
				continue;
			}
		}
		simplex[n] = next;
	}
	return (simplex.sort((x, y) => x.v - y.v)[0] as { p: number[] }).p;
}

const chain = rows(file);
for (const currency of ["ETH", "BTC"]) {
	const expiries = [...new Set(chain.filter((r) => r.currency === currency).map((r) => r.expiry_datetime))].sort();
	for (const expiry of expiries) {
		const options = chain.filter((r) => r.currency === currency && r.expiry_datetime === expiry);
		const years = (Date.parse(expiry) - Date.parse(options[0]?.timestamp)) / 1000 / SECONDS_PER_YEAR;
		const forward = Number(options[0]?.futures_price);
		const index = Number(options[0]?.index_price);
		const quotes = options
			.map((r) => ({ k: Math.log(Number(r.strike) / forward), volatility: Number(r.implied_volatility), delta: Math.abs(Number(r.delta)) }))
			.filter(({ delta, volatility }) => delta > 0.03 && delta < 0.97 && volatility > 0)
			.map(({ k, volatility, delta }) => ({ k, volatility, weight: delta > 0.1 && delta < 0.9 ? 1 : 0.2 }));
		const level = quotes.reduce((s, q) => s + q.volatility, 0) / quotes.length;
		const w = level * level * years;
		const starts = [-0.5, -0.2, 0.1].map((rho) => [w * 0.5, w * 2, rho, 0, Math.sqrt(years) * level]);
		const fits = starts.map((start) =>
			minimise((p) => loss(p, quotes, years), start, [w * 0.3, w, 0.2, Math.sqrt(years) * 0.1, Math.sqrt(years) * 0.2]),
		);
		const best = fits.sort((x, y) => loss(x, quotes, years) - loss(y, quotes, years))[0];
		const errors = quotes
			.filter((q) => q.weight === 1)
			.map(({ k, volatility }) => Math.abs(Math.sqrt(variance(best, k) / years) - volatility));
		const median = errors.sort((x, y) => x - y)[errors.length >> 1];
		const [a, b, rho, m, sigma] = best as [number, number, number, number, number];
		const root = Math.sqrt(years);
		// Per year, so that slices of other tenors can be interpolated: a / T, b / sqrt T, m / sqrt T, sigma / sqrt T.
		const normal = [a / years, b / root, rho, m / root, sigma / root].map((v) => v.toFixed(4)).join(", ");
		process.stdout.write(
			`${currency} ${(years * 365).toFixed(1)} days: [${normal}] carry ${(Math.log(forward / index) / years).toFixed(4)} median error ${(median * 100).toFixed(2)} points of ${errors.length}\n`,
		);
	}
}

const path = rows(join(data, "index-path.csv"));
let btc = 0;
let eth = 0;
let both = 0;
let time = 0;
for (let i = 1; i < path.length; i++) {
	const years = (Date.parse(path[i]?.timestamp) - Date.parse(path[i - 1]?.timestamp)) / 1000 / SECONDS_PER_YEAR;
	if (years > 2 / 365) continue;
	const x = Math.log(Number(path[i]?.btc_index) / Number(path[i - 1]?.btc_index));
	const y = Math.log(Number(path[i]?.eth_index) / Number(path[i - 1]?.eth_index));
	btc += x * x;
	eth += y * y;
	both += x * y;
	time += years;
}
process.stdout.write(
	`index: volatility ETH ${Math.sqrt(eth / time).toFixed(3)}, BTC ${Math.sqrt(btc / time).toFixed(3)}, correlation ${(both / Math.sqrt(btc * eth)).toFixed(3)}\n`,
);
