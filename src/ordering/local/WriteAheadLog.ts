import { mkdirSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { Bundle, OrderedBundle } from "../../ports/Orderer.ts";
import { OrderingError } from "../OrderingError.ts";
import * as Frame from "./Frame.ts";
import * as Segment from "./Segment.ts";

/** Zeros are written ahead in pieces of this size, so that most syncs need not record a new file length. */
const PREALLOCATED_BYTES = 4_194_304;
const SEGMENT_BYTES = 67_108_864;
/** The newest bundles stay in memory, up to this many bytes of records, for those who follow closely. */
const CACHED_BYTES = 16_777_216;
/** One read from disk takes this much: more than the largest frame. */
const READ_BYTES = 1_048_576;
/** One group commit writes at most this much at once. */
const GROUP_BYTES = 4_194_304;

type Waiting = {
	readonly bundle: OrderedBundle;
	readonly resolve: (bundle: OrderedBundle) => void;
	readonly reject: (error: Error) => void;
};

export type LogOptions = {
	readonly directory: string;
	readonly genesis: string;
	readonly segmentBytes?: number;
	/** Hears that bundles behind what opening looks at cannot be read, or are not what they should be. */
	readonly onDamage?: (sentence: string) => void;
};

/**
 * Appends bundles durably, in one order for ever. Appends that arrive while a sync runs share the next one (group commit).
 * INVARIANT: an append resolves only after its bytes and all before them are synced; what resolved is found again after a crash.
 */
export class WriteAheadLog {
	/** Bytes of an unacknowledged write that were cut when the log was opened. */
	readonly cutBytes: number;
	readonly #options: LogOptions;
	readonly #segmentBytes: number;
	/** First heights of the segments, ascending. */
	readonly #segments: number[];
	/** Offsets of the frames of a segment, by its first height; read when first needed. */
	readonly #offsets = new Map<number, number[]>();
	/** Ascending by height, without holes. */
	readonly #cache = new Map<number, OrderedBundle>();
	#cachedBytes = 0;
	#file: FileHandle;
	#end: number;
	#allocated: number;
	/** The last bundle with a place in the order, and the last one on the disk. */
	#last: OrderedBundle | undefined;
	#durable: number;
	#waiting: Waiting[] = [];
	#flushing: Promise<void> | undefined;
	#failure: OrderingError | undefined;
	#listeners = new Set<() => void>();

	private constructor(
		options: LogOptions,
		segments: number[],
		file: FileHandle,
		scan: Segment.Scan,
		last: OrderedBundle | undefined,
		allocated: number,
	) {
		this.#options = options;
		this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
		this.#segments = segments;
		this.#file = file;
		this.#end = scan.end;
		this.#allocated = allocated;
		this.#last = last;
		this.#durable = last?.height ?? 0;
		this.cutBytes = scan.tornBytes;
		this.#offsets.set(segments.at(-1) as number, scan.offsets);
	}

	/** Opens the log, making it when absent, and cuts a torn tail. Throws OrderingError with a sentence for the operator. */
	static async open(options: LogOptions): Promise<WriteAheadLog> {
		const { directory, genesis } = options;
		let file: FileHandle | undefined;
		try {
			mkdirSync(directory, { recursive: true });
			const segments = readdirSync(directory)
				.map(Segment.firstHeightOf)
				.filter((height) => height !== undefined)
				.sort((a, b) => a - b);
			if (segments.length === 0) segments.push(1);
			const first = segments.at(-1) as number;
			const path = Segment.fileOf(directory, first);
			await (await open(path, "a")).close();
			const handle = await open(path, "r+");
			file = handle;
			const scan = Segment.scan(path, genesis, first);
			const before = lastBefore(directory, genesis, segments);
			const last = scan.last ?? before;
			if (first !== (before?.height ?? 0) + 1)
				throw new OrderingError(
					"CORRUPT",
					`The write-ahead log in ${directory} lacks a segment before height ${first}: restore it from a copy.`,
				);
			const head = Segment.head(genesis);
			await writeAll(handle, head, 0);
			await handle.truncate(scan.end);
			await handle.datasync();
			await syncDirectory(directory);
			return new WriteAheadLog(options, segments, handle, scan, last, scan.end);
		} catch (error) {
			await file?.close();
			if (error instanceof OrderingError) throw error;
			throw describe(error, directory);
		}
	}

	/** Height of the last bundle that is durable. */
	get height(): number {
		return this.#durable;
	}

	/** Gives the bundle its place in the order; resolves when it is durable. */
	append(bundle: Bundle): Promise<OrderedBundle> {
		if (this.#failure) return Promise.reject(this.#failure);
		const last = this.#last;
		const ordered: OrderedBundle = {
			records: bundle.records.slice(),
			recordCount: bundle.recordCount,
			height: (last?.height ?? 0) + 1,
			firstSequence: last ? last.firstSequence + last.recordCount : 0,
			streamEnd: (last?.streamEnd ?? 0) + bundle.records.length,
			streamHash: Segment.chain(last?.streamHash ?? new Uint8Array(32), bundle.records),
		};
		this.#last = ordered;
		return new Promise((resolve, reject) => {
			this.#waiting.push({ bundle: ordered, resolve, reject });
			this.#flushing ??= this.#flush();
		});
	}

	/** Durable bundles `fromHeight <= height <= toHeight`, as far as there are. */
	read(fromHeight: number, toHeight: number): OrderedBundle[] {
		const bundles: OrderedBundle[] = [];
		const end = Math.min(toHeight, this.#durable);
		for (let height = Math.max(1, fromHeight); height <= end;) {
			const cached = this.#cache.get(height);
			if (cached) {
				bundles.push(cached);
				height++;
			} else height = this.#readSegment(height, end, bundles);
		}
		return bundles;
	}

	/** Calls `listener` whenever more became durable, or the log failed. Returns the removal. */
	watch(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Why the log takes no more, if so. */
	get failure(): OrderingError | undefined {
		return this.#failure;
	}

	/** Tells who listens that what the log holds cannot be used. Returns what to throw. */
	damaged(sentence: string): OrderingError {
		this.#options.onDamage?.(sentence);
		return new OrderingError("CORRUPT", sentence);
	}

	async close(): Promise<void> {
		await this.#flushing;
		if (this.#failure?.code === "CLOSED") return;
		this.#failure ??= new OrderingError("CLOSED", "The write-ahead log is closed.");
		for (const listener of this.#listeners) listener();
		// Only for tidiness: the zeros behind the last frame would be cut at the next opening too.
		await this.#file.truncate(this.#end).catch(() => undefined);
		await this.#file.close();
	}

	/** Reads from disk the part of [height, end] that lies in one segment, as far as one read goes, and returns the height behind it. */
	#readSegment(height: number, end: number, bundles: OrderedBundle[]): number {
		let place = this.#segments.length - 1;
		while (this.#segments[place] > height) place--;
		const first = this.#segments[place];
		const file = Segment.fileOf(this.#options.directory, first);
		const offsets = this.#offsetsOf(first, file);
		const from = offsets[height - first];
		if (from === undefined) throw this.damaged(`The write-ahead log ${file} no longer holds bundle ${height}: restore it from a copy.`);
		const bytes = Segment.readAt(file, from, READ_BYTES);
		let next = height;
		for (let at = 0; next <= end; next++) {
			const frame = Frame.decode(bytes, at);
			if (!frame || frame.bundle.height !== next) break;
			bundles.push(frame.bundle);
			at = frame.end;
		}
		if (next === height)
			throw this.damaged(
				`The write-ahead log ${file} is damaged at byte ${from}: bundle ${height} cannot be read. Restore the file from a copy.`,
			);
		return next;
	}

	#offsetsOf(first: number, file: string): readonly number[] {
		let offsets = this.#offsets.get(first);
		if (!offsets) {
			const current = this.#segments.at(-1) as number;
			for (const known of this.#offsets.keys()) if (known !== current) this.#offsets.delete(known);
			offsets = Segment.scan(file, this.#options.genesis, first).offsets;
			this.#offsets.set(first, offsets);
		}
		return offsets;
	}

	async #flush(): Promise<void> {
		// One turn of the loop lets everything submitted in this tick share the write.
		await Promise.resolve();
		while (this.#waiting.length > 0 && !this.#failure) {
			const group = this.#takeGroup();
			try {
				await this.#write(group);
			} catch (error) {
				// SAFETY: after a failed write or sync nothing is known of the disk's content, so nothing is retried and nothing more is taken.
				this.#failure = describe(error, this.#options.directory);
				for (const { reject } of [...group, ...this.#waiting]) reject(this.#failure);
				this.#waiting = [];
				break;
			}
			for (const { bundle, resolve } of group) {
				this.#remember(bundle);
				this.#durable = bundle.height;
				resolve(bundle);
			}
			for (const listener of this.#listeners) listener();
		}
		this.#flushing = undefined;
		if (this.#failure) for (const listener of this.#listeners) listener();
	}

	#remember(bundle: OrderedBundle): void {
		this.#cache.set(bundle.height, bundle);
		this.#cachedBytes += bundle.records.length;
		for (const [height, oldest] of this.#cache) {
			if (this.#cachedBytes <= CACHED_BYTES) break;
			this.#cache.delete(height);
			this.#cachedBytes -= oldest.records.length;
		}
	}

	#takeGroup(): Waiting[] {
		let bytes = 0;
		let count = 0;
		while (count < this.#waiting.length && (count === 0 || bytes < GROUP_BYTES)) bytes += this.#waiting[count++].bundle.records.length;
		return this.#waiting.splice(0, count);
	}

	async #write(group: readonly Waiting[]): Promise<void> {
		if (this.#end >= this.#segmentBytes) await this.#nextSegment(group[0].bundle.height);
		const bytes = Buffer.concat(group.map(({ bundle }) => Frame.encode(bundle, this.#durable)));
		if (this.#end + bytes.length > this.#allocated) {
			const zeros = Buffer.alloc(Math.max(PREALLOCATED_BYTES, bytes.length));
			await writeAll(this.#file, zeros, this.#allocated);
			this.#allocated += zeros.length;
		}
		await writeAll(this.#file, bytes, this.#end);
		await this.#file.datasync();
		const offsets = this.#offsets.get(this.#segments.at(-1) as number) as number[];
		for (const { bundle } of group) {
			offsets.push(this.#end);
			this.#end += Frame.HEAD_BYTES + bundle.records.length;
		}
	}

	async #nextSegment(firstHeight: number): Promise<void> {
		const { directory, genesis } = this.#options;
		await this.#file.truncate(this.#end);
		await this.#file.close();
		this.#file = await open(Segment.fileOf(directory, firstHeight), "w+");
		await writeAll(this.#file, Segment.head(genesis), 0);
		await this.#file.datasync();
		await syncDirectory(directory);
		this.#segments.push(firstHeight);
		this.#offsets.set(firstHeight, []);
		this.#end = Segment.HEAD_BYTES;
		this.#allocated = Segment.HEAD_BYTES;
	}
}

/** The last bundle of the segment before the last one. */
function lastBefore(directory: string, genesis: string, segments: readonly number[]): OrderedBundle | undefined {
	const before = segments.at(-2);
	return before === undefined ? undefined : Segment.scan(Segment.fileOf(directory, before), genesis, before).last;
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
	for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

/** Makes the names in a directory durable. Some systems cannot open directories: there, names are durable with the files. */
async function syncDirectory(directory: string): Promise<void> {
	const handle = await open(directory, "r").catch(() => undefined);
	await handle?.sync().catch(() => undefined);
	await handle?.close();
}

function describe(error: unknown, directory: string): OrderingError {
	const code = String((error as { code?: unknown }).code ?? error);
	if (code === "ENOSPC" || code === "EFBIG" || code === "EDQUOT") {
		return new OrderingError(
			"FULL",
			`The write-ahead log in ${directory} cannot grow (${code}): free disk space and start again; nothing acknowledged is lost.`,
			error,
		);
	}
	return new OrderingError(
		"UNWRITABLE",
		`The write-ahead log in ${directory} cannot be written (${code}): check the folder and the disk and start again.`,
		error,
	);
}
