import { join } from "node:path";
import { Archive } from "../chain/blobs/Archive.ts";
import { Sources } from "../chain/blobs/Sources.ts";
import type { BlobUrls } from "../chain/blobs/Sources.ts";
import type { ChainProvider } from "../chain/Bridge.ts";
import { separatorOf } from "../chain/Bridge.ts";
import type { Deployment } from "../chain/Deployment.ts";
import { GameChain } from "../chain/GameChain.ts";
import { L1InboxReader } from "../chain/L1InboxReader.ts";
import type { TransactionSigner } from "../chain/RemoteSigner.ts";
import { TransactionManager } from "../chain/TransactionManager.ts";
import { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import * as Genesis from "../executor/Genesis.ts";
import { SignaturePool } from "../executor/SignaturePool.ts";
import type { Clock } from "../ports/Clock.ts";
import type { Log } from "../ports/Log.ts";
import type { Store } from "../ports/Store.ts";
import { Challenger } from "../roles/challenger/Challenger.ts";
import { openStore } from "../store/LmdbStore.ts";
import { countAlarms } from "./Log.ts";
import { PrometheusMetrics } from "./Metrics.ts";

export type ChallengerOptions = {
	readonly provider: ChainProvider;
	readonly deployment: Deployment;
	/** Pays for moves and bonds. */
	readonly wallet: TransactionSigner;
	readonly dataDirectory: string;
	/** Where blobs are looked for that its own archive does not hold. */
	readonly blobs?: BlobUrls;
	/** Wei that it may spend on gas in a day of UTC; without it there is no limit. */
	readonly dailyBudget?: bigint | undefined;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics?: PrometheusMetrics;
};

/** A challenger alone: it needs L1 and nothing else of the exchange, and one of it anywhere is enough. */
export class ChallengerNode {
	readonly challenger: Challenger;
	readonly derived: DerivedExecutor;
	/** Every blob that it read. */
	readonly archive: Archive;
	readonly #store: Store;
	readonly #signatures: SignaturePool;

	/** Opens its store, which it resumes from. Throws with one sentence when the store is of another deployment or in use. */
	static async open(options: ChallengerOptions): Promise<ChallengerNode> {
		const { deployment, dataDirectory } = options;
		const store = await openStore({ directory: join(dataDirectory, "challenger"), genesis: deployment.genesis });
		return new ChallengerNode(options, store, await deriveAlone(options, store, "challenger"));
	}

	private constructor(options: ChallengerOptions, store: Store, alone: Alone) {
		const { provider, deployment, wallet, clock } = options;
		const metrics = options.metrics ?? new PrometheusMetrics();
		const log = countAlarms(options.log.child({ role: "challenger" }), metrics);
		this.#store = store;
		const { derived } = alone;
		this.#signatures = alone.signatures;
		this.archive = alone.archive;
		this.derived = derived;
		this.challenger = new Challenger({
			game: new GameChain(provider, deployment),
			sender: new TransactionManager({
				provider,
				wallet,
				store,
				log,
				lowBalance: BigInt(deployment.parameters.bond),
				dailyBudget: options.dailyBudget,
			}),
			clock,
			log,
			metrics,
			sync: () => derived.sync(),
			histories: derived,
		});
	}

	start(): void {
		this.challenger.start();
	}

	async stop(): Promise<void> {
		await this.challenger.stop();
		await this.derived.close();
		await this.#store.close();
		await this.#signatures.close();
	}
}

export type Alone = {
	readonly derived: DerivedExecutor;
	readonly signatures: SignaturePool;
	readonly archive: Archive;
	readonly blobs: Sources;
};

/** Execution from L1 alone, for a role that trusts nobody else's. */
export async function deriveAlone(
	options: Pick<ChallengerOptions, "provider" | "deployment" | "dataDirectory" | "blobs" | "log">,
	store: Store,
	name: string,
): Promise<Alone> {
	const { provider, deployment, dataDirectory, blobs = {}, log } = options;
	const signatures = new SignaturePool(1);
	const archive = new Archive(store);
	const sources = Sources.at(archive, blobs, (message, fields) => log.warn(message, { role: name, ...fields }));
	const derived = await DerivedExecutor.open({
		store,
		leafFile: join(dataDirectory, `${name}.leaves`),
		inbox: new L1InboxReader(provider, deployment, sources),
		genesis: Genesis.cells({
			domainSeparator: separatorOf(deployment, "Vault"),
			reporters: deployment.reporters,
			quorum: deployment.quorum,
			house: deployment.house,
		}),
		signatures,
	});
	return { derived, signatures, archive, blobs: sources };
}
