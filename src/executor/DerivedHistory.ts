import type { History } from "../ports/History.ts";
import { ExecutorError } from "./ExecutorError.ts";
import { HistoryTree } from "./HistoryTree.ts";
import type { ReadBatch } from "./InboxView.ts";
import * as OneStepProof from "./OneStepProof.ts";
import type { Runner } from "./Runner.ts";

/** What a history asks of the executor that derived it. All throw NOT_DERIVED once L1 has replaced what it was derived from. */
export type HistoryContext = {
	/** Commitment after `step` steps since genesis. */
	leaf(step: number): Uint8Array;
	/** The machine after `step` steps since genesis, executed again. */
	runnerAt(step: number): Promise<Runner>;
	/** A batch as L1 gives it. */
	read(index: number): Promise<ReadBatch | undefined>;
};

/** LIMIT: proofs that are kept, of some kilobytes each. Opening a blob takes half a second, and a move may have to be prepared again. */
const KEPT_PROOFS = 256;

/** A stretch of the derived commitments: from the state after `firstStep` steps to the target, or as far as 2^height steps go. */
export class DerivedHistory implements History {
	readonly height: number;
	readonly stepCount: number;
	readonly halts: boolean;
	readonly #context: HistoryContext;
	readonly #firstStep: number;
	readonly #targetBatch: number;
	readonly #tree: HistoryTree;
	/** Once it was executed again for somebody. */
	#finalState: Uint8Array | undefined;
	readonly #proofs = new Map<number, Promise<Uint8Array>>();

	/** @param endStep steps since genesis at which the machine halts at the target, at least `firstStep` */
	constructor(context: HistoryContext, firstStep: number, endStep: number, targetBatch: number, height: number) {
		this.height = height;
		this.halts = endStep - firstStep <= 2 ** height;
		this.stepCount = Math.min(endStep - firstStep, 2 ** height);
		this.#context = context;
		this.#firstStep = firstStep;
		this.#targetBatch = targetBatch;
		const last = firstStep + this.stepCount;
		this.#tree = new HistoryTree(height, Math.max(1, this.stepCount), (place) => context.leaf(Math.min(firstStep + place + 1, last)));
	}

	leaf(step: number): Uint8Array {
		return step === 0 ? this.#context.leaf(this.#firstStep) : this.#tree.leaf(step - 1);
	}

	root(height: number, position: number): Uint8Array {
		return this.#tree.root(height, position);
	}

	path(position: number): readonly Uint8Array[] {
		return this.#tree.path(position);
	}

	async finalState(): Promise<Uint8Array> {
		this.#finalState ??= (await this.#context.runnerAt(this.#firstStep + this.stepCount)).preimage();
		return this.#finalState;
	}

	async prove(position: number): Promise<Uint8Array> {
		// Throws once L1 has replaced what was proven.
		this.#context.leaf(this.#firstStep);
		const kept = this.#proofs.get(position);
		if (kept) return kept;
		const proof = this.#prove(position);
		this.#proofs.set(position, proof);
		for (const oldest of this.#proofs.keys()) {
			if (this.#proofs.size <= KEPT_PROOFS) break;
			this.#proofs.delete(oldest);
		}
		// What L1 did not give just now it may give the next time.
		proof.catch(() => this.#proofs.delete(position));
		return proof;
	}

	async #prove(position: number): Promise<Uint8Array> {
		if (position < 0 || position >= 2 ** this.height) throw new RangeError(`a history of height ${this.height} has no step ${position}`);
		const runner = await this.#context.runnerAt(this.#firstStep + Math.min(position, this.stepCount));
		const { batch: index } = runner.machine.cursor;
		const batch = index < this.#targetBatch ? await this.#context.read(index) : undefined;
		if (index < this.#targetBatch && !batch)
			throw new ExecutorError("NOT_DERIVED", `L1 does not give batch ${index} at the moment: try again.`);
		return OneStepProof.build(runner, batch, this.#targetBatch);
	}
}
