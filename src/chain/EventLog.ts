import type { Log, Provider } from "ethers";

/** LIMIT: blocks asked for at once, at first; halved when a provider refuses, doubled while it serves. */
const FIRST_RANGE = 2000;
const MAX_RANGE = 50_000;

/** Follows the logs of some addresses: each is taken once, in order, however often the endpoint fails in between. */
export class EventLog {
	readonly #provider: Provider;
	readonly #addresses: readonly string[];
	/** Read and not yet taken. */
	readonly #waiting: Log[] = [];
	#from: number;
	#range = FIRST_RANGE;

	constructor(provider: Provider, addresses: readonly string[], fromBlock: number) {
		this.#provider = provider;
		this.#addresses = addresses;
		this.#from = fromBlock;
	}

	/**
	 * Gives the logs up to `head` that were not taken yet. When `take` rejects, or the endpoint does, so does this; the log at hand and those behind it are given
	 * again the next time, so `take` must change nothing before it rejects.
	 */
	async each(head: number, take: (log: Log) => Promise<void> | void): Promise<void> {
		for (;;) {
			for (let log = this.#waiting[0]; log; log = this.#waiting[0]) {
				await take(log);
				this.#waiting.shift();
			}
			if (this.#from > head) return;
			const to = Math.min(head, this.#from + this.#range - 1);
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
	}
}
