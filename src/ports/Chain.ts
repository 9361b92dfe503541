/** What the roles read from and send to L1. Hashes and addresses are lower-case hexadecimal with 0x. */
export interface L1Head {
	readonly number: number;
	readonly time: number;
	readonly hash: string;
}

export interface PostedBatch {
	readonly index: number;
	readonly carrier: number;
	readonly contentRoot: Uint8Array;
	readonly minTime: number;
	readonly maxTime: number;
	/** L1 messages consumed since genesis once this batch is done. */
	readonly l1End: number;
	/** Bytes of content in all batches before. */
	readonly streamStart: number;
	readonly accumulator: Uint8Array;
	readonly content: Uint8Array;
	/** What its certificate binds of the content, in either form; none of a forced batch. */
	readonly contentHash?: Uint8Array;
	/** Of the certificate it was posted with, 65 bytes each; none of a forced batch. */
	readonly signatures?: readonly Uint8Array[];
	/** Of carrier 1: the blobs as L1 took them, 131,072 bytes each, of which the content is a part. */
	readonly blobs: readonly Uint8Array[];
	readonly block: number;
}

/** Where the inbox stands between two batches, as their headers tell. */
export interface InboxPlace {
	readonly batchCount: number;
	/** batchAccumulator[batchCount]. */
	readonly accumulator: Uint8Array;
	/** Bytes of content of these batches. */
	readonly streamEnd: number;
	/** L1 messages consumed since genesis. */
	readonly l1Index: number;
	/** L1 block of the last of them. */
	readonly block: number;
}

export interface L1Message {
	readonly index: number;
	readonly kind: number;
	readonly sender: string;
	readonly timestamp: number;
	readonly payload: Uint8Array;
	readonly block: number;
}

/** Reads of the inbox side of the rollup: everything the state derives from. */
export interface InboxReader {
	head(): Promise<L1Head>;
	batchCount(): Promise<number>;
	messageCount(): Promise<number>;
	/** The messages among them that no reorganisation can take back, by L1's own finality: what a sequencer may bring in. */
	finalMessageCount(): Promise<number>;
	/** Batches `from <= index < to`, in order, with their content. */
	batches(from: number, to: number): Promise<readonly PostedBatch[]>;
	messages(from: number, to: number): Promise<readonly L1Message[]>;
	/** Seconds of L1's clock from which on anybody may include the L1 messages up to `l1End`, of which there must be some that no batch took. */
	forceAllowedAt(l1End: number): Promise<number>;
}

/** Wei: what a unit of gas costs now with the usual tip, and a unit of blob gas, where L1 has blobs. */
export interface L1Fees {
	readonly gasPrice: bigint;
	readonly blobGasPrice: bigint | undefined;
}

export interface FeeReader {
	fees(): Promise<L1Fees>;
}

/** A transaction the manager must see mined. `key` names it for ever: the same key succeeds at most once, also after a restart. */
export interface TransactionRequest {
	readonly key: string;
	readonly to: string;
	readonly data: string;
	readonly value?: bigint;
	/** Gas that it may use; of one with blobs only what it may use where the endpoint cannot simulate blobs. */
	readonly gasLimit?: bigint;
	/** Errors of the contract by which it says that what the request is to bring about is so already. */
	readonly doneBy?: readonly string[];
	/** Blobs of 131,072 bytes that it carries, at most six. */
	readonly blobs?: readonly Uint8Array[];
}

export type TransactionOutcome =
	| { readonly status: "mined"; readonly hash: string; readonly block: number; readonly gasUsed: bigint }
	/** Nothing was sent: what it is to bring about is so already, as the contract's error says. */
	| { readonly status: "done"; readonly error: string }
	/** The simulation or the receipt reverted with this error name and arguments, or nothing may be spent; nothing is retried until it is asked for again. */
	| { readonly status: "reverted"; readonly error: string };

export interface TransactionSender {
	readonly address: string;
	/** Journals first, simulates, sends, bumps fees, survives restarts and reorganisations. */
	send(request: TransactionRequest): Promise<TransactionOutcome>;
}
