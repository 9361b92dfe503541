import { HistoryTree } from "../executor/HistoryTree.ts";
import * as Keccak from "../machine/math/Keccak.ts";
import type { History } from "../ports/History.ts";

/**
 * A history that is honest up to step `lieStep` and wrong from there on: what a lying proposer asserts, in tests and in the demonstration. Its last state is
 * the honest one with a corrupted state root, so it looks like a machine.
 */
export class LyingHistory implements History {
	readonly height: number;
	readonly stepCount: number;
	readonly halts = true;
	readonly #honest: History;
	readonly #lieStep: number;
	readonly #finalState: Uint8Array;
	readonly #tree: HistoryTree;

	/** @param flavour tells lies at the same step apart */
	static async tell(honest: History, lieStep: number, flavour: number): Promise<LyingHistory> {
		const finalState = (await honest.finalState()).slice();
		finalState[32] = finalState[32] ^ (1 + (flavour % 255));
		finalState[33] = finalState[33] ^ (Math.floor(flavour / 255) % 256);
		return new LyingHistory(honest, lieStep, finalState);
	}

	private constructor(honest: History, lieStep: number, finalState: Uint8Array) {
		this.height = honest.height;
		this.stepCount = 2 ** honest.height;
		this.#honest = honest;
		this.#lieStep = lieStep;
		this.#finalState = finalState;
		const lie = Keccak.hash(finalState);
		this.#tree = new HistoryTree(honest.height, lieStep + 1, (place) => (place < lieStep ? honest.leaf(place + 1) : lie));
	}

	leaf(step: number): Uint8Array {
		return step === 0 ? this.#honest.leaf(0) : this.#tree.leaf(step - 1);
	}

	root(height: number, position: number): Uint8Array {
		return this.#tree.root(height, position);
	}

	path(position: number): readonly Uint8Array[] {
		return this.#tree.path(position);
	}

	async finalState(): Promise<Uint8Array> {
		return this.#finalState;
	}

	/** A liar can prove what is true, and nothing else. */
	async prove(position: number): Promise<Uint8Array> {
		if (position >= this.#lieStep) throw new RangeError("a wrong step has no proof");
		return this.#honest.prove(position);
	}
}
