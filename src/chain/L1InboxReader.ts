import { getBytes } from "ethers";
import type { JsonRpcProvider, Log } from "ethers";
import type { InboxPlace, InboxReader, L1Head, L1Message, PostedBatch } from "../ports/Chain.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";
import * as Batch from "../protocol/Batch.ts";
import { BLOB, CALLDATA } from "../protocol/Batch.ts";
import * as Blob from "../protocol/Blob.ts";
import type { Sources } from "./blobs/Sources.ts";
import * as Certificate from "./Certificate.ts";
import { codecOf } from "./Contracts.ts";
import type { Deployment } from "./Deployment.ts";
import { EventLog } from "./EventLog.ts";
import { DEVELOPMENT_CHAIN_ID } from "./Networks.ts";

type Finality = "latest" | "finalized";

/** `length`: of its content, also where that was not read. */
type Posted = PostedBatch & { readonly length: number };

/** Reads batches and L1 messages from the logs of the inboxes, as L1 has them now: what a reorganisation dropped is dropped here. The content of a batch is in the calldata of the transaction that posted it, or in blobs that it names. */
export class L1InboxReader implements InboxReader {
	readonly #provider: JsonRpcProvider;
	readonly #log: EventLog;
	readonly #finality: Finality;
	readonly #sequencerInbox: string;
	readonly #blobs: Pick<Sources, "find">;
	#batches: Posted[] = [];
	#firstContent = 0;
	#messages: L1Message[] = [];
	#reading: Promise<void> = Promise.resolve();
	#headHash = "";

	/** `finality`: the block up to which messages count as final. A development chain has one miner and does not reorganise by itself, so there it is the latest. */
	constructor(
		provider: JsonRpcProvider,
		deployment: Deployment,
		blobs: Pick<Sources, "find">,
		finality: Finality = deployment.chainId === DEVELOPMENT_CHAIN_ID ? "latest" : "finalized",
	) {
		this.#provider = provider;
		this.#blobs = blobs;
		this.#finality = finality;
		const { SequencerInbox, Inbox } = deployment.contracts;
		this.#sequencerInbox = SequencerInbox;
		this.#log = new EventLog(provider, [SequencerInbox, Inbox], deployment.deployBlock);
	}

	/** Reads no content of batches before this one, which whoever asks has no need of: L1 may have forgotten their blobs. To be called before anything is read. */
	startAt(batch: number): void {
		this.#firstContent = batch;
	}

	/** Where the inbox stands after so many batches, by their headers alone, which must follow each other from the first; undefined while L1 does not show so many. */
	async place(batchCount: number): Promise<InboxPlace | undefined> {
		await this.#read();
		if (this.#batches.length < batchCount) return undefined;
		let place: InboxPlace = { batchCount: 0, accumulator: new Uint8Array(32), streamEnd: 0, l1Index: 0, block: 0 };
		for (const { index, accumulator, length, l1End, block, ...header } of this.#batches.slice(0, batchCount)) {
			if (!Bytes.equal(Batch.accumulate(place.accumulator, { ...header, length, l1End }), accumulator))
				throw new Error(`The L1 endpoint gives a batch ${index} that does not follow the one before: use another endpoint.`);
			place = { batchCount: index + 1, accumulator, streamEnd: place.streamEnd + length, l1Index: l1End, block };
		}
		return place;
	}

	async head(): Promise<L1Head> {
		const block = await this.#provider.getBlock("latest");
		if (!block?.hash) throw new Error("The L1 endpoint gives no latest block: it may still be starting.");
		return { number: block.number, time: block.timestamp, hash: block.hash };
	}

	async batchCount(): Promise<number> {
		await this.#read();
		return this.#batches.length;
	}

	async messageCount(): Promise<number> {
		await this.#read();
		return this.#messages.length;
	}

	async finalMessageCount(): Promise<number> {
		// The block is asked for first: what was final then is still final in the logs that are read afterwards.
		const last = await this.#finalBlock();
		await this.#read();
		return this.#messages.findLastIndex(({ block }) => block <= last) + 1;
	}

	/** The number of the last final block; -1 while L1 knows of none, as in its first minutes. */
	async #finalBlock(): Promise<number> {
		try {
			return (await this.#provider.getBlock(this.#finality))?.number ?? -1;
		} catch (error) {
			if (/not found|unknown block/i.test((error as Error).message)) return -1;
			throw error;
		}
	}

	async batches(from: number, to: number): Promise<readonly PostedBatch[]> {
		if (this.#batches.length < to) await this.#read();
		return this.#batches.slice(from, to);
	}

	async messages(from: number, to: number): Promise<readonly L1Message[]> {
		if (this.#messages.length < to) await this.#read();
		return this.#messages.slice(from, to);
	}

	async forceAllowedAt(l1End: number): Promise<number> {
		const data = codecOf("SequencerInbox").encodeFunctionData("forceAllowedAt", [l1End]);
		return Number(BigInt(await this.#provider.call({ to: this.#sequencerInbox, data })));
	}

	#read(): Promise<void> {
		const reading = this.#reading.catch(() => undefined).then(() => this.#readOn());
		this.#reading = reading;
		return reading;
	}

	async #readOn(): Promise<void> {
		const head = await this.head();
		if (head.hash === this.#headHash) return;
		await this.#log.each(
			head,
			(log) => this.#take(log),
			(last) => {
				this.#batches = this.#batches.filter(({ block }) => block <= last);
				this.#messages = this.#messages.filter(({ block }) => block <= last);
			},
		);
		this.#headHash = head.hash;
	}

	async #take(log: Log): Promise<void> {
		const batch = codecOf("SequencerInbox").parseLog(log);
		if (batch?.name === "BatchPosted") this.#batches.push(await this.#batchOf(batch.args, log.transactionHash, log.blockNumber));
		const message = codecOf("Inbox").parseLog(log);
		if (message?.name !== "MessageDelivered") return;
		const { index, kind, sender, timestamp, payload } = message.args;
		this.#messages.push({
			index: Number(index),
			kind: Number(kind),
			sender: String(sender).toLowerCase(),
			timestamp: Number(timestamp),
			payload: getBytes(payload as string),
			block: log.blockNumber,
		});
	}

