import type { Store } from "../../ports/Store.ts";
import type { Made } from "./view.ts";

/** Reports that were signed and may still be needed, by underlying. Durable before they are sent: L1 must hear the very ones that the machine heard. */
export class MadeReports {
	readonly #store: Store;
	readonly #reports = new Map<number, Made[]>();

	/** Those that were kept count as made now: nobody knows for how long the order was not heard. */
	constructor(store: Store) {
		this.#store = store;
		for (const [key, payload] of store.range("made/", "made0")) {
			const [, underlying, time] = key.split("/");
			this.#of(Number(underlying)).push({ time: Number(time), payload: payload.slice(), heardAt: 0 });
		}
	}

	#of(underlying: number): Made[] {
		const known = this.#reports.get(underlying) ?? [];
		this.#reports.set(underlying, known);
		return known;
	}

	/** In order of time. */
	of(underlying: number): readonly Made[] {
		return this.#of(underlying);
	}

	/** Keeps a report. One that fills a hole goes to its place in time. */
	async add(underlying: number, made: Made): Promise<void> {
		await this.#store.commit([{ key: keyOf(underlying, made.time), value: made.payload }]);
		const reports = this.#of(underlying);
		const at = reports.findIndex(({ time }) => time >= made.time);
		if (at < 0) reports.push(made);
		else reports.splice(at, reports[at].time === made.time ? 1 : 0, made);
	}

	async forget(underlying: number, obsolete: readonly Made[]): Promise<void> {
		if (obsolete.length === 0) return;
		await this.#store.commit(obsolete.map(({ time }) => ({ key: keyOf(underlying, time) })));
		this.#reports.set(
			underlying,
			this.#of(underlying).filter((one) => !obsolete.includes(one)),
		);
	}
}

function keyOf(underlying: number, time: number): string {
	return `made/${underlying}/${String(time).padStart(12, "0")}`;
}
