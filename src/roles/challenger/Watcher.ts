import type { InboxReader } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { GameReader } from "../../ports/Game.ts";
import type { Histories } from "../../ports/History.ts";
import type { Log } from "../../ports/Log.ts";
import type { Metrics } from "../../ports/Metrics.ts";
import { Loop } from "../Loop.ts";
import type { LoopHealth } from "../Loop.ts";
import type { Opinion, Verdict } from "./verdicts.ts";
import { verdictsOf, worstOf } from "./verdicts.ts";
import { look } from "./view.ts";

export type WatcherPorts = {
	readonly game: GameReader;
	readonly inbox: Pick<InboxReader, "head">;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: Metrics;
	/** Brings the histories up to L1's head: derived from L1 alone. */
	readonly sync: () => Promise<unknown>;
	readonly histories: Histories;
	/** Seconds after which an L1 without a new block is out of sync; undefined where blocks come when somebody wants one. */
	readonly staleSeconds: number | undefined;
};

/** What one look found. */
export type Watched = {
	readonly opinion: Opinion;
	readonly block: number;
	readonly verdicts: readonly Verdict[];
	/** Batches on L1, and how many of them are executed here. */
	readonly batches: number;
	readonly executed: number;
	/** Why nothing is certain, when that is so. */
	readonly doubt: string | undefined;
};

const PAUSE_MS = 2000;
const NOBODY = `0x${"00".repeat(20)}`;

/** Executes everything that is on L1 and says what it thinks of every assertion. It has no key and sends nothing: it needs nobody's trust to be run, and alarms whoever runs it. */
export class Watcher {
	readonly #ports: WatcherPorts;
	readonly #loop: Loop;
	readonly #listeners = new Set<(watched: Watched) => void>();
	readonly #alarmed = new Set<string>();
	#last: Watched | undefined;

	constructor(ports: WatcherPorts) {
		this.#ports = ports;
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, async () => {
			await this.round();
		});
	}

	/** Calls back after every look. */
	onLook(listener: (watched: Watched) => void): void {
		this.#listeners.add(listener);
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	/** What the newest look found. A look that failed since has not changed it: `health` tells. */
	get last(): Watched | undefined {
		return this.#last;
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	/** One look. Throws what the endpoint does. */
	async round(): Promise<Watched> {
		const { game, inbox, clock, histories, log, metrics, sync, staleSeconds } = this.#ports;
		await sync();
		const batches = await game.batchCount();
		const view = await look(game, histories, NOBODY);
		const head = await inbox.head();
		const age = clock.now() - head.time;
		const doubt =
			staleSeconds !== undefined && age > staleSeconds
				? `L1's newest block is ${age} seconds old: this node's view of L1 is out of sync`
				: histories.batchCount < batches
					? `${batches - histories.batchCount} of ${batches} batches are not executed here yet`
					: undefined;
		const verdicts = verdictsOf(view);
		const opinions = verdicts.map(({ opinion }) => opinion);
		const watched: Watched = {
			// What is known to be wrong stays wrong, whatever else is not known.
			opinion: worstOf(doubt === undefined ? opinions : [...opinions, "unknown"]),
			block: view.snapshot.block,
			verdicts,
			batches,
			executed: histories.batchCount,
			doubt,
		};
		for (const opinion of ["agree", "disagree", "unknown"] as const)
			metrics.set("watcher_verdicts", opinions.filter((one) => one === opinion).length, { verdict: opinion });
		metrics.set("watcher_in_sync", doubt === undefined ? 1 : 0);
		metrics.set("watcher_block", watched.block);
		for (const { assertion, opinion, reason } of verdicts) {
			// A wrong assertion that wins, or is confirmed, is another alarm than one that is only made.
			const news = `${assertion.id}/${assertion.status}`;
			if (opinion !== "disagree" || this.#alarmed.has(news)) continue;
			this.#alarmed.add(news);
			log.alarm("WrongAssertion", "an assertion contradicts the inbox; this node only watches and does not dispute it", {
				assertion: assertion.id,
				status: assertion.status,
				asserter: assertion.asserter,
				block: assertion.createdAt,
				reason,
			});
		}
		this.#last = watched;
		for (const listener of this.#listeners) listener(watched);
		return watched;
	}
}
