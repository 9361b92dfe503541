import type { Clock } from "../../../src/ports/Clock.ts";
import type { Leaves } from "../../../src/executor/LeafFile.ts";
import type { Change, Store } from "../../../src/ports/Store.ts";
import { MemoryStore } from "../../../src/store/MemoryStore.ts";
import type { Scheduler } from "./Scheduler.ts";

/** Seconds of the exchange's time that pass in a second of the run: a settlement window fits into one. */
export const PACE = 90;
/** Shorter sleeps take this long, so that idle loops do not fill the queue. */
const SHORTEST_SLEEP_MS = 300;
const LONGEST_SLEEP_MS = 1000;

/** Something that never comes: what a dead process waits for. */
export function never<T>(): Promise<T> {
	return new Promise<T>(() => undefined);
}

/** Where a process runs: its life, its clock and its disk. What it holds of the world stops working when it dies, and nothing tells it. */
export class Process implements Clock {
	readonly #scheduler: Scheduler;
	readonly #time: () => number;
	isAlive = true;
	/** Stopped, as by SIGSTOP: what is due happens when it goes on. */
	isStopped = false;
	/** Seconds by which its clock is wrong. */
	skew = 0;
	#due: (() => void)[] = [];

	constructor(scheduler: Scheduler, time: () => number) {
		this.#scheduler = scheduler;
		this.#time = time;
	}

	now(): number {
		return this.#time() + this.skew;
	}

	sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			if (signal?.aborted) return this.later(0, resolve);
			const woken = (): void => this.later(0, resolve);
			signal?.addEventListener("abort", woken, { once: true });
			// Whoever asks less and less often, because nobody answers, sleeps at the exchange's pace.
			const pause = milliseconds > LONGEST_SLEEP_MS ? LONGEST_SLEEP_MS + (milliseconds - LONGEST_SLEEP_MS) / PACE : milliseconds;
			this.later(Math.max(SHORTEST_SLEEP_MS, pause), () => {
				signal?.removeEventListener("abort", woken);
				resolve();
			});
		});
	}

	/** Lets something happen to this process, if it still lives then. */
	later(delay: number, run: () => void): void {
		this.#scheduler.after(delay, () => {
			if (!this.isAlive) return;
			if (this.isStopped) this.#due.push(run);
			else run();
		});
	}

	goOn(): void {
		this.isStopped = false;
		for (const run of this.#due.splice(0)) this.later(0, run);
	}

	/** The answer to something asked of the world, unless the process is dead by then. */
	answer<T>(delay: number, work: () => T | Promise<T>): Promise<T> {
		if (!this.isAlive) return never();
		return new Promise<T>((resolve, reject) => {
			this.later(delay, () => {
				Promise.resolve()
					.then(work)
					.then(
						(value) => this.isAlive && resolve(value),
						(error: unknown) => this.isAlive && reject(error instanceof Error ? error : new Error(String(error))),
					);
			});
		});
	}
}

/** A disk that outlives its processes. A commit is whole or nothing, takes a while, and is lost when the process dies before. */
export class Disk {
	readonly #store = new MemoryStore();
	/** Whether it is full: nothing can be written. */
	isFull = false;

	open(process: Process, delay: () => number): Store {
		const store = this.#store;
		return {
			get: (key) => store.get(key),
			range: (from, to) => store.range(from, to),
			commit: (changes: readonly Change[]) => {
				const kept = changes.map(({ key, value }) => (value ? { key, value: value.slice() } : { key }));
				return process.answer(delay(), () => {
					if (this.isFull) throw new Error("no space left on device");
					return store.commit(kept);
				});
			},
			close: async () => undefined,
		};
	}
}

/** Commitments on a disk. Those that nothing has synced are partly lost when the process dies. */
export class LeafDisk {
	readonly #kept: Uint8Array[] = [];
	#synced = 0;

	/** `random` says how much of what was not synced the last process left behind. */
	open(process: Process, random: () => number): Leaves {
		const kept = this.#kept;
		kept.length = this.#synced + Math.floor(random() * (kept.length - this.#synced + 1));
		const isDead = (): boolean => !process.isAlive;
		return {
			get length() {
				return kept.length;
			},
			append: (leaf) => void (isDead() || kept.push(leaf.slice())),
			at: (index) => kept[index].slice(),
			truncate: (length) => {
				if (isDead()) return;
				kept.length = length;
				this.#synced = Math.min(this.#synced, length);
			},
			sync: () => process.answer(0, () => void (this.#synced = kept.length)),
			close: () => undefined,
		};
	}
}
