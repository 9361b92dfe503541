import * as Bytes from "../math/Bytes.ts";
import * as Keccak from "../math/Keccak.ts";
import type { Result } from "../Result.ts";

/**
 * Where the machine reads: the batch, how many L1 messages it has consumed, and the next byte of the batch. `item` is how many items of the basket there
 * are done; 0 of everything else.
 */
export type Cursor = { batch: number; l1Index: number; offset: number; item: number };

/** An order that is being matched; kind NONE when nothing is pending. */
export type Registers = {
	kind: number;
	account: number;
	series: number;
	side: number;
	timeInForce: number;
	flags: number;
	/** Limit in ticks. */
	price: number;
	/** Lots still to match. */
	remaining: number;
	order: number;
	expiresAt: number;
	epoch: number;
	label: number;
	/** PROBE: place of the next maker to look at, lots that the makers so far would give, and what the taker's cash would gain by them. */
	probe: number;
	probed: number;
	cash: number;
};

export const NONE = 0;
/** Trades with one maker a step. */
export const MATCH = 1;
/** Looks whether a fill-or-kill order can be filled, one maker a step, before it trades with any. */
export const PROBE = 2;

/** Everything that the commitment holds, besides the cells themselves. */
export type Machine = { cursor: Cursor; clock: number; registers: Registers };

/** What the inbox offers to one step (docs/spec/machine.md). */
export const InputKind = { Pending: 0, Halted: 1, L1Message: 2, Record: 3, Junk: 4, NextBatch: 5 } as const;
export type InputKind = (typeof InputKind)[keyof typeof InputKind];

export type Input = {
	kind: InputKind;
	/** The cursor after this input. */
	cursor: Cursor;
	/** The clock after this input. */
	clock: number;
	/** Record: its payload; L1 message: its payload. */
	payload: Uint8Array;
	/** L1 message: DEPOSIT or FORCED. */
	l1Kind: number;
	/** L1 message: its sender; otherwise the zero address. */
	sender: string;
};

export const DEPOSIT = 1;
export const FORCED = 2;

/** What one step did. Not committed: both twins return it, and they are compared. */
export type Outcome = {
	result: Result;
	/** Kind byte of the message, 0 when there was none. */
	kind: number;
	account: number;
	series: number;
	side: number;
	order: number;
	maker: number;
	makerOrder: number;
	price: number;
	size: number;
	remaining: number;
	amount: number;
};

export function noRegisters(): Registers {
	return {
		kind: NONE,
		account: 0,
		series: 0,
		side: 0,
		timeInForce: 0,
		flags: 0,
		price: 0,
		remaining: 0,
		order: 0,
		expiresAt: 0,
		epoch: 0,
		label: 0,
		probe: 0,
		probed: 0,
		cash: 0,
	};
}

export function initial(): Machine {
	return { cursor: { batch: 0, l1Index: 0, offset: 0, item: 0 }, clock: 0, registers: noRegisters() };
}

export function outcome(result: Result, kind: number): Outcome {
	return { result, kind, account: 0, series: 0, side: 0, order: 0, maker: 0, makerOrder: 0, price: 0, size: 0, remaining: 0, amount: 0 };
}

const TAG: Uint8Array = Keccak.hashText("strikeproof.machine.v1");
const REGISTERS_AT = 122;
/** Bytes of the preimage of a commitment. */
export const LENGTH = 250;

/** TAG 32 | stateRoot 32 | outboxRoot 32 | batch u64 | l1Index u64 | offset u32 | clock u40 | item u8 | registers 128 */
export function encode(machine: Machine, stateRoot: Uint8Array, outboxRoot: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(LENGTH);
	bytes.set(TAG, 0);
	bytes.set(stateRoot, 32);
	bytes.set(outboxRoot, 64);
	let at = Bytes.put(bytes, 96, 8, machine.cursor.batch);
	at = Bytes.put(bytes, at, 8, machine.cursor.l1Index);
	at = Bytes.put(bytes, at, 4, machine.cursor.offset);
	at = Bytes.put(bytes, at, 5, machine.clock);
	at = Bytes.put(bytes, at, 1, machine.cursor.item);
	const registers = machine.registers;
	if (registers.kind === NONE) return bytes;
	at = Bytes.put(bytes, at, 1, registers.kind);
	at = Bytes.put(bytes, at, 3, registers.account);
	at = Bytes.put(bytes, at, 8, registers.series);
	at = Bytes.put(bytes, at, 1, registers.side);
	at = Bytes.put(bytes, at, 1, registers.timeInForce);
	at = Bytes.put(bytes, at, 1, registers.flags);
	at = Bytes.put(bytes, at, 4, registers.price);
	at = Bytes.put(bytes, at, 5, registers.remaining);
	at = Bytes.put(bytes, at, 8, registers.order);
	at = Bytes.put(bytes, at, 5, registers.expiresAt);
	at = Bytes.put(bytes, at, 4, registers.epoch);
	at = Bytes.put(bytes, at, 2, registers.label);
	at = Bytes.put(bytes, at, 1, registers.probe);
	at = Bytes.put(bytes, at, 5, registers.probed);
	Bytes.put(bytes, at, 8, registers.cash);
	return bytes;
}

/** The machine in a preimage of LENGTH bytes, without its roots. */
export function decode(bytes: Uint8Array): Machine {
	const at = REGISTERS_AT;
	return {
		cursor: { batch: Bytes.uint(bytes, 96, 8), l1Index: Bytes.uint(bytes, 104, 8), offset: Bytes.uint(bytes, 112, 4), item: bytes[121] },
		clock: Bytes.uint(bytes, 116, 5),
		registers: {
			kind: bytes[at],
			account: Bytes.uint(bytes, at + 1, 3),
			series: Bytes.uint(bytes, at + 4, 8),
			side: bytes[at + 12],
			timeInForce: bytes[at + 13],
			flags: bytes[at + 14],
			price: Bytes.uint(bytes, at + 15, 4),
			remaining: Bytes.uint(bytes, at + 19, 5),
			order: Bytes.uint(bytes, at + 24, 8),
			expiresAt: Bytes.uint(bytes, at + 32, 5),
			epoch: Bytes.uint(bytes, at + 37, 4),
			label: Bytes.uint(bytes, at + 41, 2),
			probe: bytes[at + 43],
			probed: Bytes.uint(bytes, at + 44, 5),
			cash: Bytes.int(bytes, at + 49, 8),
		},
	};
}

/** The machine's commitment. */
export function commitment(machine: Machine, stateRoot: Uint8Array, outboxRoot: Uint8Array): Uint8Array {
	return Keccak.hash(encode(machine, stateRoot, outboxRoot));
}
