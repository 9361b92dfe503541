import { EXPIRY_SECOND_OF_DAY, SECONDS_PER_DAY, SETTLEMENT_WINDOW_SECONDS } from "../machine/Constants.ts";
import type { Store } from "../ports/Store.ts";

/** Seconds beside a window that count as its own: its first second has the report before it, and its last the one behind. */
const BESIDE_SECONDS = 90;
/** Looks are kept no nearer to each other than this. */
const APART_SECONDS = 8;
/** LIMIT: looks that are kept of an underlying, the oldest go first: more than four days' windows. By number, because a clock that leaps makes everything old. */
const MAX_KEPT = 1024;

/** Whether a time is of a settlement window: 07:30 to 08:00 UTC, and a little more. */
export function isOfWindow(time: number): boolean {
	const second = time % SECONDS_PER_DAY;
	return second >= EXPIRY_SECOND_OF_DAY - SETTLEMENT_WINDOW_SECONDS - BESIDE_SECONDS && second <= EXPIRY_SECOND_OF_DAY + BESIDE_SECONDS;
}

/**
 * What was seen of settlement windows, durable: until a window's prices are reported the machine takes none that come later, and nobody but who looked then can
 * say what they were.
 */
export class WindowLooks<L extends { readonly at: number }> {
	readonly #store: Store;
	readonly #looks = new Map<number, L[]>();

	/** Reads what a process before this one kept. */
	constructor(store: Store) {
		this.#store = store;
		for (const [key, value] of store.range("", "~"))
			this.#of(Number(key.split("/")[0])).push(JSON.parse(new TextDecoder().decode(value)) as L);
	}

	#of(underlying: number): L[] {
		const known = this.#looks.get(underlying) ?? [];
		this.#looks.set(underlying, known);
		return known;
	}

	/** In order of time. */
	of(underlying: number): readonly L[] {
		return this.#of(underlying);
	}

	/** Keeps a look where it is of a window. Rejects when it could not be made durable; it is remembered all the same. */
	async keep(underlying: number, look: L): Promise<void> {
		const looks = this.#of(underlying);
		if (!isOfWindow(look.at)) return;
		// What is to come was kept by a clock that ran ahead, and was not seen at such a time.
		const wrong = looks.filter(({ at }) => at > look.at);
		looks.splice(looks.length - wrong.length);
		if (wrong.length === 0 && look.at - (looks.at(-1)?.at ?? 0) < APART_SECONDS) return;
		const value = new TextEncoder().encode(JSON.stringify(look));
		looks.push(look);
		const gone = [...wrong, ...looks.splice(0, Math.max(0, looks.length - MAX_KEPT))];
		await this.#store.commit([...gone.map(({ at }) => ({ key: keyOf(underlying, at) })), { key: keyOf(underlying, look.at), value }]);
	}
}

function keyOf(underlying: number, at: number): string {
	return `${underlying}/${String(at).padStart(12, "0")}`;
}
