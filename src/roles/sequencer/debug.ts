import type { Queries } from "../../executor/Queries.ts";
import { signedPart } from "../../executor/UserMessages.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Signature from "../../machine/math/Signature.ts";
import { nameOf as resultName } from "../../machine/Result.ts";
import * as Messages from "../../machine/step/Messages.ts";
import type { Answer } from "../../wire/schema.ts";
import * as rules from "./rules.ts";
import { averagePrice } from "./Views.ts";

const KIND_NAMES: Readonly<Record<number, string>> = {
	[Messages.PLACE]: "Place",
	[Messages.CANCEL]: "Cancel",
	[Messages.CANCEL_ALL]: "CancelAll",
	[Messages.WITHDRAW]: "Withdraw",
	[Messages.LIST]: "List",
	[Messages.SETTLE]: "Settle",
	[Messages.REPORT]: "Report",
	[Messages.REPLACE]: "Replace",
	[Messages.CANCEL_SERIES]: "CancelSeries",
	[Messages.TRANSFER]: "Transfer",
	[Messages.SET_SESSION]: "SetSession",
	[Messages.SET_PROTECTION]: "SetProtection",
	[Messages.HEARTBEAT]: "Heartbeat",
	[Messages.SWEEP]: "Sweep",
	[Messages.LIQUIDATE]: "Liquidate",
	[Messages.BID]: "Bid",
	[Messages.ATTEST]: "Attest",
	[Messages.COLLECT]: "Collect",
	[Messages.SET_REFERRER]: "SetReferrer",
	[Messages.BLOCK]: "Block",
	[Messages.BASKET]: "Basket",
};

/**
 * Why a message would be refused at the door, and what the machine would make of it if it came next. `assumeSigned` takes the signature for the
 * owner's, so that an order can be asked about before anybody signs it.
 */
export function debug(
	queries: Queries,
	userDomain: Uint8Array,
	domain: Readonly<Record<string, unknown>>,
	payload: Uint8Array,
	assumeSigned: boolean,
): Answer<"public/order_debug"> {
	const refusal = rules.refusalOf(payload, userDomain, (account) => queries.signersOf(account));
	const signed = signedPart(payload, userDomain);
	const isHeard = refusal === undefined || (assumeSigned && refusal.code === "bad_signature");
	const rehearsed = isHeard ? queries.rehearse(payload, assumeSigned) : undefined;
	const signer = signed && Signature.recover(signed.digest, signed.signature);
	return {
		would_be_taken: refusal === undefined,
		payload: Bytes.toHex(payload),
		reason: refusal?.code ?? null,
		detail: refusal?.detail ?? null,
		kind: KIND_NAMES[payload[0]] ?? null,
		signer: signer === undefined || /^0x0*$/.test(signer) ? null : signer,
		signers: (signed && queries.signersOf(signed.account)) ?? [],
		digest: signed ? Bytes.toHex(signed.digest) : null,
		domain,
		execution: rehearsed
			? {
					result: resultName(rehearsed.result),
					final: resultName(rehearsed.final),
					filled: rehearsed.filled,
					remaining: rehearsed.remaining,
					average_price:
						rehearsed.filled === 0 || payload[0] === Messages.BASKET
							? null
							: averagePrice(Bytes.uint(payload, 4, 8), rehearsed.filledValue, rehearsed.filled),
					items: rehearsed.items.map(resultName),
				}
			: null,
	};
}
