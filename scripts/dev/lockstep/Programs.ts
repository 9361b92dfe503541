// A seed's whole run: episodes one after another, each on a machine of its own from genesis.

import { Random } from "../../../src/market/Random.ts";
import { Desk } from "./Desk.ts";
import * as Episodes from "./Episodes.ts";
import type { Episode } from "./Episodes.ts";
import type { Recorded } from "./Lane.ts";
import { baskets } from "./BasketEpisodes.ts";
import { blocks, insolvency, liquidations } from "./DealEpisodes.ts";
import { guards } from "./GuardEpisodes.ts";
import { orders } from "./OrderEpisodes.ts";
import { noise, startTime } from "./Noise.ts";

/** In this order again and again; noise most of all, and the episodes that cost most only once. */
export const CYCLE: readonly Episode[] = [
	Episodes.failures,
	Episodes.occupiedSlot,
	orders,
	guards,
	insolvency,
	baskets,
	liquidations,
	noise,
	blocks,
	orders,
	Episodes.fullBooks,
	Episodes.settlement,
	noise,
	noise,
	noise,
	Episodes.extremes,
	liquidations,
	Episodes.fullListing,
	noise,
	noise,
	Episodes.settlement,
	orders,
	guards,
	insolvency,
	blocks,
	noise,
	noise,
	baskets,
	Episodes.limits,
	noise,
	noise,
];

/** Ends a run from within an episode: its steps are enough. */
class Enough extends Error {}

/** Runs at least one episode and exactly `steps` steps. */
export async function run(seed: number, steps: number, sink: (recorded: Recorded) => Promise<void>): Promise<void> {
	const random = new Random(seed);
	let done = 0;
	const counted = async (recorded: Recorded): Promise<void> => {
		if (done === steps) throw new Enough();
		done += 1;
		await sink(recorded);
	};
	try {
		for (let i = 0; ; i++) {
			// A small quorum sometimes, and rarely none: then no report is ever believed.
			const quorum = random.next() < 0.8 ? 5 : random.below(8);
			const desk = new Desk(new Random(random.below(2 ** 32)), startTime(random), counted, CYCLE[i % CYCLE.length] === noise ? quorum : 5);
			await CYCLE[i % CYCLE.length](desk);
		}
	} catch (error) {
		if (!(error instanceof Enough)) throw error;
	}
}
