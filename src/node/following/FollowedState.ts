import { join } from "node:path";
import type { Archive } from "../../chain/blobs/Archive.ts";
import type { BlobUrls } from "../../chain/blobs/Sources.ts";
import type { ChainProvider } from "../../chain/Bridge.ts";
import { separatorOf } from "../../chain/Bridge.ts";
import type { Deployment } from "../../chain/Deployment.ts";
import { L1InboxReader } from "../../chain/L1InboxReader.ts";
import type { DerivedExecutor } from "../../executor/DerivedExecutor.ts";
import { Follower } from "../../executor/Follower.ts";
import * as Genesis from "../../executor/Genesis.ts";
import { LiveExecutor } from "../../executor/LiveExecutor.ts";
import type { Beginning } from "../../executor/LiveExecutor.ts";
import type { SignaturePool } from "../../executor/SignaturePool.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import type { Metrics } from "../../ports/Metrics.ts";
import type { Store } from "../../ports/Store.ts";
import type { LoopHealth } from "../../roles/Loop.ts";
import { FORCED_CARRIER } from "../../protocol/Batch.ts";
import { openStore } from "../../store/LmdbStore.ts";
import type { Alone } from "../ChallengerNode.ts";
import { deriveAlone } from "../ChallengerNode.ts";
import { Reconciler } from "../Reconciler.ts";
import { RemoteOrderer } from "./RemoteOrderer.ts";

export type FollowedOptions = {
	readonly provider: ChainProvider;
	readonly deployment: Deployment;
	readonly dataDirectory: string;
	/** Addresses of sequencers' APIs. */
	readonly sequencers: readonly string[];
	/** Where blobs are looked for that its own archive does not hold; the sequencers' archives otherwise. */
	readonly blobs?: BlobUrls | undefined;
	/** Where snapshots are looked for when there is no data yet. */
	readonly syncFrom?: readonly string[] | undefined;
	readonly say?: (sentence: string) => void;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: Metrics;
	/** Called when what is executed here and L1 disagree: nothing may be signed or posted by it any more. */
	readonly onDisagreement: () => Promise<void>;
};

/** How often, and after what pauses, sequencers are asked where a snapshot stands in their order. */
const LOOKED_FOR = 30;
const PAUSE_MS = 1000;
/** LIMIT: batches behind a forced one in which everything is posted that was ordered before it. */
const RECENT_BATCHES = 64;
/** LIMIT: roots of past moments that are remembered: who asks about one asks within seconds. */
const REMEMBERED_ROOTS = 4096;

/** The exchange's state in a process that is no sequencer: executed from the order as sequencers tell it, and held against L1. It goes on from its store, and waits while nobody tells. */
export class FollowedState {
	readonly live: LiveExecutor;
	readonly derived: DerivedExecutor;
	readonly inbox: L1InboxReader;
	/** Every blob that it read or posted. */
	readonly archive: Archive;
	readonly orderer: RemoteOrderer;
	readonly #reconciler: Reconciler;
	readonly #follower: Follower;
	readonly #stores: readonly Store[];
	readonly #signatures: SignaturePool;
	readonly #log: Log;
	readonly #stop = new AbortController();
	#following: Promise<void> = Promise.resolve();
	#failure: string | undefined;
	/** Machine time / root of states that this process went through, in order. */
	readonly #roots = new Set<string>();

	/** Throws with one sentence when a store is in use or of another deployment. */
	static async open(options: FollowedOptions): Promise<FollowedState> {
		const { deployment, dataDirectory } = options;
		const { genesis } = deployment;
		const stores = [
			await openStore({ directory: join(dataDirectory, "live"), genesis }),
			await openStore({ directory: join(dataDirectory, "derived"), genesis }),
		];
		const blobs = options.blobs ?? { archives: options.sequencers };
		const alone = await deriveAlone({ ...options, syncFrom: options.syncFrom ?? [], blobs }, stores[1], "derived");
		const { reporters, quorum, house } = deployment;
		const cells = Genesis.cells({ domainSeparator: separatorOf(deployment, "Vault"), reporters, quorum, house });
		// A root after every bundle: a batch may be cut, and a state asked about, behind any of them.
		const beginning = LiveExecutor.isEmpty(stores[0]) ? await beginningOf(options, alone) : undefined;
		const live = await LiveExecutor.open({ store: stores[0], genesis: cells, rootBytes: 1, beginning });
		return new FollowedState(options, stores, live, alone);
	}

