// Both twins of the pricing kernel on the same points, bit for bit: from a report's integers through `ln`, the SVI surface, the square roots and `Black76.price` to a value, its derivative by the forward, and the
// total volatility, in all the 60 fractional bits that the kernel has. What the chain returns is compared as bytes.

import { Random } from "../../../src/market/Random.ts";
import type { LabChain, Valued } from "./LabChain.ts";
import { draw, kernelSmile } from "./Points.ts";
import type { Point } from "./Points.ts";
import { priceAt } from "./Quotes.ts";

export type Difference = { readonly point: Point; readonly typescript: Valued; readonly solidity: Valued };

export type Report = {
	readonly points: number;
	readonly seed: number;
	readonly differences: number;
	/** The first that differ, if any. */
	readonly first: readonly Difference[];
	readonly seconds: number;
};

/** LIMIT: a point needs less than 25,000 gas; a call has 2^24. */
const POINTS_A_CALL = 500;
/** LIMIT: calls at work at once. */
const CALLS_AT_ONCE = 2;
const SHOWN = 5;

/** What the TypeScript twin makes of a point. */
export function valuedAt(point: Point): Valued {
	const smile = kernelSmile(point);
	return { ...priceAt(smile), volatility: smile.volatility };
}

/** Draws `points` points from the seed and holds both twins' values against each other. `tick` is called with the number done after every call. */
export async function compare(
	chain: Pick<LabChain, "priceOnSurface">,
	points: number,
	seed: number,
	tick: (done: number) => void = () => {},
): Promise<Report> {
	const started = performance.now();
	const random = new Random(seed);
	const first: Difference[] = [];
	let differences = 0;
	let left = points;
	let done = 0;
	const work = async (): Promise<void> => {
		while (left > 0) {
			const chunk = Array.from({ length: Math.min(POINTS_A_CALL, left) }, () => draw(random));
			left -= chunk.length;
			const onChain = chain.priceOnSurface(chunk);
			const here = chunk.map(valuedAt);
			const solidity = await onChain;
			for (const [i, point] of chunk.entries()) {
				if (isSame(here[i], solidity[i])) continue;
				differences += 1;
				if (first.length < SHOWN) first.push({ point, typescript: here[i], solidity: solidity[i] });
			}
			done += chunk.length;
			tick(done);
		}
	};
	await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
	return { points: done, seed, differences, first, seconds: Math.round(performance.now() - started) / 1000 };
}

function isSame(one: Valued, other: Valued): boolean {
	return one.value === other.value && one.delta === other.delta && one.volatility === other.volatility;
}
