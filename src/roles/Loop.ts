import type { Clock } from "../ports/Clock.ts";
import type { Log } from "../ports/Log.ts";

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

	constructor(clock: Clock, log: Log, pauseMilliseconds: number, round: () => Promise<void>) {
		this.#clock = clock;
		this.#log = log;
		this.#pauseMilliseconds = pauseMilliseconds;
		this.#round = round;
	}

	start(): void {
		if (this.#running) return;
		this.#stop = new AbortController();
		this.#running = this.#run(this.#stop.signal);
	}

	/** Ends the present sleep: an event says that there may be something to do. */
	wake(): void {
		if (!this.#wake.signal.aborted) this.#wake.abort();
	}

	/** Resolves when the round at hand is over. It may be started again. */
	async stop(): Promise<void> {
		this.#stop.abort();
		this.#wake.abort();
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
