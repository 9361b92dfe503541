import type { LoopHealth } from "../roles/Loop.ts";
import type { Page } from "../wire/Server.ts";
import type { PrometheusMetrics } from "./Metrics.ts";

/** A role whose last success is older than this does not do its work, whatever its process does. */
const STALLED_MS = 60_000;

export type HealthPorts = {
	readonly metrics: PrometheusMetrics;
	/** Roles by name. One that does not run and is not `wanted` says nothing. */
	readonly roles: Readonly<Record<string, { readonly health: LoopHealth }>>;
	readonly wanted: () => readonly string[];
	/** What must hold besides: a sentence when it does not. */
	readonly conditions: Readonly<Record<string, () => string | undefined>>;
	/** Sets what is only known when somebody asks. */
	readonly collect: () => void;
};

type Verdict = {
	readonly ok: boolean;
	readonly reason: string | null;
	readonly success_age_seconds?: number | null;
	readonly failures?: number;
};

/** What monitors ask: progress, not that a process exists. */
export class Health {
	readonly #ports: HealthPorts;

	constructor(ports: HealthPorts) {
		this.#ports = ports;
	}

	/** Every role and condition with why it is not as it should be. Of one role when it is named; undefined when there is none of that name. */
	check(role?: string): Readonly<Record<string, Verdict>> | undefined {
		const { roles, conditions, wanted } = this.#ports;
		if (role !== undefined && role !== "") {
			const one = roles[role];
			return one && { [role]: verdictOf(one.health) };
		}
		const verdicts: Record<string, Verdict> = {};
		for (const name of wanted()) verdicts[name] = verdictOf(roles[name].health);
		for (const [name, condition] of Object.entries(conditions)) {
			const reason = condition() ?? null;
			verdicts[name] = { ok: reason === null, reason };
		}
		return verdicts;
	}

	/** Status 200 when all is well, 503 otherwise, and why. */
	page(role?: string): Page | undefined {
		const checks = this.check(role);
		if (!checks) return undefined;
		const isReady = Object.values(checks).every(({ ok }) => ok);
		return { type: "application/json", status: isReady ? 200 : 503, body: `${JSON.stringify({ ready: isReady, checks })}\n` };
	}

	/** The exposition text that Prometheus scrapes. */
	metrics(): Promise<string> {
		const { metrics, roles, collect } = this.#ports;
		for (const [role, { health }] of Object.entries(roles)) {
			metrics.set("role_running", health.isRunning ? 1 : 0, { role });
			metrics.set("role_failures", health.failures, { role });
			if (health.successAgeMs !== undefined) metrics.set("role_success_age_seconds", health.successAgeMs / 1000, { role });
		}
		const checks = Object.values(this.check() ?? {});
		metrics.set("ready", checks.every(({ ok }) => ok) ? 1 : 0);
		collect();
		return metrics.text();
	}
}

function verdictOf({ isRunning, successAgeMs, failures }: LoopHealth): Verdict {
	const age = successAgeMs === undefined ? null : Math.round(successAgeMs) / 1000;
	const reason = !isRunning
		? "does not run"
		: successAgeMs === undefined
			? "no round has succeeded yet"
			: successAgeMs > STALLED_MS
				? `no round has succeeded for ${Math.round(successAgeMs / 1000)} s`
				: null;
	return { ok: reason === null, reason, success_age_seconds: age, failures };
}
