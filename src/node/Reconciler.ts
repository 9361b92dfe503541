import type { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import type { Follower } from "../executor/Follower.ts";
import type { Clock } from "../ports/Clock.ts";
import type { Log } from "../ports/Log.ts";
import type { Metrics } from "../ports/Metrics.ts";
import { Loop } from "../roles/Loop.ts";
import type { LoopHealth } from "../roles/Loop.ts";

const PAUSE_MS = 120;

/** Holds what the node executes live against what L1 gives. When they disagree it stops posting, and calls a person. */
export class Reconciler {
	readonly #loop: Loop;
	/** Whether they were found to disagree. */
	disagrees = false;

	constructor(ports: {
		readonly derived: DerivedExecutor;
		readonly follower: Follower;
		/** What must not go on when they disagree. */
		readonly batcher: { stop(): Promise<void> };
		readonly clock: Clock;
		readonly log: Log;
		readonly metrics: Metrics;
	}) {
		const { derived, follower, batcher, clock, log, metrics } = ports;
		this.#loop = new Loop(clock, log, PAUSE_MS, async () => {
			await derived.sync();
			const comparison = await follower.reconcile(derived);
			metrics.set("batches_agreed", comparison.batchCount);
			if (comparison.verdict !== "disagree" || this.disagrees) return;
			this.disagrees = true;
			log.alarm("LiveAndDerivedDisagree", "live execution and L1 disagree: nothing is posted any more", { reason: comparison.reason });
			void batcher.stop();
		});
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}
}
