import { Transaction, isError } from "ethers";
import type { JsonRpcProvider, TransactionReceipt } from "ethers";
import type { TransactionOutcome, TransactionRequest, TransactionSender } from "../ports/Chain.ts";
import type { Log } from "../ports/Log.ts";
import type { Store } from "../ports/Store.ts";
import { errorOf } from "./Contracts.ts";
import type { TransactionSigner } from "./RemoteSigner.ts";
import * as Sidecar from "./Sidecar.ts";

export type ManagerOptions = {
	readonly provider: JsonRpcProvider;
	/** Signs; its key never leaves it. */
	readonly wallet: TransactionSigner;
	readonly store: Store;
	readonly log: Log;
	/** Warns when the balance falls below this many wei. */
	readonly lowBalance?: bigint;
	/** Milliseconds without inclusion after which a transaction is replaced by a dearer one. */
	readonly patienceMs?: number;
	/** Milliseconds between looks for a new block while something waits. */
	readonly pollMs?: number;
	/** Milliseconds without inclusion after which it is given to the endpoint again, as it is: endpoints forget, and reorganisations drop. */
	readonly resendMs?: number;
	/** Wei that may be spent on gas in a day of UTC, at the prices offered. Nothing is sent beyond it; bonds do not count, because they come back. */
	readonly dailyBudget?: bigint | undefined;
};

/** What is on disk of a transaction that was sent: enough to send it again, dearer, in the same place. */
type Entry = { key: string; nonce: number; raw: string; hashes: string[]; done?: string; isReverted?: boolean };

/** Two to three blocks of Ethereum. */
const PATIENCE_MS = 30_000;
const RESEND_MS = 5000;
const POLL_MS = 20;
/** LIMIT: looks without a receipt after which a nonce that L1 counts was another transaction's. */
const MISSING_LOOKS = 10;
const DAY_MS = 86_400_000;
/** LIMIT: how far back L1 may reorganise so that what it dropped is sent again from memory; twice Ethereum's finality. */
const LANE = 128;
const GAS_CAP = 16_777_216n;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Sends transactions from one account in one lane of nonces; several may wait to be mined at the same time. A transaction is journalled before it is sent, under its request's key: after a crash the same request finds
 * it, and waits for it or sends it again with the same nonce. One that succeeded is never sent twice; one that was mined and reverted is simulated anew when it is asked for again. What a
 * reorganisation drops goes out again in its place, so that the lane has no hole at which everything behind it would wait for ever.
 */
