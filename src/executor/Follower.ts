import type { Clock } from "../ports/Clock.ts";
import type { InboxReader, L1Message } from "../ports/Chain.ts";
import type { Log } from "../ports/Log.ts";
import type { OrderedBundle, Orderer } from "../ports/Orderer.ts";
import { compare } from "./compare.ts";
import type { Comparison } from "./compare.ts";
import type { DerivedExecutor } from "./DerivedExecutor.ts";
import type { RecordResult } from "./Events.ts";
import { ExecutorError } from "./ExecutorError.ts";
import type { LiveExecutor } from "./LiveExecutor.ts";

/** How long a bundle waits for an L1 message that a record takes and L1 does not show yet. */
const MESSAGE_PATIENCE_MILLISECONDS = 10_000;
const POLL_MILLISECONDS = 200;
/** Results are kept for those who ask a little late. */
const KEPT_RESULTS = 4096;

export type FollowerOptions = {
	readonly live: LiveExecutor;
	readonly orderer: Orderer;
	readonly inbox: InboxReader;
	readonly clock: Clock;
	readonly log: Log;
};

type Waiting = { readonly resolve: (results: readonly RecordResult[]) => void; readonly reject: (error: unknown) => void };

/** Feeds a live executor: every ordered bundle, with the L1 messages that its records take. It alone calls `apply` and `rebase`. */
export class Follower {
	readonly #options: FollowerOptions;
	readonly #results = new Map<number, readonly RecordResult[]>();
	readonly #waiting = new Map<number, Waiting[]>();
	readonly #listeners = new Set<(bundle: OrderedBundle, results: readonly RecordResult[]) => void>();
	#failure: unknown;
	/** L1 messages fetched but not consumed yet. */
	#messages: readonly L1Message[] = [];
	/** Applying and rebasing exclude each other. */
	#turn: Promise<unknown> = Promise.resolve();
	/** Ends the stream at hand, so that the next one begins where the state stands now. */
	#restart = new AbortController();

	constructor(options: FollowerOptions) {
		this.#options = options;
	}

	/** What became of the records of a bundle, as soon as it is applied; `height` not long past. */
	results(height: number): Promise<readonly RecordResult[]> {
		const known = this.#results.get(height);
		if (known) return Promise.resolve(known);
		if (this.#failure) return Promise.reject(this.#failure);
		return new Promise((resolve, reject) => {
			const waiting = this.#waiting.get(height) ?? [];
			waiting.push({ resolve, reject });
			this.#waiting.set(height, waiting);
		});
	}

	/** Calls back with every bundle that is applied, and what became of its records. */
	onApplied(listener: (bundle: OrderedBundle, results: readonly RecordResult[]) => void): void {
		this.#listeners.add(listener);
	}

	/** Applies bundles as they are ordered, until `signal` is aborted. Rejects when the executor or its store cannot go on. */
	async run(signal: AbortSignal): Promise<void> {
		const { live, orderer } = this.#options;
		try {
			if (live.height > orderer.height) {
				throw new ExecutorError(
					"MISMATCH",
					`The state stands at height ${live.height}, but the log ends at ${orderer.height}: the log lost bundles that were acknowledged. Restore it from a copy.`,
				);
			}
			while (!signal.aborted) {
				this.#restart = new AbortController();
				for await (const bundle of orderer.stream(live.height + 1, AbortSignal.any([signal, this.#restart.signal]))) {
					const applied = await this.#exclusively(() => this.#apply(bundle, signal));
					if (!applied) break;
				}
			}
		} catch (error) {
			this.#failure = error;
			for (const waiting of this.#waiting.values()) for (const { reject } of waiting) reject(error);
			this.#waiting.clear();
			throw error;
		}
	}

	/**
	 * Compares with what L1 gives, and rebases when L1 forced a batch in between. The answer is the comparison: on `disagree` the caller stops signing and
	 * raises an alarm. Call after every `derived.sync()`.
	 */
	reconcile(derived: DerivedExecutor): Promise<Comparison> {
		return this.#exclusively(async () => {
			const { live, orderer, inbox, clock, log } = this.#options;
			const comparison = compare(live, derived);
			if (comparison.verdict !== "rebase") return comparison;
			const snapshot = derived.snapshot();
			if (!snapshot) return { ...comparison, verdict: "unknown" };
			await live.rebase(snapshot, orderer.height, await inbox.messageCount(), clock.now());
			this.#messages = [];
			this.#restart.abort();
			log.info("live state rebased on L1", { batch: comparison.batchCount, reason: comparison.reason, height: live.height });
			return { ...comparison, batchCount: live.batchCount };
		});
	}

	async #apply(bundle: OrderedBundle, signal: AbortSignal): Promise<boolean> {
		const { live } = this.#options;
		if (bundle.height !== live.height + 1) return false;
		const takes = live.takes(bundle);
		const messages = takes === 0 ? [] : await this.#messagesFor(live.l1Index, takes, signal);
		if (signal.aborted) return true;
		const results = live.apply(bundle, messages);
		this.#results.set(bundle.height, results);
		this.#results.delete(bundle.height - KEPT_RESULTS);
		for (const listener of this.#listeners) listener(bundle, results);
		for (const { resolve } of this.#waiting.get(bundle.height) ?? []) resolve(results);
		this.#waiting.delete(bundle.height);
		return true;
	}

	/**
	 * The L1 messages from `from` on, up to `count`. A message that L1 does not show yet is waited for: whoever sealed the bundle saw it, so this node's
	 * provider is behind. One that never comes is a sequencer's fault, and the record then takes nothing.
	 */
	async #messagesFor(from: number, count: number, signal: AbortSignal): Promise<readonly L1Message[]> {
		const { inbox, clock, log } = this.#options;
		this.#messages = this.#messages.filter(({ index }) => index >= from);
		for (let waited = 0; this.#messages.length < count && !signal.aborted; waited += POLL_MILLISECONDS) {
			const known = this.#messages;
			this.#messages = [
				...known,
				...(await inbox.messages(from + known.length, Math.max(from + known.length, Math.min(await inbox.messageCount(), from + count)))),
			];
			if (this.#messages.length >= count) break;
			if (waited >= MESSAGE_PATIENCE_MILLISECONDS) {
				log.warn("a record takes an L1 message that L1 does not have", { first: from, asked: count, found: this.#messages.length });
				break;
			}
			await clock.sleep(POLL_MILLISECONDS, signal);
		}
		return this.#messages.slice(0, count);
	}

	#exclusively<T>(work: () => Promise<T>): Promise<T> {
		const turn = this.#turn.then(work);
		this.#turn = turn.catch(() => undefined);
		return turn;
	}
}
