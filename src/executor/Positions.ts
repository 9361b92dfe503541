import type { Change } from "../ports/Store.ts";
import * as Bytes from "../machine/math/Bytes.ts";

/** Where live execution stood after the bundle of a height. */
export type Position = {
	readonly height: number;
	/** Bytes of the stream up to and including the bundle. */
	readonly streamEnd: number;
	/** Machine time. */
	readonly clock: number;
	/** L1 messages consumed since genesis. */
	readonly l1Index: number;
	/** Whether the bundle took an L1 message, and whether one of its take-L1 records found none. */
	readonly took: boolean;
	readonly missed: boolean;
	/** Known at some heights only: hashing after every bundle would cost more than executing it. */
	stateRoot: Uint8Array | undefined;
};

const digits = (value: number): string => String(value).padStart(15, "0");
const keyOf = (height: number): string => `live/position/${digits(height)}`;
export const RANGE = ["live/position/", "live/position0"] as const;

/** The positions of bundles that are not posted yet, and of the last one that is. */
export class Positions {
	#list: Position[];
	#unsaved: Position[] = [];
	#removed: number[] = [];

	constructor(list: Position[]) {
		this.#list = list;
	}

	get last(): Position {
		return this.#list.at(-1) as Position;
	}

	add(position: Position): void {
		this.#list.push(position);
		this.#unsaved.push(position);
	}

	/** Notes the root of a position that was added without one. */
	setRoot(position: Position, stateRoot: Uint8Array): void {
		position.stateRoot = stateRoot;
		this.#unsaved.push(position);
	}

	/** The position after exactly `streamEnd` bytes, if it is known. */
	atStream(streamEnd: number): Position | undefined {
		let [low, high] = [0, this.#list.length];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.#list[middle].streamEnd < streamEnd) low = middle + 1;
			else high = middle;
		}
		const found = this.#list[low];
		return found?.streamEnd === streamEnd ? found : undefined;
	}

	/** The position after the bundle of this height, if it is known. */
	atHeight(height: number): Position | undefined {
		const found = this.#list[height - (this.#list[0]?.height ?? 0)];
		return found?.height === height ? found : undefined;
	}

	/** Positions behind one of them, in order. */
	after(position: Position): readonly Position[] {
		return this.#list.slice(this.#list.indexOf(position) + 1);
	}

	/** Forgets what stands before `streamEnd`: it is posted, and no batch begins there any more. */
	dropBefore(streamEnd: number): void {
		let count = 0;
		while (count < this.#list.length - 1 && this.#list[count].streamEnd < streamEnd) count++;
		for (const { height } of this.#list.splice(0, count)) this.#removed.push(height);
	}

	/** Starts anew from one position; what stands before it is remembered. */
	reset(position: Position): void {
		const before = this.#list.filter(({ streamEnd }) => streamEnd < position.streamEnd);
		for (const { height } of this.#list.slice(before.length)) this.#removed.push(height);
		this.#list = [...before, position];
		this.#unsaved = [position];
	}

	takeChanges(): Change[] {
		const changes: Change[] = this.#removed.map((height) => ({ key: keyOf(height) }));
		for (const position of this.#unsaved) changes.push({ key: keyOf(position.height), value: encode(position) });
		this.#removed = [];
		this.#unsaved = [];
		return changes;
	}

	static restore(values: Iterable<Uint8Array>): Positions {
		return new Positions([...values].map(decode));
	}
}

/** height u64 | streamEnd u64 | clock u64 | l1Index u64 | took u8 | missed u8 | stateRoot 32 or nothing */
function encode(position: Position): Uint8Array {
	const bytes = new Uint8Array(position.stateRoot ? 66 : 34);
	let at = 0;
	for (const field of [position.height, position.streamEnd, position.clock, position.l1Index]) at = Bytes.put(bytes, at, 8, field);
	bytes[at] = position.took ? 1 : 0;
	bytes[at + 1] = position.missed ? 1 : 0;
	if (position.stateRoot) bytes.set(position.stateRoot, 34);
	return bytes;
}

function decode(bytes: Uint8Array): Position {
	return {
		height: Bytes.uint(bytes, 0, 8),
		streamEnd: Bytes.uint(bytes, 8, 8),
		clock: Bytes.uint(bytes, 16, 8),
		l1Index: Bytes.uint(bytes, 24, 8),
		took: bytes[32] === 1,
		missed: bytes[33] === 1,
		stateRoot: bytes.length > 34 ? bytes.slice(34) : undefined,
	};
}
