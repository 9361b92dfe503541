import * as Bytes from "../math/Bytes.ts";
import { Forest } from "./Forest.ts";
import * as Kinds from "./Kinds.ts";
import { LiveState } from "./LiveState.ts";
import type { Body } from "./State.ts";

/** One entry of an access log (docs/spec/machine.md): an open carries the cell's bytes, a close only the path as it then is. */
export type LogEntry = {
	readonly kind: number;
	readonly index: number;
	readonly cell: Uint8Array | undefined;
	readonly siblings: readonly Uint8Array[];
};

/** What a prover needs of one step: the roots it started from and every cell it opened and closed. */
export type AccessLog = {
	readonly kindRoots: readonly Uint8Array[];
	readonly outboxRoot: Uint8Array;
	readonly entries: readonly LogEntry[];
};

/**
 * A live state with its trees. After every step `commit` hashes what the step put; in between, `record` yields the access log of a step.
 * INVARIANT: between steps the trees hold exactly the cells.
 */
export class CommittedState {
	readonly live: LiveState;
	readonly forest: Forest;

	constructor() {
		this.live = new LiveState();
		this.forest = new Forest();
	}

	/** Brings the trees up to the cells. Each cell is hashed once however often it was put. */
	commit(): void {
		const done = new Set<number>();
		for (const { kind, index } of this.live.takeDirty()) {
			const key = kind * 4_294_967_296 + index;
			if (done.has(key)) continue;
			done.add(key);
			this.forest.set(kind, index, this.live.bytesOf(kind, index));
		}
	}

	/** Runs one step and returns its access log; the trees are then up to date. */
	record(step: (state: Body) => void): AccessLog {
		this.commit();
		const kindRoots = this.forest.kindRoots();
		const outboxRoot = this.forest.outboxRoot();
		const opened: LogEntry[] = [];
		const open = (kind: number, index: number): void => {
			if (opened.some((entry) => entry.kind === kind && entry.index === index)) return;
			opened.push({ kind, index, cell: this.live.bytesOf(kind, index), siblings: this.forest.siblings(kind, index) });
		};
		const live = this.live;
		// An absent cell is put into the live state when first read, so that every read of it in this step gives the same object.
		const fresh = new Map<string, object>();
		step({
			get(kind, index) {
				open(kind, index);
				if (live.has(kind, index)) return live.get(kind, index);
				const key = `${kind}/${index}`;
				const cell = fresh.get(key) ?? Kinds.empty(kind);
				fresh.set(key, cell);
				return cell;
			},
			put(kind, index, cell) {
				open(kind, index);
				live.put(kind, index, cell);
			},
			pushWithdrawal(index, leaf) {
				open(Kinds.OUTBOX, index);
				live.pushWithdrawal(index, leaf);
			},
		});
		const dirty = live.takeDirty();
		const entries = [...opened];
		for (const { kind, index } of opened) {
			if (!dirty.some((cell) => cell.kind === kind && cell.index === index)) continue;
			entries.push({ kind, index, cell: undefined, siblings: this.forest.siblings(kind, index) });
			this.forest.set(kind, index, live.bytesOf(kind, index));
		}
		return { kindRoots, outboxRoot, entries };
	}

	stateRoot(): Uint8Array {
		return this.forest.stateRoot();
	}

	outboxRoot(): Uint8Array {
		return this.forest.outboxRoot();
	}

	/** All cells as bytes: kind u8 | index u32 | length u32 | cell, ordered by kind and index. Absent cells are left out. */
	serialise(): Uint8Array {
		const parts: Uint8Array[] = [];
		const add = (kind: number, index: number): void => {
			const cell = this.live.bytesOf(kind, index);
			if (cell.length === 0) return;
			const head = new Uint8Array(9);
			Bytes.put(head, 0, 1, kind);
			Bytes.put(head, 1, 4, index);
			Bytes.put(head, 5, 4, cell.length);
			parts.push(head, cell);
		};
		for (let kind = 0; kind < Kinds.STATE_KINDS; kind++) {
			for (const index of [...this.live.entries(kind)].map(([index]) => index).sort((a, b) => a - b)) add(kind, index);
		}
		for (let index = 0; index < this.live.withdrawals.length; index++) add(Kinds.OUTBOX, index);
		return Bytes.concat(...parts);
	}

	/** The state that `serialise` wrote. */
	static restore(bytes: Uint8Array): CommittedState {
		const state = new CommittedState();
		for (let at = 0; at < bytes.length;) {
			const kind = bytes[at];
			const index = Bytes.uint(bytes, at + 1, 4);
			const length = Bytes.uint(bytes, at + 5, 4);
			const cell = bytes.slice(at + 9, at + 9 + length);
			if (kind === Kinds.OUTBOX) state.live.pushWithdrawal(index, cell);
			else state.live.put(kind, index, Kinds.decode(kind, cell));
			at += 9 + length;
		}
		state.commit();
		return state;
	}
}
