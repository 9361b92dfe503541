import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../ports/Clock.ts";

async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
	try {
		await wait(milliseconds, undefined, signal ? { signal } : {});
	} catch (error) {
		if (!signal?.aborted) throw error;
	}
}

/** The machine's own clock. */
export class SystemClock implements Clock {
	now(): number {
		return Math.floor(Date.now() / 1000);
	}

	sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
		return sleep(milliseconds, signal);
	}
}

/**
 * A clock for embedded chains, whose time may be moved forward but never back. It runs at the pace of the wall, and never
 * behind the chain: mining many blocks at once moves the chain ahead, and the roles must not then think in its past.
 */
export class MovableClock implements Clock {
	#offset: number;
	#latest: number;

	/** @param start the time now, in seconds since 1970 */
	constructor(start: number) {
		this.#offset = start - Date.now() / 1000;
		this.#latest = start;
	}

	now(): number {
		this.#latest = Math.max(this.#latest, Math.floor(Date.now() / 1000 + this.#offset));
		return this.#latest;
	}

	/** Moves the clock to `time` if that is later than it shows. */
	moveTo(time: number): void {
		const ahead = time - this.now();
		if (ahead <= 0) return;
		this.#offset += ahead;
		this.#latest = time;
	}

	sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
		return sleep(milliseconds, signal);
	}
}

const LOOK_MS = 250;

/**
 * The clock of a development chain whose time somebody moves: it runs at the pace of the wall, and is never behind the chain's last block. Processes that
 * share the chain share the time.
 */
export class ChainClock implements Clock {
	readonly #clock: MovableClock;
	readonly #timer: NodeJS.Timeout;

	private constructor(clock: MovableClock, look: () => Promise<number>) {
		this.#clock = clock;
		// A chain that does not answer moves no clock.
		this.#timer = setInterval(
			() =>
				void look().then(
					(time) => clock.moveTo(time),
					() => undefined,
				),
			LOOK_MS,
		);
		this.#timer.unref();
	}

	/** `look` gives the time of the chain's last block. */
	static async start(look: () => Promise<number>): Promise<ChainClock> {
		return new ChainClock(new MovableClock(await look()), look);
	}

	now(): number {
		return this.#clock.now();
	}

	sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
		return this.#clock.sleep(milliseconds, signal);
	}

	stop(): void {
		clearInterval(this.#timer);
	}
}
