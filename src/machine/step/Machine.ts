import { Result } from "../Result.ts";
import type * as State from "../state/State.ts";
import type { Input, Machine, Outcome } from "../types/Machine.ts";
import { DEPOSIT, InputKind, PROBE, outcome } from "../types/Machine.ts";
import * as Baskets from "./Baskets.ts";
import * as Blocks from "./Blocks.ts";
import * as Cancelling from "./Cancelling.ts";
import * as Guarding from "./Guarding.ts";
import * as Liquidation from "./Liquidation.ts";
import * as Listing from "./Listing.ts";
import * as Matching from "./Matching.ts";
import * as Messages from "./Messages.ts";
import * as Money from "./Money.ts";
import * as Placing from "./Placing.ts";
import * as Probing from "./Probing.ts";
import * as Replacing from "./Replacing.ts";
import * as Reporting from "./Reporting.ts";
import * as Settlement from "./Settlement.ts";
import * as Treasury from "./Treasury.ts";

/** One step. INVARIANT: total: for every reachable state and every input there is exactly one next state, and nothing throws. */
export function step(state: State.Body, machine: Machine, input: Input): Outcome {
	if (input.kind === InputKind.Pending)
		return machine.registers.kind === PROBE ? Probing.proceed(state, machine) : Matching.proceed(state, machine);
	machine.clock = input.clock;
	const read = { ...input };
	const isMessage = input.kind === InputKind.Record || input.kind === InputKind.L1Message;
	if (isMessage && machine.cursor.item !== 0) Baskets.unwrap(machine, read);
	const out = take(state, machine, read);
	machine.cursor = read.cursor;
	return out;
}

function take(state: State.Body, machine: Machine, input: Input): Outcome {
	if (input.kind === InputKind.Halted) return outcome(Result.Halted, 0);
	if (input.kind === InputKind.NextBatch) return outcome(Result.NextBatch, 0);
	if (input.kind === InputKind.Junk) return outcome(Result.Junk, 0);
	if (input.kind === InputKind.L1Message && input.l1Kind === DEPOSIT) return Money.deposit(state, input.payload);
	if (input.payload[0] === Messages.BASKET && machine.cursor.item === 0) return Baskets.open(state, machine, input);
	return execute(state, machine, input.payload, Baskets.senderOf(state, machine, input));
}

/** Executes one message. `sender` is who sent it on L1, or the zero address. */
export function execute(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const kind = payload[0];
	if (kind === Messages.PLACE) return Placing.place(state, machine, payload, sender);
	if (kind === Messages.CANCEL) return Cancelling.cancel(state, machine, payload, sender);
	if (kind === Messages.CANCEL_ALL) return Cancelling.cancelAll(state, machine, payload, sender);
	if (kind === Messages.WITHDRAW) return Money.withdraw(state, machine, payload, sender);
	if (kind === Messages.LIST) return Listing.list(state, machine, payload);
	if (kind === Messages.SETTLE) return Settlement.settle(state, payload);
	if (kind === Messages.REPORT) return Reporting.report(state, machine, payload);
	if (kind === Messages.REPLACE) return Replacing.replace(state, machine, payload, sender);
	if (kind === Messages.CANCEL_SERIES) return Cancelling.cancelSeries(state, machine, payload, sender);
	if (kind === Messages.TRANSFER) return Money.transfer(state, machine, payload, sender);
	if (kind === Messages.SET_SESSION) return Guarding.setSession(state, machine, payload, sender);
	if (kind === Messages.SET_PROTECTION) return Guarding.setProtection(state, machine, payload, sender);
	if (kind === Messages.HEARTBEAT) return Guarding.heartbeat(state, machine, payload, sender);
	if (kind === Messages.LIQUIDATE) return Liquidation.liquidate(state, machine, payload);
	if (kind === Messages.BID) return Liquidation.bid(state, machine, payload, sender);
	if (kind === Messages.ATTEST) return Reporting.attest(state, machine, payload);
	if (kind === Messages.COLLECT) return Treasury.collect(state, payload);
	if (kind === Messages.SET_REFERRER) return Treasury.setReferrer(state, machine, payload, sender);
	if (kind === Messages.BLOCK) return Blocks.block(state, machine, payload, sender);
	if (kind === Messages.SWEEP) return Cancelling.sweep(state, machine, payload);
	return outcome(Result.UnknownKind, kind ?? 0);
}
