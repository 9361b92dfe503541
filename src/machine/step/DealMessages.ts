// Messages of deals: liquidations, block trades, baskets of orders, what the fees become, and attestations of the state. As in Messages, parsing is total.

import { MAX_CASH, MAX_ITEMS, MAX_LEGS, MAX_NONCE, PPM } from "../Constants.ts";
import * as Bytes from "../math/Bytes.ts";
import * as Keccak from "../math/Keccak.ts";
import * as Series from "../types/Series.ts";
import { CANCEL, PLACE, REPLACE, SIGNATURE, digestOf, isQuote, structHash } from "./Messages.ts";

/** `share` of the debtor's portfolio in millionths, and the most that the bidder pays for it in micro-USDC; below 0 is what he must be given. */
export type Bid = { account: number; debtor: number; share: number; limit: number; nonce: number; signature: Uint8Array };
/** `root` is the state's after the steps up to `time`. */
export type Attest = { time: number; root: Uint8Array; signers: number; signatures: Uint8Array[] };
export type SetReferrer = { account: number; referrer: number; nonce: number; signature: Uint8Array };
/** `side` is the taker's. */
export type Leg = { series: number; side: number; price: number; size: number };
export type Block = {
	maker: number;
	taker: number;
	makerNonce: number;
	takerNonce: number;
	expiresAt: number;
	legs: Leg[];
	/** The bytes that the digest's last field hashes. */
	legBytes: Uint8Array;
	makerSignature: Uint8Array;
	takerSignature: Uint8Array;
};
/** An order, a replacement or a cancellation; what its kind does not have is 0. */
export type Item = {
	kind: number;
	series: number;
	side: number;
	timeInForce: number;
	flags: number;
	price: number;
	size: number;
	expiresAt: number;
	label: number;
	order: number;
};
/** The order of item i has the id nonce + 1 + i. */
export type Basket = { account: number; nonce: number; count: number; items: Uint8Array; signature: Uint8Array };

const ACCOUNT_LENGTH = 4;
const BID_LENGTH = 27 + SIGNATURE;
const ATTEST_HEAD = 40;
const SET_REFERRER_LENGTH = 15 + SIGNATURE;
const BLOCK_HEAD = 29;
export const LEG_LENGTH = 18;
const BASKET_HEAD = 13;
export const ITEM_LENGTH = 36;

/** The account that a message is of, where its kind begins with one. */
export function accountOf(payload: Uint8Array): number {
	return Bytes.uint(payload, 1, 3);
}

/** Liquidate and Collect: an account, and nothing else. */
export function parseAccount(payload: Uint8Array): number | undefined {
	return payload.length === ACCOUNT_LENGTH ? Bytes.uint(payload, 1, 3) : undefined;
}

export function parseBid(payload: Uint8Array): Bid | undefined {
	if (payload.length !== BID_LENGTH) return undefined;
	const bid: Bid = {
		account: Bytes.uint(payload, 1, 3),
		debtor: Bytes.uint(payload, 4, 3),
		share: Bytes.uint(payload, 7, 4),
		limit: Bytes.int(payload, 11, 8),
		nonce: Bytes.uint(payload, 19, 8),
		signature: payload.subarray(27),
	};
	if (bid.account === bid.debtor || bid.share === 0 || bid.share > PPM) return undefined;
	return bid.limit > MAX_CASH || bid.limit < -MAX_CASH || bid.nonce >= MAX_NONCE ? undefined : bid;
}

export function parseAttest(payload: Uint8Array): Attest | undefined {
	if (payload.length < ATTEST_HEAD) return undefined;
	const signers = Bytes.uint(payload, 38, 2);
	const signatures: Uint8Array[] = [];
	let at = ATTEST_HEAD;
	for (let bit = 0; bit < 16; bit++) {
		if (((signers >> bit) & 1) === 0) continue;
		signatures.push(payload.subarray(at, at + SIGNATURE));
		at += SIGNATURE;
	}
	if (payload.length !== at) return undefined;
	return { time: Bytes.uint(payload, 1, 5), root: payload.subarray(6, 38), signers, signatures };
}

