// One step as data: what it starts from, what it is given, and what it must give.

import * as Bytes from "../../src/machine/math/Bytes.ts";
import type { AccessLog } from "../../src/machine/state/CommittedState.ts";
import * as Kinds from "../../src/machine/state/Kinds.ts";
import { ReplayState } from "../../src/machine/state/ReplayState.ts";
import * as Step from "../../src/machine/step/Machine.ts";
import * as Machines from "../../src/machine/types/Machine.ts";
import type { Input, Outcome } from "../../src/machine/types/Machine.ts";
import type { EvmStep } from "../../scripts/dev/lockstep/Evm.ts";
import type { Recorded } from "../../scripts/dev/lockstep/Lane.ts";

export type Vector = {
	readonly name: string;
	readonly input: Omit<Input, "payload"> & { readonly payload: string };
	/** Kind and index of every entry of the access log in the proof, and whether it closes a cell. */
	readonly log: readonly (readonly [kind: number, index: number, closes: boolean])[];
	readonly target: number;
	/** The one-step proof: the machine's preimage, the access log, what the inbox opened. */
	readonly proof: string;
	/** Accumulators around the cursor: of the batch before and after, of the L1 message before and after. */
	readonly accumulators: readonly [string, string, string, string];
	readonly places: readonly [batch: number, message: number];
	readonly outcome: Outcome;
	readonly commitment: string;
};

const { toHex, fromHex } = Bytes;

export function encode(name: string, recorded: Recorded): Vector {
	const { input, witness, evm, outcome, commitment } = recorded;
	return {
		name,
		input: { ...input, payload: toHex(input.payload) },
		log: touchesState(evm.proof) ? witness.entries.map(({ kind, index, cell }) => [kind, index, cell === undefined] as const) : [],
		target: evm.target,
		proof: toHex(evm.proof),
		accumulators: [evm.batchBefore, evm.batchAfter, evm.messageBefore, evm.messageAfter].map(short) as never,
		places: [evm.batch, evm.message],
		outcome,
		commitment,
	};
}

/** Zero hashes are most of all, and written as 0. */
function short(hash: Uint8Array): string {
	return hash.every((byte) => byte === 0) ? "0" : toHex(hash);
}

function long(text: string): Uint8Array {
	return text === "0" ? new Uint8Array(32) : fromHex(text);
}

function touchesState(proof: Uint8Array): boolean {
	return Bytes.uint(proof, Machines.LENGTH, 4) > 0;
}

/** The access log in a proof: eight kind roots, then `length u16 | cell | path` where a cell is opened and a path where it is closed. */
function logOf(vector: Vector, proof: Uint8Array): AccessLog | undefined {
	if (!touchesState(proof)) return undefined;
	let at = Machines.LENGTH + 4;
	const take = (length: number): Uint8Array => proof.slice(at, (at += length));
	const kindRoots = Array.from({ length: Kinds.STATE_KINDS }, () => take(32));
	const entries = vector.log.map(([kind, index, closes]) => {
		const cell = closes ? undefined : take(Bytes.uint(take(2), 0, 2));
		const bitmap = Bytes.uint(take(4), 0, 4);
		const depth = Kinds.DEPTHS[kind];
		const siblings = Array.from({ length: depth }, (_, level) => (((bitmap >>> level) & 1) === 1 ? take(32) : new Uint8Array(32)));
		return { kind, index, cell, siblings };
	});
	return { kindRoots, outboxRoot: proof.slice(64, 96), entries };
}

/** What the TypeScript twin makes of a vector. */
export function replay(vector: Vector): { readonly outcome: Outcome; readonly commitment: string } {
	const proof = fromHex(vector.proof);
	const log = logOf(vector, proof);
	const machine = Machines.decode(proof.slice(0, Machines.LENGTH));
	const input = { ...vector.input, payload: fromHex(vector.input.payload) };
	if (!log) {
		const outcome = Step.step(new ReplayState({ kindRoots: [], outboxRoot: new Uint8Array(32), entries: [] }), machine, input);
		return { outcome, commitment: toHex(Machines.commitment(machine, proof.slice(32, 64), proof.slice(64, 96))) };
	}
	const state = new ReplayState(log);
	const outcome = Step.step(state, machine, input);
	state.close();
	return { outcome, commitment: toHex(Machines.commitment(machine, state.stateRoot(), state.outboxRoot())) };
}

/** The same step as the Solidity twin takes it. */
export function evmStepOf(vector: Vector): EvmStep {
	const proof = fromHex(vector.proof);
	const machine = proof.slice(0, Machines.LENGTH);
	const [batchBefore, batchAfter, messageBefore, messageAfter] = vector.accumulators.map(long) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
	const [batch, message] = vector.places;
	const decoded = Machines.decode(machine);
	const preCommitment = Machines.commitment(decoded, machine.slice(32, 64), machine.slice(64, 96));
	return { target: vector.target, preCommitment, proof, batch, batchBefore, batchAfter, message, messageBefore, messageAfter };
}
