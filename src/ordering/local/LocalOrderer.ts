import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import type { BatchCertificate, BatchProposal, Bundle, OrderedBundle, Orderer } from "../../ports/Orderer.ts";
import type { Signer } from "../../ports/Signer.ts";
import type { Store } from "../../ports/Store.ts";
import * as Batch from "../../protocol/Batch.ts";
import { OrderingError } from "../OrderingError.ts";
import * as Frame from "./Frame.ts";
import { WriteAheadLog } from "./WriteAheadLog.ts";

export type LocalOrdererOptions = {
	/** Folder of the write-ahead log alone. */
	readonly directory: string;
	/** Names the chain and deployment. */
	readonly genesis: string;
	/** What this committee of one signed: SAFETY: lost with the key's stake if it is not durable. */
	readonly store: Store;
	readonly signer: Signer;
	/** The EIP-712 digest of a batch (docs/spec/rollup.md): the domain is the deployment's. */
	readonly batchDigest: (proposal: BatchProposal, contentHash: Uint8Array) => Uint8Array;
	readonly segmentBytes?: number;
};

/** How many bundles a stream reads at once when it follows from far behind. */
const STREAM_CHUNK = 256;

/** The local engine: a write-ahead log orders, one signer is the committee. */
export class LocalOrderer implements Orderer {
	readonly #options: LocalOrdererOptions;
	readonly #log: WriteAheadLog;
	/** Certificates are given one after another, so that two questions cannot both find that nothing was signed. */
	#signing: Promise<unknown> = Promise.resolve();

	private constructor(options: LocalOrdererOptions, log: WriteAheadLog) {
		this.#options = options;
		this.#log = log;
	}

	static async open(options: LocalOrdererOptions): Promise<LocalOrderer> {
		return new LocalOrderer(options, await WriteAheadLog.open(options));
	}

	get height(): number {
		return this.#log.height;
	}

	/** Bytes of a torn write that were cut at opening. They were never acknowledged. */
	get cutBytes(): number {
		return this.#log.cutBytes;
	}

	submit(bundle: Bundle): Promise<OrderedBundle> {
		const { records, recordCount } = bundle;
		const whole = records.length <= Frame.MAX_RECORDS_BYTES ? wholeRecords(records) : undefined;
		if (recordCount < 1 || recordCount !== whole) {
			const sentence = `A bundle is 1 to ${Frame.MAX_RECORDS_BYTES} bytes of whole records; this one has ${records.length} bytes, said to be ${recordCount} records.`;
			return Promise.reject(new OrderingError("BAD_BUNDLE", sentence));
		}
		return this.#log.append(bundle);
	}

	async *stream(fromHeight: number, signal: AbortSignal): AsyncIterable<OrderedBundle> {
		let next = Math.max(1, fromHeight);
		while (!signal.aborted) {
			const bundles = this.#log.read(next, next + STREAM_CHUNK - 1);
			for (const bundle of bundles) {
				if (signal.aborted) return;
				next = bundle.height + 1;
				yield bundle;
			}
			if (bundles.length > 0) continue;
			if (this.#log.failure) {
				if (this.#log.failure.code === "CLOSED") return;
				throw this.#log.failure;
			}
			await this.#moreThan(next - 1, signal);
		}
	}

	async read(fromHeight: number, toHeight: number): Promise<readonly OrderedBundle[]> {
		return this.#log.read(fromHeight, toHeight);
	}

	certificate(proposal: BatchProposal): Promise<BatchCertificate | undefined> {
		const answer = this.#signing.then(() => this.#certify(proposal));
		this.#signing = answer.catch(() => undefined);
		return answer;
	}

	async close(): Promise<void> {
		await this.#signing;
		await this.#log.close();
	}

	async #certify(asked: BatchProposal): Promise<BatchCertificate | undefined> {
		const { store, signer, batchDigest } = this.#options;
		const key = `certificate/${String(asked.index).padStart(15, "0")}/${Bytes.toHex(asked.previousAccumulator)}`;
		const given = store.get(key);
		const proposal = given ? decodeProposal(given) : asked;
		if (proposal.toHeight > this.height) {
			throw new OrderingError(
				"NOT_ORDERED",
				`Batch ${proposal.index} asks for bundles up to ${proposal.toHeight}, but only ${this.height} are ordered.`,
			);
		}
		const bundles = this.#log.read(proposal.fromHeight, proposal.toHeight);
		const content = Bytes.concat(...bundles.map((bundle) => bundle.records));
		if (bundles.length !== Math.max(0, proposal.toHeight - proposal.fromHeight + 1) || content.length > Frame.MAX_RECORDS_BYTES) {
			throw new OrderingError(
				"BAD_BUNDLE",
				`Batch ${proposal.index} of bundles ${proposal.fromHeight} to ${proposal.toHeight} is ${content.length} bytes, more than a batch holds, or names heights that do not exist.`,
			);
		}
		// SAFETY: what is about to be signed is durable first. After a crash in between, the same content is signed again, never another.
		if (!given) await store.commit([{ key, value: encodeProposal(proposal) }]);
		return { proposal, content, signatures: [await signer.sign(batchDigest(proposal, Keccak.hash(content)))] };
	}

	#moreThan(height: number, signal: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			const done = (): void => {
				stop();
				signal.removeEventListener("abort", done);
				resolve();
			};
			const stop = this.#log.watch(() => {
				if (this.#log.height > height || this.#log.failure) done();
			});
			signal.addEventListener("abort", done);
			if (signal.aborted || this.#log.height > height || this.#log.failure) done();
		});
	}
}

/** How many records these bytes are, or undefined when they are not whole records. SAFETY: junk in a batch would void all that follows it. */
function wholeRecords(records: Uint8Array): number | undefined {
	let count = 0;
	for (let at = 0; at < records.length; count++) {
		const record = Batch.readRecord(records, 0, at, records.length);
		if (!record.ok) return undefined;
		at = record.payloadAt + record.length;
	}
	return count;
}

/** index u64 | previousAccumulator 32 | minTime u64 | maxTime u64 | l1End u64 | fromHeight u64 | toHeight u64 */
function encodeProposal(proposal: BatchProposal): Uint8Array {
	const bytes = new Uint8Array(80);
	let at = Bytes.put(bytes, 0, 8, proposal.index);
	bytes.set(proposal.previousAccumulator, at);
	at += 32;
	for (const field of [proposal.minTime, proposal.maxTime, proposal.l1End, proposal.fromHeight, proposal.toHeight])
		at = Bytes.put(bytes, at, 8, field);
	return bytes;
}

function decodeProposal(bytes: Uint8Array): BatchProposal {
	const field = (place: number): number => Bytes.uint(bytes, 40 + 8 * place, 8);
	return {
		index: Bytes.uint(bytes, 0, 8),
		previousAccumulator: bytes.slice(8, 40),
		minTime: field(0),
		maxTime: field(1),
		l1End: field(2),
		fromHeight: field(3),
		toHeight: field(4),
	};
}