export function parseSetReferrer(payload: Uint8Array): SetReferrer | undefined {
	if (payload.length !== SET_REFERRER_LENGTH) return undefined;
	const message: SetReferrer = {
		account: Bytes.uint(payload, 1, 3),
		referrer: Bytes.uint(payload, 4, 3),
		nonce: Bytes.uint(payload, 7, 8),
		signature: payload.subarray(15),
	};
	return message.referrer === 0 || message.referrer === message.account || message.nonce >= MAX_NONCE ? undefined : message;
}

export function parseBlock(payload: Uint8Array): Block | undefined {
	if (payload.length < BLOCK_HEAD) return undefined;
	const count = payload[28];
	const end = BLOCK_HEAD + count * LEG_LENGTH;
	if (count === 0 || count > MAX_LEGS || payload.length !== end + 2 * SIGNATURE) return undefined;
	const block: Block = {
		maker: Bytes.uint(payload, 1, 3),
		taker: Bytes.uint(payload, 4, 3),
		makerNonce: Bytes.uint(payload, 7, 8),
		takerNonce: Bytes.uint(payload, 15, 8),
		expiresAt: Bytes.uint(payload, 23, 5),
		legs: [],
		legBytes: payload.subarray(BLOCK_HEAD, end),
		makerSignature: payload.subarray(end, end + SIGNATURE),
		takerSignature: payload.subarray(end + SIGNATURE),
	};
	if (block.maker === block.taker || block.makerNonce >= MAX_NONCE || block.takerNonce >= MAX_NONCE) return undefined;
	for (let i = 0; i < count; i++) {
		const leg = legAt(payload, BLOCK_HEAD + i * LEG_LENGTH);
		if (!Series.isValid(leg.series) || leg.side > 1 || !isQuote(leg.price, leg.size)) return undefined;
		// Ascending, so that a series has one leg.
		if (i > 0 && leg.series <= block.legs[i - 1].series) return undefined;
		block.legs.push(leg);
	}
	return block;
}

function legAt(payload: Uint8Array, at: number): Leg {
	return {
		series: Bytes.uint(payload, at, 8),
		side: payload[at + 8],
		price: Bytes.uint(payload, at + 9, 4),
		size: Bytes.uint(payload, at + 13, 5),
	};
}

export function parseBasket(payload: Uint8Array): Basket | undefined {
	if (payload.length < BASKET_HEAD) return undefined;
	const count = payload[12];
	const end = BASKET_HEAD + count * ITEM_LENGTH;
	if (count === 0 || count > MAX_ITEMS || payload.length !== end + SIGNATURE) return undefined;
	const basket: Basket = {
		account: Bytes.uint(payload, 1, 3),
		nonce: Bytes.uint(payload, 4, 8),
		count,
		items: payload.subarray(BASKET_HEAD, end),
		signature: payload.subarray(end),
	};
	return basket.nonce + count >= MAX_NONCE ? undefined : basket;
}

function itemAt(items: Uint8Array, at: number): Item {
	return {
		kind: items[at],
		series: Bytes.uint(items, at + 1, 8),
		side: items[at + 9],
		timeInForce: items[at + 10],
		flags: items[at + 11],
		price: Bytes.uint(items, at + 12, 4),
		size: Bytes.uint(items, at + 16, 5),
		expiresAt: Bytes.uint(items, at + 21, 5),
		label: Bytes.uint(items, at + 26, 2),
		order: Bytes.uint(items, at + 28, 8),
	};
}

const UNSIGNED = new Uint8Array(SIGNATURE);

