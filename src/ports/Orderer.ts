/** Records of the inbox stream (docs/spec/machine.md) that were sealed together. */
export interface Bundle {
	/** The records' bytes, whole records only. */
	readonly records: Uint8Array;
	readonly recordCount: number;
}

/** A bundle with its place in the total order. */
export interface OrderedBundle extends Bundle {
	/** Dense, from 1. */
	readonly height: number;
	/** Sequence number of its first record; dense over all bundles, from 0. */
	readonly firstSequence: number;
	/** keccak256(previous streamHash || keccak256(records)): names the whole order up to here. */
	readonly streamHash: Uint8Array;
}

/** What the committee signs so that anyone may post a batch to L1 (docs/spec/rollup.md). */
export interface BatchProposal {
	readonly index: number;
	readonly digest: Uint8Array;
	/** Heights whose records are the content, in order: the committee checks that they are. */
	readonly fromHeight: number;
	readonly toHeight: number;
}

/** Total order of bundles, decoupled from execution. Engines: local (write-ahead log, a committee of one), comet. */
export interface Orderer {
	/** Resolves when the bundle is ordered and durable: only then may a receipt be signed. */
	submit(bundle: Bundle): Promise<OrderedBundle>;
	/** Every ordered bundle from this height on, past and future, in order, until `signal` is aborted. */
	stream(fromHeight: number, signal: AbortSignal): AsyncIterable<OrderedBundle>;
	/** Past bundles in order, without waiting. */
	read(fromHeight: number, toHeight: number): Promise<readonly OrderedBundle[]>;
	/** Signatures of more than two thirds of the committee, sorted by signer, or undefined when agreement is missing. */
	certificate(proposal: BatchProposal): Promise<readonly Uint8Array[] | undefined>;
	readonly height: number;
}