	private constructor(options: FollowedOptions, stores: readonly Store[], live: LiveExecutor, alone: Alone) {
		const { provider, deployment, sequencers, clock, metrics, onDisagreement } = options;
		const log = options.log.child({ role: "follower" });
		this.live = live;
		const { derived } = alone;
		this.derived = derived;
		this.archive = alone.archive;
		this.#stores = stores;
		this.#signatures = alone.signatures;
		this.#log = log;
		this.inbox = new L1InboxReader(provider, deployment, alone.blobs);
		this.orderer = new RemoteOrderer({ urls: sequencers, clock, log, height: live.height });
		this.#follower = new Follower({ live, orderer: this.orderer, inbox: this.inbox, clock, log });
		this.#reconciler = new Reconciler({ derived, follower: this.#follower, batcher: { stop: onDisagreement }, clock, log, metrics });
		live.onEvents((events) => {
			// What was executed before L1 said otherwise never was.
			if (events.some(({ type }) => type === "Rebased")) this.#roots.clear();
			this.#roots.add(`${live.clock}/${Bytes.toHex(live.stateRoot())}`);
			for (const oldest of this.#roots) {
				if (this.#roots.size <= REMEMBERED_ROOTS) break;
				this.#roots.delete(oldest);
			}
		});
	}

	/** Bytes of records in the first `index` batches, undefined while that is not derived. */
	readonly streamStart = (index: number): number | undefined => this.derived.place(index)?.streamEnd;

	/** Whether the machine stood at this root when its clock showed this time, as executed here, and L1 does not say otherwise. */
	wasAt(time: number, root: Uint8Array): boolean {
		const isNow = this.live.clock === time && Bytes.equal(this.live.stateRoot(), root);
		return !this.#reconciler.disagrees && this.#failure === undefined && (isNow || this.#roots.has(`${time}/${Bytes.toHex(root)}`));
	}

	/** It fares well while it is held against L1 and nothing stopped it. */
	get health(): LoopHealth {
		const { health } = this.#reconciler;
		return this.#failure === undefined && !this.#reconciler.disagrees ? health : { ...health, isRunning: false };
	}

	start(): void {
		this.#following = this.#follower.run(this.#stop.signal).catch((error: unknown) => {
			this.#failure = (error as Error).message;
			this.#log.alarm("ExecutionFailed", "the live state cannot follow the order", { reason: this.#failure });
		});
		this.#reconciler.start();
	}

	async stop(): Promise<void> {
		await this.#reconciler.stop();
		this.#stop.abort();
		await this.#following;
		await this.live.close();
		await this.derived.close();
		for (const store of this.#stores) await store.close();
		await this.#signatures.close();
	}
}

/** Where the order is to be gone on with when what is derived began with a snapshot; undefined when it began at genesis. Throws with one sentence when no sequencer says. */
async function beginningOf(options: FollowedOptions, { derived, blobs }: Alone): Promise<Beginning | undefined> {
	const { provider, deployment, sequencers, clock, log, say } = options;
	if (derived.place(0)) return undefined;
	await derived.sync();
	const snapshot = derived.snapshot();
	if (!snapshot) throw new Error("L1 has no whole batch behind the snapshot yet: start again in a minute.");
	const orderer = new RemoteOrderer({ urls: sequencers, clock, log, height: 0 });
	for (let tries = 0; tries < LOOKED_FOR; tries++) {
		const height = await orderer.heightOf(snapshot.streamEnd);
		if (height !== undefined) {
			const inbox = new L1InboxReader(provider, deployment, blobs);
			const forced = isForcedLately(derived)
				? { orderedHeight: orderer.height, messageCount: await inbox.messageCount(), now: clock.now() }
				: undefined;
			say?.(`follows the order from height ${height} on, where L1's batch ${snapshot.batchCount - 1} ends`);
			return { snapshot, height, forced };
		}
		await clock.sleep(PAUSE_MS);
	}
	throw new Error(
		`No sequencer knows a bundle that ends at byte ${snapshot.streamEnd} of the order, as L1's last batch does: start again when one answers.`,
	);
}

/** Whether what is ordered and not posted may be read otherwise than it was ordered, because L1 put something before it. */
function isForcedLately(derived: DerivedExecutor): boolean {
	const recent = Array.from({ length: RECENT_BATCHES }, (_, i) => derived.batch(derived.batchCount - 1 - i));
	return recent.some((batch) => batch?.carrier === FORCED_CARRIER);
}
