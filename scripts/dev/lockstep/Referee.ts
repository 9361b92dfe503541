// Compares the twins step by step, and counts what the comparison has covered.

import { Result, nameOf } from "../../../src/machine/Result.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Messages from "../../../src/machine/step/Messages.ts";
import { DEPOSIT, InputKind } from "../../../src/machine/types/Machine.ts";
import type { Input, Outcome } from "../../../src/machine/types/Machine.ts";
import { OUTCOME_FIELDS } from "./Evm.ts";
import type { Evm, EvmTrace } from "./Evm.ts";
import type { Recorded } from "./Lane.ts";

/** Every kind of step there is. A forced message counts as Forced, whatever it says. */
export const STEP_KINDS = [
	"Match",
	"Halted",
	"NextBatch",
	"Junk",
	"Deposit",
	"Forced",
	"Place",
	"Cancel",
	"CancelAll",
	"Withdraw",
	"List",
	"Settle",
	"Report",
	"Replace",
	"CancelSeries",
	"Transfer",
	"SetSession",
	"SetProtection",
	"Heartbeat",
	"Sweep",
	"Liquidate",
	"Bid",
	"Attest",
	"Collect",
	"SetReferrer",
	"Block",
	"Basket",
	"Unknown",
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

const BY_BYTE: Readonly<Record<number, StepKind>> = {
	[Messages.PLACE]: "Place",
	[Messages.CANCEL]: "Cancel",
	[Messages.CANCEL_ALL]: "CancelAll",
	[Messages.WITHDRAW]: "Withdraw",
	[Messages.LIST]: "List",
	[Messages.SETTLE]: "Settle",
	[Messages.REPORT]: "Report",
	[Messages.REPLACE]: "Replace",
	[Messages.CANCEL_SERIES]: "CancelSeries",
	[Messages.TRANSFER]: "Transfer",
	[Messages.SET_SESSION]: "SetSession",
	[Messages.SET_PROTECTION]: "SetProtection",
	[Messages.HEARTBEAT]: "Heartbeat",
	[Messages.SWEEP]: "Sweep",
	[Messages.LIQUIDATE]: "Liquidate",
	[Messages.BID]: "Bid",
	[Messages.ATTEST]: "Attest",
	[Messages.COLLECT]: "Collect",
	[Messages.SET_REFERRER]: "SetReferrer",
	[Messages.BLOCK]: "Block",
	[Messages.BASKET]: "Basket",
};

export function kindOf(input: Input): StepKind {
	if (input.kind === InputKind.Pending) return "Match";
	if (input.kind === InputKind.Halted) return "Halted";
	if (input.kind === InputKind.NextBatch) return "NextBatch";
	if (input.kind === InputKind.Junk) return "Junk";
	if (input.kind === InputKind.L1Message) return input.l1Kind === DEPOSIT ? "Deposit" : "Forced";
	return BY_BYTE[input.payload[0]] ?? "Unknown";
}

export type Mismatch = {
	readonly step: number;
	readonly kind: StepKind;
	readonly message: string;
	readonly differs: readonly string[];
	readonly typescript: { readonly commitment: string; readonly outcome: Outcome };
	readonly solidity: EvmTrace;
};

/** In what the twins differ over one step: names of fields, `commitment`, or `reverted`. */
export function differences(recorded: Recorded, trace: EvmTrace): string[] {
	if (trace.error !== undefined) return ["reverted"];
	const differs: string[] = OUTCOME_FIELDS.filter((field) => recorded.outcome[field] !== trace.outcome[field]);
	if (recorded.commitment !== trace.commitment) differs.push("commitment");
	return differs;
}

/** LIMIT: calls at work at once, so that memory stays small. A call runs one step, because two may need more gas than a call has. */
const CALLS_AT_ONCE = 4;
/** LIMIT: mismatches kept; the first tells, the rest follow from it. */
const MAX_KEPT = 5;

export class Referee {
	readonly #evm: Evm;
	readonly byKind: Record<string, number> = Object.fromEntries(STEP_KINDS.map((kind) => [kind, 0]));
	readonly byResult: Record<string, number> = Object.fromEntries(Object.keys(Result).map((name) => [name, 0]));
	readonly mismatches: Mismatch[] = [];
	mismatchCount = 0;
	steps = 0;
	maxStepGas = 0;
	maxProofBytes = 0;
	readonly #calls = new Set<Promise<void>>();

	constructor(evm: Evm) {
		this.#evm = evm;
	}

	/** Takes one step for comparison; waits while too many are at work. */
	async judge(recorded: Recorded): Promise<void> {
		this.byKind[kindOf(recorded.input)] += 1;
		this.byResult[nameOf(recorded.outcome.result)] += 1;
		this.maxProofBytes = Math.max(this.maxProofBytes, recorded.evm.proof.length);
		const call = this.#compare(this.steps, recorded).finally(() => this.#calls.delete(call));
		this.#calls.add(call);
		this.steps += 1;
		while (this.#calls.size >= CALLS_AT_ONCE) await Promise.race(this.#calls);
	}

	/** Waits until everything is compared. */
	async settle(): Promise<void> {
		await Promise.all(this.#calls);
	}

	async #compare(step: number, recorded: Recorded): Promise<void> {
		const [trace] = await this.#evm.run([recorded.evm]);
		this.maxStepGas = Math.max(this.maxStepGas, trace.gasUsed);
		const differs = differences(recorded, trace);
		if (differs.length === 0) return;
		this.mismatchCount += 1;
		if (this.mismatches.length >= MAX_KEPT) return;
		const { input, outcome, commitment } = recorded;
		const message = Bytes.toHex(input.payload);
		this.mismatches.push({ step, kind: kindOf(input), message, differs, typescript: { commitment, outcome }, solidity: trace });
	}
}
