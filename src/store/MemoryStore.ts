import type { Change, Store } from "../ports/Store.ts";

/** A store that is forgotten with the process: for tests, and for roles whose state is all on L1. */
export class MemoryStore implements Store {
	readonly #entries = new Map<string, Uint8Array>();

	get(key: string): Uint8Array | undefined {
		return this.#entries.get(key)?.slice();
	}

	*range(from: string, to: string): Iterable<readonly [string, Uint8Array]> {
		const keys = [...this.#entries.keys()].filter((key) => key >= from && key < to).sort((a, b) => (a < b ? -1 : 1));
		for (const key of keys) {
			const value = this.#entries.get(key);
			if (value) yield [key, value.slice()];
		}
	}

	async commit(changes: readonly Change[]): Promise<void> {
		for (const { key, value } of changes) {
			if (value) this.#entries.set(key, value.slice());
			else this.#entries.delete(key);
		}
	}

	async close(): Promise<void> {}
}
