import { open } from "lmdb";
import type { RootDatabase } from "lmdb";
import type { Change, Store } from "../ports/Store.ts";
import { lockDirectory } from "./DirectoryLock.ts";
import { StoreError, systemCode } from "./StoreError.ts";

/** Names the layout of keys and values; a store of another version is refused, never guessed at. */
const VERSION = "1";
const VERSION_KEY = "store/version";
const GENESIS_KEY = "store/genesis";

/** LIMIT: lmdb's keys; ours are short ASCII paths, whose order as bytes is their order as strings. */
const MAX_KEY_LENGTH = 512;

export type StoreOptions = {
	/** Folder of this role's store alone; made when absent. */
	readonly directory: string;
	/** Names the chain and deployment, such as the genesis assertion's id. A store of another one is refused. */
	readonly genesis: string;
};

/** Opens a role's store. Throws StoreError, whose message is one sentence for the operator. */
export async function openStore(options: StoreOptions): Promise<Store> {
	const { directory, genesis } = options;
	const release = lockDirectory(directory);
	let database: RootDatabase<Buffer, string> | undefined;
	try {
		// Overlapping sync would resolve a commit before it is on the disk; here a resolved commit is durable.
		database = open<Buffer, string>({ path: directory, encoding: "binary", overlappingSync: false, noSubdir: false, cache: false });
		const store = new LmdbStore(directory, database, release);
		await identify(store, directory, genesis);
		return store;
	} catch (error) {
		await database?.close();
		release();
		if (error instanceof StoreError) throw error;
		throw new StoreError(
			"BROKEN",
			directory,
			`The store in ${directory} cannot be opened (${text(error)}): restore it, or remove the directory to derive it again from L1.`,
			error,
		);
	}
}

/** Marks a new store with its chain, or checks the marks of an old one. */
async function identify(store: Store, directory: string, genesis: string): Promise<void> {
	const version = store.get(VERSION_KEY);
	if (version === undefined) {
		await store.commit([
			{ key: VERSION_KEY, value: Buffer.from(VERSION) },
			{ key: GENESIS_KEY, value: Buffer.from(genesis) },
		]);
		return;
	}
	const foundVersion = Buffer.from(version).toString();
	if (foundVersion !== VERSION)
		throw new StoreError(
			"OTHER_VERSION",
			directory,
			`The store in ${directory} has layout ${foundVersion}, this program reads ${VERSION}: use another data directory.`,
		);
	const found = Buffer.from(store.get(GENESIS_KEY) ?? []).toString();
	if (found !== genesis)
		throw new StoreError(
			"OTHER_CHAIN",
			directory,
			`The store in ${directory} belongs to another chain (${found}, not ${genesis}): use another data directory.`,
		);
}

class LmdbStore implements Store {
	readonly #directory: string;
	readonly #database: RootDatabase<Buffer, string>;
	readonly #release: () => void;
	#closed = false;

	constructor(directory: string, database: RootDatabase<Buffer, string>, release: () => void) {
		this.#directory = directory;
		this.#database = database;
		this.#release = release;
	}

	get(key: string): Uint8Array | undefined {
		this.#assertOpen();
		return this.#database.get(key);
	}

	*range(from: string, to: string): Iterable<readonly [string, Uint8Array]> {
		this.#assertOpen();
		for (const { key, value } of this.#database.getRange({ start: from, end: to })) yield [key, value];
	}

	async commit(changes: readonly Change[]): Promise<void> {
		this.#assertOpen();
		for (const { key } of changes)
			if (key.length > MAX_KEY_LENGTH) throw new RangeError(`store key longer than ${MAX_KEY_LENGTH}: ${key.slice(0, 40)}…`);
		try {
			// Inside the transaction each change takes effect at once; the promise of the whole is the one that counts.
			await this.#database.transaction(() => {
				for (const { key, value } of changes) {
					const change = value ? this.#database.put(key, asBuffer(value)) : this.#database.remove(key);
					change.catch(() => undefined);
				}
			});
		} catch (error) {
			throw await this.#describe(error);
		}
	}

	/** lmdb says that a commit failed, and elsewhere why; a full disk shows as a short write, which it calls an input/output error. */
	async #describe(error: unknown): Promise<StoreError> {
		const reason = await Promise.resolve((error as { commitError?: unknown }).commitError ?? error).catch((cause: unknown) => cause);
		const full = systemCode(reason) === "ENOSPC" || /MDB_MAP_FULL|No space left|Input\/output error|File too large/.test(text(reason));
		const advice = full ? "the disk is full or failing: free space and start again" : "check the disk and start again";
		return new StoreError(
			full ? "FULL" : "BROKEN",
			this.#directory,
			`The store in ${this.#directory} could not be written (${text(reason)}): ${advice}.`,
			reason,
		);
	}

	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		await this.#database.close();
		this.#release();
	}

	#assertOpen(): void {
		if (this.#closed) throw new StoreError("CLOSED", this.#directory, `The store in ${this.#directory} is closed.`);
	}
}

function asBuffer(value: Uint8Array): Buffer {
	return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function text(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
