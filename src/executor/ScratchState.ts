import type { Body } from "../machine/state/State.ts";

/** A state on top of another, which it never changes: every cell is copied at its first touch. */
export class ScratchState implements Body {
	readonly #below: Body;
	readonly #cells = new Map<number, object>();

	constructor(below: Body) {
		this.#below = below;
	}

	get(kind: number, index: number): object {
		const key = kind * 2 ** 32 + index;
		let cell = this.#cells.get(key);
		if (!cell) {
			cell = structuredClone(this.#below.get(kind, index));
			this.#cells.set(key, cell);
		}
		return cell;
	}

	put(kind: number, index: number, cell: object): void {
		this.#cells.set(kind * 2 ** 32 + index, cell);
	}

	/** Withdrawals go nowhere: no step reads them. */
	pushWithdrawal(): void {}

	/** Forgets every change. */
	clear(): void {
		this.#cells.clear();
	}
}
