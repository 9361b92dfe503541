import * as Encoding from "../../machine/step/Encoding.ts";
import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import type { Metrics } from "../../ports/Metrics.ts";
import type { MarketQuote } from "../../ports/PriceSource.ts";
import { Loop } from "../Loop.ts";
import type { Due } from "./decide.ts";
import { decide, medianOf } from "./decide.ts";
import type { Reporter } from "./Reporter.ts";
import { reportOf } from "./Reporter.ts";
import { look } from "./view.ts";

export type CirclePorts = {
	readonly reporters: readonly Reporter[];
	readonly quorum: number;
	readonly live: LiveExecutor;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: Metrics;
	/** Sends a report where it is needed: to the sequencer, and to L1's oracle. */
	readonly publish: (payload: Uint8Array) => Promise<void>;
	readonly intervalSeconds: number;
};

const PAUSE_MS = 200;

/** Brings reporters together: asks all what they see, proposes the median, collects signatures. It has no power: it can only delay. */
export class ReporterCircle {
	readonly #ports: CirclePorts;
	readonly #loop: Loop;

	constructor(ports: CirclePorts) {
		this.#ports = ports;
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.round());
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	/** Reports what is due. */
	async round(): Promise<void> {
		const { live, clock, intervalSeconds } = this.#ports;
		for (const due of decide(look(live, clock, intervalSeconds))) await this.#report(due);
	}

	async #report(due: Due): Promise<void> {
		const { reporters, quorum, log, metrics, publish } = this.#ports;
		const seen = await Promise.all(reporters.map((reporter) => reporter.see(due.underlying, due.time, due.days).catch(() => undefined)));
		const quotes = seen.filter((quote): quote is MarketQuote => quote !== undefined);
		metrics.set("reporters_live", quotes.length, { underlying: String(due.underlying) });
		if (quotes.length < quorum) {
			log.alarm("NoPriceQuorum", "too few reporters see a price: trading halts when the last report is too old", {
				seen: quotes.length,
				quorum,
			});
			return;
		}
		const proposal = medianOf(quotes);
		let signers = 0;
		const signatures: Uint8Array[] = [];
		for (const reporter of [...reporters].sort((x, y) => x.place - y.place)) {
			if (signatures.length === quorum) break;
			const signature = await reporter.sign(proposal).catch(() => undefined);
			if (!signature) continue;
			signers |= 1 << reporter.place;
			signatures.push(signature);
		}
		if (signatures.length < quorum) {
			log.alarm("NoPriceQuorum", "too few reporters sign the median: their views differ", { signed: signatures.length, quorum });
			return;
		}
		await publish(Encoding.report(reportOf(proposal, signers, signatures)));
	}
}
