import { join } from "node:path";
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
	readonly #store: Store;
	readonly #signatures: SignaturePool;

	/** Opens its store, which it resumes from. Throws with one sentence when the store is of another deployment or in use. */
	static async open(options: ChallengerOptions): Promise<ChallengerNode> {
		const { deployment, dataDirectory } = options;
		const store = await openStore({ directory: join(dataDirectory, "challenger"), genesis: deployment.genesis });
		const { derived, signatures } = await deriveAlone(options, store, "challenger");
		return new ChallengerNode(options, store, derived, signatures);
	}

	private constructor(options: ChallengerOptions, store: Store, derived: DerivedExecutor, signatures: SignaturePool) {
		const { provider, deployment, wallet, clock } = options;
		const metrics = options.metrics ?? new PrometheusMetrics();
		const log = countAlarms(options.log.child({ role: "challenger" }), metrics);
		this.#store = store;
		this.#signatures = signatures;
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

/** Execution from L1 alone, for a role that trusts nobody else's. */
export async function deriveAlone(
	options: Pick<ChallengerOptions, "provider" | "deployment" | "dataDirectory">,
	store: Store,
	name: string,
): Promise<{ readonly derived: DerivedExecutor; readonly signatures: SignaturePool }> {
	const { provider, deployment, dataDirectory } = options;
	const signatures = new SignaturePool(1);
	const derived = await DerivedExecutor.open({
		store,
		leafFile: join(dataDirectory, `${name}.leaves`),
		inbox: new L1InboxReader(provider, deployment),
		genesis: Genesis.cells({
			domainSeparator: separatorOf(deployment, "Vault"),
			reporters: deployment.reporters,
			quorum: deployment.quorum,
			house: deployment.house,
		}),
		signatures,
	});
	return { derived, signatures };
}
