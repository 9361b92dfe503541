import * as Bytes from "../../machine/math/Bytes.ts";
import type { BatchCertificate, BatchProposal, Bundle, OrderedBundle, Orderer } from "../../ports/Orderer.ts";
import type { Signer } from "../../ports/Signer.ts";
import type { Store } from "../../ports/Store.ts";
import { OrderingError } from "../OrderingError.ts";
import * as Proposals from "../proposals.ts";
import { wholeRecords } from "../records.ts";
import { follow } from "./follow.ts";
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
	/** The EIP-712 digest of a batch with this content (docs/spec/rollup.md): the domain is the deployment's. */
	readonly batchDigest: (proposal: BatchProposal, content: Uint8Array) => Uint8Array | Promise<Uint8Array>;
	readonly segmentBytes?: number;
};

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

	/** One sequencer gives the time itself. */
	readonly stamps = false;

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

	stream(fromHeight: number, signal: AbortSignal): AsyncIterable<OrderedBundle> {
		return follow(this.#log, fromHeight, signal);
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
		const key = `certificate/${Proposals.placeOf(asked)}`;
		const given = store.get(key);
		const proposal = given ? Proposals.decode(given) : asked;
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
		if (!given) await store.commit([{ key, value: Proposals.encode(proposal) }]);
		return { proposal, content, signatures: [await signer.sign(await batchDigest(proposal, content))] };
	}
}
