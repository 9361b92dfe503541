// How live execution lies in its store. Keys: live/head (one JSON object), live/cell/<kind>/<index>, live/order/…, live/trade/…, live/position/….

import type { Change, Store } from "../ports/Store.ts";
import { Positions, RANGE as POSITION_RANGE } from "./Positions.ts";

const HEAD = "live/head";
const CELLS = ["live/cell/", "live/cell0"] as const;

export type CheckpointFields = {
	/** The last bundle whose effects the cells hold. */
	readonly height: number;
	readonly clock: number;
	readonly l1Index: number;
	readonly eventNumber: number;
	readonly batchCount: number;
	readonly rebaseHeight: number;
	readonly rebaseMessages: number;
	readonly rebaseClock: number;
	/** The last batches that agreed, ascending. */
	readonly agreed: readonly AgreedBatch[];
};

/** A batch that the live state was found to agree with, and the accumulator after it in hexadecimal. */
export type AgreedBatch = { readonly index: number; readonly streamEnd: number; readonly accumulator: string };

type Cell = { readonly kind: number; readonly index: number; readonly cell: Uint8Array };

/** The head of a checkpoint. */
export class Checkpoint implements CheckpointFields {
	readonly height: number;
	readonly clock: number;
	readonly l1Index: number;
	readonly eventNumber: number;
	readonly batchCount: number;
	readonly rebaseHeight: number;
	readonly rebaseMessages: number;
	readonly rebaseClock: number;
	readonly agreed: readonly AgreedBatch[];

	constructor(fields: CheckpointFields) {
		this.height = fields.height;
		this.clock = fields.clock;
		this.l1Index = fields.l1Index;
		this.eventNumber = fields.eventNumber;
		this.batchCount = fields.batchCount;
		this.rebaseHeight = fields.rebaseHeight;
		this.rebaseMessages = fields.rebaseMessages;
		this.rebaseClock = fields.rebaseClock;
		this.agreed = fields.agreed;
	}

	static genesis(): Checkpoint {
		return new Checkpoint({
			height: 0,
			clock: 0,
			l1Index: 0,
			eventNumber: 0,
			batchCount: 0,
			rebaseHeight: 0,
			rebaseMessages: 0,
			rebaseClock: 0,
			agreed: [],
		});
	}

	static load(store: Store): Checkpoint | undefined {
		const bytes = store.get(HEAD);
		return bytes && new Checkpoint(JSON.parse(new TextDecoder().decode(bytes)) as CheckpointFields);
	}

	change(): Change {
		return { key: HEAD, value: new TextEncoder().encode(JSON.stringify({ ...this })) };
	}

	static cellChanges(cells: readonly Cell[]): Change[] {
		return cells.map(({ kind, index, cell }) =>
			cell.length > 0 ? { key: cellKey(kind, index), value: cell } : { key: cellKey(kind, index) },
		);
	}

	/** Changes after which the store holds exactly these cells. */
	static replaceCells(store: Store, cells: readonly Cell[]): Change[] {
		const kept = new Set(cells.map(({ kind, index }) => cellKey(kind, index)));
		const gone: Change[] = [];
		for (const [key] of store.range(...CELLS)) if (!kept.has(key)) gone.push({ key });
		return [...gone, ...Checkpoint.cellChanges(cells)];
	}

	static *cells(store: Store): Iterable<Cell> {
		for (const [key, cell] of store.range(...CELLS)) {
			const [kind, index] = key.slice(CELLS[0].length).split("/").map(Number);
			yield { kind: kind, index: index, cell };
		}
	}

	static positions(store: Store): Positions {
		return Positions.restore([...store.range(...POSITION_RANGE)].map(([, value]) => value));
	}
}

function cellKey(kind: number, index: number): string {
	return `${CELLS[0]}${kind}/${String(index).padStart(9, "0")}`;
}
