import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import type { BatchCertificate, BatchProposal, OrderedBundle, Orderer } from "../../ports/Orderer.ts";
import { callHttp } from "../../wire/callHttp.ts";
import { ORDERING } from "../../wire/ordering.ts";

export type RemoteOrdererOptions = {
	/** Addresses of sequencers that give one and the same order; the next one is asked when one does not answer. */
	readonly urls: readonly string[];
	readonly clock: Clock;
	readonly log: Log;
	/** Height up to which the follower has executed already: the order is at least that high. */
	readonly height: number;
};

const WAIT_MS = 2000;
const PAUSE_MS = 500;

/** The order as sequencers tell it over the wire. It orders nothing itself; while nobody answers, it waits. Whether what it was told is the order, L1 says: what is derived from there must agree. */
export class RemoteOrderer implements Orderer {
	readonly stamps = false;
	readonly #options: RemoteOrdererOptions;
	#height: number;
	#at = 0;
	/** Whether somebody answered the last time. */
	isReached = false;

	constructor(options: RemoteOrdererOptions) {
		this.#options = options;
		this.#height = options.height;
	}

	get height(): number {
		return this.#height;
	}

	submit(): Promise<OrderedBundle> {
		return Promise.reject(new Error("A follower orders nothing: messages go to a sequencer's API."));
	}

	/** Throws when what follows does not follow: then the sequencer lost, or changed, what this follower has executed. */
	async *stream(fromHeight: number, signal: AbortSignal): AsyncIterable<OrderedBundle> {
		const { clock } = this.#options;
		let next = Math.max(1, fromHeight);
		let before: OrderedBundle | undefined;
		while (!signal.aborted) {
			const bundles = await this.#ask(next, WAIT_MS);
			if (bundles === undefined) {
				await clock.sleep(PAUSE_MS, signal);
				continue;
			}
			for (const bundle of bundles) {
				if (signal.aborted) return;
				requireNext(bundle, next, before);
				before = bundle;
				next = bundle.height + 1;
				yield bundle;
			}
		}
	}

	async read(fromHeight: number, toHeight: number): Promise<readonly OrderedBundle[]> {
		const found: OrderedBundle[] = [];
		while (fromHeight + found.length <= toHeight) {
			const more = await this.#ask(fromHeight + found.length, 0);
			if (!more || more.length === 0) break;
			for (const bundle of more) {
				// An answer holds what there is, which may be more than is asked for.
				if (bundle.height > toHeight) return found;
				requireNext(bundle, fromHeight + found.length, found.at(-1));
				found.push(bundle);
			}
		}
		return found;
	}

	/** Height of the bundle that ends at this byte of the stream; undefined when the order does not come so far yet, no bundle ends there, or nobody answers. */
	async heightOf(streamEnd: number): Promise<number | undefined> {
		if (streamEnd === 0) return 0;
		const [first] = (await this.#ask(1, 0)) ?? [];
		if (!first) return undefined;
		for (let [low, high] = [1, this.#height]; low <= high;) {
			const middle = (low + high) >> 1;
			const [bundle] = await this.read(middle, middle);
			if (!bundle) return undefined;
			if (bundle.streamEnd === streamEnd) return middle;
			if (bundle.streamEnd < streamEnd) low = middle + 1;
			else high = middle - 1;
		}
		return undefined;
	}

	/** The certificate of the proposal's place as the sequencer gives it; what is in it, the sequencer chose. */
	async certificate({ index, previousAccumulator }: BatchProposal): Promise<BatchCertificate | undefined> {
		const answer = await this.#call("order/certificate", { index, previous_accumulator: Bytes.toHex(previousAccumulator) });
		const given = answer === undefined ? null : ORDERING["order/certificate"].result.parse(answer);
		if (!given || given.proposal.index !== index || given.proposal.previous_accumulator !== Bytes.toHex(previousAccumulator))
			return undefined;
		const { proposal } = given;
		return {
			proposal: {
				index,
				previousAccumulator,
				minTime: proposal.min_time,
				maxTime: proposal.max_time,
				l1End: proposal.l1_end,
				fromHeight: proposal.from_height,
				toHeight: proposal.to_height,
			},
			content: Bytes.fromHex(given.content),
			signatures: given.signatures.map(Bytes.fromHex),
		};
	}

	async #ask(from: number, waitMs: number): Promise<OrderedBundle[] | undefined> {
		const answer = await this.#call("order/read", { from, wait_ms: waitMs });
		if (answer === undefined) return undefined;
		const { height, bundles } = ORDERING["order/read"].result.parse(answer);
		if (height < this.#options.height)
			throw new Error(
				`The sequencer's order ends at height ${height}, but ${this.#options.height} bundles of it are executed here: it lost what it acknowledged.`,
			);
		this.#height = Math.max(this.#height, height);
		return bundles.map((one) => ({
			height: one.height,
			firstSequence: one.first_sequence,
			recordCount: one.record_count,
			streamEnd: one.stream_end,
			streamHash: Bytes.fromHex(one.stream_hash),
			records: Bytes.fromHex(one.records),
		}));
	}

	/** One call to who answers; undefined when nobody does. */
	async #call(method: keyof typeof ORDERING, params: object): Promise<unknown> {
		const { urls, log } = this.#options;
		for (let tries = 0; tries < urls.length; tries++) {
			const url = urls[this.#at % urls.length];
			try {
				const answer = await callHttp(url, method, params);
				this.isReached = true;
				return answer;
			} catch (error) {
				log.debug("a sequencer does not answer", { url, reason: (error as Error).message });
				this.#at += 1;
			}
		}
		if (this.isReached) log.warn("no sequencer answers", { asked: urls.length });
		this.isReached = false;
		return undefined;
	}
}

function requireNext(bundle: OrderedBundle, height: number, before: OrderedBundle | undefined): void {
	const hash = before && Keccak.hash(Bytes.concat(before.streamHash, Keccak.hash(bundle.records)));
	if (
		bundle.height !== height ||
		(before && bundle.streamEnd !== before.streamEnd + bundle.records.length) ||
		(before && bundle.firstSequence !== before.firstSequence + before.recordCount) ||
		(hash && !Bytes.equal(hash, bundle.streamHash))
	)
		throw new Error(`Bundle ${bundle.height} that a sequencer tells does not follow height ${height - 1}: it tells no one order.`);
}
