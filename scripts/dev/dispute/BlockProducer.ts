// Who makes the blocks, against the honest side as far as the options go: it holds its transactions back, puts copies of them in front, and takes blocks back.

import { JsonRpcProvider, Transaction } from "ethers";
import type { HDNodeWallet, TransactionResponse } from "ethers";
import type { EmbeddedChain } from "../../../src/chain/EmbeddedChain.ts";
import type { Random } from "../../../src/market/Random.ts";

export type Hostility = {
	/** Blocks, in all, in which none of the honest side's transactions is included. */
	readonly censorBlocks: number;
	/** How many blocks a reorganisation takes back; 0 for none. */
	readonly reorgDepth: number;
	/** Once, behind this block of those that are made, and not again and again. */
	readonly reorgAt?: number;
	/** Whether what was taken back is sent again at once by somebody, where it happens once; by its senders alone otherwise, when they notice. */
	readonly isSentAgain?: boolean;
	/** Copies what the honest side sends, and has the copy included first. */
	readonly frontRunner: HDNodeWallet | undefined;
	/** Calls of the honest side that may be copied. */
	readonly copied: readonly string[];
};

/** One block in so many ends in a reorganisation, until there were as many as the challenge period allows for. */
const REORG_EVERY = 6;
const MAX_REORGS = 6;

/** How long who waits for a transaction that is gone takes to send it again. */
export const RESEND_MS = 60;

/** Blocks that hostility may cost the honest side, which the challenge period must be longer than. */
export function blocksLost({ censorBlocks, reorgDepth }: Pick<Hostility, "censorBlocks" | "reorgDepth">): number {
	return censorBlocks + (reorgDepth === 0 ? 0 : MAX_REORGS * (reorgDepth + 1));
}

/** A provider whose transactions the producer of blocks sees first. */
export class WatchedProvider extends JsonRpcProvider {
	readonly #take: (raw: string) => Promise<void>;
	#isDead = false;

	constructor(url: string, take: (raw: string) => Promise<void>) {
		super(url, 31337, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 50, batchStallTime: 0 });
		this.#take = take;
	}

	/** What a process that is gone asks is never answered. */
	kill(): void {
		this.#isDead = true;
	}

	override async send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
		if (this.#isDead) throw new Error("killed");
		return super.send(method, params);
	}

	override async broadcastTransaction(raw: string): Promise<TransactionResponse> {
		if (this.#isDead) throw new Error("killed");
		await this.#take(raw);
		// Nobody looks at what is broadcast but the producer, who knows its hash.
		return undefined as unknown as TransactionResponse;
	}
}

export class BlockProducer {
	readonly #connected: WatchedProvider[] = [];
	readonly #chain: EmbeddedChain;
	readonly #hostility: Hostility;
	readonly #random: Random;
	readonly #held: string[] = [];
	/** The state before each of the newest blocks. */
	readonly #before: { readonly block: number; readonly snapshot: string }[] = [];
	readonly #copiedHashes = new Set<string>();
	#frontNonce: number | undefined;
	/** Blocks that it made. */
	mined = 0;
	censored = 0;
	reorganisations = 0;
	/** Those of the blocks that hold transactions. */
	readonly full: number[] = [];
	copies = 0;

	constructor(chain: EmbeddedChain, hostility: Hostility, random: Random) {
		this.#chain = chain;
		this.#hostility = hostility;
		this.#random = random;
	}

