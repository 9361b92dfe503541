import { join } from "node:path";
import type { Archive } from "../chain/blobs/Archive.ts";
import { GameChain } from "../chain/GameChain.ts";
import { L1InboxReader } from "../chain/L1InboxReader.ts";
import { DEVELOPMENT_CHAIN_ID } from "../chain/Networks.ts";
import type { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import type { SignaturePool } from "../executor/SignaturePool.ts";
import type { Store } from "../ports/Store.ts";
import { Watcher } from "../roles/challenger/Watcher.ts";
import { openStore } from "../store/LmdbStore.ts";
import type { Alone, ChallengerOptions } from "./ChallengerNode.ts";
import { deriveAlone } from "./ChallengerNode.ts";
import { countAlarms } from "./Log.ts";
import { PrometheusMetrics } from "./Metrics.ts";

/** Fifty blocks of Ethereum: three epochs without one are a fault of the node that was asked. */
const STALE_SECONDS = 600;

/** A challenger that only watches: it needs L1, a folder for its store, and no key. */
export class WatcherNode {
	readonly watcher: Watcher;
	readonly derived: DerivedExecutor;
	/** Every blob that it read. */
	readonly archive: Archive;
	readonly #store: Store;
	readonly #signatures: SignaturePool;

	/** Opens its store, which it resumes from. Throws with one sentence when the store is of another deployment or in use. */
	static async open(options: Omit<ChallengerOptions, "wallet" | "dailyBudget">): Promise<WatcherNode> {
		const { deployment, dataDirectory } = options;
		const store = await openStore({ directory: join(dataDirectory, "watcher"), genesis: deployment.genesis });
		return new WatcherNode(options, store, await deriveAlone(options, store, "watcher"));
	}

	private constructor(options: Omit<ChallengerOptions, "wallet" | "dailyBudget">, store: Store, alone: Alone) {
		const { provider, deployment, clock } = options;
		const metrics = options.metrics ?? new PrometheusMetrics();
		this.#store = store;
		const { derived } = alone;
		this.#signatures = alone.signatures;
		this.archive = alone.archive;
		this.derived = derived;
		this.watcher = new Watcher({
			game: new GameChain(provider, deployment),
			inbox: new L1InboxReader(provider, deployment, alone.blobs),
			clock,
			log: countAlarms(options.log.child({ role: "watcher" }), metrics),
			metrics,
			sync: () => derived.sync(),
			histories: derived,
			// Development chains make a block when somebody wants one, and their clock is whatever they were told.
			staleSeconds: deployment.chainId === DEVELOPMENT_CHAIN_ID ? undefined : STALE_SECONDS,
		});
	}

	start(): void {
		this.watcher.start();
	}

	async stop(): Promise<void> {
		await this.watcher.stop();
		await this.derived.close();
		await this.#store.close();
		await this.#signatures.close();
	}
}
