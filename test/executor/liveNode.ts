// A live executor fed by a stream of bundles that a test makes, and posted to an L1 in memory as a batcher would.

import * as Genesis from "../../src/executor/Genesis.ts";
import { LiveExecutor } from "../../src/executor/LiveExecutor.ts";
import type { RecordResult } from "../../src/executor/Events.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import type { OrderedBundle } from "../../src/ports/Orderer.ts";
import type { Store } from "../../src/ports/Store.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import type { MemoryChain } from "./memoryChain.ts";
import { GENESIS } from "./world.ts";

export type Message = { readonly payload: Uint8Array; readonly delay: number };

/** The total order, in memory. */
export class Stream {
	readonly bundles: OrderedBundle[] = [];

	add(messages: readonly Message[]): OrderedBundle {
		const last = this.bundles.at(-1);
		const records = Bytes.concat(...messages.map(({ payload, delay }) => Batch.encodeRecord(payload, delay)));
		const bundle: OrderedBundle = {
			records,
			recordCount: messages.length,
			height: this.bundles.length + 1,
			firstSequence: last ? last.firstSequence + last.recordCount : 0,
			streamEnd: (last?.streamEnd ?? 0) + records.length,
			streamHash: Keccak.hashPair(last?.streamHash ?? new Uint8Array(32), Keccak.hash(records)),
		};
		this.bundles.push(bundle);
		return bundle;
	}

	content(fromHeight: number, toHeight: number): Uint8Array {
		return Bytes.concat(...this.bundles.slice(fromHeight - 1, toHeight).map(({ records }) => records));
	}
}

export class LiveNode {
	readonly live: LiveExecutor;
	readonly stream: Stream;
	readonly chain: MemoryChain;

	private constructor(live: LiveExecutor, stream: Stream, chain: MemoryChain) {
		this.live = live;
		this.stream = stream;
		this.chain = chain;
	}

	static async open(store: Store, stream: Stream, chain: MemoryChain, checkpointBundles = 4, rootBytes?: number): Promise<LiveNode> {
		const live = await LiveExecutor.open({ store, genesis: Genesis.cells(GENESIS), checkpointBundles, rootBytes });
		return new LiveNode(live, stream, chain);
	}

	/** Applies every bundle of the stream that is not applied yet. */
	async follow(): Promise<RecordResult[]> {
		const results: RecordResult[] = [];
		while (this.live.height < this.stream.bundles.length) {
			const bundle = this.stream.bundles[this.live.height];
			const messages = await this.chain.messages(this.live.l1Index, this.live.l1Index + this.live.takes(bundle));
			results.push(...this.live.apply(bundle, messages));
		}
		return results;
	}

	async submit(messages: readonly Message[]): Promise<RecordResult[]> {
		this.stream.add(messages);
		return this.follow();
	}

	/** Posts the longest batch of at most `maxBytes` behind `posted` bytes; returns how much is posted then. */
	async post(posted: number, maxBytes: number): Promise<number> {
		const cut = this.live.cut(await this.chain.batchCount(), posted, maxBytes);
		if (!cut) return posted;
		const minTime = this.chain.last.maxTime;
		this.chain.post(this.stream.content(cut.fromHeight, cut.toHeight), minTime, Math.max(minTime, cut.clock), cut.l1End);
		return cut.streamEnd;
	}
}
