// What a payload must be before the log is spent on it. The machine would refuse it just the same; here the answer comes at once and costs nothing.

import { MAX_PAYLOAD_BYTES } from "../../machine/Constants.ts";
import * as Signature from "../../machine/math/Signature.ts";
import { isSigned, signedPart } from "../../executor/UserMessages.ts";
import type { Signed } from "../../executor/UserMessages.ts";
import * as DealMessages from "../../machine/step/DealMessages.ts";
import * as Messages from "../../machine/step/Messages.ts";

export type Refusal = {
	readonly code: "too_long" | "unknown_kind" | "malformed" | "no_account" | "bad_signature";
	readonly detail: string;
};

/** What a signed payload claims: that the owner of an account, or one of its session keys, signed the digest. */
export type Claim = {
	readonly account: number;
	readonly signers: readonly string[];
	readonly signature: Uint8Array;
	readonly digest: Uint8Array;
};

/** Why a payload is refused before its signature is looked at, or what it claims; undefined when anybody may send it. */
export function claimOf(
	payload: Uint8Array,
	domainSeparator: Uint8Array,
	signersOf: (account: number) => readonly string[] | undefined,
): Refusal | Claim | undefined {
	if (payload.length === 0 || payload.length > MAX_PAYLOAD_BYTES) {
		return { code: "too_long", detail: `a message is 1 to ${MAX_PAYLOAD_BYTES} bytes; this one has ${payload.length}` };
	}
	const kind = payload[0];
	if (!isSigned(payload) && !UNSIGNED.has(kind)) return { code: "unknown_kind", detail: `no message has kind ${kind}` };
	const parsed = parse(payload, domainSeparator);
	if (parsed === undefined) return { code: "malformed", detail: "its length is wrong, or a field is out of its range" };
	if (parsed === "unsigned") return undefined;
	const signers = signersOf(parsed.account);
	if (signers === undefined) return { code: "no_account", detail: `account ${parsed.account} does not exist` };
	return { ...parsed, signers };
}

/** Why a claim is refused once its signer is known, or undefined. */
export function signerRefusal(claim: Claim, signer: string): Refusal | undefined {
	return claim.signers.includes(signer)
		? undefined
		: { code: "bad_signature", detail: `the signature is of ${signer}, and the account is of ${claim.signers[0]}` };
}

/** Why a payload is refused at the door, or undefined. A signature that is checked here is not recovered again by the step. */
export function refusalOf(
	payload: Uint8Array,
	domainSeparator: Uint8Array,
	signersOf: (account: number) => readonly string[] | undefined,
): Refusal | undefined {
	const claim = claimOf(payload, domainSeparator, signersOf);
	if (!claim || "code" in claim) return claim;
	const signer = Signature.recover(claim.digest, claim.signature);
	const refusal = signerRefusal(claim, signer);
	if (!refusal) Signature.remember(claim.digest, claim.signature, signer);
	return refusal;
}

/** What anybody may send, and what says whether it is well formed. */
const UNSIGNED: ReadonlyMap<number, (payload: Uint8Array) => unknown> = new Map<number, (payload: Uint8Array) => unknown>([
	[Messages.LIST, Messages.parseList],
	[Messages.SETTLE, Messages.parseSettle],
	[Messages.REPORT, Messages.parseReport],
	[Messages.SWEEP, Messages.parseSweep],
	[Messages.LIQUIDATE, DealMessages.parseAccount],
	[Messages.ATTEST, DealMessages.parseAttest],
	[Messages.COLLECT, DealMessages.parseAccount],
]);

/** The signed part of a user's message; "unsigned" when anybody may send it. */
function parse(payload: Uint8Array, domain: Uint8Array): Signed | "unsigned" | undefined {
	if (isSigned(payload)) return signedPart(payload, domain);
	return UNSIGNED.get(payload[0])?.(payload) === undefined ? undefined : "unsigned";
}
