import type { Log, Provider } from "ethers";

/** LIMIT: blocks asked for at once, at first; halved when a provider refuses, doubled while it serves. */
const FIRST_RANGE = 2000;
const MAX_RANGE = 50_000;
/** LIMIT: places kept at which a fork can be found. A reorganisation below all of them reads everything again. */
const MARKS = 256;

type Mark = { readonly number: number; readonly hash: string };

/** Follows the logs of some addresses: each is taken once, in order, however often the endpoint fails in between, and taken back when L1 drops its block. */
export class EventLog {
	readonly #provider: Provider;
	readonly #addresses: readonly string[];
	readonly #first: number;
	/** Read and not yet taken. */
	#waiting: Log[] = [];
	#from: number;
	#range = FIRST_RANGE;
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
			for (let log = this.#waiting[0]; log; log = this.#waiting[0]) {
				await take(log);
				this.#waiting.shift();
				this.#mark({ number: log.blockNumber, hash: log.blockHash });
			}
			if (this.#from > head.number) break;
			const to = Math.min(head.number, this.#from + this.#range - 1);
			try {
				this.#waiting.push(...(await this.#provider.getLogs({ address: [...this.#addresses], fromBlock: this.#from, toBlock: to })));
			} catch (error) {
				if (this.#range === 1) throw error;
				this.#range = Math.ceil(this.#range / 2);
				continue;
			}
			this.#from = to + 1;
			this.#range = Math.min(MAX_RANGE, this.#range * 2);
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
