import * as Signature from "../math/Signature.ts";
import { Result } from "../Result.ts";
import * as State from "../state/State.ts";
import type { Account } from "../types/Account.ts";
import * as Guards from "../types/Guard.ts";

/** Scopes of a session key: bits. */
export const TRADE = 1;
export const CANCEL = 2;
export const TRANSFER = 4;
/** Of messages that only the owner may send. */
export const OWNER_ALONE = 0;

/**
 * Whether somebody who may stands behind a message: the owner, or a session key of the account that has one of the scopes; he sent it on L1 himself, or signed
 * its digest. Ok, BadSignature, or OutOfScope when it is a session key that may not.
 */
export function check(
	state: State.Body,
	index: number,
	account: Account,
	digest: () => Uint8Array,
	signature: Uint8Array,
	sender: string,
	scopes: number,
	clock: number,
): Result {
	if (sender === account.owner) return Result.Ok;
	const signer = Signature.recover(digest(), signature);
	if (signer === account.owner) return Result.Ok;
	if ((account.guards & Guards.SESSIONS) === 0) return Result.BadSignature;
	const guard = State.guard(state, index);
	let place = Guards.indexOf(guard, signer);
	if (place === Guards.count(guard)) place = Guards.indexOf(guard, sender);
	if (place === Guards.count(guard)) return Result.BadSignature;
	const session = Guards.sessionAt(guard, place);
	const isOver = session.expiresAt !== 0 && clock >= session.expiresAt;
	return isOver || (session.scopes & scopes) === 0 ? Result.OutOfScope : Result.Ok;
}