	/** A way to L1 for the honest side. */
	connect(): WatchedProvider {
		const provider = new WatchedProvider(this.#chain.url, (raw) => this.#take(raw));
		this.#connected.push(provider);
		return provider;
	}

	/** A way for everybody else: what is sent waits for the next block at once. */
	connectOpenly(): WatchedProvider {
		const provider = new WatchedProvider(this.#chain.url, (raw) => this.#send(raw));
		this.#connected.push(provider);
		return provider;
	}

	close(): void {
		for (const provider of this.#connected) provider.destroy();
	}

	/** Time passes, in which nobody sends anything. */
	async pass(blocks: number): Promise<void> {
		if (this.#hostility.reorgDepth === 0) await this.#chain.mine(blocks);
		else for (let i = 0; i < blocks; i++) await this.mine();
	}

	/** Whether a block would hold something, or something is held back from it. */
	async hasWork(): Promise<boolean> {
		if (this.#held.length > 0) return true;
		return BigInt((await this.#chain.provider.send("eth_getBlockTransactionCountByNumber", ["pending"])) as string) > 0n;
	}

	/** One block, with everything that waits and is let through. */
	async mine(): Promise<void> {
		const { censorBlocks, reorgDepth } = this.#hostility;
		const { provider } = this.#chain;
		const isCensored = this.#held.length > 0 && this.censored < censorBlocks;
		if (isCensored) this.censored += 1;
		else for (const raw of this.#held.splice(0)) await this.#forward(raw);
		if (reorgDepth > 0) {
			this.#before.push({ block: await provider.getBlockNumber(), snapshot: await this.#chain.snapshot() });
			if (this.#before.length > reorgDepth) this.#before.shift();
		}
		await provider.send("evm_mine", []);
		this.mined += 1;
		if (reorgDepth === 0) return;
		const count = (await provider.send("eth_getBlockTransactionCountByNumber", ["latest"])) as string;
		if (BigInt(count) > 0n) this.full.push(this.mined);
		if (this.#isReorganised()) await this.#reorganise();
	}

	/** Whether the newest blocks are taken back now. */
	#isReorganised(): boolean {
		const { reorgAt, reorgDepth } = this.#hostility;
		if (reorgAt !== undefined) return this.mined === reorgAt;
		return this.#before.length === reorgDepth && this.reorganisations < MAX_REORGS && this.#random.below(REORG_EVERY) === 0;
	}

	/** Takes the newest blocks back, and mines one more than they were. Half of the time their transactions are gone. */
	async #reorganise(): Promise<void> {
		const { provider } = this.#chain;
		const [oldest] = this.#before;
		const head = await provider.getBlockNumber();
		const dropped: string[] = [];
		for (let block = oldest.block + 1; block <= head; block++) {
			const found = await provider.getBlock(block, true);
			for (const transaction of found?.prefetchedTransactions ?? []) dropped.push(Transaction.from(transaction).serialized);
		}
		await this.#chain.revert(oldest.snapshot);
		this.#before.length = 0;
		this.#frontNonce = undefined;
		this.reorganisations += 1;
		// Another block at the same height must not have the same hash.
		await provider.send("evm_increaseTime", ["0x3"]);
		if (this.#hostility.isSentAgain ?? this.#random.below(2) === 0) for (const raw of dropped) await this.#send(raw);
		else await new Promise((resolve) => setTimeout(resolve, 3 * RESEND_MS));
		for (let block = oldest.block; block <= head; block++) await provider.send("evm_mine", []);
	}

	async #take(raw: string): Promise<void> {
		if (!this.#held.includes(raw)) this.#held.push(raw);
	}

	async #forward(raw: string): Promise<void> {
		await this.#copy(Transaction.from(raw));
		await this.#send(raw);
	}

	async #copy(transaction: Transaction): Promise<void> {
		const { frontRunner, copied } = this.#hostility;
		if (!frontRunner || !copied.includes(transaction.data.slice(0, 10)) || this.#copiedHashes.has(transaction.hash as string)) return;
		this.#copiedHashes.add(transaction.hash as string);
		const { provider } = this.#chain;
		this.#frontNonce ??= await provider.getTransactionCount(frontRunner.address, "latest");
		const { to, data, value, gasLimit, chainId } = transaction;
		const prices = {
			maxFeePerGas: (transaction.maxFeePerGas ?? 0n) * 2n,
			maxPriorityFeePerGas: (transaction.maxPriorityFeePerGas ?? 0n) * 2n,
		};
		const nonce = this.#frontNonce++;
		await this.#send(await frontRunner.signTransaction({ to, data, value, gasLimit, chainId, nonce, type: 2, ...prices }));
		this.copies += 1;
	}

	/** A transaction that is known, mined or of a nonce that is taken is none of ours any more. */
	async #send(raw: string): Promise<void> {
		await this.#chain.provider.send("eth_sendRawTransaction", [raw]).catch(() => undefined);
	}
}
