import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Archive } from "../chain/blobs/Archive.ts";
import { Sources } from "../chain/blobs/Sources.ts";
import { RemoteSigner } from "../chain/RemoteSigner.ts";
import type { BlobUrls } from "../chain/blobs/Sources.ts";
import type { ChainProvider, ChainWallet } from "../chain/Bridge.ts";
import { Bridge, separatorOf } from "../chain/Bridge.ts";
import type { Deployment } from "../chain/Deployment.ts";
import { nameOf } from "../chain/Endpoint.ts";
import { EvidenceChain } from "../chain/EvidenceChain.ts";
import { GameChain } from "../chain/GameChain.ts";
import { InboxChain } from "../chain/InboxChain.ts";
import { KeySigner } from "../chain/KeySigner.ts";
import { Staking } from "../chain/Staking.ts";
import { PLACES, testWallet } from "../chain/TestKeys.ts";
import { OracleChain } from "../chain/OracleChain.ts";
import { ThreadedSigner } from "../chain/ThreadedSigner.ts";
import { L1Fees } from "../chain/L1Fees.ts";
import { L1InboxReader } from "../chain/L1InboxReader.ts";
import { TransactionManager } from "../chain/TransactionManager.ts";
import { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import { Follower } from "../executor/Follower.ts";
import * as Genesis from "../executor/Genesis.ts";
import { LiveExecutor } from "../executor/LiveExecutor.ts";
import { orderProof } from "../executor/OrderProof.ts";
import { SignaturePool } from "../executor/SignaturePool.ts";
import * as Kzg from "../kzg/Kzg.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import { Result } from "../machine/Result.ts";
import type { SyntheticMarket } from "../market/SyntheticMarket.ts";
import { LocalOrderer } from "../ordering/local/LocalOrderer.ts";
import type { Clock } from "../ports/Clock.ts";
import type { Log } from "../ports/Log.ts";
import type { Orderer } from "../ports/Orderer.ts";
import type { Store } from "../ports/Store.ts";
import * as Blob from "../protocol/Blob.ts";
import * as Checkpoint from "../protocol/Checkpoint.ts";
import { Batcher } from "../roles/batcher/Batcher.ts";
import type { CarrierChoice } from "../roles/batcher/carrier.ts";
import { Challenger } from "../roles/challenger/Challenger.ts";
import { Keeper } from "../roles/keeper/Keeper.ts";
import { Proposer } from "../roles/proposer/Proposer.ts";
import { Reporter } from "../roles/reporter/Reporter.ts";
import { Attestations } from "../roles/reporter/Attestations.ts";
import type { Seat as ReporterSeat } from "../roles/reporter/Reporter.ts";
import { ReporterCircle } from "../roles/reporter/ReporterCircle.ts";
import { Api } from "../roles/sequencer/Api.ts";
import { Sequencer } from "../roles/sequencer/Sequencer.ts";
import { openStore } from "../store/LmdbStore.ts";
import { prefixed } from "../store/prefixed.ts";
import type { Rate } from "../wire/RateLimit.ts";
import { Watcher } from "../roles/watcher/Watcher.ts";
import { Server } from "../wire/Server.ts";
import { alone } from "./committee/alone.ts";
import type { Seat } from "./committee/Member.ts";
import { Member } from "./committee/Member.ts";
import { watch } from "./committee/watch.ts";
import { Finality } from "./Finality.ts";
import { OrderService } from "./following/OrderService.ts";
import { Health } from "./Health.ts";
import { countAlarms } from "./Log.ts";
import { Shelf } from "./snapshots/Shelf.ts";
import type { PrometheusMetrics } from "./Metrics.ts";
import * as Pages from "./Pages.ts";
import { reportsTaken } from "./payloads.ts";
import { Reconciler } from "./Reconciler.ts";
import { rollupView } from "./rollupView.ts";
import { Vitals } from "./Vitals.ts";

export type ExchangeOptions = {
	readonly provider: ChainProvider;
	readonly l1Url: string;
	readonly deployment: Deployment;
	readonly dataDirectory: string;
	/** Where the reporters of this process see prices, when none are given. */
	readonly market: SyntheticMarket;
	/** Reporters that run elsewhere. */
	readonly reporters?: readonly ReporterSeat[];
	/** Who signs and pays for each role; public test keys otherwise. */
	readonly keys?: Keys;
	/** How batches travel to L1. */
	readonly carrier?: CarrierChoice | undefined;
	/** Where blobs are looked for that this node's own archive does not hold. */
	readonly blobs?: BlobUrls;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: PrometheusMetrics;
	readonly host: string;
	readonly port: number;
	/** Days to list, and strikes on each side of the index. */
	readonly days: readonly number[];
	readonly strikesPerSide: number;
	/** The seat in a committee whose members order together; without it this node orders alone. The sequencer's key is the member's. */
	readonly seat?: Seat;
	/** Messages of one account, and calls of one connection. */
	readonly messages?: Rate;
	readonly calls?: Rate;
	/** Roles that processes of their own have. */
	readonly elsewhere?: readonly Elsewhere[];
};

/** What may run in a process of its own, which follows this one's order. */
export type Elsewhere = "batcher" | "keeper";

/** One wallet a role: two roles that paid from one would take each other's nonces. The sequencer's is only a key. */
export type Keys = Readonly<Record<"sequencer" | "batcher" | "proposer" | "challenger" | "keeper" | "feeder", ChainWallet>>;

/** PUBLIC TEST KEYS, for development chains. */
export function testKeys(): Keys {
	const { sequencer, batcher, proposer, challenger, keeper, feeder } = PLACES;
	const places = { sequencer, batcher, proposer, challenger, keeper, feeder };
	return Object.fromEntries(Object.entries(places).map(([role, place]) => [role, testWallet(place)])) as unknown as Keys;
}

const REPORT_INTERVAL_SECONDS = 10;
/** Turns that a circle's report to L1 is left to each before it. */
const ORACLE_PATIENCE_TURNS = 4;
const ATTESTATION_INTERVAL_SECONDS = 60;
/** Bundles that execution may be behind the order and still be called up to date. */
const MAX_BEHIND = 64;
/** A committee may cut a batch after any bundle. */
const COMMITTEE_ROOT_BYTES = 1;
const MESSAGES: Rate = { perSecond: 250, burst: 1000 };
const { version: VERSION } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8")) as { version: string };

/** Every role in one process, each with a store of its own: the default node. */
export class Exchange {
	readonly options: ExchangeOptions;
	readonly inbox: L1InboxReader;
	readonly live: LiveExecutor;
	readonly derived: DerivedExecutor;
	/** The challenger's own execution, from L1 alone. */
	readonly watched: DerivedExecutor;
	readonly orderer: Orderer;
	/** This node's part in a committee, if it has one. */
	readonly member: Member | undefined;
	/** Of a member: shows L1 who contradicts himself. */
	readonly watcher: Watcher | undefined;
	readonly sequencer: Sequencer;
	readonly batcher: Batcher;
	readonly proposer: Proposer;
	readonly challenger: Challenger;
	readonly reporters: ReporterCircle;
	readonly attestations: Attestations;
	readonly keeper: Keeper;
	readonly reconciler: Reconciler;
	/** What it writes for nodes that begin. */
	readonly shelf: Shelf;
	readonly game: GameChain;
	readonly finality: Finality;
	readonly vitals: Vitals;
	readonly health: Health;
	readonly server: Server;
	url = "";
	readonly #stores: readonly Store[];
	readonly #threads: readonly { close(): Promise<void> }[];
	readonly #follower: Follower;
	readonly #stop = new AbortController();
	#following: Promise<void> = Promise.resolve();
	readonly #api: Api;
	readonly #order: OrderService;
	readonly #log: Log;
	readonly #closeOrderer: () => Promise<void>;

	/** Opens every store and connects the roles; nothing runs before `start`. Throws with one sentence when a store or a port cannot be had. */
	static async open(options: ExchangeOptions): Promise<Exchange> {
		const { deployment, dataDirectory } = options;
		const names = ["live", "orderer", "derived", "batcher", "proposer", "challenger", "keeper", "reporters", "archive"] as const;
		const stores = {} as Record<(typeof names)[number], Store>;
		for (const name of names) stores[name] = await openStore({ directory: join(dataDirectory, name), genesis: deployment.genesis });
		const { reporters, quorum, house } = deployment;
		const genesis = { domainSeparator: separatorOf(deployment, "Vault"), reporters, quorum, house };
		const archive = new Archive(stores.archive);
		const blobs = Sources.at(archive, options.blobs ?? {}, (message, fields) => options.log.warn(message, { role: "archive", ...fields }));
		const inbox = new L1InboxReader(options.provider, deployment, blobs);
		const batchDomain = separatorOf(deployment, "SequencerInbox");
		const sequencerSigner = new ThreadedSigner((options.keys ?? testKeys()).sequencer.privateKey);
		// One more thread checks signatures: at the door, and ahead of the steps that are derived from L1.
		const signatures = new SignaturePool(1);
		const { seat } = options;
		const live = await LiveExecutor.open({
			store: stores.live,
			genesis: Genesis.cells(genesis),
			...(seat && { rootBytes: COMMITTEE_ROOT_BYTES }),
		});
		const derive = (store: Store, name: string): Promise<DerivedExecutor> =>
			DerivedExecutor.open({
				store,
				leafFile: join(dataDirectory, `${name}.leaves`),
				inbox: new L1InboxReader(options.provider, deployment, blobs),
				genesis: Genesis.cells(genesis),
				signatures,
			});
		const derived = await derive(stores.derived, "derived");
		const watched = await derive(stores.challenger, "challenger");
		const streamStart = (index: number): number | undefined => derived.place(index)?.streamEnd;
		const member =
			seat &&
			(await Member.open({
				...seat,
				dataDirectory,
				privateKey: (options.keys ?? testKeys()).sequencer.privateKey,
				signer: sequencerSigner,
				store: stores.orderer,
				live,
				inbox,
				batchDomain,
				streamStart,
				game: new GameChain(options.provider, deployment),
				histories: derived,
				staking: new Staking(options.provider, deployment),
				keep: (content) => {
					archive.keep(Blob.pack(content)).catch((error: unknown) => {
						options.log.warn("a batch is not kept", { role: "archive", reason: (error as Error).message });
					});
				},
				clock: options.clock,
				log: options.log.child({ role: "member" }),
			}));
		const orderer =
			member?.orderer ??
			(await LocalOrderer.open({
				directory: join(dataDirectory, "log"),
				genesis: deployment.genesis,
				store: stores.orderer,
				signer: sequencerSigner,
				batchDigest: async (proposal, content) => {
					// Kept before it is signed: another's batcher may post it, and this node must be able to read it then.
					await archive.keep(Blob.pack(content));
					return Checkpoint.batchDigest(batchDomain, { ...proposal, contentHash: await Kzg.contentHashAside(content) });
				},
			}));
		return new Exchange(options, {
			stores,
			archive,
			inbox,
			orderer,
			member,
			streamStart,
			live,
			derived,
			watched,
			batchDomain,
			sequencerSigner,
			signatures,
			userDomain: genesis.domainSeparator,
		});
	}

	private constructor(
		options: ExchangeOptions,
		parts: {
			stores: Record<"live" | "orderer" | "derived" | "batcher" | "proposer" | "challenger" | "keeper" | "reporters" | "archive", Store>;
			archive: Archive;
			inbox: L1InboxReader;
			orderer: Orderer & { close(): Promise<void> };
			member: Member | undefined;
			streamStart: (index: number) => number | undefined;
			live: LiveExecutor;
			derived: DerivedExecutor;
			watched: DerivedExecutor;
			batchDomain: Uint8Array;
			userDomain: Uint8Array;
			sequencerSigner: ThreadedSigner;
			signatures: SignaturePool;
		},
	) {
		const { provider, deployment, clock, metrics, market } = options;
		const log = countAlarms(options.log, metrics);
		const { stores, inbox, orderer, member, live, derived, watched, userDomain } = parts;
		// Members take turns at what any of them may do: each waits for those before it.
		const patienceMs = member?.patienceMs ?? 0;
		this.options = options;
		this.#log = log;
		this.inbox = inbox;
		this.orderer = orderer;
		this.member = member;
		this.#closeOrderer = () => (member ?? orderer).close();
		this.live = live;
		this.derived = derived;
		this.watched = watched;
		this.#stores = Object.values(stores);
		this.#threads = [parts.signatures, parts.sequencerSigner];
		const keys = options.keys ?? testKeys();
		const logOf = (role: string): Log => log.child({ role });
		const managerOf = (wallet: ChainWallet, store: Store, role: string): TransactionManager =>
			new TransactionManager({ provider, wallet, store, log: logOf(role), lowBalance: 10n ** 17n });
		this.#follower = new Follower({ live, orderer, inbox, clock, log: logOf("executor") });
		this.sequencer = new Sequencer({
			orderer,
			live,
			follower: this.#follower,
			inbox,
			signer: parts.sequencerSigner,
			clock,
			log: logOf("sequencer"),
			metrics,
			userDomain,
			receiptDomain: parts.batchDomain,
			messages: options.messages ?? MESSAGES,
			signatures: parts.signatures,
			isOfCommittee: member !== undefined,
		});
		const transactions = new InboxChain(deployment);
		this.batcher = new Batcher({
			inbox,
			transactions,
			sender: managerOf(keys.batcher, stores.batcher, "batcher"),
			fees: new L1Fees(provider),
			archive: parts.archive,
			// A service that signs gets no blobs.
			carrier: keys.batcher instanceof RemoteSigner ? "calldata" : options.carrier,
			orderer,
			live,
			clock,
			log: logOf("batcher"),
			metrics,
			streamStart: parts.streamStart,
			patienceMs,
		});
		this.game = new GameChain(provider, deployment);
		this.proposer = new Proposer({
			game: this.game,
			sender: managerOf(keys.proposer, stores.proposer, "proposer"),
			clock,
			log: logOf("proposer"),
			sync: () => derived.sync(),
			histories: derived,
		});
		this.challenger = new Challenger({
			game: new GameChain(provider, deployment),
			sender: managerOf(keys.challenger, stores.challenger, "challenger"),
			clock,
			log: logOf("challenger"),
			metrics,
			sync: () => watched.sync(),
			histories: watched,
		});
		const submit = (payload: Uint8Array): Promise<unknown> => this.sequencer.submit(payload);
		// Evidence and what a keeper does are paid from one wallet, in one lane of nonces.
		const keeperSender = managerOf(keys.keeper, stores.keeper, "keeper");
		this.watcher =
			member &&
			new Watcher({
				store: prefixed(stores.orderer, "watcher/"),
				domains: { committee: parts.batchDomain, users: userDomain },
				isKnown: (address) => member.isMember(address) || deployment.reporters.includes(address),
				confirmed: (offset) => orderProof(derived, this.game, offset),
				inbox,
				games: () => member.standpoint.games,
				chain: new EvidenceChain(provider, deployment),
				sender: keeperSender,
				clock,
				log: logOf("watcher"),
				metrics,
				patienceMs,
			});
		if (member && this.watcher) watch(member, this.#follower, this.watcher);
		this.keeper = new Keeper({
			live,
			inbox,
			transactions,
			sender: keeperSender,
			clock,
			log: logOf("keeper"),
			submit,
			patienceMs,
			wanted: {
				// Read anew each time: what is to be listed moves with the days.
				get days() {
					return options.days;
				},
				strikesPerSide: options.strikesPerSide,
			},
		});
		const ownReporters = (): ReporterSeat[] =>
			deployment.reporters.map(
				(_, place) =>
					new Reporter({
						place,
						signer: new KeySigner(testWallet(PLACES.reporters + place).privateKey),
						source: market.source(place + 1, 0.0002),
						store: prefixed(stores.reporters, `${place}/`),
						domainSeparator: userDomain,
						wasAt: (time, root) => live.clock === time && Bytes.equal(live.stateRoot(), root),
					}),
			);
		const reporters = options.reporters ?? ownReporters();
		const turns = member && { slotAt: (time: number) => member.slotAt(time) };
		this.reporters = new ReporterCircle({
			reporters,
			quorum: deployment.quorum,
			live,
			// Turns are kept by the slots: one that waited for others would come too late for its own.
			clock,
			log: logOf("reporters"),
			metrics,
			store: prefixed(stores.reporters, "circle/"),
			oracle: new OracleChain(provider, deployment),
			sender: managerOf(keys.feeder, prefixed(stores.reporters, "feeder/"), "reporters"),
			publish: async (payload) => (await this.sequencer.submit(payload)).result.result === Result.Ok,
			intervalSeconds: REPORT_INTERVAL_SECONDS,
			...turns,
			// A report of the one before it is to be mined by then.
			oraclePatienceSeconds: Math.ceil((ORACLE_PATIENCE_TURNS * patienceMs) / 1000),
		});
		this.#follower.onApplied((bundle, results) => this.reporters.hear(bundle.height, reportsTaken(bundle, results)));
		this.attestations = new Attestations({
			reporters,
			quorum: deployment.quorum,
			look: () => ({ standing: { time: live.clock, root: live.stateRoot() }, attestedAt: live.queries.globals().attestedAt }),
			clock,
			log: logOf("reporters"),
			publish: async (payload) => (await this.sequencer.submit(payload)).result.result === Result.Ok,
			intervalSeconds: ATTESTATION_INTERVAL_SECONDS,
			...turns,
		});
		this.reconciler = new Reconciler({
			derived,
			follower: this.#follower,
			batcher: {
				stop: () => {
					member?.standpoint.silence();
					return this.batcher.stop();
				},
			},
			clock,
			log: logOf("reconciler"),
			metrics,
		});
		this.#order = new OrderService({ orderer, live, inbox, streamStart: parts.streamStart, isSound: () => !this.reconciler.disagrees });
		this.finality = new Finality({ derived, orderer, game: this.game });
		const folder = join(options.dataDirectory, "snapshots");
		this.shelf = new Shelf({ folder, genesis: deployment.genesis, derived, game: this.game, clock, log: logOf("snapshots") });
		this.#api = new Api({
			sequencer: this.sequencer,
			live,
			userDomain,
			clock,
			domain: {
				domain: deployment.domain,
				chain_id: deployment.chainId,
				contracts: deployment.contracts,
				// Without what stands behind the host, where providers put their customers' keys: everybody may ask for this.
				l1: nameOf(options.l1Url),
				sequencer: parts.sequencerSigner.address,
			},
			version: VERSION,
			finality: this.finality,
			accountProof: (account) => this.finality.accountProof(account),
			orderProof: (offset) => this.finality.orderProof(offset),
			withdrawals: (account) => this.finality.withdrawalsOf(account),
			withdrawalProof: (index) => this.finality.withdrawalProof(index),
			vitals: () => this.vitals.answer(),
			heard: (receipt, signature) => this.watcher?.receipt(receipt, signature),
			committee: () => member?.answer() ?? alone(parts.sequencerSigner.address, orderer.height),
			rollup: async () => rollupView(await this.game.look(), this.game.parameters.challengePeriodBlocks, derived),
			metrics,
			status: () => ({
				height: live.height,
				clock: live.clock,
				batches_agreed: live.batchCount,
				batches_derived: derived.batchCount,
				steps_derived: derived.stepCount,
				...this.finality.status(),
			}),
		});
		this.vitals = new Vitals({
			provider,
			bridge: new Bridge(provider, deployment),
			game: this.game,
			live,
			derived,
			watched,
			finality: this.finality,
			clock,
			log: logOf("vitals"),
			metrics,
			wallets: Object.fromEntries(
				(["batcher", "proposer", "challenger", "keeper", "feeder"] as const).map((role) => [role, keys[role].address]),
			),
			reporters: deployment.reporters.length,
			quorum: deployment.quorum,
			committee: options.seat?.roster.members.length ?? 1,
			...(member && { quorumSlack: () => ({ value: member.presence.slack, missing: member.presence.missing.members.length }) }),
			liveReporters: () => this.reporters.liveReporters,
			validatorStake: BigInt(deployment.parameters.validatorStake),
		});
		const { sequencer, batcher, proposer, challenger, keeper, reconciler, finality, vitals } = this;
		this.health = new Health({
			metrics,
			roles: {
				...{ sequencer, batcher, proposer, challenger, reporters: this.reporters, keeper, reconciler, finality, vitals },
				...(this.watcher && { watcher: this.watcher }),
			},
			// The proposer and the challenger run when the caller wants assertions.
			wanted: () => [
				...["sequencer", "batcher", "reporters", "keeper", "reconciler", "finality", "vitals"].filter((role) => !this.#isElsewhere(role)),
				...(proposer.health.isRunning ? ["proposer"] : []),
				...(challenger.health.isRunning ? ["challenger"] : []),
				...(this.watcher ? ["watcher"] : []),
			],
			conditions: {
				caught_up: () => (live.height < orderer.height - MAX_BEHIND ? `executed ${live.height} of ${orderer.height} bundles` : undefined),
				...(member && { committee_decides: () => member.trouble }),
				agrees_with_l1: () => (reconciler.disagrees ? "live execution and L1 disagree" : undefined),
			},
			collect: () => vitals.collect(),
		});
		this.server = new Server({
			host: options.host,
			port: options.port,
			log: logOf("api"),
			calls: options.calls,
			reads: async (path, query) => {
				const answer = await this.#api.read(path, query);
				return answer && { type: "application/json", ...answer };
			},
			// Who watches from elsewhere begins with the record of the deployment.
			pages: async (path) =>
				path === "/deployment.json"
					? { type: "application/json", body: `${JSON.stringify(deployment, undefined, "\t")}\n` }
					: Pages.serve(path, this.health, parts.archive, this.shelf),
		});
		this.server.onClose((peer) => this.#api.forget(peer));
	}

	/** Starts all roles but the proposer and the challenger, which the caller starts when it wants assertions. */
	async start(): Promise<void> {
		await this.member?.hasOrder(this.live.height);
		const { height } = this.orderer;
		this.#following = this.#follower.run(this.#stop.signal).catch((error: unknown) => {
			this.#log.alarm("ExecutionFailed", "the live state cannot follow the order", { reason: (error as Error).message });
		});
		// Nobody is answered from a state that is behind what was acknowledged before a crash.
		if (this.live.height < height) await this.#follower.results(height);
		this.url = await this.server.listen(this.#order.before(this.#api.handle));
		for (const role of [
			this.sequencer,
			...(this.#isElsewhere("batcher") ? [] : [this.batcher]),
			this.reporters,
			this.attestations,
			...(this.#isElsewhere("keeper") ? [] : [this.keeper]),
			this.reconciler,
			this.finality,
			this.vitals,
			this.shelf,
			...(this.watcher ? [this.watcher] : []),
		])
			role.start();
	}

	#isElsewhere(role: string): boolean {
		return (this.options.elsewhere ?? []).some((one) => one === role);
	}

	/** Stops in the order in which nothing that is acknowledged is lost. */
	async stop(): Promise<void> {
		await this.server.close();
		this.#api.close();
		for (const role of [
			this.keeper,
			this.attestations,
			this.reporters,
			this.challenger,
			this.proposer,
			this.finality,
			this.vitals,
			this.shelf,
		])
			await role.stop();
		await this.watcher?.stop();
		await this.sequencer.stop();
		await this.batcher.stop();
		await this.reconciler.stop();
		this.#stop.abort();
		await this.#following;
		await this.live.close();
		await this.derived.close();
		await this.watched.close();
		await this.#closeOrderer();
		for (const store of this.#stores) await store.close();
		for (const thread of this.#threads) await thread.close();
	}
}
