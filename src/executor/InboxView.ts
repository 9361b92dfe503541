import * as Kzg from "../kzg/Kzg.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import type { InboxReader, L1Message, PostedBatch } from "../ports/Chain.ts";
import * as Batch from "../protocol/Batch.ts";
import * as Blob from "../protocol/Blob.ts";
import * as InboxAccumulator from "../protocol/InboxAccumulator.ts";
import { ExecutorError } from "./ExecutorError.ts";

/** Batches kept with their content: about 2 MB at most. */
const KEPT_BATCHES = 16;

/** A batch that was checked, with everything that executing it reads. */
export type ReadBatch = {
	readonly index: number;
	readonly header: Batch.Header;
	readonly content: Uint8Array;
	/** The blobs that hold it; none when it came by calldata. */
	readonly blobs: readonly Uint8Array[];
	/** batchAccumulator[index] and [index + 1]. */
	readonly before: Uint8Array;
	readonly after: Uint8Array;
	readonly block: number;
	/** L1 messages from the end of the batch before up to `header.l1End`. */
	readonly firstMessage: number;
	readonly messages: readonly L1Message[];
};

/** Reads the inbox through its port and believes nothing: a content must hash to its header, a header to its accumulator. */
export class InboxView {
	readonly #inbox: InboxReader;
	readonly #kept = new Map<string, ReadBatch>();

	constructor(inbox: InboxReader) {
		this.#inbox = inbox;
	}

	/**
	 * The batch behind accumulator `before`, with the messages from `firstMessage` on; undefined when the inbox does not hold it, or holds one that
	 * follows another accumulator.
	 */
	async batch(index: number, before: Uint8Array, firstMessage: number): Promise<ReadBatch | undefined> {
		const key = `${index}/${Bytes.toHex(before)}`;
		const kept = this.#kept.get(key);
		if (kept) return kept;
		const [posted] = await this.#inbox.batches(index, index + 1);
		if (!posted || posted.index !== index) return undefined;
		const header = headerOf(posted);
		if (!Bytes.equal(Batch.accumulate(before, header), posted.accumulator)) return undefined;
		if (!isContentOf(posted)) {
			throw new ExecutorError(
				"MISMATCH",
				`The content of batch ${index} as the L1 provider gives it does not hash to what L1 committed to: use another provider.`,
			);
		}
		const messages = await this.#inbox.messages(firstMessage, header.l1End);
		if (messages.length !== header.l1End - firstMessage || messages.some((message, i) => message.index !== firstMessage + i))
			return undefined;
		const batch: ReadBatch = {
			index,
			header,
			content: posted.content,
			blobs: posted.blobs,
			before,
			after: posted.accumulator,
			block: posted.block,
			firstMessage,
			messages,
		};
		this.#kept.set(key, batch);
		for (const oldest of this.#kept.keys()) {
			if (this.#kept.size <= KEPT_BATCHES) break;
			this.#kept.delete(oldest);
		}
		return batch;
	}

	/** batchAccumulator[index + 1] as L1 has it now; undefined when there is no such batch. */
	async accumulatorAfter(index: number): Promise<Uint8Array | undefined> {
		const [posted] = await this.#inbox.batches(index, index + 1);
		return posted?.accumulator;
	}

	/** Hashes of the messages from `from` on, as L1 has them now. */
	async messageHashes(from: number, to: number): Promise<Uint8Array[]> {
		return (await this.#inbox.messages(from, to)).map(hashOf);
	}

	/** Forgets everything read: L1 changed its mind. */
	clear(): void {
		this.#kept.clear();
	}
}

export function hashOf(message: L1Message): Uint8Array {
	return InboxAccumulator.messageHash(message.kind, message.sender, message.timestamp, message.index, message.payload);
}

/** Whether a content is the one that L1 committed to. Blobs need not be packed as ours are: what stands in the high bytes and behind the content means nothing. */
function isContentOf({ carrier, content, contentRoot, blobs }: PostedBatch): boolean {
	if (carrier !== Batch.BLOB) return content.length === 0 || Bytes.equal(Batch.contentRoot(content), contentRoot);
	if (blobs.length !== Blob.count(content.length)) return false;
	const hashes = blobs.map((blob) => Kzg.versionedHash(Kzg.commit(blob)));
	if (!Bytes.equal(Blob.root(hashes), contentRoot)) return false;
	// Behind the content nothing need be read: most batches fill a small part of their last blob.
	const elements = 32 * Math.ceil(content.length / Blob.USABLE_BYTES);
	return blobs.every((blob, i) => {
		const read = Blob.content(blob.subarray(0, elements - i * 32 * Blob.ELEMENTS));
		const part = content.subarray(i * Blob.CONTENT_BYTES, (i + 1) * Blob.CONTENT_BYTES);
		return Bytes.equal(read.subarray(0, part.length), part);
	});
}

function headerOf(posted: PostedBatch): Batch.Header {
	const { carrier, contentRoot, content, minTime, maxTime, l1End, streamStart } = posted;
	return { carrier, contentRoot, length: content.length, minTime, maxTime, l1End, streamStart };
}
