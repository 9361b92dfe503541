// Searches the point at which the pricing kernel is furthest from exact: many points drawn at random, then climbs from the worst of them.

import { Random } from "../../../src/market/Random.ts";
import { draw, errorsAt, nudge } from "./Points.ts";
import type { Errors, Point } from "./Points.ts";

/** The kernel's promise: the error of a value in parts of forward + strike. */
export const BOUND = 2e-13;

const PARTS = ["price", "ln", "exp", "volatility", "cdf"] as const satisfies readonly (keyof Errors)[];
/** The worst points found, from which the climb starts. */
const CLIMBERS = 8;

export type Report = {
	readonly points: number;
	readonly climbed: number;
	readonly seed: number;
	readonly bound: number;
	/** Mean error of a value, and the worst of each part wherever it was met. */
	readonly meanPrice: number;
	readonly worst: Errors;
	readonly worstPoint: Point;
	readonly holds: boolean;
	readonly seconds: number;
};

/** Draws `points` points from the seed, and climbs `climb` steps from the worst. `tick` is called every 10,000 points. */
export function measure(points: number, climb: number, seed: number, tick: (done: number) => void = () => {}): Report {
	const started = performance.now();
	const random = new Random(seed);
	const worst: Record<keyof Errors, number> = { price: 0, ln: 0, exp: 0, volatility: 0, cdf: 0 };
	const best: { point: Point; error: number }[] = [];
	let sum = 0;
	const note = (point: Point): number => {
		const errors = errorsAt(point);
		for (const part of PARTS) worst[part] = Math.max(worst[part], errors[part]);
		return errors.price;
	};
	for (let i = 0; i < points; i++) {
		const point = draw(random);
		const error = note(point);
		sum += error;
		if (best.length < CLIMBERS || error > best[best.length - 1].error) {
			best.push({ point, error });
			best.sort((a, b) => b.error - a.error);
			best.length = Math.min(best.length, CLIMBERS);
		}
		if ((i + 1) % 10_000 === 0) tick(i + 1);
	}
	for (let i = 0; i < climb; i++) {
		const climber = best[i % best.length];
		// Wide steps first, then ever finer ones.
		const point = nudge(climber.point, random, 10 ** (-1 - (6 * i) / climb));
		const error = note(point);
		if (error > climber.error) best[i % best.length] = { point, error };
	}
	best.sort((a, b) => b.error - a.error);
	return {
		points,
		climbed: climb,
		seed,
		bound: BOUND,
		meanPrice: sum / points,
		worst,
		worstPoint: best[0].point,
		holds: worst.price <= BOUND,
		seconds: Math.round(performance.now() - started) / 1000,
	};
}
