import { setImmediate as nextTurn } from "node:timers/promises";
import * as Keccak from "../machine/math/Keccak.ts";
import * as Machines from "../machine/types/Machine.ts";
import * as Batch from "../protocol/Batch.ts";
import type { ReadBatch } from "./InboxView.ts";
import { encodeOpening } from "./OneStepProof.ts";
import type { Runner } from "./Runner.ts";

/** What the machine reads at a place of the order. */
export type Reading = {
	/** Of the executor, since its origin: the state before it. */
	readonly step: number;
	readonly machine: Uint8Array;
	/** Shows the record, as a one-step proof does (docs/spec/rollup.md). */
	readonly opening: Uint8Array;
	/** Of the message whose record begins there; undefined when none does. */
	readonly messageHash: Uint8Array | undefined;
};

/** Steps between which others get a turn. */
const TURN_STEPS = 256;

/** Runs a machine through the batch that it is about to read, to the record about an offset of its content; undefined when the machine begins behind that. */
export async function readingOf(runner: Runner, batch: ReadBatch, offset: number): Promise<Reading | undefined> {
	const { content, header, index } = batch;
	const target = index + 1;
	while (runner.machine.cursor.batch === index) {
		const { cursor, registers } = runner.machine;
		if (offset < cursor.offset || cursor.offset >= header.length) return undefined;
		if (registers.kind === Machines.NONE && cursor.item === 0) {
			const record = Batch.readRecord(content, 0, cursor.offset, header.length);
			const end = record.ok ? record.payloadAt + record.length : header.length;
			if (offset < end) {
				const begins = record.ok && offset === cursor.offset;
				return {
					step: runner.step,
					machine: runner.preimage(),
					opening: encodeOpening(runner.input(batch, target), batch, cursor.offset),
					messageHash: begins ? Keccak.hash(content.subarray(record.payloadAt, end)) : undefined,
				};
			}
		}
		runner.advance(runner.input(batch, target));
		if (runner.step % TURN_STEPS === 0) await nextTurn();
	}
	return undefined;
}
