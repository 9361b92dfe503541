import type { CometOrderer } from "../../ordering/comet/CometOrderer.ts";
import type { CastVote } from "../../ordering/comet/DoubleVotes.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import { Loop } from "../../roles/Loop.ts";
import type { LoopHealth } from "../../roles/Loop.ts";

const PAUSE_MS = 1_000;

/**
 * Reads from the engine's blocks what stands there against members. Which blocks those are is on disk with what was decided; they are read again in every life of
 * the process, so that nothing is lost between the engine and who listens.
 */
export class EngineEvidence {
	readonly #loop: Loop;
	readonly #orderer: CometOrderer;
	readonly #log: Log;
	readonly #read = new Set<number>();
	#hear: (cast: CastVote) => void = () => undefined;

	constructor(orderer: CometOrderer, clock: Clock, log: Log) {
		this.#orderer = orderer;
		this.#log = log;
		this.#loop = new Loop(clock, log, PAUSE_MS, () => this.#round());
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	/** `hear` is told every vote of every pair that contradicts itself. */
	start(hear: (cast: CastVote) => void): void {
		this.#hear = hear;
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	async #round(): Promise<void> {
		for (const block of this.#orderer.application.accusing()) {
			if (this.#read.has(block)) continue;
			const votes = await this.#orderer.doubleVotes(block);
			this.#log.info("the engine found votes that contradict each other", { block, votes: votes.length });
			for (const cast of votes) this.#hear(cast);
			this.#read.add(block);
		}
	}
}
