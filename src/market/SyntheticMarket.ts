import { EXPIRY_SECOND_OF_DAY, SECONDS_PER_DAY } from "../machine/Constants.ts";
import type { MarketQuote, PriceSource, SurfaceQuote } from "../ports/PriceSource.ts";
import { Random } from "./Random.ts";
import { CARRY, CORRELATION, START, VOLATILITY, sliceAt } from "./surfaces.ts";

const STEP_SECONDS = 30;
const SECONDS_PER_YEAR = 31_536_000;
const MICRO = 1_000_000;
const NANO = 1_000_000_000;

/** A market that nobody makes: a seeded index path, and surfaces fitted to real chains. Several reporters share one, each with his own small error. */
export class SyntheticMarket {
	readonly #start: number;
	readonly #random: Random;
	/** Logarithms of the indices over their start, by step. */
	readonly #path: [number, number][] = [[0, 0]];

	/** @param start seconds since 1970 at which the path begins */
	constructor(seed: number, start: number) {
		this.#start = start;
		this.#random = new Random(seed);
	}

	/** Index in dollars per unit. */
	index(underlying: number, time: number): number {
		const place = Math.max(0, (time - this.#start) / STEP_SECONDS);
		const step = Math.floor(place);
		const scale = Math.sqrt(STEP_SECONDS / SECONDS_PER_YEAR);
		while (this.#path.length <= step + 1) {
			const last = this.#path.at(-1) as [number, number];
			const x = this.#random.normal();
			const y = CORRELATION * x + Math.sqrt(1 - CORRELATION ** 2) * this.#random.normal();
			this.#path.push([last[0] + scale * VOLATILITY[0] * x, last[1] + scale * VOLATILITY[1] * y]);
		}
		const [from, to] = [this.#path[step], this.#path[step + 1]] as [[number, number], [number, number]];
		const log = from[underlying] + (place - step) * (to[underlying] - from[underlying]);
		return START[underlying] * Math.exp(log);
	}

	/** The source of one reporter, who sees prices with an error of `noise` (a part of the price) of his own. */
	source(seed: number, noise: number): PriceSource {
		return {
			quote: async (underlying, time, days) => {
				const random = new Random(seed * 7919 + underlying * 104_729 + time);
				const index = this.index(underlying, time) * (1 + noise * random.normal());
				const quote: MarketQuote = {
					underlying,
					time,
					indexPrice: Math.round(index * MICRO),
					confidence: 1_000_000,
					surfaces: days.filter((day) => expiryOf(day) > time).map((day) => surfaceAt(underlying, index, day, time)),
				};
				return quote;
			},
		};
	}
}

function expiryOf(day: number): number {
	return day * SECONDS_PER_DAY + EXPIRY_SECOND_OF_DAY;
}

function surfaceAt(underlying: number, index: number, day: number, time: number): SurfaceQuote {
	const years = (expiryOf(day) - time) / SECONDS_PER_YEAR;
	const root = Math.sqrt(years);
	const slice = sliceAt(underlying, years * 365);
	const nano = (value: number): number => Math.round(value * NANO);
	return {
		day,
		forward: Math.round(index * Math.exp(CARRY[underlying] * years) * MICRO),
		a: nano(slice.a * years),
		b: nano(slice.b * root),
		rho: nano(slice.rho),
		m: nano(slice.m * root),
		sigma: Math.max(1, nano(slice.sigma * root)),
		rate: 0,
		confidence: 1_000_000,
	};
}
