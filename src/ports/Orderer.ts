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
	/** Bytes of all records from the first up to and including its own: batches on L1 are cuts of that stream of bytes. */
	readonly streamEnd: number;
	/** keccak256(previous streamHash || keccak256(records)), zero before the first: names the whole order up to here. */
	readonly streamHash: Uint8Array;
}

/** What the committee signs so that anyone may post a batch to L1 (docs/spec/rollup.md). */
export interface BatchProposal {
	readonly index: number;
	/** batchAccumulator[index]: names the chain of batches that this one extends. */
	readonly previousAccumulator: Uint8Array;
	readonly minTime: number;
	readonly maxTime: number;
	readonly l1End: number;
	/** Heights whose records are the content, in order; an empty content has `toHeight` = `fromHeight` - 1. */
	readonly fromHeight: number;
	readonly toHeight: number;
}

/** Signatures of more than two thirds of the committee's stake, sorted by signer, over the batch that `proposal` describes. */
export interface BatchCertificate {
	readonly proposal: BatchProposal;
	readonly content: Uint8Array;
	readonly signatures: readonly Uint8Array[];
}

/** Total order of bundles, decoupled from execution. Engines: local (write-ahead log, a committee of one), comet. */
export interface Orderer {
	/** Resolves when the bundle is ordered and durable: only then may a receipt be signed. */
	submit(bundle: Bundle): Promise<OrderedBundle>;
	/** Every ordered bundle from this height on, past and future, in order, until `signal` is aborted. */
	stream(fromHeight: number, signal: AbortSignal): AsyncIterable<OrderedBundle>;
	/** Past bundles `fromHeight <= height <= toHeight` in order, without waiting. */
	read(fromHeight: number, toHeight: number): Promise<readonly OrderedBundle[]>;
	/**
	 * The certificate of this batch, or undefined when agreement is missing. SAFETY: a committee signs one content for one
	 * (index, previousAccumulator) for ever, else it is slashed; asked a second time with another cut, it answers with the
	 * certificate it gave before. So post what the certificate's own proposal says.
	 */
	certificate(proposal: BatchProposal): Promise<BatchCertificate | undefined>;
	/** Whether the order itself gives time and takes L1's messages, as a committee does: then who submits adds neither delays nor take-L1 records. */
	readonly stamps: boolean;
	/** Height of the last ordered bundle, 0 before the first. */
	readonly height: number;
}
