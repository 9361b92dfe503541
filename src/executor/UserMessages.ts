// What a user's message is signed with, whatever its kind: one place for everybody who looks at a message before the machine does.

import * as Bytes from "../machine/math/Bytes.ts";
import * as DealMessages from "../machine/step/DealMessages.ts";
import * as Messages from "../machine/step/Messages.ts";

/** The account that speaks, the signature that came, and the digest it must be of. */
export type Signed = { readonly account: number; readonly signature: Uint8Array; readonly digest: Uint8Array };

type Parsed = { readonly account: number; readonly signature: Uint8Array };
type Kind<M extends Parsed> = {
	readonly parse: (payload: Uint8Array) => M | undefined;
	readonly digest: (domain: Uint8Array, message: M) => Uint8Array;
};

function kind<M extends Parsed>(
	parse: Kind<M>["parse"],
	digest: Kind<M>["digest"],
): (payload: Uint8Array, domain: Uint8Array) => Signed | undefined {
	return (payload, domain) => {
		const message = parse(payload);
		return message && { account: message.account, signature: message.signature, digest: digest(domain, message) };
	};
}

function parseTaken(payload: Uint8Array): (DealMessages.Block & Parsed) | undefined {
	const block = DealMessages.parseBlock(payload);
	return block && { ...block, account: block.taker, signature: block.takerSignature };
}

const KINDS = new Map([
	[Messages.PLACE, kind(Messages.parsePlace, Messages.placeDigest)],
	[Messages.CANCEL, kind(Messages.parseCancel, Messages.cancelDigest)],
	[Messages.CANCEL_ALL, kind(Messages.parseCancelAll, Messages.cancelAllDigest)],
	[Messages.WITHDRAW, kind(Messages.parseWithdraw, Messages.withdrawDigest)],
	[Messages.REPLACE, kind(Messages.parseReplace, Messages.replaceDigest)],
	[Messages.CANCEL_SERIES, kind(Messages.parseCancelSeries, Messages.cancelSeriesDigest)],
	[Messages.TRANSFER, kind(Messages.parseTransfer, Messages.transferDigest)],
	[Messages.SET_SESSION, kind(Messages.parseSetSession, Messages.setSessionDigest)],
	[Messages.SET_PROTECTION, kind(Messages.parseSetProtection, Messages.setProtectionDigest)],
	[Messages.HEARTBEAT, kind(Messages.parseHeartbeat, Messages.heartbeatDigest)],
	[Messages.BID, kind(DealMessages.parseBid, DealMessages.bidDigest)],
	[Messages.SET_REFERRER, kind(DealMessages.parseSetReferrer, DealMessages.setReferrerDigest)],
	[Messages.BASKET, kind(DealMessages.parseBasket, DealMessages.basketDigest)],
	// Both sides sign a block: here the taker speaks, who brings it.
	[Messages.BLOCK, kind(parseTaken, DealMessages.blockDigest)],
]);

/** Where the account that speaks stands: of a block it is the taker, behind the maker. */
const speakerAt = (kind: number): number => (kind === Messages.BLOCK ? 4 : 1);

/** The account that a user's message speaks for, read without parsing the rest; undefined of what nobody signs, or is too short to say. */
export function speakerOf(payload: Uint8Array): number | undefined {
	const at = speakerAt(payload[0]);
	return isSigned(payload) && payload.length >= at + 3 ? Bytes.uint(payload, at, 3) : undefined;
}

/** Whether a payload's kind is one that a user signs. */
export function isSigned(payload: Uint8Array): boolean {
	return KINDS.has(payload[0]);
}

/** The signed part of a user's message; undefined when it is malformed or of a kind that nobody signs. `domain` is the EIP-712 separator. */
export function signedPart(payload: Uint8Array, domain: Uint8Array): Signed | undefined {
	return KINDS.get(payload[0])?.(payload, domain);
}