/** The message that an item stands for, unsigned; of no such kind a byte of 0, and with something in it that its kind does not have the kind's byte alone. */
export function itemPayload(basket: Basket, place: number): Uint8Array {
	const { items } = basket;
	const at = place * ITEM_LENGTH;
	const item = itemAt(items, at);
	if (item.kind !== PLACE && item.kind !== REPLACE && item.kind !== CANCEL) return new Uint8Array(1);
	const head = items.slice(at, at + 1);
	const account = new Uint8Array(3);
	const id = new Uint8Array(8);
	Bytes.put(account, 0, 3, basket.account);
	Bytes.put(id, 0, 8, basket.nonce + 1 + place);
	const book = items.subarray(at + 1, at + 10);
	const quote = items.subarray(at + 12, at + 21);
	const order = items.subarray(at + 28, at + 36);
	if (item.kind === PLACE) {
		if (item.order !== 0) return head;
		return Bytes.concat(head, account, items.subarray(at + 1, at + 26), id, items.subarray(at + 26, at + 28), UNSIGNED);
	}
	if (item.timeInForce + item.flags + item.expiresAt + item.label !== 0) return head;
	if (item.kind === REPLACE) return Bytes.concat(head, account, book, order, quote, id, UNSIGNED);
	if (item.price + item.size !== 0) return head;
	return Bytes.concat(head, account, book, order, UNSIGNED);
}

const BID_TYPE = Keccak.hashText("Bid(uint32 account,uint32 debtor,uint32 share,int64 limit,uint64 nonce)");
const ATTEST_TYPE = Keccak.hashText("Attest(uint64 time,bytes32 root)");
const SET_REFERRER_TYPE = Keccak.hashText("SetReferrer(uint32 account,uint32 referrer,uint64 nonce)");
const BLOCK_TYPE = Keccak.hashText("Block(uint32 maker,uint32 taker,uint64 makerNonce,uint64 takerNonce,uint64 expiresAt,bytes32 legs)");

export function bidDigest(domainSeparator: Uint8Array, m: Bid): Uint8Array {
	return digestOf(domainSeparator, BID_TYPE, [m.account, m.debtor, m.share, m.limit, m.nonce]);
}

export function attestDigest(domainSeparator: Uint8Array, m: Attest): Uint8Array {
	return digestOf(domainSeparator, ATTEST_TYPE, [m.time, m.root]);
}

export function setReferrerDigest(domainSeparator: Uint8Array, m: SetReferrer): Uint8Array {
	return digestOf(domainSeparator, SET_REFERRER_TYPE, [m.account, m.referrer, m.nonce]);
}

export function blockDigest(domainSeparator: Uint8Array, m: Block): Uint8Array {
	const fields = [m.maker, m.taker, m.makerNonce, m.takerNonce, m.expiresAt, Keccak.hash(m.legBytes)];
	return digestOf(domainSeparator, BLOCK_TYPE, fields);
}

// A type's text goes on with the types that it names.
const ITEM_TYPE = Keccak.hashText(
	"Item(uint8 kind,uint64 series,uint8 side,uint8 timeInForce,uint8 flags,uint32 price,uint64 size,uint64 expiresAt,uint16 label,uint64 order)",
);
const BASKET_TYPE = Keccak.hashText(
	"Basket(uint32 account,uint64 nonce,Item[] items)Item(uint8 kind,uint64 series,uint8 side,uint8 timeInForce,uint8 flags,uint32 price,uint64 size,uint64 expiresAt,uint16 label,uint64 order)",
);

export function basketDigest(domainSeparator: Uint8Array, m: Basket): Uint8Array {
	const hashes = new Uint8Array(32 * m.count);
	for (let i = 0; i < m.count; i++) {
		const { kind, series, side, timeInForce, flags, price, size, expiresAt, label, order } = itemAt(m.items, i * ITEM_LENGTH);
		hashes.set(structHash(ITEM_TYPE, [kind, series, side, timeInForce, flags, price, size, expiresAt, label, order]), 32 * i);
	}
	return digestOf(domainSeparator, BASKET_TYPE, [m.account, m.nonce, Keccak.hash(hashes)]);
}
