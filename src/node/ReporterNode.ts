import { join } from "node:path";
import { separatorOf } from "../chain/Bridge.ts";
import type { Deployment } from "../chain/Deployment.ts";
import { KeySigner } from "../chain/KeySigner.ts";
import type { Staking } from "../chain/Staking.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import type { Clock } from "../ports/Clock.ts";
import type { Log } from "../ports/Log.ts";
import type { MarketQuote, PriceSource } from "../ports/PriceSource.ts";
import type { Store } from "../ports/Store.ts";
import type { Handler } from "../ports/Transport.ts";
import type { LoopHealth } from "../roles/Loop.ts";
import type { Ask } from "../roles/reporter/asking.ts";
import type { Standing } from "../roles/reporter/Attestations.ts";
import { Door } from "../roles/reporter/Door.ts";
import { Reporter } from "../roles/reporter/Reporter.ts";
import { openStore } from "../store/LmdbStore.ts";
import { prefixed } from "../store/prefixed.ts";
import { REPORTING } from "../wire/reporting.ts";
import { Code, RpcError } from "../wire/RpcError.ts";
import { Epochs } from "./committee/Epochs.ts";
import type { FollowedState } from "./following/FollowedState.ts";
import type { PrometheusMetrics } from "./Metrics.ts";
import { Monitor } from "./Monitor.ts";

export type ReporterOptions = {
	readonly deployment: Deployment;
	/** Hexadecimal with 0x; its address must be one of the deployment's reporters. */
	readonly privateKey: string;
	readonly source: PriceSource;
	/** Stake on L1: whom it signs for. */
	readonly staking: Pick<Staking, "committee">;
	readonly clock: Clock;
	readonly dataDirectory: string;
	readonly host: string;
	readonly port: number;
	readonly log: Log;
	readonly metrics: PrometheusMetrics;
	/** The exchange's state as this process executes it; without it the reporter attests nothing. */
	readonly state?: FollowedState;
};

/** How long a state that is asked about may still have to be executed. */
const CATCH_UP_MS = 2000;

/** How often L1 is asked who the members are; what is the same twice counts. */
const MEMBERS_PAUSE_MS = 2000;

/**
 * One reporter alone: it answers what it sees, and signs for members of the committee what agrees with that; given a state that it follows, it attests it too. It
 * needs no wallet.
 */
export class ReporterNode {
	readonly place: number;
	readonly #monitor: Monitor;
	readonly #store: Store;
	readonly #state: FollowedState | undefined;
	readonly #epochs: Epochs;
	#lastSeen: number | undefined;
	#failures = 0;

	/** Throws with one sentence when the key is not a reporter's, or the store is in use. */
	static async open(options: ReporterOptions): Promise<ReporterNode> {
		const { deployment, dataDirectory, privateKey } = options;
		const signer = new KeySigner(privateKey);
		const place = deployment.reporters.map((address) => address.toLowerCase()).indexOf(signer.address);
		if (place < 0) throw new Error(`${signer.address} is not one of the ${deployment.reporters.length} reporters of this deployment.`);
		const store = await openStore({ directory: join(dataDirectory, "reporter"), genesis: deployment.genesis });
		return new ReporterNode(options, place, signer, store);
	}

	private constructor(options: ReporterOptions, place: number, signer: KeySigner, store: Store) {
		const { deployment, source, staking, clock, host, port, metrics, state } = options;
		this.#state = state;
		metrics.add("reporter_attested", 0);
		const log = options.log.child({ role: "reporter" });
		this.place = place;
		this.#store = store;
		// Without a state of its own it stands behind none.
		const wasAt = (time: number, root: Uint8Array): boolean => state?.wasAt(time, root) ?? false;
		const domainSeparator = separatorOf(deployment, "Vault");
		const reporter = new Reporter({ place, signer, source, store, domainSeparator, wasAt });
		source.keepIn?.(prefixed(store, "seen/"));
		this.#epochs = new Epochs(staking, clock, log, MEMBERS_PAUSE_MS);
		const patient = {
			place,
			see: reporter.see.bind(reporter),
			sign: reporter.sign.bind(reporter),
			attest: async (standing: Standing): Promise<Uint8Array | undefined> => {
				// Who asks executed it a moment ago, and this process is perhaps about to.
				for (const end = performance.now() + CATCH_UP_MS; state && !wasAt(standing.time, standing.root) && performance.now() < end;)
					await new Promise((resolve) => setTimeout(resolve, 20));
				return reporter.attest(standing);
			},
		};
		const door = new Door({ reporter: patient, domainSeparator, members: () => this.#epochs.addresses, now: () => clock.now() });
		const handlers: { [M in keyof typeof REPORTING]: (params: never) => Promise<unknown> } = {
			"reporter/place": async () => place,
			"reporter/see": async ({ underlying, time, days }: { underlying: number; time: number; days: number[] }) => {
				const seen = await reporter.see(underlying, time, days).catch((error: Error) => {
					log.warn("the market could not be seen", { reason: error.message });
					return undefined;
				});
				if (seen) this.#lastSeen = performance.now();
				this.#failures = seen ? 0 : this.#failures + 1;
				return seen ?? null;
			},
			"reporter/attest": async ({ time, root, ...ask }: Wired & { time: number; root: string }) => {
				const signature = await door.attest({ time, root: Bytes.fromHex(root) }, askIn(ask));
				if (signature) metrics.add("reporter_attested");
				else if (state) log.warn("did not attest a state that was not executed here", { time, root });
				return signature ? Bytes.toHex(signature) : null;
			},
			"reporter/sign": async ({ proposal, ...ask }: Wired & { proposal: MarketQuote }) => {
				const signature = await door.sign(proposal, askIn(ask));
				if (!signature)
					log.warn("did not sign a report that differs from what is seen", { underlying: proposal.underlying, time: proposal.time });
				return signature ? Bytes.toHex(signature) : null;
			},
		};
		const handler: Handler = async (method, params) => {
			if (!Object.hasOwn(REPORTING, method)) throw new RpcError(Code.MethodNotFound, `there is no method ${method.slice(0, 60)}`);
			const name = method as keyof typeof REPORTING;
			const parsed = REPORTING[name].params.safeParse(params);
			if (!parsed.success) throw new RpcError(Code.InvalidParams, parsed.error.issues[0]?.message ?? "wrong parameters");
			return handlers[name](parsed.data as never);
		};
		this.#monitor = new Monitor({ host, port, log, metrics, roles: { reporter: this, ...(state && { follower: state }) }, handler });
	}

	/** It is asked, and does not ask: it fares well while it sees the market. */
	get health(): LoopHealth {
		const successAgeMs = this.#lastSeen === undefined ? undefined : performance.now() - this.#lastSeen;
		return { isRunning: true, successAgeMs, failures: this.#failures };
	}

	/** Resolves with the address in use. */
	start(): Promise<string> {
		this.#state?.start();
		this.#epochs.start();
		return this.#monitor.listen();
	}

	async stop(): Promise<void> {
		await this.#monitor.close();
		await this.#epochs.stop();
		await this.#state?.stop();
		await this.#store.close();
	}
}

/** An Ask as it comes in. */
type Wired = { readonly at: number; readonly signature: string };

function askIn({ at, signature }: Wired): Ask {
	return { at, signature: Bytes.fromHex(signature) };
}
