import { MAX_UNDERLYINGS } from "../../machine/Constants.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import * as Encoding from "../../machine/step/Encoding.ts";
import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import type { TransactionSender } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import type { Metrics } from "../../ports/Metrics.ts";
import type { Oracle } from "../../ports/Oracle.ts";
import type { MarketQuote } from "../../ports/PriceSource.ts";
import type { Store } from "../../ports/Store.ts";
import { Loop } from "../Loop.ts";
import type { LoopHealth } from "../Loop.ts";
import type { Slot } from "./asking.ts";
import type { Due } from "./decide.ts";
import { decide, obsoleteMade, obsoleteTaken, owedToMachine, owedToOracle } from "./decide.ts";
import { MadeReports } from "./MadeReports.ts";
import { answers, proposalOf } from "./quotes.ts";
import type { Seat } from "./Reporter.ts";
import { reportOf } from "./Reporter.ts";
import { TakenReports } from "./TakenReports.ts";
import type { Spoilt } from "./rules.ts";
import * as rules from "./rules.ts";
import type { Feed, Made, Purpose, View } from "./view.ts";
import { look } from "./view.ts";

export type CirclePorts = {
	readonly reporters: readonly Seat[];
	readonly quorum: number;
	readonly live: LiveExecutor;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: Metrics;
	readonly store: Store;
	/** Sends a report to the exchange; resolves with whether the machine took it. */
	readonly publish: (payload: Uint8Array) => Promise<boolean>;
	/** L1's own oracle, and who pays for what is sent to it. */
	readonly oracle: Oracle;
	readonly sender: TransactionSender;
	readonly intervalSeconds: number;
	/** Whose turn a second is: reporters sign a report of it for him. Where this circle is the only one, they sign all for it. */
	readonly slotAt?: (time: number) => Slot;
	/** Seconds that this circle leaves to those before it to tell L1 of a report. */
	readonly oraclePatienceSeconds?: number;
};

const PAUSE_MS = 200;
/** LIMIT: reports made in one round, when time was missed. */
const MAX_MADE = 64;
/** LIMIT: seconds of failed reports that are kept in mind: where they are forgotten, they are tried again. */
const MAX_SPOILT = 64;
/** LIMIT: reports sent to L1 before it is asked again where it stands. */
const MAX_SENT = 24;

/**
 * Brings reporters together: asks all what they see, proposes the median, collects signatures, and sends the reports to the machine and, those of settlement
 * windows, to L1's oracle. Neither destination waits for the other. It has no power: it can only delay.
 */
export class ReporterCircle {
	readonly #ports: CirclePorts;
	readonly #loop: Loop;
	readonly #liveReporters = new Map<number, number>();
	readonly #made: MadeReports;
	readonly #taken: TakenReports;
	readonly #oracleTimes = new Map<number, number>();
	readonly #spoilt: { readonly [P in Purpose]: Map<number, Spoilt> } = { next: new Map(), hole: new Map() };
	/** Reports that L1 refused. */
	#attempt = 0;
	readonly #refused = new Map<number, { readonly time: number; readonly until: number }>();
	/** When the last round began, and how many seconds this circle has seen pass since it was made. */
	#lastRound: number;
	#observed = 0;
	#publishing: Promise<void> | undefined;
	#feeding: Promise<void> | undefined;

