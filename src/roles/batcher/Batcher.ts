import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import type { BlobArchive } from "../../ports/Blobs.ts";
import type { FeeReader, InboxReader, TransactionSender } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Carrier, InboxTransactions } from "../../ports/Inbox.ts";
import type { Log } from "../../ports/Log.ts";
import type { Metrics } from "../../ports/Metrics.ts";
import type { Orderer } from "../../ports/Orderer.ts";
import { Loop } from "../Loop.ts";
import type { LoopHealth } from "../Loop.ts";
import { chooseCarrier } from "./carrier.ts";
import type { CarrierChoice } from "./carrier.ts";
import { decide } from "./decide.ts";
import * as rules from "./rules.ts";
import { look } from "./view.ts";

export type BatcherPorts = {
	readonly inbox: InboxReader;
	readonly transactions: InboxTransactions;
	readonly sender: TransactionSender;
	readonly fees: FeeReader;
	/** Keeps what is posted in blobs, because L1 forgets them. */
	readonly archive: BlobArchive;
	/** How batches travel; the cheaper way unless it is said. */
	readonly carrier?: CarrierChoice | undefined;
	readonly orderer: Orderer;
	readonly live: LiveExecutor;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: Metrics;
	/** Bytes of records in the first `index` batches, undefined while that is not derived. */
	readonly streamStart: (index: number) => number | undefined;
	/** Bytes of records that are worth a batch at once, and how long fewer may wait. */
	readonly minBytes?: number;
	readonly maxWaitMs?: number;
	/** How long this batcher leaves a batch to those whose turn is before its own; each that sends the same one pays for it. */
	readonly patienceMs?: number;
};

const PAUSE_MS = 100;

/** Posts what is ordered. Any number of batchers may run: L1 takes each batch once, and all of them hold the same certificate. */
export class Batcher {
	readonly #ports: BatcherPorts;
	readonly #loop: Loop;
	#lastPost = Date.now();
	#flushing = false;
	/** The batch that is next, since when, and since when it has its certificate. */
	#next = { index: -1, since: 0, certifiedAt: 0 };
	#carrier: Carrier | undefined;

	constructor(ports: BatcherPorts) {
		this.#ports = ports;
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.#round());
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

	/** Posts everything from now on without waiting for a fuller batch. */
	set flushing(flushing: boolean) {
		this.#flushing = flushing;
		if (flushing) this.#loop.wake();
	}

	async #round(): Promise<void> {
		const { inbox, live, orderer, sender, transactions, fees, archive, log, metrics, streamStart } = this.#ports;
		const view = await look(inbox, live, streamStart);
		const proposal = decide(view);
		if (this.#next.index !== view.index) this.#next = { index: view.index, since: Date.now(), certifiedAt: 0 };
		if (!proposal || !view.cut) return;
		const bytes = view.cut.streamEnd - (streamStart(view.index) ?? 0);
		const waited = this.#flushing ? Number.POSITIVE_INFINITY : Date.now() - Math.max(this.#lastPost, this.#next.since);
		if (!rules.isWorthPosting(bytes, this.#ports.minBytes ?? 60_000, waited, this.#ports.maxWaitMs ?? 2000)) return;
		const { patienceMs = 0 } = this.#ports;
		if (Date.now() - this.#next.since < patienceMs) return;
		const certificate = await orderer.certificate(proposal);
		if (!certificate) return;
		this.#next.certifiedAt ||= Date.now();
		if (Date.now() - this.#next.certifiedAt < patienceMs) return;
		const { content, signatures } = certificate;
		const carrier = chooseCarrier(this.#ports.carrier ?? "auto", this.#carrier, content, await fees.fees());
		const request = transactions.postBatch(certificate.proposal, content, signatures, carrier);
		// Kept before it is sent: whoever reads L1 may ask for it at once.
		if (request.blobs) await archive.keep(request.blobs);
		const outcome = await sender.send(request);
		this.#carrier = carrier;
		this.#lastPost = Date.now();
		if (outcome.status === "done") {
			log.info("another batcher has posted the batch", { index: proposal.index });
			return;
		}
		if (outcome.status === "reverted") {
			log.warn("L1 did not take the batch", { index: proposal.index, error: outcome.error });
			return;
		}
		metrics.set("batcher_batches", proposal.index + 1);
		metrics.add("batcher_gas", Number(outcome.gasUsed));
		log.info("posted a batch", { index: proposal.index, carrier, bytes: content.length, gas: outcome.gasUsed.toString() });
	}
}
