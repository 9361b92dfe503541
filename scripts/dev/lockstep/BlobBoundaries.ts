// Records that a step reads out of blobs: at the first byte, on both sides of a coset's edge, across two blobs, at the last byte, and bytes that are no record.

import * as Batch from "../../../src/protocol/Batch.ts";
import * as Blob from "../../../src/protocol/Blob.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Machines from "../../../src/machine/types/Machine.ts";
import { ACCOUNT, CLOCK, cells, record } from "./BoundaryWorld.ts";
import type { Boundary } from "./BoundaryWorld.ts";
import { Lane } from "./Lane.ts";
import type { Item, Recorded } from "./Lane.ts";

const { COSET_BYTES, CONTENT_BYTES } = Blob;
const SETTLE = record(Encoding.settle({ account: ACCOUNT }));
const LENGTH = Batch.encodeRecord(Encoding.settle({ account: ACCOUNT }), 0).length;

const filling = (length: number): Item => ({ kind: "raw", bytes: Uint8Array.from({ length }, (_, i) => 1 + (i % 251)) });

/** The step that reads the item `before` bytes into a batch carried by blobs, with `after` bytes behind it. */
function read(item: Item, before: number, after: number): Recorded {
	const machine = Machines.initial();
	machine.clock = CLOCK;
	machine.cursor = { ...machine.cursor, offset: before };
	const lane = new Lane(cells({}), machine);
	lane.open([filling(before), item, filling(after)], { minTime: CLOCK, maxTime: CLOCK, carrier: Batch.BLOB });
	return lane.advance();
}

export function blobs(): Boundary[] {
	const cut: Item = { kind: "raw", bytes: Batch.encodeRecord(new Uint8Array(500), 0).slice(0, 300) };
	const message: Item = {
		kind: "message",
		taken: false,
		l1Kind: Machines.DEPOSIT,
		sender: `0x${"11".repeat(20)}`,
		payload: new Uint8Array(31),
	};
	// A blob of zeros is committed to by the point at infinity.
	const zeros: Item = { kind: "raw", bytes: new Uint8Array(40) };
	const places: readonly (readonly [name: string, item: Item, before: number, after: number])[] = [
		["first", SETTLE, 0, 9],
		["alone", SETTLE, 0, 0],
		["coset/inside", SETTLE, COSET_BYTES - LENGTH, 40],
		["coset/across", SETTLE, COSET_BYTES - LENGTH + 1, 40],
		["coset/behind", SETTLE, COSET_BYTES, 40],
		["blob/inside", SETTLE, CONTENT_BYTES - LENGTH, 40],
		["blob/across", SETTLE, CONTENT_BYTES - LENGTH + 1, 40],
		["blob/behind", SETTLE, CONTENT_BYTES, 0],
		["cut", cut, 700, 0],
		["zeros", zeros, 0, 0],
		["message", message, 0, 0],
	];
	return places.map(([name, item, before, after]) => ({ name: `blob/${name}`, recorded: read(item, before, after) }));
}
