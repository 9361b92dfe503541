// Messages of deals as bytes (as Encoding). Only off chain; the step never writes a message.

import * as Bytes from "../math/Bytes.ts";
import type { Attest, Basket, Bid, Block, Item, Leg, SetReferrer } from "./DealMessages.ts";
import { fields } from "./Encoding.ts";
import { ATTEST, BASKET, BID, BLOCK, COLLECT, LIQUIDATE, SET_REFERRER } from "./Messages.ts";

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

/** The bytes of a basket's items. */
export function items(all: readonly Item[]): Uint8Array {
	return Bytes.concat(
		...all.map((item) =>
			fields(item.kind, [
				[8, item.series],
				[1, item.side],
				[1, item.timeInForce],
				[1, item.flags],
				[4, item.price],
				[5, item.size],
				[5, item.expiresAt],
				[2, item.label],
				[8, item.order],
			]),
		),
	);
}

export function basket(m: Basket): Uint8Array {
	return Bytes.concat(
		fields(BASKET, [
			[3, m.account],
			[8, m.nonce],
			[1, m.count],
		]),
		m.items,
		m.signature,
	);
}
