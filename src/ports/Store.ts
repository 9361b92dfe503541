/**
 * Durable state of one role. Keys are strings, values bytes. A `commit` is atomic and durable when its promise resolves;
 * what was committed is read back after a crash at any point.
 */
export interface Store {
	get(key: string): Uint8Array | undefined;
	/** Entries with `from <= key < to`, in order of key. */
	range(from: string, to: string): Iterable<readonly [key: string, value: Uint8Array]>;
	commit(changes: readonly Change[]): Promise<void>;
	close(): Promise<void>;
}

/** A change of one key; no value removes it. */
export interface Change {
	readonly key: string;
	readonly value?: Uint8Array;
}
