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
import type { InboxPlace } from "../ports/Chain.ts";
import type { Clock } from "../ports/Clock.ts";
import type { Log } from "../ports/Log.ts";
import type { Store } from "../ports/Store.ts";
import { Challenger } from "../roles/challenger/Challenger.ts";
import { openStore } from "../store/LmdbStore.ts";
import * as ConfirmedState from "../executor/ConfirmedState.ts";
import * as DerivedStore from "../executor/DerivedStore.ts";
import { obtain } from "./snapshots/obtain.ts";
import { Shelf } from "./snapshots/Shelf.ts";
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
	/** Where a node that has no data yet looks for a snapshot: APIs of other nodes, or files. What it takes is checked against L1. */
	readonly syncFrom?: readonly string[];
	/** Is told in a sentence how a node begins that looked for a snapshot, and why it refused one. */
	readonly say?: (sentence: string) => void;
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
	/** What it writes for nodes that begin. */
	readonly shelf: Shelf;
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
		const game = new GameChain(provider, deployment);
		this.shelf = shelfOf(options, derived, game, log);
		this.challenger = new Challenger({
			game,
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
		this.shelf.start();
	}

	async stop(): Promise<void> {
		await this.shelf.stop();
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

/** The snapshots of a node that derives alone. */
export function shelfOf(
	{ deployment, dataDirectory, clock }: Pick<ChallengerOptions, "deployment" | "dataDirectory" | "clock">,
	derived: DerivedExecutor,
	game: GameChain,
	log: Log,
): Shelf {
	return new Shelf({ folder: join(dataDirectory, "snapshots"), genesis: deployment.genesis, derived, game, clock, log });
}

/** Execution from L1 alone, for a role that trusts nobody else's: from the first batch, or from a confirmed state that somebody gave and L1 bears out. */
export async function deriveAlone(
	options: Pick<ChallengerOptions, "provider" | "deployment" | "dataDirectory" | "blobs" | "syncFrom" | "say" | "log">,
	store: Store,
	name: string,
): Promise<Alone> {
	const { provider, deployment, dataDirectory, blobs = {}, syncFrom = [], say, log } = options;
	const signatures = new SignaturePool(1);
	const archive = new Archive(store);
	const sources = Sources.at(archive, blobs, (message, fields) => log.warn(message, { role: name, ...fields }));
	const inbox = new L1InboxReader(provider, deployment, sources);
	const isNew = DerivedStore.isEmpty(store);
	const obtained = isNew ? await obtain({ from: syncFrom, provider, deployment, log: log.child({ role: name }), say }) : undefined;
	inbox.startAt(obtained ? ConfirmedState.cursorOf(obtained.state).batch : (DerivedStore.loadOrigin(store)?.place.batchCount ?? 0));
	const derived = await DerivedExecutor.open({
		store,
		leafFile: join(dataDirectory, `${name}.leaves`),
		inbox,
		origin: obtained && { state: obtained.state, place: await placeOf(inbox, obtained.state) },
		genesis: Genesis.cells({
			domainSeparator: separatorOf(deployment, "Vault"),
			reporters: deployment.reporters,
			quorum: deployment.quorum,
			house: deployment.house,
		}),
		signatures,
	});
	if (isNew && syncFrom.length > 0 && !obtained) say?.("no snapshot can be used: everything is derived from L1");
	if (obtained) {
		const { state, source } = obtained;
		log.info("begins with a snapshot", { role: name, assertion: state.assertion, batches: derived.batchCount, source });
		say?.(`begins with the snapshot from ${source}, which L1 confirmed with assertion ${state.assertion}: ${derived.batchCount} batches`);
	}
	return { derived, signatures, archive, blobs: sources };
}

async function placeOf(inbox: L1InboxReader, state: ConfirmedState.ConfirmedState): Promise<InboxPlace> {
	const { batch } = ConfirmedState.cursorOf(state);
	const place = await inbox.place(batch);
	if (!place)
		throw new Error(`L1 confirmed a state behind ${batch} batches, and the endpoint does not show so many: it is behind; try again.`);
	return place;
}
