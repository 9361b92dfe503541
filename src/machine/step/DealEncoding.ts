// Messages of deals as bytes (as Encoding). Only off chain; the step never writes a message.

import * as Bytes from "../math/Bytes.ts";
import type { Attest, Bid, Block, Leg, SetReferrer } from "./DealMessages.ts";
import { fields } from "./Encoding.ts";
import { ATTEST, BID, BLOCK, COLLECT, LIQUIDATE, SET_REFERRER } from "./Messages.ts";

export function liquidate(account: number): Uint8Array {
	return fields(LIQUIDATE, [[3, account]]);
}

export function collect(account: number): Uint8Array {
	return fields(COLLECT, [[3, account]]);
}

export function bid(m: Bid): Uint8Array {
	return Bytes.concat(
		fields(BID, [
			[3, m.account],
			[3, m.debtor],
			[4, m.share],
			[8, m.limit],
			[8, m.nonce],
		]),
		m.signature,
	);
}

/** `signatures` are in order of the bits set in `signers`. */
export function attest(m: Attest): Uint8Array {
	return Bytes.concat(fields(ATTEST, [[5, m.time]]), m.root, fields(0, [[2, m.signers]]).subarray(1), ...m.signatures);
}

export function setReferrer(m: SetReferrer): Uint8Array {
	return Bytes.concat(
		fields(SET_REFERRER, [
			[3, m.account],
			[3, m.referrer],
			[8, m.nonce],
		]),
		m.signature,
	);
}

/** The bytes of a block's legs: what its digest covers. */
export function legs(all: readonly Leg[]): Uint8Array {
	return Bytes.concat(
		...all.map((leg) =>
			fields(0, [
				[8, leg.series],
				[1, leg.side],
				[4, leg.price],
				[5, leg.size],
			]).subarray(1),
		),
	);
}

export function block(m: Omit<Block, "legBytes">): Uint8Array {
	return Bytes.concat(
		fields(BLOCK, [
			[3, m.maker],
			[3, m.taker],
			[8, m.makerNonce],
			[8, m.takerNonce],
			[5, m.expiresAt],
			[1, m.legs.length],
		]),
		legs(m.legs),
		m.makerSignature,
		m.takerSignature,
	);
}
