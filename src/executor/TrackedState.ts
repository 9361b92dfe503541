import * as Kinds from "../machine/state/Kinds.ts";
import type { Forest } from "../machine/state/Forest.ts";
import { CommittedState } from "../machine/state/CommittedState.ts";
import type { LiveState } from "../machine/state/LiveState.ts";

/** A cell as bytes; for the outbox, a leaf. */
export type CellBytes = { readonly kind: number; readonly index: number; readonly cell: Uint8Array };

const KIND_UNIT = 4_294_967_296;

/**
 * A live state that knows which cells changed since they were last hashed and since they were last saved: both are done for many steps at once, so a
 * cell that many orders touched is hashed and written once.
 */
export class TrackedState {
	readonly live: LiveState;
	readonly #forest: Forest;
	readonly #unhashed = new Set<number>();
	readonly #unsaved = new Set<number>();

	constructor(state: CommittedState) {
		this.live = state.live;
		this.#forest = state.forest;
	}

	/** Notes what the steps since the last call put. Call often: until then every put costs memory. */
	collect(): void {
		for (const { kind, index } of this.live.takeDirty()) {
			const key = kind * KIND_UNIT + index;
			this.#unhashed.add(key);
			this.#unsaved.add(key);
		}
	}

	/** The root as the state now stands. */
	stateRoot(): Uint8Array {
		this.#hash();
		return this.#forest.stateRoot();
	}

	outboxRoot(): Uint8Array {
		this.#hash();
		return this.#forest.outboxRoot();
	}

	/** Cells that changed since the last call, as they now stand; an absent cell has no bytes. */
	takeUnsaved(): CellBytes[] {
		this.collect();
		const cells: CellBytes[] = [];
		for (const key of this.#unsaved) {
			const kind = Math.floor(key / KIND_UNIT);
			const index = key % KIND_UNIT;
			cells.push({ kind, index, cell: this.live.bytesOf(kind, index) });
		}
		this.#unsaved.clear();
		return cells;
	}

	/** Every cell there is, for a store that must hold exactly this state; nothing is unsaved afterwards. */
	takeAll(): CellBytes[] {
		this.takeUnsaved();
		const cells: CellBytes[] = [];
		const add = (kind: number, index: number): void => {
			const cell = this.live.bytesOf(kind, index);
			if (cell.length > 0) cells.push({ kind, index, cell });
		};
		for (let kind = 0; kind < Kinds.STATE_KINDS; kind++) for (const [index] of this.live.entries(kind)) add(kind, index);
		for (let index = 0; index < this.live.withdrawals.length; index++) add(Kinds.OUTBOX, index);
		return cells;
	}

	/** The state that holds exactly these cells. */
	static restore(cells: Iterable<CellBytes>): TrackedState {
		const state = new CommittedState();
		TrackedState.fill(state, cells);
		return new TrackedState(state);
	}

	/** Puts the cells into a state that is empty. */
	static fill(state: CommittedState, cells: Iterable<CellBytes>): void {
		for (const { kind, index, cell } of cells) {
			if (kind === Kinds.OUTBOX) state.live.pushWithdrawal(index, cell);
			else state.live.put(kind, index, Kinds.decode(kind, cell));
		}
		state.commit();
	}

	#hash(): void {
		this.collect();
		for (const key of this.#unhashed) {
			const kind = Math.floor(key / KIND_UNIT);
			const index = key % KIND_UNIT;
			this.#forest.set(kind, index, this.live.bytesOf(kind, index));
		}
		this.#unhashed.clear();
	}
}