	async #batchOf(args: Record<string | number, unknown>, transactionHash: string, block: number): Promise<Posted> {
		const carrier = Number(args.carrier);
		// By place: a list of arguments has a length of its own.
		const length = Number(args[4]);
		let content: Uint8Array = new Uint8Array(0);
		let contentHash: Uint8Array | undefined;
		let signatures: readonly Uint8Array[] = [];
		let blobs: Uint8Array[] = [];
		if (Number(args.index) >= this.#firstContent && (carrier === CALLDATA || carrier === BLOB)) {
			const transaction = await this.#provider.getTransaction(transactionHash);
			const call = transaction && codecOf("SequencerInbox").parseTransaction(transaction);
			const names = transaction?.blobVersionedHashes ?? [];
			if (carrier === BLOB ? names.length < Blob.count(length) : !call)
				throw new Error(
					`The L1 endpoint does not give transaction ${transactionHash}, which holds the content of batch ${String(args.index)}.`,
				);
			if (carrier === BLOB) {
				// The first of the transaction's blobs, as many as its length takes.
				blobs = await Promise.all(names.slice(0, Blob.count(length)).map((name) => this.#blob(name, block)));
				content = Blob.content(Bytes.concat(...blobs)).subarray(0, length);
			} else content = getBytes(call?.args.content as string);
			if (call) contentHash = boundBy(call.args, carrier === BLOB ? getBytes(args.contentRoot as string) : undefined, content);
			if (call) signatures = Certificate.unpack(getBytes(call.args.signatures as string));
		}
		return {
			index: Number(args.index),
			carrier,
			length,
			contentRoot: getBytes(args.contentRoot as string),
			minTime: Number(args.minTime),
			maxTime: Number(args.maxTime),
			l1End: Number(args.l1End),
			streamStart: Number(args.streamStart),
			accumulator: getBytes(args.accumulator as string),
			content,
			...(contentHash && { contentHash }),
			signatures,
			blobs,
			block,
		};
	}

	#blob(versionedHash: string, block: number): Promise<Uint8Array> {
		const blockTime = async (): Promise<number> => (await this.#provider.getBlock(block))?.timestamp ?? 0;
		return this.#blobs.find({ versionedHash: versionedHash.toLowerCase(), block, blockTime });
	}
}

/** What a batch's certificate binds: the half that L1 saw, and the half that the call names. */
function boundBy(args: Record<string, unknown>, seenRoot: Uint8Array | undefined, content: Uint8Array): Uint8Array {
	const plainHash = seenRoot ? getBytes(args.plainHash as string) : Keccak.hash(content);
	return Blob.contentHash(plainHash, content.length, seenRoot ?? getBytes(args.blobsRoot as string));
}
