import { EXPIRY_SECOND_OF_DAY, SECONDS_PER_DAY, SETTLEMENT_WINDOW_SECONDS } from "../machine/Constants.ts";
import type { Store } from "../ports/Store.ts";

/** Seconds beside a window that count as its own: its first second has the report before it, and its last the one behind. */
const BESIDE_SECONDS = 90;
/** Looks are kept no nearer to each other than this. */
const APART_SECONDS = 8;
/** So long a look may take: one that ends later than that behind the next was made by another clock. */
const SLOW_SECONDS = 60;
/** LIMIT: looks that are kept of an underlying, those kept first go first: more than four days' windows. By number, because a clock that leaps makes everything old. */
const MAX_KEPT = 1024;

/** `place` grows in the order in which looks began, whatever the clock said; a slow one has that of the next, before which it stands. */
type Kept<L> = { readonly place: number; readonly look: L };

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
	readonly #kept = new Map<number, Kept<L>[]>();

	/** Reads what a process before this one kept. */
	constructor(store: Store) {
		this.#store = store;
		for (const [key, value] of store.range("", "~")) {
			const [underlying, , place = "0"] = key.split("/");
			this.#of(Number(underlying)).push({ place: Number(place), look: JSON.parse(new TextDecoder().decode(value)) as L });
		}
		for (const kept of this.#kept.values()) kept.sort((a, b) => a.place - b.place || a.look.at - b.look.at);
	}

	#of(underlying: number): Kept<L>[] {
		const known = this.#kept.get(underlying) ?? [];
		this.#kept.set(underlying, known);
		return known;
	}

	/** What was seen until now, in order of time. A clock may have been wrong, and which looks were by such a one shows later only: most that agree are told. */
	of(underlying: number, now: number): readonly L[] {
		return agreeing(
			this.#of(underlying)
				.map(({ look }) => look)
				.filter(({ at }) => at <= now),
		);
	}

	/** Keeps a look where it is of a window. Rejects when it could not be made durable; it is remembered all the same. */
	async keep(underlying: number, look: L): Promise<void> {
		if (!isOfWindow(look.at)) return;
		const kept = this.#of(underlying);
		let index = kept.length;
		while (index > 0 && isSlow(look.at, kept[index - 1].look.at)) index--;
		const beside = [kept[index - 1], kept[index]].filter((one) => one !== undefined);
		if (beside.some((one) => Math.abs(one.look.at - look.at) < APART_SECONDS)) return;
		const added = { place: kept[index]?.place ?? (kept.at(-1)?.place ?? 0) + 1, look };
		kept.splice(index, 0, added);
		const gone = kept.splice(0, Math.max(0, kept.length - MAX_KEPT));
		const value = new TextEncoder().encode(JSON.stringify(look));
		await this.#store.commit([{ key: keyOf(underlying, added), value }, ...gone.map((one) => ({ key: keyOf(underlying, one) }))]);
	}
}

const isSlow = (at: number, next: number): boolean => next > at && next - at <= SLOW_SECONDS;

/** The most of these, in their order, that one clock can have said, because none is before another that stands before it; of as many, the later ones. */
function agreeing<L extends { readonly at: number }>(looks: readonly L[]): L[] {
	type Link = { readonly look: L; readonly before: Link | undefined };
	// By length, the chain that ends earliest: these ends ascend.
	const chains: Link[] = [];
	for (const look of looks) {
		let [low, high] = [0, chains.length];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (chains[middle].look.at <= look.at) low = middle + 1;
			else high = middle;
		}
		chains[low] = { look, before: chains[low - 1] };
	}
	const found: L[] = [];
	for (let link = chains.at(-1); link; link = link.before) found.push(link.look);
	return found.reverse();
}

/** Of a look that was kept before there were places: without one. */
function keyOf(underlying: number, { place, look }: Kept<{ readonly at: number }>): string {
	const key = `${underlying}/${String(look.at).padStart(12, "0")}`;
	return place === 0 ? key : `${key}/${place}`;
}
