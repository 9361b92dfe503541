import { Transaction, isError } from "ethers";
import type { JsonRpcProvider, TransactionReceipt, Wallet, HDNodeWallet } from "ethers";
import type { TransactionOutcome, TransactionRequest, TransactionSender } from "../ports/Chain.ts";
import type { Log } from "../ports/Log.ts";
import type { Store } from "../ports/Store.ts";
import { errorOf } from "./Contracts.ts";

export type ManagerOptions = {
	readonly provider: JsonRpcProvider;
	/** Signs; its key never leaves it. */
	readonly wallet: Wallet | HDNodeWallet;
	readonly store: Store;
	readonly log: Log;
	/** Warns when the balance falls below this many wei. */
	readonly lowBalance?: bigint;
	/** Milliseconds without inclusion after which a transaction is replaced by a dearer one. */
	readonly patienceMs?: number;
};

/** What is on disk of a transaction that was sent: enough to send it again, dearer, in the same place. */
type Entry = { key: string; nonce: number; raw: string; hashes: string[]; done?: string };

/** Two to three blocks of Ethereum. */
const PATIENCE_MS = 30_000;
const POLL_MS = 20;
const GAS_CAP = 16_777_216n;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Sends transactions from one account in one lane of nonces, each once; several may wait to be mined at the same time. A transaction is journalled before it is sent, under its request's key: after a crash the same
 * request finds it, and waits for it or sends it again with the same nonce.
 */
export class TransactionManager implements TransactionSender {
	readonly #options: ManagerOptions;
	#preparing: Promise<unknown> = Promise.resolve();
	#nextNonce = 0;
	#unprepared = 0;
	#waiting = 0;
	#warned = false;

	constructor(options: ManagerOptions) {
		this.#options = options;
	}

	get address(): string {
		return this.#options.wallet.address.toLowerCase();
	}

	/** Whether everything that was asked for is broadcast, and something still waits for a block. */
	get isWaiting(): boolean {
		return this.#unprepared === 0 && this.#waiting > 0;
	}

	/** Whether nothing is asked for and nothing waits. */
	get isIdle(): boolean {
		return this.#unprepared === 0 && this.#waiting === 0;
	}

	async send(request: TransactionRequest): Promise<TransactionOutcome> {
		this.#unprepared += 1;
		const prepared = this.#preparing
			.then(() => this.#broadcastOnce(request))
			.finally(() => {
				this.#unprepared -= 1;
			});
		this.#preparing = prepared.catch(() => undefined);
		const entry = await prepared;
		if ("status" in entry) return entry;
		this.#waiting += 1;
		try {
			return await this.#settle(entry);
		} finally {
			this.#waiting -= 1;
		}
	}

	async #broadcastOnce(request: TransactionRequest): Promise<Entry | TransactionOutcome> {
		const saved = this.#options.store.get(`transaction/${request.key}`);
		const entry = saved ? (JSON.parse(decoder.decode(saved)) as Entry) : await this.#prepare(request);
		if (!("status" in entry)) await this.#broadcast(entry);
		return entry;
	}

	/** Simulates, signs and journals; a request that would revert is not sent. */
	async #prepare(request: TransactionRequest): Promise<Entry | TransactionOutcome> {
		const { provider, wallet } = this.#options;
		const call = { from: wallet.address, to: request.to, data: request.data, value: request.value ?? 0n };
		const [count, fees, chain] = await Promise.all([
			provider.getTransactionCount(wallet.address, "latest"),
			provider.getFeeData(),
			provider.getNetwork(),
		]);
		const tip = fees.maxPriorityFeePerGas ?? 1_000_000_000n;
		const prices = { maxPriorityFeePerGas: tip, maxFeePerGas: fees.maxFeePerGas ?? tip * 2n };
		let gasLimit: bigint;
		try {
			// With its prices: without them a node simulates at a base fee of 0, where a refund of gas is nothing.
			gasLimit = request.gasLimit ?? ((await provider.estimateGas({ ...call, ...prices })) * 5n) / 4n;
		} catch (error) {
			if (!isError(error, "CALL_EXCEPTION")) throw error;
			return { status: "reverted", error: errorOf(error.data ?? undefined, error.shortMessage) };
		}
		if (gasLimit > GAS_CAP) gasLimit = GAS_CAP;
		const nonce = Math.max(count, this.#nextNonce);
		this.#nextNonce = nonce + 1;
		const raw = await wallet.signTransaction({
			...call,
			from: undefined,
			nonce,
			gasLimit,
			chainId: chain.chainId,
			type: 2,
			...prices,
		});
		const entry: Entry = { key: request.key, nonce, raw, hashes: [Transaction.from(raw).hash as string] };
		await this.#save(entry);
		await this.#watchBalance();
		return entry;
	}

