import type { InboxPlace } from "../ports/Chain.ts";
import type { DerivedBatch } from "./DerivedStore.ts";

/** Before the first batch. */
export const BEGINNING: InboxPlace = { batchCount: 0, accumulator: new Uint8Array(32), streamEnd: 0, l1Index: 0, block: 0 };

/** The batches that were executed to their end, behind the place where execution began. Of those before it L1's headers are all that is known. */
export class DerivedBatches {
	readonly origin: InboxPlace;
	#batches: DerivedBatch[];

	/** @param batches those behind the origin, in order, of which the first `count` of all are taken */
	constructor(origin: InboxPlace, batches: readonly DerivedBatch[], count: number) {
		this.origin = origin;
		this.#batches = batches.slice(0, count - origin.batchCount);
	}

	/** Batches of the inbox up to here, those before the origin included. */
	get count(): number {
		return this.origin.batchCount + this.#batches.length;
	}

	get last(): DerivedBatch | undefined {
		return this.#batches.at(-1);
	}

	/** What is known at the end of batch `index`; undefined of one that was not executed here. */
	get(index: number): DerivedBatch | undefined {
		return index < this.origin.batchCount ? undefined : this.#batches[index - this.origin.batchCount];
	}

	/** Those from number `index` on. */
	from(index: number): readonly DerivedBatch[] {
		return this.#batches.slice(Math.max(0, index - this.origin.batchCount));
	}

	/** Where the inbox stands after so many batches; undefined before the origin, and beyond what is executed. */
	place(batches: number): InboxPlace | undefined {
		if (batches === this.origin.batchCount) return this.origin;
		const last = this.get(batches - 1);
		return last && { ...last, batchCount: batches };
	}

	/** Steps since the origin at which so many batches were read; none when that was before. Requires batches <= count. */
	endStep(batches: number): number {
		return this.get(batches - 1)?.endStep ?? 0;
	}

	findLast(holds: (batch: DerivedBatch) => boolean): DerivedBatch | undefined {
		return this.#batches.findLast(holds);
	}

	/** How many batches read only L1 messages below `index`. */
	readingBelow(index: number): number {
		const found = this.#batches.findIndex(({ l1Index }) => l1Index > index);
		return found < 0 ? this.count : this.origin.batchCount + found;
	}

	/** Number of the batch that holds a byte of the order's stream, and where that batch begins in it; undefined where none does that was executed here. */
	holding(offset: number): { readonly index: number; readonly streamStart: number } | undefined {
		const found = this.#batches.findIndex(({ streamEnd }) => offset < streamEnd);
		const streamStart = (this.#batches[found - 1] ?? this.origin).streamEnd;
		return found < 0 || offset < streamStart ? undefined : { index: this.origin.batchCount + found, streamStart };
	}

	push(batch: DerivedBatch): void {
		this.#batches.push(batch);
	}

	/** Keeps the first `count` of all. */
	cut(count: number): void {
		this.#batches = this.#batches.slice(0, count - this.origin.batchCount);
	}
}
