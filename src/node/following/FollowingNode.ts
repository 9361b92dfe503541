import { join } from "node:path";
import type { BlobUrls } from "../../chain/blobs/Sources.ts";
import type { ChainProvider } from "../../chain/Bridge.ts";
import type { Deployment } from "../../chain/Deployment.ts";
import { InboxChain } from "../../chain/InboxChain.ts";
import { L1Fees } from "../../chain/L1Fees.ts";
import type { TransactionSigner } from "../../chain/RemoteSigner.ts";
import { RemoteSigner } from "../../chain/RemoteSigner.ts";
import { TransactionManager } from "../../chain/TransactionManager.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import type { Store } from "../../ports/Store.ts";
import { Batcher } from "../../roles/batcher/Batcher.ts";
import type { CarrierChoice } from "../../roles/batcher/carrier.ts";
import { Keeper } from "../../roles/keeper/Keeper.ts";
import { openStore } from "../../store/LmdbStore.ts";
import { callHttp } from "../../wire/callHttp.ts";
import { countAlarms } from "../Log.ts";
import type { PrometheusMetrics } from "../Metrics.ts";
import { FollowedState } from "./FollowedState.ts";

export type FollowingOptions = {
	readonly role: "batcher" | "keeper";
	readonly provider: ChainProvider;
	readonly deployment: Deployment;
	/** Pays for transactions. */
	readonly wallet: TransactionSigner;
	readonly dataDirectory: string;
	/** Addresses of sequencers' APIs, the preferred one first. */
	readonly sequencers: readonly string[];
	/** Where blobs are looked for that its own archive does not hold; the sequencers' archives otherwise. */
	readonly blobs?: BlobUrls | undefined;
	/** Where snapshots are looked for when there is no data yet. */
	readonly syncFrom?: readonly string[] | undefined;
	readonly say?: (sentence: string) => void;
	/** Of a batcher: how batches travel to L1. */
	readonly carrier?: CarrierChoice | undefined;
	/** How long it leaves what is due to others who may do it. */
	readonly patienceMs: number;
	/** Of a keeper: days to list, read anew each time, and strikes on each side of the index. */
	readonly days: () => readonly number[];
	readonly strikesPerSide: number;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: PrometheusMetrics;
};

/** A batcher or a keeper alone: it executes the order for itself, so neither is lost with the sequencer's process. Any number of each may run. */
export class FollowingNode {
	readonly state: FollowedState;
	readonly role: Batcher | Keeper;
	readonly #store: Store;

	/** Throws with one sentence when a store is in use or of another deployment. */
	static async open(options: FollowingOptions): Promise<FollowingNode> {
		const { role, provider, deployment, dataDirectory, clock, metrics, wallet, patienceMs, sequencers } = options;
		const log = countAlarms(options.log.child({ role }), metrics);
		const store = await openStore({ directory: join(dataDirectory, role), genesis: deployment.genesis });
		let running: Batcher | Keeper | undefined = undefined;
		const state: FollowedState = await FollowedState.open({
			...{ provider, deployment, dataDirectory, sequencers, clock, log, metrics, blobs: options.blobs },
			...{ syncFrom: options.syncFrom, say: options.say },
			onDisagreement: async () => running?.stop(),
		});
		const { live, inbox, orderer, streamStart } = state;
		const sender = new TransactionManager({ provider, wallet, store, log, lowBalance: 10n ** 17n });
		const transactions = new InboxChain(deployment);
		const common = { live, inbox, transactions, sender, clock, log, patienceMs };
		running =
			role === "batcher"
				? new Batcher({
						...{ ...common, orderer, metrics, streamStart, archive: state.archive },
						fees: new L1Fees(provider),
						// A service that signs gets no blobs.
						carrier: wallet instanceof RemoteSigner ? "calldata" : options.carrier,
					})
				: new Keeper({
						...common,
						submit: (payload) => submit(sequencers, payload),
						wanted: {
							get days() {
								return options.days();
							},
							strikesPerSide: options.strikesPerSide,
						},
					});
		return new FollowingNode(state, running, store);
	}

	private constructor(state: FollowedState, role: Batcher | Keeper, store: Store) {
		this.state = state;
		this.role = role;
		this.#store = store;
	}

	start(): void {
		this.state.start();
		this.role.start();
	}

	async stop(): Promise<void> {
		await this.role.stop();
		await this.state.stop();
		await this.#store.close();
	}
}

/** Sends a message to the first sequencer that answers. Rejects with what the last one said. */
async function submit(sequencers: readonly string[], payload: Uint8Array): Promise<unknown> {
	let failure: unknown;
	for (const url of sequencers) {
		try {
			return await callHttp(url, "public/submit", { payload: Bytes.toHex(payload) });
		} catch (error) {
			failure = error;
		}
	}
	throw failure;
}
