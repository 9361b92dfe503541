// The TypeScript twin on an inbox of its own, recording every step as the one-step proof that the Solidity twin executes.

import * as Genesis from "../../../src/executor/Genesis.ts";
import type { ReadBatch } from "../../../src/executor/InboxView.ts";
import { encodeOpening, encodeWitness } from "../../../src/executor/OneStepProof.ts";
import { NO_HEADER } from "../../../src/executor/Runner.ts";
import { TrackedState } from "../../../src/executor/TrackedState.ts";
import type { CellBytes } from "../../../src/executor/TrackedState.ts";
import * as Kzg from "../../../src/kzg/Kzg.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import { CommittedState } from "../../../src/machine/state/CommittedState.ts";
import type { AccessLog } from "../../../src/machine/state/CommittedState.ts";
import * as Step from "../../../src/machine/step/Machine.ts";
import * as Machines from "../../../src/machine/types/Machine.ts";
import { InputKind } from "../../../src/machine/types/Machine.ts";
import type { Input, Machine, Outcome } from "../../../src/machine/types/Machine.ts";
import type { L1Message } from "../../../src/ports/Chain.ts";
import * as Batch from "../../../src/protocol/Batch.ts";
import * as Blob from "../../../src/protocol/Blob.ts";
import * as InboxAccumulator from "../../../src/protocol/InboxAccumulator.ts";
import type { EvmStep } from "./Evm.ts";

/** What one batch brings. A `raw` item stands in the content as it is, so that it may be no record; an L1 message is taken by a record of its own or left to the batch's end. */
export type Item =
	| { readonly kind: "record"; readonly payload: Uint8Array; readonly delay: number }
	| { readonly kind: "raw"; readonly bytes: Uint8Array }
	| { readonly kind: "message"; readonly l1Kind: number; readonly sender: string; readonly payload: Uint8Array; readonly taken: boolean };

export type BatchTimes = { readonly minTime: number; readonly maxTime: number; readonly carrier?: number };

/** One step of the TypeScript twin, and the call by which the Solidity twin makes the same. */
export type Recorded = {
	readonly input: Input;
	readonly evm: EvmStep;
	readonly outcome: Outcome;
	readonly commitment: string;
	readonly witness: AccessLog;
};

const NOTHING = new Uint8Array(0);
const L1_TIME = 1_700_000_000;

export class Lane {
	readonly state: CommittedState;
	readonly machine: Machine;
	#batch: ReadBatch | undefined = undefined;
	#accumulator: Uint8Array = new Uint8Array(32);
	#streamEnd = 0;
	#messageAccumulators: Uint8Array[] = [new Uint8Array(32)];

	constructor(cells: Iterable<CellBytes>, machine: Machine = Machines.initial()) {
		this.state = new CommittedState();
		TrackedState.fill(this.state, cells);
		this.machine = machine;
	}

	static genesis(options: Genesis.GenesisOptions): Lane {
		return new Lane(Genesis.cells(options));
	}

	/** Puts the next batch under the cursor. The one before must be done. */
	open(items: readonly Item[], { minTime, maxTime, carrier = Batch.CALLDATA }: BatchTimes): void {
		const content: Uint8Array[] = [];
		const messages: L1Message[] = [];
		const firstMessage = this.#messageAccumulators.length - 1;
		for (const item of items) {
			if (item.kind === "record") content.push(Batch.encodeRecord(item.payload, item.delay));
			else if (item.kind === "raw") content.push(item.bytes);
			else {
				const { l1Kind: kind, sender, payload } = item;
				const message = { index: firstMessage + messages.length, kind, sender, payload, timestamp: L1_TIME, block: 0 };
				messages.push(message);
				const hash = InboxAccumulator.messageHash(kind, sender, message.timestamp, message.index, payload);
				this.#messageAccumulators.push(InboxAccumulator.accumulate(this.#messageAccumulators[message.index], hash));
				if (item.taken) content.push(Batch.encodeRecord(Uint8Array.of(Batch.TAKE_L1), 0));
			}
		}
		const bytes = Bytes.concat(...content);
		const l1End = firstMessage + messages.length;
		const blobs = carrier === Batch.BLOB ? Kzg.commitAll(bytes) : [];
		const contentRoot = carrier === Batch.BLOB ? Blob.root(blobs.map(({ versionedHash }) => versionedHash)) : Batch.contentRoot(bytes);
		const header = { carrier, contentRoot, length: bytes.length, minTime, maxTime, l1End, streamStart: this.#streamEnd };
		this.#streamEnd += bytes.length;
		const before = this.#accumulator;
		this.#accumulator = Batch.accumulate(before, header);
		const index = this.machine.cursor.batch;
		const after = this.#accumulator;
		this.#batch = { index, header, content: bytes, blobs: blobs.map(({ blob }) => blob), before, after, block: 0, firstMessage, messages };
	}

	/** Whether the batch under the cursor has been left. */
	get done(): boolean {
		return this.#batch?.index !== this.machine.cursor.batch && this.machine.registers.kind === Machines.NONE;
	}

	/** Takes the next step towards `target`, which halts the machine when it is the batch under the cursor. */
	advance(target: number = this.machine.cursor.batch + 1): Recorded {
		const batch = this.#batch?.index === this.machine.cursor.batch ? this.#batch : undefined;
		const { cursor, registers } = this.machine;
		const { offset, l1Index } = cursor;
		const preimage = Machines.encode(this.machine, this.state.stateRoot(), this.state.outboxRoot());
		const preCommitment = Machines.commitment(this.machine, this.state.stateRoot(), this.state.outboxRoot());
		const header = batch?.header ?? NO_HEADER;
		const input = Batch.nextInput(this.machine, target, header, batch?.content ?? NOTHING, 0, (index) => {
			const message = batch?.messages[index - batch.firstMessage];
			if (!message) throw new Error(`L1 message ${index} is not in this lane`);
			return message;
		});
		const index = cursor.batch;
		let outcome: Outcome | undefined;
		const witness = this.state.record((state) => {
			outcome = Step.step(state, this.machine, input);
		});
		const touchesState = registers.kind !== Machines.NONE || input.kind === InputKind.Record || input.kind === InputKind.L1Message;
		const proof = joinProof(
			preimage,
			touchesState ? encodeWitness(witness) : NOTHING,
			batch ? encodeOpening(input, batch, offset) : NOTHING,
		);
		const commitment = Bytes.toHex(Machines.commitment(this.machine, this.state.stateRoot(), this.state.outboxRoot()));
		const evm: EvmStep = {
			target,
			preCommitment,
			proof,
			batch: index,
			batchBefore: batch?.before ?? new Uint8Array(32),
			batchAfter: batch?.after ?? new Uint8Array(32),
			message: l1Index,
			messageBefore: this.#messageAccumulators[l1Index] ?? new Uint8Array(32),
			messageAfter: this.#messageAccumulators[l1Index + 1] ?? new Uint8Array(32),
		};
		return { input, evm, outcome: outcome as Outcome, commitment, witness };
	}
}

/** machine 249 | witness length u32 | witness | inbox opening */
export function joinProof(preimage: Uint8Array, witness: Uint8Array, opening: Uint8Array): Uint8Array {
	const length = new Uint8Array(4);
	Bytes.put(length, 0, 4, witness.length);
	return Bytes.concat(preimage, length, witness, opening);
}