export class TransactionManager implements TransactionSender {
	readonly #options: ManagerOptions;
	#preparing: Promise<unknown> = Promise.resolve();
	#filledAt = 0;
	#polling: Promise<string | undefined> | undefined;
	/** The newest transactions by nonce, whether mined or not. */
	#lane: Map<number, Entry> | undefined;
	/** Nonces whose transactions this process gave to the endpoint, and did not see mined since. */
	readonly #given = new Set<number>();
	#isBudgetAlarmed = false;
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
		const known = saved && (JSON.parse(decoder.decode(saved)) as Entry);
		// What reverted may succeed now: it was too early, or a reorganisation took away what stood before it.
		const isKnown = known !== undefined && !(known.isReverted && (await this.#receipt(known)));
		const prepared = isKnown ? known : await this.#prepare(request);
		if ("status" in prepared) return prepared;
		// The lane's own entry, so that everybody who waits for it sees its dearer copies.
		const lane = await this.#readLane();
		const waiting = lane.get(prepared.nonce);
		const entry = waiting?.key === prepared.key ? waiting : prepared;
		lane.set(entry.nonce, entry);
		await this.#broadcast(entry);
		return entry;
	}

	/** The lane as the journal knows it. */
	async #readLane(): Promise<Map<number, Entry>> {
		if (this.#lane) return this.#lane;
		const count = await this.#options.provider.getTransactionCount(this.address, "latest");
		this.#lane = new Map();
		for (const [, value] of this.#options.store.range("transaction/", "transaction0")) {
			const entry = JSON.parse(decoder.decode(value)) as Entry;
			if (entry.nonce >= count - LANE) this.#lane.set(entry.nonce, entry);
		}
		return this.#lane;
	}

	/** Sends what L1 does not have from `count` on, the first nonce that is free there: what was dropped or never given, or `all` of it. Gives the first nonce that is free here. */
	async #fillLane(count: number, all = false): Promise<number> {
		const lane = await this.#readLane();
		const next = Math.max(count, ...[...lane.keys()].map((nonce) => nonce + 1));
		for (let nonce = count; nonce < next; nonce++) {
			if (all || !this.#given.has(nonce)) await this.#broadcast(lane.get(nonce) ?? (await this.#nothing(nonce)));
		}
		for (const nonce of lane.keys()) if (nonce < count - LANE) lane.delete(nonce);
		return next;
	}

	/** A transaction that does nothing, for a nonce whose transaction is not known any more. */
	async #nothing(nonce: number): Promise<Entry> {
		const { provider, wallet } = this.#options;
		const { chainId } = await provider.getNetwork();
		const raw = await wallet.signTransaction({ to: wallet.address, nonce, gasLimit: 21_000, chainId, type: 2, ...(await this.#prices()) });
		const entry: Entry = { key: `nothing/${nonce}`, nonce, raw, hashes: [Transaction.from(raw).hash as string] };
		await this.#save(entry);
		(await this.#readLane()).set(nonce, entry);
		return entry;
	}

	async #prices(): Promise<{ maxPriorityFeePerGas: bigint; maxFeePerGas: bigint }> {
		const fees = await this.#options.provider.getFeeData();
		const tip = fees.maxPriorityFeePerGas ?? 1_000_000_000n;
		return { maxPriorityFeePerGas: tip, maxFeePerGas: fees.maxFeePerGas ?? tip * 2n };
	}

	/** Simulates, signs and journals; a request that would revert is not sent. */
	async #prepare(request: TransactionRequest): Promise<Entry | TransactionOutcome> {
		const { provider, wallet } = this.#options;
		const call = { from: wallet.address, to: request.to, data: request.data, value: request.value ?? 0n };
		const { blobs } = request;
		const [count, prices, chain, blobFee] = await Promise.all([
			provider.getTransactionCount(wallet.address, "latest"),
			this.#prices(),
			provider.getNetwork(),
			blobs ? Sidecar.baseFee(provider) : 0n,
		]);
		// Twice the price of now: the fee of blobs moves by an eighth a block.
		const sidecar = blobs && (await Sidecar.make(blobs, 2n * blobFee, Sidecar.versionOf(chain.chainId)));
		let gasLimit: bigint;
		try {
			// With its prices: without them a node simulates at a base fee of 0, where a refund of gas is nothing.
			const simulated = { ...call, ...prices, ...(sidecar && Sidecar.named(sidecar)) };
			gasLimit = (!blobs && request.gasLimit) || ((await provider.estimateGas(simulated)) * 5n) / 4n;
		} catch (error) {
			if (!isError(error, "CALL_EXCEPTION")) throw error;
			const reason = errorOf(error.data ?? undefined, error.shortMessage);
			// Some nodes simulate without the blobs: everything else was found right by then.
			if (!blobs || !request.gasLimit || !reason.startsWith("NoSuchBlob")) return refusalOf(request, reason);
			gasLimit = request.gasLimit;
		}
		if (gasLimit > GAS_CAP) gasLimit = GAS_CAP;
		const blobWei = BigInt(blobs?.length ?? 0) * Sidecar.GAS_PER_BLOB * 2n * blobFee;
		if (!(await this.#spend(gasLimit * prices.maxFeePerGas + blobWei)))
			return { status: "reverted", error: "the budget of the day is spent" };
		const nonce = await this.#fillLane(count);
		const raw = await wallet.signTransaction({
			...call,
			from: undefined,
			nonce,
			gasLimit,
			chainId: chain.chainId,
			type: 2,
			...prices,
			...sidecar,
		});
		const entry: Entry = { key: request.key, nonce, raw, hashes: [Transaction.from(raw).hash as string] };
		await this.#save(entry);
		await this.#watchBalance();
		return entry;
	}

	/** Takes the most that a transaction may cost from the day's budget. Returns false when there is not so much left. */
	async #spend(wei: bigint): Promise<boolean> {
		const { dailyBudget, store, log } = this.#options;
		if (dailyBudget === undefined) return true;
		const key = `spent/${Math.floor(Date.now() / DAY_MS)}`;
		const saved = store.get(key);
		const spent = (saved ? BigInt(decoder.decode(saved)) : 0n) + wei;
		if (spent > dailyBudget) {
			if (!this.#isBudgetAlarmed)
				log.alarm("BudgetSpent", "the day's budget for gas is spent, and nothing more is sent", { address: this.address });
			this.#isBudgetAlarmed = true;
			return false;
		}
		await store.commit([{ key, value: encoder.encode(spent.toString()) }]);
		this.#isBudgetAlarmed = false;
		return true;
	}

	/** Sends until it is mined; dearer when it waits too long. */
	async #settle(entry: Entry): Promise<TransactionOutcome> {
		const { provider } = this.#options;
		const { patienceMs = PATIENCE_MS, resendMs = RESEND_MS } = this.#options;
		let since = Date.now();
		let missing = 0;
		for (let head: string | undefined; ;) {
			const receipt = await this.#receipt(entry);
			if (receipt) return this.#finish(entry, receipt);
			const count = await provider.getTransactionCount(this.address, "latest");
			if (Date.now() - since > patienceMs) {
				await this.#replace(entry);
				since = Date.now();
			} else if (Date.now() - Math.max(since, this.#filledAt) > resendMs) {
				// For everybody who waits in the lane.
				this.#filledAt = Date.now();
				await this.#fillLane(count, true);
			} else if (count > entry.nonce) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
			else head = await this.#nextHead(head, Math.min(since + patienceMs, Math.max(since, this.#filledAt) + resendMs));
			// An endpoint may know the new nonce a little before it knows the receipt.
			missing = count > entry.nonce ? missing + 1 : 0;
			// Another transaction took the nonce: from another program with this key. It is prepared anew.
			if (missing > MISSING_LOOKS && !(await this.#receipt(entry))) {
				this.#lane?.delete(entry.nonce);
				await this.#options.store.commit([{ key: `transaction/${entry.key}` }]);
				throw new Error(`Another transaction of ${this.address} took nonce ${entry.nonce}: no other program may send from this account.`);
			}
		}
	}

	/** Waits until L1 has another head than this one, or a time has come. Everybody who waits shares the question. */
	async #nextHead(seen: string | undefined, until: number): Promise<string | undefined> {
		for (;;) {
			this.#polling ??= this.#poll();
			const head = await this.#polling;
			if (head !== seen || Date.now() > until) return head;
		}
	}

	async #poll(): Promise<string | undefined> {
		try {
			await new Promise((resolve) => setTimeout(resolve, this.#options.pollMs ?? POLL_MS));
			return (await this.#options.provider.getBlock("latest"))?.hash ?? undefined;
		} finally {
			this.#polling = undefined;
		}
	}

	async #broadcast(entry: Entry): Promise<void> {
		this.#given.add(entry.nonce);
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
		const now = await this.#prices();
		// Nodes take a replacement that offers a tenth more; what the market asks by now may be more than that.
		const dearer = (fee: bigint, market: bigint): bigint => {
			const raised = (fee * 112n) / 100n + 1n;
			return raised > market ? raised : market;
		};
		// A transaction with blobs is replaced by one that offers twice as much, of everything.
		const factor = old.type === 3 ? 2n : 1n;
		const sidecar = Sidecar.repriced(old, 2n * (old.maxFeePerBlobGas ?? 0n));
		const raw = await this.#options.wallet.signTransaction({
			to: old.to,
			data: old.data,
			value: old.value,
			nonce: old.nonce,
			gasLimit: old.gasLimit,
			chainId: old.chainId,
			type: 2,
			maxPriorityFeePerGas: dearer((old.maxPriorityFeePerGas ?? 1_000_000_000n) * factor, now.maxPriorityFeePerGas),
			maxFeePerGas: dearer((old.maxFeePerGas ?? 1_000_000_000n) * factor, now.maxFeePerGas),
			...sidecar,
		});
		entry.raw = raw;
		entry.hashes.push(Transaction.from(raw).hash as string);
		await this.#save(entry);
		await this.#broadcast(entry);
	}

	async #finish(entry: Entry, receipt: TransactionReceipt): Promise<TransactionOutcome> {
		this.#given.delete(entry.nonce);
		if (entry.done !== receipt.hash || (entry.isReverted ?? false) !== (receipt.status !== 1)) {
			entry.done = receipt.hash;
			entry.isReverted = receipt.status !== 1;
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
		if (!lowBalance) return;
		const isLow = (await provider.getBalance(this.address)) < lowBalance;
		// Once until it is filled up: an account that empties a second time is news.
		const isNews = isLow && !this.#warned;
		this.#warned = isLow;
		if (!isNews) return;
		log.alarm("LowBalance", "the account that pays for transactions is nearly empty", { address: this.address });
	}
}

/** What was to be brought about is so already when the contract's refusal says that: by somebody else, or by this account before it lost its journal. */
function refusalOf({ doneBy = [] }: TransactionRequest, error: string): TransactionOutcome {
	return doneBy.some((name) => error.startsWith(`${name}(`)) ? { status: "done", error } : { status: "reverted", error };
}
