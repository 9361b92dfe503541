import type { Log, Provider } from "ethers";

/** LIMIT: blocks asked for at once, at first; halved when a provider refuses, doubled while it serves. */
const FIRST_RANGE = 2000;
const MAX_RANGE = 50_000;

/** Follows the logs of some addresses: each call of `next` gives those of the blocks since the last. */
export class EventLog {
	readonly #provider: Provider;
	readonly #addresses: readonly string[];
	#from: number;
	#range = FIRST_RANGE;

	constructor(provider: Provider, addresses: readonly string[], fromBlock: number) {
		this.#provider = provider;
		this.#addresses = addresses;
		this.#from = fromBlock;
	}

	/** Logs up to `head`, in order. Each is given once. */
	async next(head: number): Promise<Log[]> {
		const all: Log[] = [];
		while (this.#from <= head) {
			const to = Math.min(head, this.#from + this.#range - 1);
			try {
				all.push(...(await this.#provider.getLogs({ address: [...this.#addresses], fromBlock: this.#from, toBlock: to })));
			} catch (error) {
				if (this.#range === 1) throw error;
				this.#range = Math.ceil(this.#range / 2);
				continue;
			}
			this.#from = to + 1;
			this.#range = Math.min(MAX_RANGE, this.#range * 2);
		}
		return all;
	}
}
