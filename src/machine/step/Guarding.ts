import { MAX_SESSIONS, MAX_UNDERLYINGS } from "../Constants.ts";
import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account } from "../types/Account.ts";
import * as Guards from "../types/Guard.ts";
import type { Guard } from "../types/Guard.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Authentication from "./Authentication.ts";
import * as Messages from "./Messages.ts";
import * as Nonces from "./Nonces.ts";

/** SetSession: gives a key scopes until a time, or takes them away. */
export function setSession(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.SET_SESSION);
	const message = Messages.parseSetSession(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.account;
	out.side = message.scopes;
	out.order = message.nonce;
	out.amount = message.expiresAt;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.setSessionDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.OWNER_ALONE;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	const guard = State.guard(state, message.account);
	const isNew = Guards.indexOf(guard, message.key) === Guards.count(guard);
	if (isNew && message.scopes === 0) return { ...out, result: Result.NoSession };
	if (isNew && Guards.count(guard) === MAX_SESSIONS) return { ...out, result: Result.SessionsFull };

	// After this point the message must succeed.
	Guards.setSession(guard, { key: message.key, scopes: message.scopes, expiresAt: message.expiresAt });
	put(state, message.account, account, guard, message.nonce);
	return out;
}

/** SetProtection: sets or ends market-maker protection in an underlying. Levels begin anew, and a freeze is over. */
export function setProtection(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.SET_PROTECTION);
	const message = Messages.parseSetProtection(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.account;
	out.series = message.underlying;
	out.order = message.nonce;
	out.amount = message.window;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.setProtectionDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.TRADE;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	if (message.underlying >= MAX_UNDERLYINGS) return { ...out, result: Result.UnknownUnderlying };
	const guard = State.guard(state, message.account);

	// After this point the message must succeed.
	const { window, freeze, quantityLimit, deltaLimit, vegaLimit } = message;
	guard.protections[message.underlying] = { ...Guards.none(), window, freeze, quantityLimit, deltaLimit, vegaLimit };
	put(state, message.account, account, guard, message.nonce);
	return out;
}

/** Heartbeat: every order of the account is dead that many seconds from now, unless another comes before. 0 switches it off. */
export function heartbeat(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.HEARTBEAT);
	const message = Messages.parseHeartbeat(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.account;
	out.order = message.nonce;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.heartbeatDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.TRADE | Authentication.CANCEL;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };

	// After this point the message must succeed.
	Accounts.lapse(account, machine.clock);
	Nonces.use(account, message.nonce);
	account.deadline = message.duration === 0 ? 0 : machine.clock + message.duration;
	State.putAccount(state, message.account, account);
	out.amount = account.deadline;
	return out;
}

function put(state: State.Body, index: number, account: Account, guard: Guard, nonce: number): void {
	State.putGuard(state, index, guard);
	account.guards = Guards.bitsOf(guard);
	Nonces.use(account, nonce);
	State.putAccount(state, index, account);
}
