// Keeps a member's engine at work. A process that lives and answers may still do nothing, so what is watched is progress: blocks that are decided.

import { statfsSync } from "node:fs";
import type { Log } from "../../ports/Log.ts";
import type { CometOrderer } from "./CometOrderer.ts";

/** What there is to know of a member at one moment. */
export type Condition = {
	readonly isRunning: boolean;
	/** Since the last block was decided, as this member knows. */
	readonly stillForMilliseconds: number;
	/** Since the supervisor last started the engine. */
	readonly startedForMilliseconds: number;
	/** From that start until the engine answered and reached enough others to decide; undefined as long as it did not. */
	readonly startTookMilliseconds?: number;
	/** Starts since the last block, of an engine that ended or that decided nothing. */
	readonly attempts: number;
	/** How many of the last of these, one after the other, were of an engine that ended. */
	readonly ends: number;
};

export type Ladder = {
	/** How long nothing may be decided before the engine is started anew. */
	readonly patienceMilliseconds: number;
	/** At most so much longer is waited while an engine is young: three times what its start took, since a machine that starts it slowly decides slowly, too. */
	readonly maxStartMilliseconds: number;
	/** The pause before the second start; it doubles with every further one up to `maxPauseMilliseconds`. */
	readonly pauseMilliseconds: number;
	readonly maxPauseMilliseconds: number;
	/** Starts after which an engine that ends each time gets the blocks of the others in place of its own data. */
	readonly resyncAttempts: number;
};

/** An idle committee decides a block every half second, so ten are missing. */
export const LADDER: Ladder = {
	patienceMilliseconds: 5_000,
	maxStartMilliseconds: 30_000,
	pauseMilliseconds: 1_000,
	maxPauseMilliseconds: 60_000,
	resyncAttempts: 3,
};

/** An engine is young for so long, and until it has decided a block. */
const YOUNG_MILLISECONDS = 60_000;

/**
 * What to do now. Without a quorum nothing is decided whatever this member does: then starting anew does no harm, and the growing pauses keep it from being
 * away when the others return.
 */
export function next(condition: Condition, ladder: Ladder): "wait" | "start" | "restart" | "resync" {
	const {
		isRunning,
		stillForMilliseconds,
		startedForMilliseconds,
		startTookMilliseconds = startedForMilliseconds,
		attempts,
		ends,
	} = condition;
	const pause = attempts === 0 ? 0 : Math.min(ladder.maxPauseMilliseconds, ladder.pauseMilliseconds * 2 ** (attempts - 1));
	// Until it was done once: what is wrong with data that was just copied is not the data.
	if (!isRunning && startedForMilliseconds >= pause) return ends === ladder.resyncAttempts ? "resync" : "start";
	if (!isRunning) return "wait";
	const isYoung = startedForMilliseconds < YOUNG_MILLISECONDS || stillForMilliseconds >= startedForMilliseconds;
	const start = isYoung ? Math.min(ladder.maxStartMilliseconds, 3 * startTookMilliseconds) : 0;
	const patience = ladder.patienceMilliseconds + pause + start;
	return stillForMilliseconds >= patience && startedForMilliseconds >= patience ? "restart" : "wait";
}

/** One that lived, and decided nothing, has data that it can start with. Copying that was not begun (too few others answered) is tried again at the next end, after the pauses that grow. */
export function endsAfter(action: "start" | "restart" | "resync", ends: number, ladder: Ladder, isResynced = true): number {
	if (action === "resync" && !isResynced) return ends;
	if (action !== "restart") return ends + 1;
	// What was copied once is not set aside again.
	return ends > ladder.resyncAttempts ? ends : 0;
}

/** Whether a member may sign: not on a disk that is nearly full, and not with a clock far from the others'. It follows the order all the same. */
export type Guard = {
	readonly directory: string;
	/** LIMIT: below this what is about to be signed may not become durable. */
	readonly minFreeBytes: number;
	readonly maxClockSkewSeconds: number;
};

export const GUARD = { minFreeBytes: 268_435_456, maxClockSkewSeconds: 30 };

/** Why this member must not sign now, or undefined. `medianTime` is the members' time, 0 while there is none. */
export function silence(guard: Guard, now: number, medianTime: number): string | undefined {
	const disk = statfsSync(guard.directory);
	const free = disk.bavail * disk.bsize;
	if (free < guard.minFreeBytes) return `the disk has ${free} bytes left, less than ${guard.minFreeBytes}`;
	const skew = now - medianTime;
	if (medianTime > 0 && Math.abs(skew) > guard.maxClockSkewSeconds) return `the clock is ${skew} s from the members' median`;
	return undefined;
}

