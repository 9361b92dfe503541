import * as Bytes from "../machine/math/Bytes.ts";
import { FORCED_CARRIER } from "../protocol/Batch.ts";
import type { DerivedBatch } from "./DerivedStore.ts";

/**
 * Whether live execution and L1 agree. `unknown` is never an alarm: one side has not come so far. `rebase`: L1 forced a batch in between, replaced one, or holds
 * one that gives records other L1 messages or times than they had, and the live state must start again from the derived one. `disagree`: something executes
 * wrongly, or posts what was not ordered: stop signing, and call a person.
 */
export type Verdict = "agree" | "unknown" | "rebase" | "disagree";

export type Comparison = { readonly verdict: Verdict; readonly batchCount: number; readonly reason: string };

/** What is compared of a live executor. */
export type ComparedLive = {
	readonly batchCount: number;
	readonly streamEnd: number;
	rootAt(streamEnd: number): Uint8Array | undefined;
	/** Whether the records from byte `streamStart` on were read here as they are on L1, in one batch that ends so. */
	readAsBatch(streamStart: number, end: { readonly streamEnd: number; readonly clock: number; readonly l1Index: number }): boolean;
	/** batchAccumulator[index + 1] as it was when batch `index` agreed; undefined when that is long ago, or another process's memory. */
	agreedAt(index: number): Uint8Array | undefined;
	confirmBatch(batch: DerivedBatch): void;
};

/** What is compared of a derived executor. */
export type ComparedDerived = {
	readonly batchCount: number;
	batch(index: number): DerivedBatch | undefined;
	/** Where the inbox stands after so many batches. */
	place(batches: number): { readonly streamEnd: number } | undefined;
};

/**
 * Compares at the end of every batch that was not compared yet, and tells the live executor how far it agrees. `batchCount` of the answer is how many
 * batches agree.
 */
export function compare(live: ComparedLive, derived: ComparedDerived): Comparison {
	const common = Math.min(live.batchCount, derived.batchCount) - 1;
	const agreed = live.agreedAt(common);
	const now = derived.batch(common);
	if (agreed && now && !Bytes.equal(agreed, now.accumulator))
		return { verdict: "rebase", batchCount: common, reason: `L1 has replaced batch ${common}, which agreed before` };
	if (derived.batchCount < live.batchCount) {
		return {
			verdict: "unknown",
			batchCount: live.batchCount,
			reason: `L1 is read up to batch ${derived.batchCount} of ${live.batchCount} that agreed before`,
		};
	}
	for (let index = live.batchCount; index < derived.batchCount; index++) {
		const batch = derived.batch(index) as DerivedBatch;
		if (batch.carrier === FORCED_CARRIER) return { verdict: "rebase", batchCount: index, reason: `batch ${index} was forced on L1` };
		if (batch.streamEnd > live.streamEnd) {
			return {
				verdict: "unknown",
				batchCount: index,
				reason: `batch ${index} ends at byte ${batch.streamEnd}, live execution is at ${live.streamEnd}`,
			};
		}
		const root = live.rootAt(batch.streamEnd);
		if (!root)
			return {
				verdict: "unknown",
				batchCount: index,
				reason: `no live root was kept at byte ${batch.streamEnd}, where batch ${index} ends`,
			};
		// Behind a forced batch, the messages and the time of a record depend on the batch that it lies in, and another node may have cut that: L1 decides. Neither
		// need leave a trace in the root.
		if (!live.readAsBatch(derived.place(index)?.streamEnd ?? 0, batch))
			return {
				verdict: "rebase",
				batchCount: index,
				reason: `batch ${index} gives its records other L1 messages or another time than they had here`,
			};
		if (!Bytes.equal(root, batch.stateRoot)) {
			const roots = `${Bytes.toHex(root)} live, ${Bytes.toHex(batch.stateRoot)} from L1`;
			return { verdict: "disagree", batchCount: index, reason: `at the end of batch ${index} the state roots differ: ${roots}` };
		}
		live.confirmBatch(batch);
	}
	return { verdict: "agree", batchCount: live.batchCount, reason: `agreed up to batch ${live.batchCount}` };
}
