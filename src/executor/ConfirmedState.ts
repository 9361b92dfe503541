// The machine at the end of a confirmed assertion, as one node hands it to another. Nobody who hands it over is believed: what L1 confirmed is the hash of
// the machine's preimage, which holds the roots that every cell hashes to.

import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";
import * as Kinds from "../machine/state/Kinds.ts";
import { withdrawalLeaf } from "../machine/step/Money.ts";
import * as Machines from "../machine/types/Machine.ts";
import * as DerivedStore from "./DerivedStore.ts";
import type { Withdrawal } from "./DerivedStore.ts";
import { ExecutorError } from "./ExecutorError.ts";
import { Runner } from "./Runner.ts";

export type ConfirmedState = {
	/** Ids of the deployment's genesis assertion and of the one that ends here, lower-case hexadecimal. */
	readonly genesis: string;
	readonly assertion: string;
	/** Runner.save. */
	readonly machine: Uint8Array;
	/** What the leaves of the outbox hash, from the first on. */
	readonly withdrawals: readonly Withdrawal[];
};

const TAG = Keccak.hashText("strikeproof.confirmed-state.v1");
const HEAD_BYTES = 100;
const CELL_HEAD_BYTES = 9;

/** TAG 32 | genesis 32 | assertion 32 | length u32 | machine | count u32 | count x withdrawal 44 */
export function encode({ genesis, assertion, machine, withdrawals }: ConfirmedState): Uint8Array {
	const [length, count] = [new Uint8Array(4), new Uint8Array(4)];
	Bytes.put(length, 0, 4, machine.length);
	Bytes.put(count, 0, 4, withdrawals.length);
	const head = [TAG, Bytes.fromHex(genesis), Bytes.fromHex(assertion), length];
	return Bytes.concat(...head, machine, count, ...withdrawals.map(DerivedStore.encodeWithdrawal));
}

/** What the bytes say; nothing of it is true yet. Throws ExecutorError REFUSED. */
export function decode(bytes: Uint8Array): ConfirmedState {
	if (bytes.length < HEAD_BYTES || !Bytes.equal(bytes.subarray(0, 32), TAG)) throw refused("it is no snapshot of this version");
	const length = Bytes.uint(bytes, 96, 4);
	const end = HEAD_BYTES + length;
	const count = bytes.length < end + 4 ? 0 : Bytes.uint(bytes, end, 4);
	const whole = end + 4 + count * DerivedStore.WITHDRAWAL_BYTES;
	if (length < Machines.LENGTH || bytes.length !== whole) throw refused(`it has ${bytes.length} bytes where it says that it has ${whole}`);
	const withdrawals = Array.from({ length: count }, (_, i) =>
		DerivedStore.decodeWithdrawal(bytes.subarray(end + 4 + i * DerivedStore.WITHDRAWAL_BYTES)),
	);
	return {
		genesis: Bytes.toHex(bytes.subarray(32, 64)),
		assertion: Bytes.toHex(bytes.subarray(64, 96)),
		machine: bytes.slice(HEAD_BYTES, end),
		withdrawals,
	};
}

/** Where the machine stands in the inbox, as the state says. */
export function cursorOf({ machine }: ConfirmedState): Machines.Cursor {
	return Machines.decode(machine.subarray(0, Machines.LENGTH)).cursor;
}

/**
 * That the state is what L1 confirmed, by its content alone: every cell is hashed again. Throws ExecutorError REFUSED.
 *
 * @param finalLeaf of the assertion, as the contract holds it
 */
export function verify({ machine, withdrawals }: ConfirmedState, finalLeaf: Uint8Array): void {
	const preimage = machine.subarray(0, Machines.LENGTH);
	if (!Bytes.equal(Keccak.hash(preimage), finalLeaf)) throw refused("its machine is not the one that the assertion ends with");
	requireCells(machine.subarray(Machines.LENGTH));
	let runner: Runner;
	try {
		runner = Runner.restore(machine, 0);
	} catch (cause) {
		throw refused("one of its cells cannot be read", cause);
	}
	// What is not hashed has no place in it: the same state is written in one way only.
	if (!Bytes.equal(runner.preimage(), preimage) || !Bytes.equal(runner.save(), machine))
		throw refused("its cells do not hash to the state root under the assertion");
	const leaves = runner.withdrawals;
	const isHashed = ({ index, account, recipient, amount }: Withdrawal, i: number): boolean =>
		index === i && Bytes.equal(withdrawalLeaf(index, account, recipient, amount), leaves[i]);
	if (withdrawals.length !== leaves.length || !withdrawals.every(isHashed))
		throw refused("its withdrawals are not those of the outbox under the assertion");
}

/** SAFETY: before anything is made of them. Ascending and inside their trees, so that no cell counts twice and no index makes an array of four thousand million. */
function requireCells(bytes: Uint8Array): void {
	let [lastKind, lastIndex] = [-1, -1];
	for (let at = 0; at < bytes.length;) {
		if (at + CELL_HEAD_BYTES > bytes.length) throw refused("its last cell is cut short");
		const [kind, index, length] = [bytes[at], Bytes.uint(bytes, at + 1, 4), Bytes.uint(bytes, at + 5, 4)];
		const isNext = kind > lastKind || (kind === lastKind && index > lastIndex);
		const isPlaced = kind <= Kinds.OUTBOX && index < 2 ** Kinds.DEPTHS[kind];
		const isLeaf = kind !== Kinds.OUTBOX || (length === 32 && index === (lastKind === kind ? lastIndex + 1 : 0));
		if (!isNext || !isPlaced || !isLeaf || length === 0 || length > bytes.length - at - CELL_HEAD_BYTES)
			throw refused(`its cell ${index} of kind ${kind} is out of place`);
		[lastKind, lastIndex] = [kind, index];
		at += CELL_HEAD_BYTES + length;
	}
}

function refused(reason: string, cause?: unknown): ExecutorError {
	return new ExecutorError("REFUSED", reason, cause);
}
