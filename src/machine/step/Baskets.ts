// Baskets: up to MAX_ITEMS orders, replacements and cancellations under one signature. The first step admits the basket; then each item is a step, as the
// message that it stands for, with a Result of its own.

import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import * as Accounts from "../types/Account.ts";
import type { Account } from "../types/Account.ts";
import type { Input, Machine, Outcome } from "../types/Machine.ts";
import { outcome } from "../types/Machine.ts";
import * as Authentication from "./Authentication.ts";
import * as DealMessages from "./DealMessages.ts";
import type { Basket } from "./DealMessages.ts";
import * as Messages from "./Messages.ts";
import * as Nonces from "./Nonces.ts";

/** Basket: admits it, so that the same message is read again for its first item. */
export function open(state: State.Body, machine: Machine, input: Input): Outcome {
	const out = outcome(Result.Ok, Messages.BASKET);
	const basket = DealMessages.parseBasket(input.payload);
	if (!basket) return { ...out, result: Result.Malformed };
	out.account = basket.account;
	out.order = basket.nonce;
	out.size = basket.count;
	const account = State.account(state, basket.account);
	out.result = admit(state, machine, account, basket, input);
	if (out.result !== Result.Ok) return out;

	// After this point the message must succeed: its items each as they can.
	Nonces.use(account, basket.nonce);
	State.putAccount(state, basket.account, account);
	input.cursor = { ...machine.cursor, item: 1 };
	return out;
}

/** Ok, NoAccount, BadSignature, OutOfScope, NonceTooOld, NonceUsed or NonceTooFar. */
function admit(state: State.Body, machine: Machine, account: Account, basket: Basket, input: Input): Result {
	if (!Accounts.exists(account)) return Result.NoAccount;
	const { signature } = basket;
	const digest = (): Uint8Array => DealMessages.basketDigest(State.globals(state).domainSeparator, basket);
	const scopes = Authentication.TRADE;
	const signed = Authentication.check(state, basket.account, account, digest, signature, input.sender, scopes, machine.clock);
	return signed === Result.Ok ? Nonces.check(account, basket.nonce) : signed;
}

/**
 * Puts the item whose turn it is in the place of its basket. Requires that `cursor.item` is not 0: so the basket is the one that was admitted, because nothing
 * else sets it and the cursor has not moved since.
 */
export function unwrap(machine: Machine, input: Input): void {
	const basket = DealMessages.parseBasket(input.payload) as Basket;
	const { item } = machine.cursor;
	input.payload = DealMessages.itemPayload(basket, item - 1);
	if (item < basket.count) input.cursor = { ...machine.cursor, item: item + 1 };
}

/** Who sent the message: of an item the account's owner, who was found to stand behind the basket. */
export function senderOf(state: State.Body, machine: Machine, input: Input): string {
	if (machine.cursor.item === 0 || input.payload.length < 4) return input.sender;
	return State.account(state, DealMessages.accountOf(input.payload)).owner;
}
