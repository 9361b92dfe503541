import * as Kzg from "../../src/kzg/Kzg.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import type { InboxReader, L1Head, L1Message, PostedBatch } from "../../src/ports/Chain.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import * as Blob from "../../src/protocol/Blob.ts";

/** An L1 inbox in memory, with the rules of SequencerInbox about order and time, and with reorganisations. */
export class MemoryChain implements InboxReader {
	readonly #messages: L1Message[] = [];
	readonly #batches: PostedBatch[] = [];
	#block = 1;
	#fork = 0;

	async head(): Promise<L1Head> {
		return { number: this.#block, time: 0, hash: Bytes.toHex(Keccak.hashText(`block ${this.#block} of fork ${this.#fork}`)) };
	}

	async batchCount(): Promise<number> {
		return this.#batches.length;
	}

	async messageCount(): Promise<number> {
		return this.#messages.length;
	}

	/** Messages from the last so many blocks are not final yet. */
	finalityBlocks = 0;

	async finalMessageCount(): Promise<number> {
		return this.#messages.findLastIndex(({ block }) => block <= this.#block - this.finalityBlocks) + 1;
	}

	async batches(from: number, to: number): Promise<readonly PostedBatch[]> {
		return this.#batches.slice(from, to);
	}

	async messages(from: number, to: number): Promise<readonly L1Message[]> {
		return this.#messages.slice(from, to);
	}

	/** This chain has no clock, and forces whenever it is told to. */
	async forceAllowedAt(): Promise<number> {
		return 0;
	}

	get last(): { readonly maxTime: number; readonly l1End: number; readonly accumulator: Uint8Array } {
		return this.#batches.at(-1) ?? { maxTime: 0, l1End: 0, accumulator: new Uint8Array(32) };
	}

	send(kind: number, payload: Uint8Array, timestamp: number, sender = "0x00000000000000000000000000000000000000dd"): number {
		this.#messages.push({ index: this.#messages.length, kind, sender, timestamp, payload, block: ++this.#block });
		return this.#messages.length - 1;
	}

	post(content: Uint8Array, minTime: number, maxTime: number, l1End: number, carrier = Batch.CALLDATA): void {
		if (
			minTime < this.last.maxTime ||
			maxTime < minTime ||
			l1End < this.last.l1End ||
			l1End > this.#messages.length ||
			content.length > Batch.MAX_BATCH_BYTES
		) {
			throw new Error("the inbox would revert");
		}
		this.#append(carrier, content, minTime, maxTime, l1End);
	}

	forceInclude(l1End: number): void {
		const time = Math.max(this.last.maxTime, this.#messages[l1End - 1].timestamp);
		this.#append(Batch.FORCED_CARRIER, new Uint8Array(0), time, time, l1End);
	}

	/** So many blocks without anything in them. */
	mine(blocks: number): void {
		this.#block += blocks;
	}

	/** L1 replaces the blocks that hold batches from `batchCount` on and messages from `messageCount` on. */
	reorganise(batchCount: number, messageCount: number): void {
		this.#batches.splice(batchCount);
		this.#messages.splice(messageCount);
		this.#fork += 1;
		this.#block += 1;
	}

	#append(carrier: number, content: Uint8Array, minTime: number, maxTime: number, l1End: number): void {
		const committed = carrier === Batch.BLOB ? Kzg.commitAll(content) : [];
		const blobsRoot = Blob.root(committed.map(({ versionedHash }) => versionedHash));
		const contentRoot = [Batch.contentRoot(content), blobsRoot, new Uint8Array(32)][carrier];
		const before = this.#batches.at(-1);
		const streamStart = before ? before.streamStart + before.content.length : 0;
		const header = { carrier, contentRoot, length: content.length, minTime, maxTime, l1End, streamStart };
		const accumulator = Batch.accumulate(this.last.accumulator, header);
		this.#batches.push({
			index: this.#batches.length,
			carrier,
			contentRoot,
			minTime,
			maxTime,
			l1End,
			streamStart,
			accumulator,
			content,
			blobs: committed.map(({ blob }) => blob),
			block: ++this.#block,
		});
	}
}