	constructor(ports: CirclePorts) {
		this.#ports = ports;
		this.#made = new MadeReports(ports.store);
		this.#lastRound = ports.clock.now();
		const { live, store, log } = ports;
		const machineTimes = Array.from({ length: MAX_UNDERLYINGS }, (_, underlying) => live.queries.underlying(underlying).time);
		this.#taken = new TakenReports(store, log, live.height, machineTimes, () => this.#observed);
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.round());
	}

	/** The fewest that gave a quote for an underlying's last report; undefined before the first. */
	get liveReporters(): number | undefined {
		const counts = [...this.#liveReporters.values()];
		return counts.length === 0 ? undefined : Math.min(...counts);
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	start(): void {
		this.#loop.start();
	}

	async stop(): Promise<void> {
		await this.#loop.stop();
		await this.#publishing;
		await this.#feeding;
		await this.#taken.close();
	}

	/** Hears which reports the machine took from the bundle of a height. */
	hear(height: number, payloads: readonly Uint8Array[]): void {
		this.#taken.hear(height, payloads);
	}

	#look(): View {
		const { live, clock, intervalSeconds, slotAt } = this.#ports;
		return look(
			live,
			clock,
			this.#observed,
			intervalSeconds,
			(underlying) => this.#made.of(underlying),
			this.#taken,
			(underlying) => this.#oracleTimes.get(underlying),
			(underlying, purpose) => this.#spoilt[purpose].get(underlying),
			slotAt,
		);
	}

	/** Makes what is due, and begins to send what is owed. */
	async round(): Promise<void> {
		const now = this.#ports.clock.now();
		this.#observed += rules.seenToPass(this.#lastRound, now);
		this.#lastRound = now;
		const failed = new Set<string>();
		for (let count = 0; count < MAX_MADE;) {
			let made = 0;
			for (const one of decide(this.#look())) {
				const key = `${one.purpose}/${one.underlying}`;
				if (failed.has(key)) continue;
				if (await this.#make(one)) made += 1;
				else failed.add(key);
			}
			if (made === 0) break;
			count += made;
		}
		const view = this.#look();
		this.#publishing ??= this.#publish(view).finally(() => (this.#publishing = undefined));
		this.#feeding ??= this.#feed(view).finally(() => (this.#feeding = undefined));
		for (const feed of view.feeds) {
			await this.#made.forget(feed.underlying, obsoleteMade(feed));
			await this.#taken.forget(feed.underlying, obsoleteTaken(feed));
		}
	}

	/** Sends the machine what it is owed, in order. Never rejects: what failed is owed still. */
	async #publish(view: View): Promise<void> {
		const { publish, log, clock, intervalSeconds } = this.#ports;
		try {
			for (const feed of view.feeds) {
				let before = feed.machineTime;
				for (const { time, payload } of owedToMachine(feed)) {
					// What leaves a hole is refused until the hole is filled, perhaps by another.
					if (rules.isHole(before, time)) break;
					before = time;
					const refused = this.#refused.get(feed.underlying);
					if (refused?.time === time && clock.now() < refused.until) break;
					if (await publish(payload)) continue;
					// What is refused fills the log each time, so it is not sent again at once, and nothing behind it helps.
					this.#refused.set(feed.underlying, { time, until: clock.now() + intervalSeconds });
					break;
				}
			}
		} catch (error) {
			log.warn("the exchange did not take a report", { reason: (error as Error).message });
		}
	}

	/** Sends L1's oracle what it is owed. Never rejects. */
	async #feed(view: View): Promise<void> {
		const { log } = this.#ports;
		try {
			await Promise.all(view.feeds.map((feed) => this.#feedOne(feed)));
		} catch (error) {
			log.warn("L1's oracle could not be reached", { reason: (error as Error).message });
		}
	}

	async #feedOne({ underlying }: Feed): Promise<void> {
		const { oracle, sender, log } = this.#ports;
		if (this.#oracleTimes.has(underlying) && !this.#owedToOracle(underlying)) return;
		// One after the other: were one lost and the next one taken, L1 would have another average than the machine.
		for (let sent = 0; sent < MAX_SENT; sent++) {
			// Others tell L1 as well, and while it took the one before, an order that was silent may have come back: so it is looked anew before each.
			await this.#readOracle(underlying);
			const next = this.#owedToOracle(underlying);
			// One that leaves a hole is refused until that is filled, perhaps by another: L1 is asked again.
			if (!next || rules.isHole(this.#oracleTimes.get(underlying) ?? 0, next.time)) return;
			const outcome = await sender.send(oracle.report(underlying, next.time, next.payload, this.#attempt));
			if (outcome.status !== "mined") {
				this.#attempt += 1;
				log.debug("L1's oracle refused a report", { underlying, time: next.time, error: outcome.error });
				break;
			}
		}
		await this.#readOracle(underlying);
	}

	/** The report that L1's oracle is to hear now, as everything stands at this moment. */
	#owedToOracle(underlying: number): Made | undefined {
		const { now, observed, feeds } = this.#look();
		const patient = now - (this.#ports.oraclePatienceSeconds ?? 0);
		return owedToOracle(feeds[underlying], observed).find(({ time }) => time <= patient);
	}

	async #readOracle(underlying: number): Promise<number> {
		const { oracle, metrics } = this.#ports;
		const last = await oracle.lastTime(underlying);
		this.#oracleTimes.set(underlying, last);
		metrics.set("oracle_report_time_seconds", last, { underlying: String(underlying) });
		return last;
	}

	/** Makes one report. Returns whether it could. */
	async #make(due: Due): Promise<boolean> {
		const { reporters, quorum, log, metrics } = this.#ports;
		const seen = await Promise.all(reporters.map((reporter) => reporter.see(due.underlying, due.time, due.days).catch(() => undefined)));
		// What is of something else, or nonsense, counts as nothing: whoever answers it has no more of a say than who is silent.
		const quotes = seen.filter((quote): quote is MarketQuote => quote !== undefined && answers(quote, due));
		this.#liveReporters.set(due.underlying, quotes.length);
		metrics.set("reporters_live", quotes.length, { underlying: String(due.underlying) });
		if (quotes.length < quorum) {
			// Who sees only what is now sees nothing of a second that is past, now or later.
			if (due.purpose === "hole" || this.#spoilt[due.purpose].has(due.underlying)) this.#spoil(due, new Uint8Array(0));
			log.alarm("NoPriceQuorum", "too few reporters see a price: trading halts when the last report is too old", {
				seen: quotes.length,
				quorum,
			});
			return false;
		}
		const proposal = proposalOf(quotes, quorum, this.#spoilt[due.purpose].get(due.underlying)?.times.size ?? 0);
		let signers = 0;
		const signatures: Uint8Array[] = [];
		let reason: string | undefined;
		for (const reporter of [...reporters].sort((x, y) => x.place - y.place)) {
			if (signatures.length === quorum) break;
			const signature = await reporter.sign(proposal).catch((error: Error) => {
				reason = error.message;
				return undefined;
			});
			if (!signature) continue;
			signers |= 1 << reporter.place;
			signatures.push(signature);
		}
		if (signatures.length < quorum) {
			this.#spoil(due, Encoding.report(reportOf(proposal, 0, [])));
			log.alarm("NoPriceQuorum", "too few reporters sign the median: their views differ, or they refuse", {
				signed: signatures.length,
				quorum,
				...(reason !== undefined && { reason }),
			});
			return false;
		}
		this.#spoilt[due.purpose].delete(due.underlying);
		await this.#made.add(due.underlying, {
			time: due.time,
			payload: Encoding.report(reportOf(proposal, signers, signatures)),
			heardAt: this.#observed,
		});
		return true;
	}

	#spoil({ underlying, time, purpose }: Due, proposal: Uint8Array): void {
		const known = this.#spoilt[purpose].get(underlying);
		const times = new Set(known && known.times.size < MAX_SPOILT ? known.times : []).add(time);
		this.#spoilt[purpose].set(underlying, { times, draw: Bytes.uint(Keccak.hash(proposal), 0, 4) });
	}
}