const LOOK_MILLISECONDS = 250;
/** How long nothing is decided before an engine is asked whom it reaches. */
const QUIET_MILLISECONDS = 1_000;

/** Starts the engine again when it ended or decides nothing. */
export class Supervisor {
	readonly #orderer: CometOrderer;
	readonly #log: Log;
	readonly #ladder: Ladder;
	readonly #hasRoom: () => boolean;
	readonly #timer: NodeJS.Timeout;
	#startedAt = performance.now();
	#startTook: number | undefined;
	#attempts = 0;
	#ends = 0;
	/** When the engine was last seen to reach too few. */
	#cutOffAt = Number.NEGATIVE_INFINITY;
	#isBusy = false;
	#isStopped = false;
	#starts = 0;
	/** Why the last look failed, if it did. */
	#trouble: string | undefined;

	constructor(orderer: CometOrderer, log: Log, ladder: Ladder = LADDER, hasRoom: () => boolean = () => true) {
		this.#orderer = orderer;
		this.#hasRoom = hasRoom;
		this.#log = log;
		this.#ladder = ladder;
		this.#timer = setInterval(() => void this.#lookSafely(), LOOK_MILLISECONDS);
		this.#timer.unref();
	}

	/** How often the engine was started again. */
	get starts(): number {
		return this.#starts;
	}

	/** SAFETY: before the orderer is closed, or its engine is started behind its back. */
	stop(): void {
		clearInterval(this.#timer);
		this.#isStopped = true;
		this.#isBusy = true;
	}

	/** A look that fails, on a disk that is full or at an engine that is gone, must not end the gateway around it: the next one tries again. */
	async #lookSafely(): Promise<void> {
		if (this.#isBusy) return;
		try {
			await this.#look();
			this.#trouble = undefined;
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			if (reason !== this.#trouble) this.#log.alarm("OrderingFailed", "the engine cannot be kept at work", { reason });
			this.#trouble = reason;
		}
	}

	async #look(): Promise<void> {
		const { engine, stillForMilliseconds } = this.#orderer;
		const startedForMilliseconds = performance.now() - this.#startedAt;
		if (stillForMilliseconds < startedForMilliseconds) this.#attempts = this.#ends = 0;
		const condition = {
			...{ isRunning: engine.pid !== undefined, stillForMilliseconds, startedForMilliseconds },
			...{ startTookMilliseconds: this.#startTook, attempts: this.#attempts, ends: this.#ends },
		};
		const action = next(condition, this.#ladder);
		this.#isBusy = true;
		try {
			if (await this.#orderer.voteAgain()) return this.#begin();
			// Away when the others return, it would delay them: an engine that answers and reaches too few is left to wait, and so is one that has just met
			// them again, because agreeing takes a moment and finding each other anew takes seconds.
			const isQuiet = condition.isRunning && stillForMilliseconds >= QUIET_MILLISECONDS;
			const isStarting = condition.isRunning && this.#startTook === undefined;
			const reachesEnough = isQuiet || isStarting ? await this.#orderer.reachesEnough() : undefined;
			if (reachesEnough === false) this.#cutOffAt = performance.now();
			if (reachesEnough === true) this.#startTook ??= performance.now() - this.#startedAt;
			const reachesForMilliseconds = performance.now() - this.#cutOffAt;
			if (action === "wait" || (action === "restart" && reachesForMilliseconds < this.#ladder.patienceMilliseconds)) return;
			this.#log.warn("the engine is started again", {
				why: action === "restart" ? "it decides nothing" : "it ended",
				attempts: this.#attempts,
			});
			// One that hangs hears no polite signal.
			if (action === "restart") await engine.stop("SIGKILL");
			if (this.#isStopped) return;
			this.#attempts++;
			this.#starts++;
			this.#begin();
			// A full disk ends an engine, too, and its data is as good as ever.
			const isResynced = action === "resync" && this.#hasRoom() && (await this.#orderer.resync());
			const ends = endsAfter(action, this.#ends, this.#ladder, isResynced);
			// What was set aside is, whether the engine starts or not.
			if (isResynced) this.#ends = ends;
			if (this.#isStopped) return;
			await engine.start();
			// Only then: one that cannot be started has not ended, and its data is as good as ever.
			this.#ends = ends;
		} finally {
			if (!this.#isStopped) this.#isBusy = false;
		}
	}

	/** The engine is started now. */
	#begin(): void {
		this.#startedAt = performance.now();
		this.#startTook = undefined;
	}
}
