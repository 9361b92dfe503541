import type { Log, Provider } from "ethers";
import { EndpointError, isBehind, isRangeTooLarge, isRateLimit } from "./endpointErrors.ts";
import type { RpcFault } from "./endpointErrors.ts";

/** LIMIT: blocks asked for at once, at first; halved when a provider refuses them, doubled while it serves. */
const FIRST_RANGE = 2000;
const MAX_RANGE = 50_000;
/** Ranges served in a row after which a range that was once refused is tried again: what was refused held too many logs, or the provider was busy. */
const PATIENCE = 16;
/** LIMIT: places kept at which a fork can be found. A reorganisation below all of them reads everything again. */
const MARKS = 256;

type Mark = { readonly number: number; readonly hash: string };

/** Follows the logs of some addresses: each is taken once, in order, however often the endpoint fails in between, and taken back when L1 drops its block. */
export class EventLog {
	readonly #provider: Provider;
	readonly #addresses: readonly string[];
	readonly #first: number;
	/** Read and not yet taken: logs, and the blocks at which ranges ended. */
	#waiting: { readonly log: Log | undefined; readonly mark: Mark }[] = [];
	#from: number;
	#range = FIRST_RANGE;
	/** The longest range that was served and the shortest that was refused, and how many were served since. */
	#good = 0;
	#refused = MAX_RANGE + 1;
	#served = 0;
	/** Blocks that were read, as they were then, ascending: those of logs, and the heads. What lies between two that still stand still stands. */
	#marks: Mark[] = [];
	/** How many of the marks were looked at again after everything behind them was read. */
	#certain = 0;

	constructor(provider: Provider, addresses: readonly string[], fromBlock: number) {
		this.#provider = provider;
		this.#addresses = addresses;
		this.#first = fromBlock;
		this.#from = fromBlock;
	}

	/**
	 * Gives the logs up to `head` that were not taken yet. Before, and whenever L1 changed its mind meanwhile, `takeBack(block)` says that everything taken from
	 * blocks above that one is void. When `take` rejects, or the endpoint does, so does this; the log at hand and those behind it are given again the next time,
	 * so `take` must change nothing before it rejects. `takeBack` must not fail.
	 */
	async each(head: Mark, take: (log: Log) => Promise<void> | void, takeBack: (block: number) => void): Promise<void> {
		if (!(await this.#findFork(head, takeBack))) return;
		for (;;) {
			for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
				if (next.log) await take(next.log);
				this.#waiting.shift();
				this.#mark(next.mark);
			}
			if (this.#from > head.number) break;
			await this.#readRange(head);
		}
		this.#mark(head);
		// L1 may have changed its mind while it was read, so that one range is of one chain and the next of another.
		for (; this.#certain < this.#marks.length; this.#certain++) {
			const mark = this.#marks[this.#certain];
			if ((await this.#provider.getBlock(mark.number))?.hash === mark.hash) continue;
			this.#goBack(this.#certain, takeBack);
			return;
		}
	}

	/** Reads the next range. Its last block is remembered as it was before, so that logs of a chain that L1 left meanwhile, or the lack of them, are found out. */
	async #readRange(head: Mark): Promise<void> {
		const to = Math.min(head.number, this.#from + this.#range - 1);
		const hash = to === head.number ? head.hash : (await this.#provider.getBlock(to))?.hash;
		if (!hash) throw new Error(`The L1 endpoint does not have block ${to}, though its head is ${head.number}.`);
		let logs: readonly Log[];
		try {
			logs = await this.#provider.getLogs({ address: [...this.#addresses], fromBlock: this.#from, toBlock: to });
		} catch (error) {
			const length = to - this.#from + 1;
			if (length === 1 || !isRefusal(error)) throw error;
			this.#refused = length;
			this.#served = 0;
			if (this.#good >= length) this.#good = 0;
			this.#range = this.#good > 0 ? this.#good : Math.ceil(length / 2);
			return;
		}
		this.#waiting.push(...logs.map((log) => ({ log, mark: { number: log.blockNumber, hash: log.blockHash } })));
		this.#waiting.push({ log: undefined, mark: { number: to, hash } });
		this.#good = Math.max(this.#good, to - this.#from + 1);
		this.#from = to + 1;
		this.#served += 1;
		if (this.#served % PATIENCE === 0) this.#refused = Math.min(MAX_RANGE + 1, this.#refused * 2);
		// Halfway to what was refused, until that is near.
		if (this.#refused - this.#range > this.#range / 4)
			this.#range = Math.min(MAX_RANGE, this.#range * 2, Math.floor((this.#range + this.#refused) / 2));
	}

	#mark(mark: Mark): void {
		if (this.#marks.at(-1)?.hash === mark.hash) return;
		this.#marks.push(mark);
		if (this.#marks.length <= MARKS) return;
		this.#marks.shift();
		this.#certain = Math.max(0, this.#certain - 1);
	}

	/** Goes back to the last block that was read and still stands. Returns false when the endpoint is only behind: then nothing is certain, and nothing is read. */
	async #findFork(head: Mark, takeBack: (block: number) => void): Promise<boolean> {
		let standing = this.#marks.length;
		let isBehind = false;
		for (; standing > 0; standing--) {
			const mark = this.#marks[standing - 1];
			if (mark.number > head.number) {
				isBehind = true;
				continue;
			}
			const hash = mark.number === head.number ? head.hash : (await this.#provider.getBlock(mark.number))?.hash;
			if (hash === mark.hash) break;
			isBehind = false;
		}
		if (isBehind) return false;
		if (standing < this.#marks.length) this.#goBack(standing, takeBack);
		return true;
	}

	/** Keeps so many marks, and what was taken up to the last of them. */
	#goBack(standing: number, takeBack: (block: number) => void): void {
		this.#marks = this.#marks.slice(0, standing);
		this.#certain = Math.min(this.#certain, standing);
		const last = this.#marks.at(-1)?.number ?? this.#first - 1;
		this.#waiting = [];
		this.#from = last + 1;
		takeBack(last);
	}
}

/** Whether the node itself refused the range. That it could not be reached, or limits requests, says nothing about the range. */
function isRefusal(error: unknown): boolean {
	if (error instanceof EndpointError) return false;
	const { code, error: inner, message } = error as { code?: unknown; error?: RpcFault; message?: string };
	const fault = inner ?? { message };
	if (isRangeTooLarge(fault)) return true;
	// What ethers and the system could not do has a code of their own; a node's refusal that ethers has no word for is UNKNOWN_ERROR.
	const isSaidByNode = inner !== undefined || typeof code !== "string" || code === "UNKNOWN_ERROR";
	return isSaidByNode && !isRateLimit(fault) && !isBehind(fault);
}
