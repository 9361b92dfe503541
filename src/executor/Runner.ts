import { CommittedState } from "../machine/state/CommittedState.ts";
import type { AccessLog } from "../machine/state/CommittedState.ts";
import * as State from "../machine/state/State.ts";
import * as Step from "../machine/step/Machine.ts";
import * as Machines from "../machine/types/Machine.ts";
import type { Input, Machine, Outcome } from "../machine/types/Machine.ts";
import * as Batch from "../protocol/Batch.ts";
import type { ReadBatch } from "./InboxView.ts";
import { TrackedState } from "./TrackedState.ts";
import type { CellBytes } from "./TrackedState.ts";

/** Where no batch is under the cursor. */
export const NO_HEADER: Batch.Header = {
	carrier: Batch.CALLDATA,
	contentRoot: new Uint8Array(32),
	length: 0,
	minTime: 0,
	maxTime: 0,
	l1End: 0,
	streamStart: 0,
};
const NOTHING = new Uint8Array(0);

/** That a cell is part of a state. */
export type CellProof = { readonly kindRoots: readonly Uint8Array[]; readonly cell: Uint8Array; readonly siblings: readonly Uint8Array[] };

/** The machine on its inbox, step by step, batch-exact: what L1 would execute. */
export class Runner {
	readonly #state: CommittedState;
	readonly machine: Machine;
	/** Steps since genesis. */
	step: number;

	constructor(state: CommittedState, machine: Machine, step: number) {
		this.#state = state;
		this.machine = machine;
		this.step = step;
	}

	/** Before the first step, on these cells. */
	static genesis(cells: Iterable<CellBytes>): Runner {
		const state = new CommittedState();
		TrackedState.fill(state, cells);
		return new Runner(state, Machines.initial(), 0);
	}

	/** What `save` wrote. */
	static restore(bytes: Uint8Array, step: number): Runner {
		return new Runner(CommittedState.restore(bytes.subarray(Machines.LENGTH)), Machines.decode(bytes.subarray(0, Machines.LENGTH)), step);
	}

	/** The preimage of the commitment, then every cell. */
	save(): Uint8Array {
		const cells = this.#state.serialise();
		const bytes = new Uint8Array(Machines.LENGTH + cells.length);
		bytes.set(this.preimage(), 0);
		bytes.set(cells, Machines.LENGTH);
		return bytes;
	}

	/** What the inbox offers next; `batch` is the one under the cursor, needed below `target` when nothing is pending. */
	input(batch: ReadBatch | undefined, target: number): Input {
		const header = batch?.header ?? NO_HEADER;
		return Batch.nextInput(this.machine, target, header, batch?.content ?? NOTHING, 0, (index) => {
			const message = batch?.messages[index - batch.firstMessage];
			if (!message) throw new Error(`batch ${this.machine.cursor.batch} was read without L1 message ${index}`);
			return message;
		});
	}

	/** One step. The trees stay behind until somebody asks for a root. */
	advance(input: Input): Outcome {
		const outcome = Step.step(this.#state.live, this.machine, input);
		this.step += 1;
		return outcome;
	}

	/** One step, with its access log. */
	record(input: Input): AccessLog {
		const log = this.#state.record((state) => {
			Step.step(state, this.machine, input);
		});
		this.step += 1;
		return log;
	}

	stateRoot(): Uint8Array {
		this.#state.commit();
		return this.#state.stateRoot();
	}

	outboxRoot(): Uint8Array {
		this.#state.commit();
		return this.#state.outboxRoot();
	}

	/** Leaves in the outbox. */
	get withdrawals(): readonly Uint8Array[] {
		return this.#state.live.withdrawals;
	}

	/** EIP-712 separator of users' messages. */
	get domainSeparator(): Uint8Array {
		return State.globals(this.#state.live).domainSeparator;
	}

	preimage(): Uint8Array {
		return Machines.encode(this.machine, this.stateRoot(), this.outboxRoot());
	}

	commitment(): Uint8Array {
		return Machines.commitment(this.machine, this.stateRoot(), this.outboxRoot());
	}

	/** A cell with its path: the roots of all kinds, its bytes, empty when it is absent, and its siblings, lowest first. */
	prove(kind: number, index: number): CellProof {
		this.#state.commit();
		const { forest, live } = this.#state;
		return { kindRoots: forest.kindRoots(), cell: live.bytesOf(kind, index), siblings: forest.siblings(kind, index) };
	}

	/** Every cell as bytes. */
	cells(): CellBytes[] {
		this.#state.commit();
		return new TrackedState(this.#state).takeAll();
	}
}
