import * as Kinds from "./Kinds.ts";
import type { Body } from "./State.ts";

/** A cell that a step put, by kind and index. */
export type CellKey = { readonly kind: number; readonly index: number };

/** Cells as objects in memory: the fast body. It remembers what was put, for whoever hashes it afterwards. */
export class LiveState implements Body {
	readonly #cells: Map<number, object>[] = Kinds.DEPTHS.slice(0, Kinds.STATE_KINDS).map(() => new Map());
	readonly #withdrawals: Uint8Array[] = [];
	#dirty: CellKey[] = [];

	get(kind: number, index: number): object {
		return this.#cells[kind].get(index) ?? Kinds.empty(kind);
	}

	put(kind: number, index: number, cell: object): void {
		this.#cells[kind].set(index, cell);
		this.#dirty.push({ kind, index });
	}

	pushWithdrawal(index: number, leaf: Uint8Array): void {
		this.#withdrawals[index] = leaf;
		this.#dirty.push({ kind: Kinds.OUTBOX, index });
	}

	/** The withdrawal leaves so far. */
	get withdrawals(): readonly Uint8Array[] {
		return this.#withdrawals;
	}

	/** Whether the cell was ever put. */
	has(kind: number, index: number): boolean {
		return this.#cells[kind].has(index);
	}

	/** Cells of a kind that were ever put, unordered. */
	entries(kind: number): Iterable<[number, object]> {
		return this.#cells[kind].entries();
	}

	/** What was put since the last call, in order of putting, with repetitions. */
	takeDirty(): readonly CellKey[] {
		const dirty = this.#dirty;
		if (dirty.length > 0) this.#dirty = [];
		return dirty;
	}

	/** The bytes of a cell: empty when it is absent. For the outbox, the leaf. */
	bytesOf(kind: number, index: number): Uint8Array {
		if (kind === Kinds.OUTBOX) return this.#withdrawals[index] ?? new Uint8Array(0);
		const cell = this.#cells[kind].get(index);
		return cell ? Kinds.encode(kind, cell) : new Uint8Array(0);
	}
}
