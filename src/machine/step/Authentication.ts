import * as Signature from "../math/Signature.ts";
import type { Account } from "../types/Account.ts";

/** Whether the owner stands behind a message: he sent it on L1 himself, or signed its digest. */
export function isOwner(account: Account, digest: () => Uint8Array, signature: Uint8Array, sender: string): boolean {
	if (sender === account.owner) return true;
	return Signature.recover(digest(), signature) === account.owner;
}
