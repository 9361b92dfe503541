import type { BatchCut, LiveExecutor } from "../../executor/LiveExecutor.ts";
import type { InboxReader } from "../../ports/Chain.ts";
import * as Batch from "../../protocol/Batch.ts";

/** Where the next batch goes, and the longest one there is. */
export type View = {
	readonly index: number;
	readonly previousAccumulator: Uint8Array;
	readonly lastMaxTime: number;
	readonly l1Time: number;
	readonly cut: BatchCut | undefined;
};

/** `streamStart` tells how many bytes of records the first `index` batches hold. */
export async function look(inbox: InboxReader, live: LiveExecutor, streamStart: (index: number) => number | undefined): Promise<View> {
	const head = await inbox.head();
	const index = await inbox.batchCount();
	const last = index > 0 ? (await inbox.batches(index - 1, index))[0] : undefined;
	const start = streamStart(index);
	return {
		index,
		previousAccumulator: last?.accumulator ?? new Uint8Array(32),
		lastMaxTime: last?.maxTime ?? 0,
		l1Time: head.time,
		cut: start === undefined ? undefined : live.cut(index, start, Batch.MAX_BATCH_BYTES),
	};
}
