import type { Store } from "../ports/Store.ts";

/** A part of a store whose keys begin alike. Closing it leaves the store open. */
export function prefixed(store: Store, prefix: string): Store {
	return {
		get: (key) => store.get(prefix + key),
		range: function* (from, to) {
			for (const [key, value] of store.range(prefix + from, prefix + to)) yield [key.slice(prefix.length), value] as const;
		},
		commit: (changes) => store.commit(changes.map((change) => ({ ...change, key: prefix + change.key }))),
		close: async () => undefined,
	};
}
