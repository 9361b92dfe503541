import type { Clock } from "../ports/Clock.ts";
import type { Log } from "../ports/Log.ts";

/** How a role fares: whether it runs, how long ago a round succeeded (milliseconds; undefined before the first), and how many failed since. */
export type LoopHealth = { readonly isRunning: boolean; readonly successAgeMs: number | undefined; readonly failures: number };

/** Why a sleep ended. Without a reason every end makes an exception with a stack, which nobody reads. */
const WOKEN = "woken";

/** Look, decide, act, sleep, until it is stopped. A failed round is logged and tried again: everything a round does may be done twice. */
export class Loop {
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #pauseMilliseconds: number;
	readonly #round: () => Promise<void>;
	#stop = new AbortController();
	#wake = new AbortController();
	#running: Promise<void> | undefined;
	#failures = 0;
	#succeeded: number | undefined;

	constructor(clock: Clock, log: Log, pauseMilliseconds: number, round: () => Promise<void>) {
		this.#clock = clock;
		this.#log = log;
		this.#pauseMilliseconds = pauseMilliseconds;
		this.#round = round;
	}

	get health(): LoopHealth {
		const successAgeMs = this.#succeeded === undefined ? undefined : performance.now() - this.#succeeded;
		return { isRunning: this.#running !== undefined, successAgeMs, failures: this.#failures };
	}

	start(): void {
		if (this.#running) return;
		this.#stop = new AbortController();
		this.#running = this.#run(this.#stop.signal);
	}

	/** Ends the present sleep: an event says that there may be something to do. */
	wake(): void {
		if (!this.#wake.signal.aborted) this.#wake.abort(WOKEN);
	}

	/** Resolves when the round at hand is over. It may be started again. */
	async stop(): Promise<void> {
		this.#stop.abort();
		this.#wake.abort(WOKEN);
		await this.#running;
		this.#running = undefined;
	}

	async #run(stopped: AbortSignal): Promise<void> {
		while (!stopped.aborted) {
			// What wakes the loop during a round was perhaps not seen by it: the next round then follows at once.
			this.#wake = new AbortController();
			try {
				await this.#round();
				this.#failures = 0;
				this.#succeeded = performance.now();
			} catch (error) {
				this.#failures += 1;
				if (!this.#stop.signal.aborted)
					this.#log.warn("the round failed and will be tried again", { reason: (error as Error).message, failures: this.#failures });
			}
			if (stopped.aborted) return;
			if (this.#failures > 0) this.#wake = new AbortController();
			// A failing dependency is asked less and less often, up to half a minute.
			const pause = Math.min(30_000, this.#pauseMilliseconds * 2 ** Math.min(this.#failures, 8));
			await this.#clock.sleep(pause, this.#wake.signal);
		}
	}
}
