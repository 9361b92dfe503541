import { closeSync, fdatasync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { ExecutorError } from "./ExecutorError.ts";

const LEAF_BYTES = 32;
/** Leaves wait in memory until there are this many, or until `sync`. */
const BUFFERED_LEAVES = 4096;
/** Reads take this many neighbours at once: a history is read from front to back. */
const PAGE_LEAVES = 1024;

const dataSync = promisify(fdatasync);

/** The machine's commitments after every step since genesis: number i (from 0) is the one after step i, number 0 is genesis. */
export interface Leaves {
	readonly length: number;
	append(leaf: Uint8Array): void;
	/** The leaf; requires index < length. */
	at(index: number): Uint8Array;
	/** Forgets every leaf from `length` on. */
	truncate(length: number): void;
	/** Resolves when every leaf so far outlives this process. */
	sync(): Promise<void>;
	close(): void;
}

/** Leaves in a file, 32 bytes each, flat: number i stands at byte 32 i. */
export class LeafFile implements Leaves {
	readonly #file: string;
	readonly #handle: number;
	#written: number;
	readonly #buffer = Buffer.alloc(BUFFERED_LEAVES * LEAF_BYTES);
	#buffered = 0;
	#page = Buffer.alloc(0);
	#pageStart = 0;

	private constructor(file: string, handle: number, written: number) {
		this.#file = file;
		this.#handle = handle;
		this.#written = written;
	}

	/** Opens the file, making it when absent. A last leaf that a crash cut short does not count. */
	static open(file: string): LeafFile {
		try {
			mkdirSync(dirname(file), { recursive: true });
			closeSync(openSync(file, "a"));
			const handle = openSync(file, "r+");
			return new LeafFile(file, handle, Math.floor(fstatSync(handle).size / LEAF_BYTES));
		} catch (error) {
			throw ExecutorError.ofDisk(error, file);
		}
	}

	get length(): number {
		return this.#written + this.#buffered;
	}

	append(leaf: Uint8Array): void {
		if (this.#buffered === BUFFERED_LEAVES) this.#flush();
		this.#buffer.set(leaf, this.#buffered * LEAF_BYTES);
		this.#buffered += 1;
	}

	at(index: number): Uint8Array {
		const bytes = new Uint8Array(LEAF_BYTES);
		if (index >= this.#written) {
			const at = (index - this.#written) * LEAF_BYTES;
			bytes.set(this.#buffer.subarray(at, at + LEAF_BYTES));
			return bytes;
		}
		let at = (index - this.#pageStart) * LEAF_BYTES;
		if (at < 0 || at >= this.#page.length) {
			this.#pageStart = index - (index % PAGE_LEAVES);
			const count = Math.min(PAGE_LEAVES, this.#written - this.#pageStart);
			const page = Buffer.allocUnsafe(count * LEAF_BYTES);
			let done = 0;
			for (let read = -1; read !== 0 && done < page.length; done += read) {
				read = readSync(this.#handle, page, done, page.length - done, this.#pageStart * LEAF_BYTES + done);
			}
			if (done < page.length)
				throw new ExecutorError(
					"CORRUPT",
					`${this.#file} is shorter than what was written to it: remove it, and it is derived again from L1.`,
				);
			this.#page = page;
			at = (index - this.#pageStart) * LEAF_BYTES;
		}
		bytes.set(this.#page.subarray(at, at + LEAF_BYTES));
		return bytes;
	}

	truncate(length: number): void {
		this.#flush();
		if (length > this.#written)
			throw new ExecutorError(
				"CORRUPT",
				`${this.#file} holds ${this.#written} leaves where ${length} were synced: remove the data directory, and it is derived again from L1.`,
			);
		try {
			ftruncateSync(this.#handle, length * LEAF_BYTES);
		} catch (error) {
			throw ExecutorError.ofDisk(error, this.#file);
		}
		this.#written = length;
		this.#page = Buffer.alloc(0);
	}

	async sync(): Promise<void> {
		this.#flush();
		try {
			await dataSync(this.#handle);
		} catch (error) {
			throw ExecutorError.ofDisk(error, this.#file);
		}
	}

	close(): void {
		closeSync(this.#handle);
	}

	#flush(): void {
		const bytes = this.#buffered * LEAF_BYTES;
		try {
			for (let done = 0; done < bytes;)
				done += writeSync(this.#handle, this.#buffer, done, bytes - done, this.#written * LEAF_BYTES + done);
		} catch (error) {
			throw ExecutorError.ofDisk(error, this.#file);
		}
		// A page read before may end where these leaves begin.
		this.#page = Buffer.alloc(0);
		this.#written += this.#buffered;
		this.#buffered = 0;
	}
}
