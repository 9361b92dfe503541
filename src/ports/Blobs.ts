/** Where L1 carried a blob. */
export interface BlobPlace {
	/** As L1 names it: 32 bytes in lower-case hexadecimal with 0x. */
	readonly versionedHash: string;
	/** Number of the block that carried it. */
	readonly block: number;
	/** Seconds of the block that carried it, asked for only by a source that looks by time. */
	blockTime(): Promise<number>;
}

/** Somewhere blobs may be had. Nothing it gives is believed: who asks commits to it and compares. */
export interface BlobSource {
	/** In one sentence, for who looks for a blob in vain. */
	readonly name: string;
	/** The 131,072 bytes said to be the blob, or undefined when it is not there. */
	blob(place: BlobPlace): Promise<Uint8Array | undefined>;
}

/** Keeps blobs for longer than L1 does. */
export interface BlobArchive {
	/** A kept blob, by its versioned hash. */
	get(versionedHash: string): Uint8Array | undefined;
	/** Commitment and proof (EIP-4844) of a kept blob, 96 bytes, for who has no library to commit with. */
	proof(versionedHash: string): Promise<Uint8Array | undefined>;
	/** Durable when it resolves. */
	keep(blobs: readonly Uint8Array[]): Promise<void>;
}
