/**
 * The machine's commitments after every step from one state, as an assertion commits to them (docs/spec/rollup.md): leaves
 * L_1 .. L_N, N = 2^height, the last one repeating once the machine has halted at the target. Hashes are 32 bytes.
 * Whoever returns one has derived it from L1 alone; a liar is the same noun with other leaves.
 */
export interface History {
	readonly height: number;
	/** Steps until the machine halts at the target, at most 2^height. */
	readonly stepCount: number;
	/** Whether the machine halts within 2^height steps; otherwise the history ends in the middle of the target's inputs. */
	readonly halts: boolean;
	/** Commitment after step `step`: 0 is the state the history starts from, 2^height the last. Requires 0 <= step <= 2^height. */
	leaf(step: number): Uint8Array;
	/** Root over leaves (position << height) + 1 .. (position + 1) << height; of height 0 it is the leaf itself. */
	root(height: number, position: number): Uint8Array;
	/** Siblings of leaf number `position` + 1 (its place counts from 0) up to the root of all, lowest first. */
	path(position: number): readonly Uint8Array[];
	/** Preimage of the last leaf: docs/spec/machine.md, Commitment. */
	finalState(): Promise<Uint8Array>;
	/** The verifier's proof that step S_position -> S_(position + 1) is the machine's, built by executing it again. */
	prove(position: number): Promise<Uint8Array>;
}

/** Where an assertion starts: its parent's last leaf, and that leaf's preimage, from which the place in the inbox is read. */
export interface HistoryStart {
	readonly leaf: Uint8Array;
	readonly state: Uint8Array;
}

/** The earliest start of which anything is known. */
export interface HistoryOrigin extends HistoryStart {
	/** The confirmed assertion that ends there, in lower-case hexadecimal; undefined of the genesis. */
	readonly assertion: string | undefined;
}

/**
 * An answer is known, or one of two reasons why not, which must never be mixed up: `unknown` - not derived so far yet, ask again
 * later - and `foreign` - the start is not a state of the machine on this inbox, so that every history from it is void.
 */
export type HistoryAnswer =
	{ readonly status: "known"; readonly history: History } | { readonly status: "unknown" } | { readonly status: "foreign" };

/** Histories by where they start and end; `targetBatch` is the number of batches read when the machine halts. */
export interface Histories {
	/** Batches that are executed to their end; everything about targets up to here is known. */
	readonly batchCount: number;
	history(start: HistoryStart, targetBatch: number, height: number): HistoryAnswer;
	/** L1's accumulator after so many batches, those that the histories are of; undefined when they are not executed. */
	accumulator(batches: number): Uint8Array | undefined;
	/** Where they begin: the machine before its first step, or at the end of a confirmed assertion. */
	origin(): HistoryOrigin;
}
