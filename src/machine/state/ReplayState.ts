import * as Bytes from "../math/Bytes.ts";
import * as Merkle from "../math/Merkle.ts";
import type { AccessLog, LogEntry } from "./CommittedState.ts";
import { leafOf, stateRootOf } from "./Forest.ts";
import * as Kinds from "./Kinds.ts";
import type { Body } from "./State.ts";

type Open = { kind: number; index: number; leaf: Uint8Array; cell: object | undefined; withdrawal: Uint8Array | undefined; isPut: boolean };

/** The witness is not that of the step: what would revert on chain. */
export class BadWitness extends Error {}

/** A state that is nothing but an access log: what the contract has. The body to check a proof with, off chain. */
export class ReplayState implements Body {
	readonly #roots: Uint8Array[];
	readonly #entries: readonly LogEntry[];
	readonly #open: Open[] = [];
	#next = 0;

	constructor(log: AccessLog) {
		this.#roots = [...log.kindRoots, log.outboxRoot];
		this.#entries = log.entries;
	}

	get(kind: number, index: number): object {
		return this.#opened(kind, index).cell as object;
	}

	put(kind: number, index: number, cell: object): void {
		const open = this.#opened(kind, index);
		open.cell = cell;
		open.isPut = true;
	}

	pushWithdrawal(index: number, leaf: Uint8Array): void {
		const open = this.#opened(Kinds.OUTBOX, index);
		open.withdrawal = leaf;
		open.isPut = true;
	}

	stateRoot(): Uint8Array {
		return stateRootOf(this.#roots);
	}

	outboxRoot(): Uint8Array {
		return this.#roots[Kinds.OUTBOX];
	}

	/** Writes back what was put, and demands that the log is used up. Throws BadWitness. */
	close(): void {
		for (const { kind, index, leaf, cell, withdrawal, isPut } of this.#open) {
			if (!isPut) continue;
			const { siblings } = this.#take(kind, index);
			this.#demand(Merkle.rootOf(leaf, index, siblings), kind);
			const next = withdrawal ?? leafOf(kind, Kinds.encode(kind, cell as object));
			this.#roots[kind] = Merkle.rootOf(next, index, siblings);
		}
		if (this.#next !== this.#entries.length) throw new BadWitness("the log is longer than the step");
	}

	#opened(kind: number, index: number): Open {
		const known = this.#open.find((open) => open.kind === kind && open.index === index);
		if (known) return known;
		const { cell, siblings } = this.#take(kind, index);
		if (!cell) throw new BadWitness("a cell is closed where one is opened");
		const leaf = leafOf(kind, cell);
		this.#demand(Merkle.rootOf(leaf, index, siblings), kind);
		const open = {
			kind,
			index,
			leaf,
			cell: kind === Kinds.OUTBOX ? undefined : Kinds.decode(kind, cell),
			withdrawal: undefined,
			isPut: false,
		};
		this.#open.push(open);
		return open;
	}

	#take(kind: number, index: number): LogEntry {
		const entry = this.#entries[this.#next++];
		if (entry?.kind !== kind || entry.index !== index) throw new BadWitness(`the log does not hold cell ${index} of kind ${kind} here`);
		return entry;
	}

	#demand(root: Uint8Array, kind: number): void {
		if (!Bytes.equal(root, this.#roots[kind])) throw new BadWitness(`a path does not lead to the root of kind ${kind}`);
	}
}
