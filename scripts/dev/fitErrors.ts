// How far a reporter's surfaces are from a real chain: its bids and asks go in where an exchange's would, and what comes out is what a reporter signs, for every
// expiry and for days between them. Prints a line for each chain and one for each of its expiries; status 1 when the median error is above half a point, or
// any arbitrage is left. The chains are read in place, and none of them is committed.
// node scripts/dev/run.mjs scripts/dev/fitErrors.ts [folder]

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ExchangeSource } from "../../src/market/ExchangeSource.ts";
import type { Venue } from "../../src/market/Venues.ts";
import { optionOf } from "../../src/market/Venues.ts";
import { density, variance } from "../../src/market/fitSvi.ts";
import type { Svi } from "../../src/market/fitSvi.ts";
import type { SurfaceQuote } from "../../src/ports/PriceSource.ts";
import * as MachineSvi from "../../src/machine/math/Svi.ts";
import { EXPIRY_SECOND_OF_DAY, SECONDS_PER_DAY } from "../../src/machine/Constants.ts";

const GOAL = 0.005;
/** Of an expiry, for a slice of its own. */
const MIN_QUOTES = 5;
/** Where arbitrage is looked for, more finely and further out than the fit itself does. */
const PROBES = 4001;
const DEVIATIONS = 10;
/** Variance: what a sum of rounded numbers may be short of. */
const DUST = 1e-12;

export type ExpiryFit = { readonly name: string; readonly days: number; readonly errors: readonly number[] };
export type ChainFit = {
	readonly expiries: readonly ExpiryFit[];
	/** With enough quotes for a slice. */
	readonly quoted: number;
	/** Of the surfaces of all days. */
	readonly arbitrages: number;
};

/** Ascending log-moneyness around the forward. */
function probesOf(svi: Svi): number[] {
	const side = DEVIATIONS * Math.sqrt(variance(svi, 0));
	return Array.from({ length: PROBES }, (_, i) => -side + (2 * side * i) / (PROBES - 1));
}

export function rowsOf(text: string): Record<string, string>[] {
	const [head, ...lines] = text.trim().split(/\r?\n/);
	const names = head.split(",");
	return lines.map((line) => Object.fromEntries(line.split(",").map((value, i) => [names[i], value])));
}

const sviOf = ({ a, b, rho, m, sigma }: SurfaceQuote): Svi => ({ a: a / 1e9, b: b / 1e9, rho: rho / 1e9, m: m / 1e9, sigma: sigma / 1e9 });
const expiryOf = (day: number): number => day * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY;

/** Slices with a butterfly, and neighbours that cross. */
export function arbitragesOf(surfaces: readonly SurfaceQuote[]): number {
	const slices = surfaces.map(sviOf);
	let count = 0;
	for (const [i, svi] of slices.entries()) {
		const probes = probesOf(svi);
		if (probes.some((k) => density(svi, k) < 0)) count += 1;
		if (i > 0 && probes.some((k) => variance(svi, k) < variance(slices[i - 1], k) - DUST)) count += 1;
	}
	return count;
}

