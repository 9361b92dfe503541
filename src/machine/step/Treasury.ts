// The exchange's own money, and the rate at its door. What accounts, fees and insurance hold together is `backing + deficit`; the vault holds `backing`.
// A deficit changes nothing inside: deposits and withdrawals cross the door at backing / (backing + deficit), which neither changes, so nobody gains by
// leaving first.

import { MAX_CASH, PPM } from "../Constants.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import { Result } from "../Result.ts";
import * as Parameters from "../risk/Parameters.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Globals } from "../types/Globals.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Authentication from "./Authentication.ts";
import * as DealMessages from "./DealMessages.ts";
import * as Messages from "./Messages.ts";
import * as Nonces from "./Nonces.ts";

/** The account of the exchange itself, which genesis opens. */
export const HOUSE = 0;

/** What accounts, fees and the insurance fund hold together. */
export function inside(globals: Globals): number {
	return globals.backing + globals.deficit;
}

/** What a deposit of an amount gives inside. ROUNDING: down, for those inside. Without backing there is no rate, and it gives the amount. */
export function credit(globals: Globals, amount: number): number {
	if (globals.deficit === 0 || globals.backing === 0) return amount;
	return FixedPoint.mulDivDown(amount, inside(globals), globals.backing);
}

/** What a withdrawal of an amount pays outside. ROUNDING: down, for those inside. */
export function payout(globals: Globals, amount: number): number {
	if (globals.deficit === 0) return amount;
	return FixedPoint.mulDivDown(amount, globals.backing, inside(globals));
}

/** A deposit that gave `credited` crosses the door. */
export function enter(globals: Globals, amount: number, credited: number): void {
	globals.backing += amount;
	globals.deficit += credited - amount;
}

/** A withdrawal that pays `paid` crosses the door. */
export function leave(globals: Globals, amount: number, paid: number): void {
	globals.backing -= paid;
	globals.deficit -= amount - paid;
}

/** Gives an amount to an account whose own money does not reach: from the insurance fund, and what that lacks is everybody's deficit. */
export function cover(globals: Globals, amount: number): void {
	const insured = amount < globals.insurance ? amount : globals.insurance;
	globals.insurance -= insured;
	globals.deficit += amount - insured;
}

/** Income of the insurance fund, which makes up for a deficit first. */
export function earn(globals: Globals, amount: number): void {
	const repaid = amount < globals.deficit ? amount : globals.deficit;
	globals.deficit -= repaid;
	globals.insurance += amount - repaid;
}

/** Collect: an account's rebate goes to its referrer; of the house's account, the fees go to the insurance fund and the house. From anyone. */
export function collect(state: State.Body, payload: Uint8Array): Outcome {
	const out = outcome(Result.Ok, Messages.COLLECT);
	const index = DealMessages.parseAccount(payload);
	if (index === undefined) return { ...out, result: Result.Malformed };
	out.account = index;
	const account = State.account(state, index);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const globals = State.globals(state);
	const amount = index === HOUSE ? globals.fees : account.rebate;
	if (amount === 0) return { ...out, result: Result.NothingToCollect };
	const insured = index === HOUSE ? FixedPoint.mulDivUp(amount, Parameters.INSURANCE_SHARE, PPM) : 0;
	out.maker = index === HOUSE ? HOUSE : account.referrer;
	const receiver = index === HOUSE ? account : State.account(state, account.referrer);
	if (receiver.cash + amount > MAX_CASH) return { ...out, result: Result.CashLimit };

	// After this point the message must succeed.
	out.amount = amount - insured;
	receiver.cash += out.amount;
	if (index === HOUSE) {
		globals.fees = 0;
		earn(globals, insured);
		State.putGlobals(state, globals);
	} else {
		account.rebate = 0;
		State.putAccount(state, index, account);
	}
	State.putAccount(state, out.maker, receiver);
	return out;
}

/** SetReferrer: says once who brought the account, and shares in its fees from then on. */
export function setReferrer(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.SET_REFERRER);
	const message = DealMessages.parseSetReferrer(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.account;
	out.maker = message.referrer;
	out.order = message.nonce;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => DealMessages.setReferrerDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.OWNER_ALONE;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	if (account.referrer !== 0) return { ...out, result: Result.AlreadyReferred };
	if (!Accounts.exists(State.account(state, message.referrer))) return { ...out, result: Result.NoAccount };

	// After this point the message must succeed.
	account.referrer = message.referrer;
	Nonces.use(account, message.nonce);
	State.putAccount(state, message.account, account);
	return out;
}