	/** Sends until it is mined; dearer when it waits too long. */
	async #settle(entry: Entry): Promise<TransactionOutcome> {
		const { provider } = this.#options;
		let since = Date.now();
		for (;;) {
			const receipt = await this.#receipt(entry);
			if (receipt) return this.#finish(entry, receipt);
			if (Date.now() - since > (this.#options.patienceMs ?? PATIENCE_MS)) {
				await this.#replace(entry);
				since = Date.now();
			} else await new Promise((resolve) => setTimeout(resolve, POLL_MS));
			// Another transaction took the nonce: after a reorganisation, or from another program with this key. It is prepared anew.
			if ((await provider.getTransactionCount(this.address, "latest")) > entry.nonce && !(await this.#receipt(entry))) {
				await this.#options.store.commit([{ key: `transaction/${entry.key}` }]);
				throw new Error(`Another transaction of ${this.address} took nonce ${entry.nonce}: no other program may send from this account.`);
			}
		}
	}

	async #broadcast(entry: Entry): Promise<void> {
		try {
			await this.#options.provider.broadcastTransaction(entry.raw);
		} catch (error) {
			// "Already known" and "nonce too low" mean that it is there or mined: the receipt tells.
			this.#options.log.debug("the transaction was not taken", { key: entry.key, reason: (error as Error).message });
		}
	}

	async #receipt(entry: Entry): Promise<TransactionReceipt | undefined> {
		for (const hash of entry.hashes) {
			const receipt = await this.#options.provider.getTransactionReceipt(hash);
			if (receipt) return receipt;
		}
		return undefined;
	}

	async #replace(entry: Entry): Promise<void> {
		const old = Transaction.from(entry.raw);
		const dearer = (fee: bigint | null): bigint => ((fee ?? 1_000_000_000n) * 112n) / 100n + 1n;
		const raw = await this.#options.wallet.signTransaction({
			to: old.to,
			data: old.data,
			value: old.value,
			nonce: old.nonce,
			gasLimit: old.gasLimit,
			chainId: old.chainId,
			type: 2,
			maxPriorityFeePerGas: dearer(old.maxPriorityFeePerGas),
			maxFeePerGas: dearer(old.maxFeePerGas),
		});
		entry.raw = raw;
		entry.hashes.push(Transaction.from(raw).hash as string);
		await this.#save(entry);
		await this.#broadcast(entry);
	}

	async #finish(entry: Entry, receipt: TransactionReceipt): Promise<TransactionOutcome> {
		if (!entry.done) {
			entry.done = receipt.hash;
			await this.#save(entry);
		}
		if (receipt.status === 1) return { status: "mined", hash: receipt.hash, block: receipt.blockNumber, gasUsed: receipt.gasUsed };
		return { status: "reverted", error: `transaction ${receipt.hash} reverted after it was sent` };
	}

	#save(entry: Entry): Promise<void> {
		return this.#options.store.commit([{ key: `transaction/${entry.key}`, value: encoder.encode(JSON.stringify(entry)) }]);
	}

	async #watchBalance(): Promise<void> {
		const { provider, lowBalance, log } = this.#options;
		if (!lowBalance || this.#warned || (await provider.getBalance(this.address)) >= lowBalance) return;
		this.#warned = true;
		log.alarm("LowBalance", "the account that pays for transactions is nearly empty", { address: this.address });
	}
}
