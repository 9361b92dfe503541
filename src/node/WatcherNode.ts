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
import { deriveAlone, shelfOf } from "./ChallengerNode.ts";
import { countAlarms } from "./Log.ts";
import { PrometheusMetrics } from "./Metrics.ts";
import type { Shelf } from "./snapshots/Shelf.ts";

/** Fifty blocks of Ethereum: three epochs without one are a fault of the node that was asked. */
const STALE_SECONDS = 600;

/** A challenger that only watches: it needs L1, a folder for its store, and no key. */
export class WatcherNode {
	readonly watcher: Watcher;
	readonly derived: DerivedExecutor;
	/** Every blob that it read. */
	readonly archive: Archive;
	/** What it writes for nodes that begin. */
	readonly shelf: Shelf;
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
		const log = countAlarms(options.log.child({ role: "watcher" }), metrics);
		const game = new GameChain(provider, deployment);
		this.shelf = shelfOf(options, derived, game, log);
		this.watcher = new Watcher({
			game,
			inbox: new L1InboxReader(provider, deployment, alone.blobs),
			clock,
			log,
			metrics,
			sync: () => derived.sync(),
			histories: derived,
			// Development chains make a block when somebody wants one, and their clock is whatever they were told.
			staleSeconds: deployment.chainId === DEVELOPMENT_CHAIN_ID ? undefined : STALE_SECONDS,
		});
	}

	start(): void {
		this.watcher.start();
		this.shelf.start();
	}

	async stop(): Promise<void> {
		await this.shelf.stop();
		await this.watcher.stop();
		await this.derived.close();
		await this.#store.close();
		await this.#signatures.close();
	}
}
