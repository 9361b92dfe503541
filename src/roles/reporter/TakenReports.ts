import { MAX_UNDERLYINGS } from "../../machine/Constants.ts";
import * as Messages from "../../machine/step/Messages.ts";
import type { Log } from "../../ports/Log.ts";
import type { Change, Store } from "../../ports/Store.ts";
import type { Made } from "./view.ts";

/**
 * Reports that the machine took from the order, as this node executed it, by underlying: what L1's oracle is to hear. Other circles may have made them.
 * Durable as they are executed, which is before the state that they are part of is.
 */
export class TakenReports {
	readonly #store: Store;
	readonly #log: Log;
	readonly #observed: () => number;
	readonly #reports: Made[][] = Array.from({ length: MAX_UNDERLYINGS }, () => []);
	readonly #since: number[];
	/** Height of the last bundle that was heard. */
	#height: number;
	#saving: Promise<void> = Promise.resolve();

	/**
	 * `height` and `machineTimes` are where the state stands now: the last bundle that was executed, and the last report of each underlying; `observed` is how many
	 * seconds the circle has seen pass. What was kept counts as heard at its beginning.
	 */
	constructor(store: Store, log: Log, height: number, machineTimes: readonly number[], observed: () => number) {
		this.#observed = observed;
		this.#store = store;
		this.#log = log;
		this.#height = height;
		for (const [key, payload] of store.range("taken/", "taken0")) {
			const [, underlying, time] = key.split("/");
			this.#reports[Number(underlying)].push({ time: Number(time), payload: payload.slice(), heardAt: 0 });
		}
		this.#since = machineTimes.map((machineTime, underlying) => {
			const kept = this.#reports[underlying];
			if ((kept.at(-1)?.time ?? 0) >= machineTime) return sinceIn(store, underlying);
			// It does not reach the state, so there is a hole in what was kept.
			this.#save([...kept.map(({ time }) => ({ key: keyOf(underlying, time) })), sinceChange(underlying, machineTime)]);
			kept.length = 0;
			return machineTime;
		});
	}

	/** In order of time. */
	of(underlying: number): readonly Made[] {
		return this.#reports[underlying];
	}

	/** Every report that the machine took behind this time is known. */
	since(underlying: number): number {
		return this.#since[underlying];
	}

	/** Hears the reports that the machine took from the bundle of a height, in its order. */
	hear(height: number, payloads: readonly Uint8Array[]): void {
		// A state that was taken over from elsewhere came with reports that nobody heard here.
		if (height > this.#height + 1) {
			for (const reports of this.#reports) reports.length = 0;
			this.#since.fill(Number.POSITIVE_INFINITY);
		}
		this.#height = height;
		for (const payload of payloads) this.#take(payload);
	}

	#take(payload: Uint8Array): void {
		const report = Messages.parseReport(payload);
		if (!report) return;
		const { underlying, time } = report;
		const reports = this.#reports[underlying];
		const changes: Change[] = [];
		// The order may be executed again from an earlier place, when L1 forced a batch in between: then its last word counts.
		for (let newest = reports.at(-1); newest && newest.time >= time; newest = reports.at(-1)) {
			changes.push({ key: keyOf(underlying, newest.time) });
			reports.pop();
		}
		reports.push({ time, payload: payload.slice(), heardAt: this.#observed() });
		changes.push({ key: keyOf(underlying, time), value: payload.slice() });
		if (time < this.#since[underlying]) {
			this.#since[underlying] = time;
			changes.push(sinceChange(underlying, time));
		}
		this.#save(changes);
	}

	async forget(underlying: number, obsolete: readonly Made[]): Promise<void> {
		if (obsolete.length === 0) return;
		this.#reports[underlying] = this.#reports[underlying].filter((one) => !obsolete.includes(one));
		this.#save(obsolete.map(({ time }) => ({ key: keyOf(underlying, time) })));
		await this.#saving;
	}

	/** Resolves when what was heard is durable. */
	async close(): Promise<void> {
		await this.#saving;
	}

	#save(changes: readonly Change[]): void {
		this.#saving = this.#saving
			.then(() => this.#store.commit(changes))
			.catch((error: unknown) => this.#log.warn("a report that the machine took is not kept", { reason: (error as Error).message }));
	}
}

function sinceIn(store: Store, underlying: number): number {
	const bytes = store.get(`since/${underlying}`);
	return bytes ? Number(new TextDecoder().decode(bytes)) : 0;
}

function sinceChange(underlying: number, time: number): Change {
	return { key: `since/${underlying}`, value: new TextEncoder().encode(String(time)) };
}

function keyOf(underlying: number, time: number): string {
	return `taken/${underlying}/${String(time).padStart(12, "0")}`;
}
