import { join } from "node:path";
import type { Archive } from "../chain/blobs/Archive.ts";
import { GameChain } from "../chain/GameChain.ts";
import { PoolChain } from "../chain/PoolChain.ts";
import { TransactionManager } from "../chain/TransactionManager.ts";
import type { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import type { SignaturePool } from "../executor/SignaturePool.ts";
import type { Store } from "../ports/Store.ts";
import { Proposer } from "../roles/proposer/Proposer.ts";
import { openStore } from "../store/LmdbStore.ts";
import type { Alone, ChallengerOptions } from "./ChallengerNode.ts";
import { deriveAlone, shelfOf } from "./ChallengerNode.ts";
import { countAlarms } from "./Log.ts";
import { PrometheusMetrics } from "./Metrics.ts";
import type { Shelf } from "./snapshots/Shelf.ts";

/** `pooled`: the bonds are pools' (docs/spec/rollup.md), so that the wallet pays for gas alone. */
export type ProposerOptions = ChallengerOptions & { readonly pooled?: boolean };

/** A proposer alone: like a challenger it needs L1 and nothing else. */
export class ProposerNode {
	readonly proposer: Proposer;
	readonly derived: DerivedExecutor;
	/** Every blob that it read. */
	readonly archive: Archive;
	/** What it writes for nodes that begin. */
	readonly shelf: Shelf;
	readonly #store: Store;
	readonly #signatures: SignaturePool;

	/** Opens its store, which it resumes from. Throws with one sentence when the store is of another deployment or in use. */
	static async open(options: ProposerOptions): Promise<ProposerNode> {
		const { deployment, dataDirectory } = options;
		const store = await openStore({ directory: join(dataDirectory, "proposer"), genesis: deployment.genesis });
		return new ProposerNode(options, store, await deriveAlone(options, store, "proposer"));
	}

	private constructor(options: ProposerOptions, store: Store, alone: Alone) {
		const { provider, deployment, wallet, clock, pooled } = options;
		const metrics = options.metrics ?? new PrometheusMetrics();
		const log = countAlarms(options.log.child({ role: "proposer" }), metrics);
		this.#store = store;
		const { derived } = alone;
		this.#signatures = alone.signatures;
		this.archive = alone.archive;
		this.derived = derived;
		const game = new GameChain(provider, deployment);
		this.shelf = shelfOf(options, derived, game, log);
		this.proposer = new Proposer({
			game,
			sender: new TransactionManager({
				provider,
				wallet,
				store,
				log,
				lowBalance: pooled ? 10n ** 17n : BigInt(deployment.parameters.bond),
			}),
			clock,
			log,
			sync: () => derived.sync(),
			histories: derived,
			pools: pooled ? new PoolChain(provider, deployment) : undefined,
		});
	}

	start(): void {
		this.proposer.start();
		this.shelf.start();
	}

	async stop(): Promise<void> {
		await this.shelf.stop();
		await this.proposer.stop();
		await this.derived.close();
		await this.#store.close();
		await this.#signatures.close();
	}
}
