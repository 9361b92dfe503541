import type { ChainProvider, Bridge } from "../chain/Bridge.ts";
import type { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import type { LiveExecutor } from "../executor/LiveExecutor.ts";
import { MAX_PRICE_AGE_SECONDS } from "../machine/Constants.ts";
import type { Clock } from "../ports/Clock.ts";
import type { GameReader, GameSnapshot } from "../ports/Game.ts";
import type { Log } from "../ports/Log.ts";
import { Loop } from "../roles/Loop.ts";
import type { LoopHealth } from "../roles/Loop.ts";
import type { Answer } from "../wire/schema.ts";
import type { Finality } from "./Finality.ts";
import type { PrometheusMetrics } from "./Metrics.ts";

export type VitalsPorts = {
	readonly provider: ChainProvider;
	readonly bridge: Bridge;
	readonly game: GameReader;
	readonly live: LiveExecutor;
	readonly derived: DerivedExecutor;
	/** The challenger's own derivation. */
	readonly watched: DerivedExecutor;
	readonly finality: Finality;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: PrometheusMetrics;
	/** Who pays for transactions, by role. */
	readonly wallets: Readonly<Record<string, string>>;
	readonly reporters: number;
	readonly quorum: number;
	readonly committee: number;
	/** How many members may still fail, undefined while that is not known; without it the committee is one. */
	readonly quorumSlack?: () => { readonly value: number | undefined; readonly missing: number };
	readonly liveReporters: () => number | undefined;
	/** Wei of a validator's stake. */
	readonly validatorStake: bigint;
};

export type Vital = Answer<"public/get_vitals">["vitals"][number];

const PAUSE_MS = 3000;
/** LIMIT: gas of winning one dispute of the largest height, measured. */
const DISPUTE_GAS = 7_000_000;
/** A posting may be this late before it is worth a look, and before somebody must. */
const LAG_WARN_SECONDS = 60;
const LAG_ALARM_SECONDS = 600;

/** What was last seen of L1, and when. */
type Seen = {
	readonly at: number;
	readonly balances: ReadonlyMap<string, number>;
	readonly vaultMicro: number;
	readonly gasPrice: number;
	readonly games: GameSnapshot;
};

/**
 * The measures of fault tolerance (docs/guides/vitals.md): each with a definition, a unit and an age. An input that is missing makes a measure unknown, never
 * good; the headline is the worst.
 */
export class Vitals {
	readonly #ports: VitalsPorts;
	readonly #loop: Loop;
	#seen: Seen | undefined;

	constructor(ports: VitalsPorts) {
		this.#ports = ports;
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.#look());
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	/** All of them, the worst first in `headline`. */
	answer(): Answer<"public/get_vitals"> {
		const vitals = this.all();
		const rank = { alarm: 3, unknown: 2, warn: 1, ok: 0 } as const;
		const headline = vitals.reduce<Vital["state"]>((worst, { state }) => (rank[state] > rank[worst] ? state : worst), "ok");
		return { headline, vitals };
	}

	/** Sets the gauges. One that is unknown now is not exposed, so that nobody takes its last value for its present one. */
	collect(): void {
		const { metrics, live, derived, finality, clock } = this.#ports;
		for (const { name, value } of this.all()) {
			if (value === null) metrics.forget(`vital_${name}`);
			else metrics.set(`vital_${name}`, value);
		}
		const { posted_below, confirmed_below } = finality.progress();
		metrics.set("sequence_ordered", finality.ordered);
		metrics.set("sequence_posted", posted_below);
		metrics.set("sequence_confirmed", confirmed_below);
		metrics.set("executor_height", live.height);
		metrics.set("executor_steps_derived", derived.stepCount);
		for (const [underlying, name] of ["ETH", "BTC"].entries()) {
			const { time } = live.queries.underlying(underlying);
			if (time > 0) metrics.set("index_price_age_seconds", clock.now() - time, { currency: name });
		}
		for (const [role, ether] of this.#seen?.balances ?? []) metrics.set("wallet_balance_ether", ether, { role });
		if (this.#seen) {
			const pending = [...this.#seen.games.assertions.values()].filter(({ status }) => status === "pending");
			metrics.set("assertions_pending", pending.length);
			metrics.set("vault_balance_usdc", this.#seen.vaultMicro / 1e6);
		}
	}

	all(): Vital[] {
		return [
			this.#quorumSlack(),
			this.#dataLag(),
			...this.#ladder(),
			this.#challengerCoverage(),
			this.#clockSlack(),
			this.#costToCorrupt(),
			this.#gasHeadroom(),
			this.#oracleSlack(),
			this.#priceSlack(),
			unknown(
				"deterrence",
				"ratio",
				"bond / (bond + value at risk) / probability that nobody checks; above 1 deters",
				"that probability is not measured",
			),
			unknown("escape_readiness", "share", "share of value whose exit proofs were rebuilt from L1 alone", "no drill was run"),
			unknown("blast_radius", "seconds per second", "delay of each rung per second that a component is down", "no drill was run"),
		];
	}

	#quorumSlack(): Vital {
		const { committee, quorumSlack } = this.#ports;
		const { value, missing } = quorumSlack?.() ?? { value: Math.floor((committee - 1) / 3), missing: 0 };
		const definition = "members of the committee that may still fail before nothing is decided, the strongest first";
		if (value === undefined)
			return unknown("quorum_slack", "members", definition, "this member sees no decision: it is cut off, or too many are");
		return {
			name: "quorum_slack",
			unit: "members",
			definition,
			value,
			state: value < 0 ? "alarm" : value === 0 || missing > 0 ? "warn" : "ok",
			detail: missing > 0 ? `${missing} of ${committee} are missing` : `${committee} in the committee`,
			age_seconds: 0,
		};
	}

	#dataLag(): Vital {
		const { finality } = this.#ports;
		const { posted_below } = finality.progress();
		const value = finality.unpostedAgeSeconds ?? 0;
		const state = value > LAG_ALARM_SECONDS ? "alarm" : value > LAG_WARN_SECONDS ? "warn" : "ok";
		const detail = `${finality.ordered - posted_below} messages are ordered and not posted`;
		const definition = "age of the oldest message that is ordered and not yet on L1";
		return { name: "data_lag", unit: "seconds", definition, value, state, detail, age_seconds: 0 };
	}

	#ladder(): Vital[] {
		return (["posted", "confirmed"] as const).map((rung) => {
			const times = this.#ports.finality.climbTimes(rung);
			const name = `time_to_${rung}`;
			const definition = `half of the last ${times.length || 1000} bundles were ${rung} within this time after they were ordered`;
			if (times.length === 0) return unknown(name, "seconds", definition, "nothing climbed so far while this node watched");
			const sorted = [...times].sort((a, b) => a - b);
			const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
			const detail = `99 of 100 within ${at(0.99).toFixed(1)} s`;
			return { name, unit: "seconds", definition, value: at(0.5), state: "ok", detail, age_seconds: 0 };
		});
	}

	#challengerCoverage(): Vital {
		const { derived, watched } = this.#ports;
		const definition = "independent parties known to have executed all that is posted; this node knows of its own challenger alone";
		const behind = derived.batchCount - watched.batchCount;
		const value = behind <= 1 ? 1 : 0;
		const detail = behind > 0 ? `${behind} batches behind` : "up to the last batch";
		return { name: "challenger_coverage", unit: "parties", definition, value, state: value > 0 ? "ok" : "warn", detail, age_seconds: 0 };
	}

	/** While nothing is disputed there is no clock that could run out. */
	#clockSlack(): Vital {
		const definition = "L1 blocks until the first disputed assertion may be confirmed";
		if (!this.#seen) return unknown("clock_slack", "blocks", definition, "L1 was not read yet");
		const { games } = this.#seen;
		const { challengePeriodBlocks } = this.#ports.game.parameters;
		const pending = [...games.assertions.values()].filter(({ status }) => status === "pending" || status === "winner");
		const disputed = pending.filter((one) => pending.some((other) => other.id !== one.id && other.parent === one.parent));
		const left = disputed.map(({ createdAt }) => createdAt + challengePeriodBlocks - games.block);
		const value = left.length === 0 ? challengePeriodBlocks : Math.max(0, Math.min(...left));
		const state = value > challengePeriodBlocks / 4 ? "ok" : value > challengePeriodBlocks / 10 ? "warn" : "alarm";
		const detail = left.length === 0 ? "nothing is disputed: the whole period" : `${left.length} assertions are disputed`;
		return { name: "clock_slack", unit: "blocks", definition, value, state, detail, age_seconds: this.#age() };
	}

	#costToCorrupt(): Vital {
		const { committee, validatorStake, live } = this.#ports;
		const definition = "stake that a colluding two thirds of the committee loses, in dollars, over the vault's balance";
		const { indexPrice } = live.queries.underlying(0);
		if (!this.#seen || indexPrice === 0 || this.#seen.vaultMicro === 0)
			return unknown("cost_to_corrupt", "ratio", definition, "no ETH price, or the vault was not read or is empty");
		const stake = ((Number(validatorStake) / 1e18) * (Math.floor((2 * committee) / 3) + 1) * indexPrice) / 1e6;
		const value = stake / (this.#seen.vaultMicro / 1e6);
		const detail = `${stake.toFixed(0)} of ${(this.#seen.vaultMicro / 1e6).toFixed(0)} USDC; a wrong state still needs a proof that nobody disputes`;
		return {
			name: "cost_to_corrupt",
			unit: "ratio",
			definition,
			value,
			state: value >= 0.01 ? "ok" : "warn",
			detail,
			age_seconds: this.#age(),
		};
	}

	#gasHeadroom(): Vital {
		const definition = "disputes that the challenger's wallet can pay for at the present gas price";
		const balance = this.#seen?.balances.get("challenger");
		if (!this.#seen || balance === undefined) return unknown("gas_headroom", "disputes", definition, "the wallet was not read yet");
		const cost = (DISPUTE_GAS * Math.max(1, this.#seen.gasPrice)) / 1e18;
		const value = balance / cost;
		const state = value < 1 ? "alarm" : value < 10 ? "warn" : "ok";
		return {
			name: "gas_headroom",
			unit: "disputes",
			definition,
			value,
			state,
			detail: `${balance.toFixed(3)} ETH`,
			age_seconds: this.#age(),
		};
	}

	#oracleSlack(): Vital {
		const { liveReporters, quorum, reporters } = this.#ports;
		const definition = "reporters that may still fail: those that gave the last quote, less the quorum";
		const count = liveReporters();
		if (count === undefined) return unknown("oracle_slack", "reporters", definition, "no report was made yet");
		const value = count - quorum;
		const state = value < 0 ? "alarm" : value === 0 ? "warn" : "ok";
		return {
			name: "oracle_slack",
			unit: "reporters",
			definition,
			value,
			state,
			detail: `${count} of ${reporters}, quorum ${quorum}`,
			age_seconds: 0,
		};
	}

	#priceSlack(): Vital {
		const { live, clock } = this.#ports;
		const definition = "1 - age of the oldest index price / the age at which it opens no risk any more";
		const times = [0, 1].map((underlying) => live.queries.underlying(underlying).time);
		if (times.includes(0)) return unknown("price_slack", "share", definition, "not every index has a price yet");
		const age = clock.now() - Math.min(...times);
		const value = 1 - age / MAX_PRICE_AGE_SECONDS;
		const state = value <= 0 ? "alarm" : value < 0.5 ? "warn" : "ok";
		return { name: "price_slack", unit: "share", definition, value, state, detail: `${age} s old`, age_seconds: 0 };
	}

	#age(): number | null {
		return this.#seen ? (performance.now() - this.#seen.at) / 1000 : null;
	}

	async #look(): Promise<void> {
		const { provider, bridge, game, wallets } = this.#ports;
		const [games, fees, vault, ...balances] = await Promise.all([
			game.look(),
			provider.getFeeData(),
			bridge.vaultBalance(),
			...Object.values(wallets).map((address) => provider.getBalance(address)),
		]);
		const names = Object.keys(wallets);
		this.#seen = {
			at: performance.now(),
			balances: new Map(balances.map((wei, i) => [names[i], Number(wei) / 1e18])),
			vaultMicro: Number(vault),
			gasPrice: Number(fees.gasPrice ?? 0n),
			games,
		};
	}
}

function unknown(name: string, unit: string, definition: string, detail: string): Vital {
	return { name, unit, definition, value: null, state: "unknown", detail, age_seconds: null };
}