/** Fits one snapshot of a chain, both currencies, and compares with its mark volatilities between 10 and 90 delta. */
export async function fitChain(text: string): Promise<ChainFit> {
	const rows = rowsOf(text);
	const expiries: ExpiryFit[] = [];
	let [quoted, arbitrages] = [0, 0];
	for (const [underlying, currency] of ["ETH", "BTC"].entries()) {
		const own = rows.filter((row) => row.currency === currency);
		const now = Math.floor(Date.parse(own[0].timestamp) / 1000);
		const chain = own.flatMap((row) => optionOf({ ...row, underlying_price: row.futures_price }));
		const index = async (): Promise<number> => Number(own[0].index_price);
		// An index needs two venues that agree.
		const venues: Venue[] = [
			{ name: "a snapshot", index, chain: async () => chain },
			{ name: "the same", index },
		];
		const source = new ExchangeSource(venues, () => now);
		const counts = new Map<number, number>();
		for (const { expiry, strike, isCall, forward } of chain)
			if (expiry > now && isCall === strike >= forward) counts.set(expiry, (counts.get(expiry) ?? 0) + 1);
		const days = [...counts]
			.filter(([, count]) => count >= MIN_QUOTES)
			.map(([expiry]) => Math.floor(expiry / SECONDS_PER_DAY))
			.sort((x, y) => x - y);
		quoted += days.length;
		// Every expiry, and days between each two of them and before the first.
		const listed = days.flatMap((day, i) => {
			const before = days[i - 1] ?? Math.floor(now / SECONDS_PER_DAY);
			return [before + (day - before) / 3, before + (2 * (day - before)) / 3, day].map(Math.floor);
		});
		const asked = [...new Set(listed)].filter((day) => expiryOf(day) > now);
		const { surfaces = [] } = (await source.quote(underlying, now, asked)) ?? {};
		const refused = surfaces.find(({ a, b, rho, m, sigma }) => !MachineSvi.isValid(a, b, rho, m, sigma));
		if (refused) throw new Error(`the machine would refuse the surface of day ${refused.day}`);
		arbitrages += arbitragesOf(surfaces);
		for (const surface of surfaces.filter(({ day }) => days.includes(day))) {
			const years = (expiryOf(surface.day) - now) / 31_536_000;
			const errors = own
				.filter((row) => Date.parse(row.expiry_datetime) / 1000 === expiryOf(surface.day) && Number(row.implied_volatility) > 0)
				.filter(({ delta }) => Math.abs(Number(delta)) >= 0.1 && Math.abs(Number(delta)) <= 0.9)
				.map((row) => {
					const k = Math.log(Number(row.strike) / (surface.forward / 1e6));
					return Math.abs(Math.sqrt(variance(sviOf(surface), k) / years) - Number(row.implied_volatility));
				});
			const date = new Date(expiryOf(surface.day) * 1000).toISOString().slice(0, 10);
			expiries.push({ name: `${currency} ${date}`, days: years * 365, errors });
		}
	}
	return { expiries, quoted, arbitrages };
}

/** The value that this part of all is not above. */
export function quantile(values: readonly number[], part: number): number {
	return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))];
}

async function main(folder: string): Promise<void> {
	const files = readdirSync(folder).filter((name) => name.startsWith("deribit-chain-"));
	if (files.length === 0) throw new Error("there is no deribit-chain-*.csv");
	const all: number[] = [];
	let arbitrages = 0;
	const points = (value: number): string => (100 * value).toFixed(2).padStart(6);
	const line = (name: string, errors: readonly number[], more: string): void => {
		const parts = [0.5, 0.9, 0.99, 1].map((part) => points(quantile(errors, part)));
		process.stdout.write(`${name.padEnd(38)} ${parts.join(" ")}  ${String(errors.length).padStart(4)}${more}\n`);
	};
	process.stdout.write(`${"points of volatility".padEnd(38)} median    90%    99%    max  options\n`);
	for (const file of files) {
		const fit = await fitChain(readFileSync(join(folder, file), "utf8"));
		const errors = fit.expiries.flatMap((one) => one.errors);
		all.push(...errors);
		arbitrages += fit.arbitrages;
		line(file, errors, `, ${fit.expiries.length} of ${fit.quoted} expiries, ${fit.arbitrages} arbitrages`);
		for (const one of fit.expiries) if (one.errors.length > 0) line(`  ${one.name}`, one.errors, `, ${one.days.toFixed(1)} days`);
	}
	line("all", all, `, ${arbitrages} arbitrages`);
	if (quantile(all, 0.5) > GOAL || arbitrages > 0) process.exitCode = 1;
}

if (import.meta.main) {
	const folder = process.argv[2] ?? join(import.meta.dirname, "..", "..", "..", "shared", "data");
	try {
		await main(folder);
	} catch (error) {
		process.stderr.write(`Nothing is measured of ${folder} (${(error as Error).message}). The chains are no part of this repository.\n`);
		process.exitCode = 2;
	}
}
