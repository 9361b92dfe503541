import type { Evidence } from "../../ports/Evidence.ts";
import type { Store } from "../../ports/Store.ts";
import type { Statement } from "./Statements.ts";

/** LIMIT: places of one kind and signer that are remembered, the newest: months of batches and reports, hours of checkpoints under load. */
const MAX_PLACES = 50_000;
/** How many are dropped at once when there are more. */
const DROPPED = 1_000;

/** The first statement of every signer about every place, on disk, and the evidence that a second one made. */
export class Ledger {
	readonly #store: Store;
	readonly #counts = new Map<string, number>();

	constructor(store: Store) {
		this.#store = store;
	}

	/** Notes a statement whose signature was recovered. Gives the evidence when its signer said something else of the place before; durable then. */
	async note(statement: Statement): Promise<Evidence | undefined> {
		const { kind, signer, place, said, fields, signature } = statement;
		const prefix = `said/${kind}/${signer}/`;
		const first = read<Statement>(this.#store.get(prefix + place));
		if (!first) {
			await this.#store.commit([{ key: prefix + place, value: encode(statement) }, ...this.#dropped(prefix)]);
			return undefined;
		}
		if (first.said === said) return undefined;
		return this.accuse({ kind, signer, a: first.fields, signatureA: first.signature, b: fields, signatureB: signature });
	}

	/** Keeps evidence; durable then. Gives it back when it is the first against its signer. */
	async accuse(evidence: Evidence): Promise<Evidence | undefined> {
		// One piece is as good as many: the whole stake goes with the first.
		const key = `evidence/${evidence.signer}`;
		if (this.#store.get(key)) return undefined;
		await this.#store.commit([{ key, value: encode(evidence) }]);
		return evidence;
	}

	/** Evidence that L1 was not shown yet, as far as is known. */
	*pending(): Generator<Evidence> {
		for (const [key, value] of this.#store.range("evidence/", "evidence0")) {
			if (!this.#store.get(`settled/${key}`)) yield read<Evidence>(value) as Evidence;
		}
	}

	/** Whoever it names has nothing left to lose. */
	async settle(evidence: Evidence): Promise<void> {
		await this.#store.commit([{ key: `settled/evidence/${evidence.signer}`, value: Uint8Array.of(1) }]);
	}

	/** Takes the oldest places of a signer out when there are too many. */
	#dropped(prefix: string): { key: string }[] {
		const end = `${prefix.slice(0, -1)}0`;
		let count = this.#counts.get(prefix);
		if (count === undefined) count = [...this.#store.range(prefix, end)].length;
		count += 1;
		const changes: { key: string }[] = [];
		if (count > MAX_PLACES) {
			for (const [key] of this.#store.range(prefix, end)) {
				if (changes.length === DROPPED) break;
				changes.push({ key });
			}
		}
		this.#counts.set(prefix, count - changes.length);
		return changes;
	}
}

function encode(value: unknown): Uint8Array {
	return new TextEncoder().encode(JSON.stringify(value));
}

function read<Value>(bytes: Uint8Array | undefined): Value | undefined {
	return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Value);
}
