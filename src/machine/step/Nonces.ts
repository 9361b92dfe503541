import { MAX_NONCE_JUMP, NONCE_WINDOW } from "../Constants.ts";
import { Result } from "../Result.ts";
import type { Account } from "../types/Account.ts";

/** Whether the account may still use this nonce: Ok, NonceTooOld, NonceUsed or NonceTooFar. */
export function check(account: Account, nonce: number): Result {
	if (nonce < account.nonceFloor) return Result.NonceTooOld;
	const place = nonce - account.nonceFloor;
	if (place < NONCE_WINDOW) return ((account.nonceBits >> BigInt(place)) & 1n) === 1n ? Result.NonceUsed : Result.Ok;
	return place >= NONCE_WINDOW + MAX_NONCE_JUMP ? Result.NonceTooFar : Result.Ok;
}

/** Uses a nonce that `check` found Ok. A nonce beyond the window slides it, so that the nonce is its last. */
export function use(account: Account, nonce: number): void {
	let place = nonce - account.nonceFloor;
	if (place >= NONCE_WINDOW) {
		const slide = place - (NONCE_WINDOW - 1);
		account.nonceFloor += slide;
		account.nonceBits = slide >= NONCE_WINDOW ? 0n : account.nonceBits >> BigInt(slide);
		place = NONCE_WINDOW - 1;
	}
	account.nonceBits |= 1n << BigInt(place);
}
