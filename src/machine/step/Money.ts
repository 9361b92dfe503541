import { MAX_CASH, MAX_MONEY } from "../Constants.ts";
import * as Bytes from "../math/Bytes.ts";
import * as Keccak from "../math/Keccak.ts";
import { Result } from "../Result.ts";
import * as Margin from "../risk/Margin.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account } from "../types/Account.ts";
import type { Machine, Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Authentication from "./Authentication.ts";
import * as Messages from "./Messages.ts";
import * as Nonces from "./Nonces.ts";
import * as Settlement from "./Settlement.ts";
import * as Trades from "./Trades.ts";
import * as Treasury from "./Treasury.ts";

const DEPOSIT_LENGTH = 31;

/** A deposit from the Vault at the rate of the door (Treasury). The Vault assigns accounts to owners: account u24 | owner 20 | amount u64. */
export function deposit(state: State.Body, payload: Uint8Array): Outcome {
	const out = outcome(Result.Ok, 0);
	if (payload.length !== DEPOSIT_LENGTH) return { ...out, result: Result.Malformed };
	const owner = Bytes.address(payload, 3);
	const amount = Bytes.uint(payload, 23, 8);
	out.account = Bytes.uint(payload, 0, 3);
	const account = State.account(state, out.account);
	const isNew = !Accounts.exists(account);
	if (!isNew && account.owner !== owner) return { ...out, result: Result.OwnerMismatch };
	const globals = State.globals(state);
	const credited = Treasury.credit(globals, amount);
	if (amount > MAX_CASH || account.cash + credited > MAX_CASH) return { ...out, result: Result.CashLimit };
	if (Treasury.inside(globals) + credited > MAX_MONEY) return { ...out, result: Result.CashLimit };

	// After this point the message must succeed.
	account.owner = owner;
	out.amount = credited;
	account.cash += credited;
	State.putAccount(state, out.account, account);
	Treasury.enter(globals, amount, credited);
	if (isNew) globals.accounts += 1;
	State.putGlobals(state, globals);
	return out;
}

/** Leaf of the outbox: keccak256(abi.encode(uint256 index, uint256 account, address recipient, uint256 amount)). */
export function withdrawalLeaf(index: number, account: number, recipient: string, amount: number): Uint8Array {
	const words = new Uint8Array(128);
	Bytes.put(words, 24, 8, index);
	Bytes.put(words, 56, 8, account);
	words.set(Bytes.fromHex(recipient), 76);
	Bytes.put(words, 120, 8, amount);
	return Keccak.hash(words);
}

/** Transfer: cash goes to another account of the same owner. */
export function transfer(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.TRANSFER);
	const message = Messages.parseTransfer(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.account;
	out.maker = message.recipient;
	out.amount = message.amount;
	out.order = message.nonce;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.transferDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.TRANSFER;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	const recipient = State.account(state, message.recipient);
	if (recipient.owner !== account.owner) return { ...out, result: Result.OwnerMismatch };
	if (recipient.cash + message.amount > MAX_CASH) return { ...out, result: Result.CashLimit };
	const folded = Settlement.fold(state, account);
	const standing = mayLeave(state, machine, folded, message.amount);
	if (standing !== Result.Ok) return { ...out, result: standing };

	// After this point the message must succeed.
	Settlement.release(state, account, folded);
	Nonces.use(folded, message.nonce);
	folded.cash -= message.amount;
	State.putAccount(state, message.account, folded);
	recipient.cash += message.amount;
	State.putAccount(state, message.recipient, recipient);
	return out;
}

/** Whether an account can do without an amount of cash: Ok, InsufficientCash, StalePrice or InsufficientMargin. */
function mayLeave(state: State.Body, machine: Machine, account: Account, amount: number): Result {
	if (account.cash < amount) return Result.InsufficientCash;
	if (account.positions.length === 0) return Result.Ok;
	const standing = Margin.assess(state, account);
	if (Trades.isStale(standing.oldestPriceTime, machine.clock)) return Result.StalePrice;
	return standing.equity - amount < standing.initial ? Result.InsufficientMargin : Result.Ok;
}

/** Withdraw: cash leaves the account for the outbox, at the rate of the door, and L1 pays it from there. */
export function withdraw(state: State.Body, machine: Machine, payload: Uint8Array, sender: string): Outcome {
	const out = outcome(Result.Ok, Messages.WITHDRAW);
	const message = Messages.parseWithdraw(payload);
	if (!message) return { ...out, result: Result.Malformed };
	out.account = message.account;
	out.amount = message.amount;
	out.order = message.nonce;
	const account = State.account(state, message.account);
	if (!Accounts.exists(account)) return { ...out, result: Result.NoAccount };
	const digest = (): Uint8Array => Messages.withdrawDigest(State.globals(state).domainSeparator, message);
	const scopes = Authentication.OWNER_ALONE;
	const signed = Authentication.check(state, message.account, account, digest, message.signature, sender, scopes, machine.clock);
	if (signed !== Result.Ok) return { ...out, result: signed };
	const nonce = Nonces.check(account, message.nonce);
	if (nonce !== Result.Ok) return { ...out, result: nonce };
	const folded = Settlement.fold(state, account);
	const standing = mayLeave(state, machine, folded, message.amount);
	if (standing !== Result.Ok) return { ...out, result: standing };
	// More than everything inside, or nothing of it: somebody's loss is not written off yet.
	const globals = State.globals(state);
	if (message.amount > Treasury.inside(globals)) return { ...out, result: Result.Unbacked };
	const paid = Treasury.payout(globals, message.amount);
	if (paid === 0) return { ...out, result: Result.Unbacked };

	// After this point the message must succeed.
	Settlement.release(state, account, folded);
	Nonces.use(folded, message.nonce);
	folded.cash -= message.amount;
	State.putAccount(state, message.account, folded);
	Treasury.leave(globals, message.amount, paid);
	const index = globals.withdrawals;
	globals.withdrawals += 1;
	State.putGlobals(state, globals);
	State.pushWithdrawal(state, index, withdrawalLeaf(index, message.account, message.recipient, paid));
	out.amount = paid;
	out.makerOrder = index;
	return out;
}
