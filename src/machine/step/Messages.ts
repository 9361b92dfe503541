// The bytes of every message and the EIP-712 digests that users and reporters sign (docs/spec/machine.md). Parsing is total: a payload of the wrong
// length, or with a field out of its range, is `undefined`, which the step answers with Malformed.

import { MAX_CASH, MAX_GUARD_SECONDS, MAX_NONCE, MAX_PRICE_TICKS, MAX_REPORT_EXPIRIES, MAX_SIZE_LOTS } from "../Constants.ts";
import * as Bytes from "../math/Bytes.ts";
import * as Keccak from "../math/Keccak.ts";
import * as Series from "../types/Series.ts";

export const PLACE = 1;
export const CANCEL = 2;
export const CANCEL_ALL = 3;
export const WITHDRAW = 4;
export const LIST = 5;
export const SETTLE = 6;
export const REPORT = 7;
export const REPLACE = 8;
export const CANCEL_SERIES = 9;
export const TRANSFER = 10;
export const SET_SESSION = 11;
export const SET_PROTECTION = 12;
export const HEARTBEAT = 13;
export const SWEEP = 14;
export const LIQUIDATE = 15;
export const BID = 16;
export const ATTEST = 17;
export const COLLECT = 18;
export const SET_REFERRER = 19;
export const BLOCK = 20;
export const BASKET = 21;

/** timeInForce */
export const GTC = 0;
export const IOC = 1;
/** Fill or kill: all of it at once, or nothing. */
export const FOK = 2;
/** flags */
export const POST_ONLY = 1;
/** With POST_ONLY: an order that would take moves to one tick behind the best price instead. */
export const SLIDE = 2;
/** Trades only what makes the position smaller. */
export const REDUCE_ONLY = 4;
/** What becomes of a taker that meets an order of the same owner: these two bits of the flags, times 8. */
export const CANCEL_MAKER = 0;
export const CANCEL_TAKER = 1;
export const CANCEL_BOTH = 2;
export const DECREMENT = 3;
/** Its fills count for market-maker protection. */
export const PROTECTED = 32;
const MAX_FLAGS = 63;
/** Of CancelAll: both underlyings; of CancelSeries: any label. */
export const EVERY_UNDERLYING = 255;
export const EVERY_LABEL = 0;

export type Place = {
	account: number;
	series: number;
	side: number;
	timeInForce: number;
	flags: number;
	price: number;
	size: number;
	expiresAt: number;
	nonce: number;
	label: number;
	signature: Uint8Array;
};
export type Cancel = { account: number; series: number; side: number; order: number; signature: Uint8Array };
export type CancelAll = { account: number; underlying: number; nonce: number; signature: Uint8Array };
export type Withdraw = { account: number; recipient: string; amount: number; nonce: number; signature: Uint8Array };
export type Replace = {
	account: number;
	series: number;
	side: number;
	order: number;
	price: number;
	size: number;
	nonce: number;
	signature: Uint8Array;
};
export type CancelSeries = { account: number; series: number; sides: number; label: number; nonce: number; signature: Uint8Array };
export type Transfer = { account: number; recipient: number; amount: number; nonce: number; signature: Uint8Array };
export type SetSession = { account: number; key: string; scopes: number; expiresAt: number; nonce: number; signature: Uint8Array };
export type SetProtection = {
	account: number;
	underlying: number;
	window: number;
	freeze: number;
	quantityLimit: number;
	deltaLimit: number;
	vegaLimit: number;
	nonce: number;
	signature: Uint8Array;
};
export type Heartbeat = { account: number; duration: number; nonce: number; signature: Uint8Array };
export type Sweep = { account: number; series: number; side: number; order: number };
export type List = { underlying: number; day: number; strike: number };
export type Settle = { account: number };
export type Surface = {
	day: number;
	forward: number;
	a: number;
	b: number;
	rho: number;
	m: number;
	sigma: number;
	rate: number;
	confidence: number;
};
export type Report = {
	underlying: number;
	time: number;
	indexPrice: number;
	confidence: number;
	surfaces: Surface[];
	/** The bytes that the digest's last field hashes. */
	surfaceBytes: Uint8Array;
	/** Bit i is reporter i. */
	signers: number;
	/** In order of bit. */
	signatures: Uint8Array[];
};

export const SIGNATURE = 65;
export const PLACE_LENGTH = 39 + SIGNATURE;
const CANCEL_LENGTH = 21 + SIGNATURE;
const CANCEL_ALL_LENGTH = 13 + SIGNATURE;
const WITHDRAW_LENGTH = 40 + SIGNATURE;
const LIST_LENGTH = 8;
const SETTLE_LENGTH = 4;
const REPLACE_LENGTH = 38 + SIGNATURE;
const CANCEL_SERIES_LENGTH = 23 + SIGNATURE;
const TRANSFER_LENGTH = 23 + SIGNATURE;
const SET_SESSION_LENGTH = 38 + SIGNATURE;
const SET_PROTECTION_LENGTH = 42 + SIGNATURE;
const HEARTBEAT_LENGTH = 16 + SIGNATURE;
const SWEEP_LENGTH = 21;
const MAX_SCOPES = 7;
const NOBODY = "0x0000000000000000000000000000000000000000";
const REPORT_HEAD = 20;
const SURFACE_LENGTH = 58;

export function parsePlace(payload: Uint8Array): Place | undefined {
	if (payload.length !== PLACE_LENGTH) return undefined;
	const place: Place = {
		account: Bytes.uint(payload, 1, 3),
		series: Bytes.uint(payload, 4, 8),
		side: payload[12],
		timeInForce: payload[13],
		flags: payload[14],
		price: Bytes.uint(payload, 15, 4),
		size: Bytes.uint(payload, 19, 5),
		expiresAt: Bytes.uint(payload, 24, 5),
		nonce: Bytes.uint(payload, 29, 8),
		label: Bytes.uint(payload, 37, 2),
		signature: payload.subarray(39),
	};
	if (!Series.isValid(place.series) || place.side > 1 || place.timeInForce > FOK || place.flags > MAX_FLAGS) return undefined;
	if ((place.flags & POST_ONLY) === 0 ? (place.flags & SLIDE) !== 0 : place.timeInForce !== GTC) return undefined;
	if (!isQuote(place.price, place.size) || place.nonce >= MAX_NONCE) return undefined;
	return place;
}

/** Whether price and size are within their ranges. */
export function isQuote(price: number, size: number): boolean {
	return price !== 0 && price <= MAX_PRICE_TICKS && size !== 0 && size <= MAX_SIZE_LOTS;
}

export function parseCancel(payload: Uint8Array): Cancel | undefined {
	if (payload.length !== CANCEL_LENGTH) return undefined;
	const cancel: Cancel = {
		account: Bytes.uint(payload, 1, 3),
		series: Bytes.uint(payload, 4, 8),
		side: payload[12],
		order: Bytes.uint(payload, 13, 8),
		signature: payload.subarray(21),
	};
	return !Series.isValid(cancel.series) || cancel.side > 1 || cancel.order >= MAX_NONCE ? undefined : cancel;
}

export function parseCancelAll(payload: Uint8Array): CancelAll | undefined {
	if (payload.length !== CANCEL_ALL_LENGTH) return undefined;
	const cancelAll: CancelAll = {
		account: Bytes.uint(payload, 1, 3),
		underlying: payload[4],
		nonce: Bytes.uint(payload, 5, 8),
		signature: payload.subarray(13),
	};
	return cancelAll.nonce >= MAX_NONCE ? undefined : cancelAll;
}

export function parseWithdraw(payload: Uint8Array): Withdraw | undefined {
	if (payload.length !== WITHDRAW_LENGTH) return undefined;
	const withdraw: Withdraw = {
		account: Bytes.uint(payload, 1, 3),
		recipient: Bytes.address(payload, 4),
		amount: Bytes.uint(payload, 24, 8),
		nonce: Bytes.uint(payload, 32, 8),
		signature: payload.subarray(40),
	};
	return withdraw.amount === 0 || withdraw.amount >= MAX_NONCE || withdraw.nonce >= MAX_NONCE ? undefined : withdraw;
}

export function parseReplace(payload: Uint8Array): Replace | undefined {
	if (payload.length !== REPLACE_LENGTH) return undefined;
	const replace: Replace = {
		account: Bytes.uint(payload, 1, 3),
		series: Bytes.uint(payload, 4, 8),
		side: payload[12],
		order: Bytes.uint(payload, 13, 8),
		price: Bytes.uint(payload, 21, 4),
		size: Bytes.uint(payload, 25, 5),
		nonce: Bytes.uint(payload, 30, 8),
		signature: payload.subarray(38),
	};
	if (!Series.isValid(replace.series) || replace.side > 1 || replace.order >= MAX_NONCE) return undefined;
	return !isQuote(replace.price, replace.size) || replace.nonce >= MAX_NONCE ? undefined : replace;
}

export function parseCancelSeries(payload: Uint8Array): CancelSeries | undefined {
	if (payload.length !== CANCEL_SERIES_LENGTH) return undefined;
	const cancel: CancelSeries = {
		account: Bytes.uint(payload, 1, 3),
		series: Bytes.uint(payload, 4, 8),
		sides: payload[12],
		label: Bytes.uint(payload, 13, 2),
		nonce: Bytes.uint(payload, 15, 8),
		signature: payload.subarray(23),
	};
	return !Series.isValid(cancel.series) || cancel.sides === 0 || cancel.sides > 3 || cancel.nonce >= MAX_NONCE ? undefined : cancel;
}

export function parseTransfer(payload: Uint8Array): Transfer | undefined {
	if (payload.length !== TRANSFER_LENGTH) return undefined;
	const transfer: Transfer = {
		account: Bytes.uint(payload, 1, 3),
		recipient: Bytes.uint(payload, 4, 3),
		amount: Bytes.uint(payload, 7, 8),
		nonce: Bytes.uint(payload, 15, 8),
		signature: payload.subarray(23),
	};
	if (transfer.amount === 0 || transfer.amount >= MAX_NONCE || transfer.nonce >= MAX_NONCE) return undefined;
	return transfer.account === transfer.recipient ? undefined : transfer;
}

export function parseSetSession(payload: Uint8Array): SetSession | undefined {
	if (payload.length !== SET_SESSION_LENGTH) return undefined;
	const session: SetSession = {
		account: Bytes.uint(payload, 1, 3),
		key: Bytes.address(payload, 4),
		scopes: payload[24],
		expiresAt: Bytes.uint(payload, 25, 5),
		nonce: Bytes.uint(payload, 30, 8),
		signature: payload.subarray(38),
	};
	return session.key === NOBODY || session.scopes > MAX_SCOPES || session.nonce >= MAX_NONCE ? undefined : session;
}

export function parseSetProtection(payload: Uint8Array): SetProtection | undefined {
	if (payload.length !== SET_PROTECTION_LENGTH) return undefined;
	const protection: SetProtection = {
		account: Bytes.uint(payload, 1, 3),
		underlying: payload[4],
		window: Bytes.uint(payload, 5, 4),
		freeze: Bytes.uint(payload, 9, 4),
		quantityLimit: Bytes.uint(payload, 13, 5),
		deltaLimit: Bytes.uint(payload, 18, 8),
		vegaLimit: Bytes.uint(payload, 26, 8),
		nonce: Bytes.uint(payload, 34, 8),
		signature: payload.subarray(42),
	};
	const { window, freeze, quantityLimit, deltaLimit, vegaLimit } = protection;
	if (window > MAX_GUARD_SECONDS || freeze > MAX_GUARD_SECONDS || protection.nonce >= MAX_NONCE) return undefined;
	if (deltaLimit >= MAX_CASH || vegaLimit >= MAX_CASH) return undefined;
	// No protection has one encoding.
	if (window === 0 && (freeze !== 0 || quantityLimit !== 0 || deltaLimit !== 0 || vegaLimit !== 0)) return undefined;
	return protection;
}

export function parseHeartbeat(payload: Uint8Array): Heartbeat | undefined {
	if (payload.length !== HEARTBEAT_LENGTH) return undefined;
	const heartbeat: Heartbeat = {
		account: Bytes.uint(payload, 1, 3),
		duration: Bytes.uint(payload, 4, 4),
		nonce: Bytes.uint(payload, 8, 8),
		signature: payload.subarray(16),
	};
	return heartbeat.duration > MAX_GUARD_SECONDS || heartbeat.nonce >= MAX_NONCE ? undefined : heartbeat;
}

export function parseSweep(payload: Uint8Array): Sweep | undefined {
	if (payload.length !== SWEEP_LENGTH) return undefined;
	const sweep: Sweep = {
		account: Bytes.uint(payload, 1, 3),
		series: Bytes.uint(payload, 4, 8),
		side: payload[12],
		order: Bytes.uint(payload, 13, 8),
	};
	return !Series.isValid(sweep.series) || sweep.side > 1 || sweep.order >= MAX_NONCE ? undefined : sweep;
}

export function parseList(payload: Uint8Array): List | undefined {
	if (payload.length !== LIST_LENGTH) return undefined;
	return { underlying: payload[1], day: Bytes.uint(payload, 2, 2), strike: Bytes.uint(payload, 4, 4) };
}

export function parseSettle(payload: Uint8Array): Settle | undefined {
	return payload.length === SETTLE_LENGTH ? { account: Bytes.uint(payload, 1, 3) } : undefined;
}

export function parseReport(payload: Uint8Array): Report | undefined {
	if (payload.length < REPORT_HEAD) return undefined;
	const count = payload[19];
	const end = REPORT_HEAD + count * SURFACE_LENGTH;
	if (count > MAX_REPORT_EXPIRIES || payload.length < end + 2) return undefined;
	const signers = Bytes.uint(payload, end, 2);
	const signatures: Uint8Array[] = [];
	let at = end + 2;
	for (let bit = 0; bit < 16; bit++) {
		if (((signers >> bit) & 1) === 0) continue;
		signatures.push(payload.subarray(at, at + SIGNATURE));
		at += SIGNATURE;
	}
	if (payload.length !== at) return undefined;
	const surfaces: Surface[] = [];
	for (let i = 0; i < count; i++) surfaces.push(surfaceAt(payload, REPORT_HEAD + i * SURFACE_LENGTH));
	return {
		underlying: payload[1],
		time: Bytes.uint(payload, 2, 5),
		indexPrice: Bytes.uint(payload, 7, 8),
		confidence: Bytes.uint(payload, 15, 4),
		surfaces,
		surfaceBytes: payload.subarray(REPORT_HEAD, end),
		signers,
		signatures,
	};
}

function surfaceAt(payload: Uint8Array, at: number): Surface {
	return {
		day: Bytes.uint(payload, at, 2),
		forward: Bytes.uint(payload, at + 2, 8),
		a: Bytes.int(payload, at + 10, 8),
		b: Bytes.int(payload, at + 18, 8),
		rho: Bytes.int(payload, at + 26, 8),
		m: Bytes.int(payload, at + 34, 8),
		sigma: Bytes.int(payload, at + 42, 8),
		rate: Bytes.int(payload, at + 50, 4),
		confidence: Bytes.uint(payload, at + 54, 4),
	};
}

const PLACE_TYPE = Keccak.hashText(
	"Place(uint32 account,uint64 series,uint8 side,uint8 timeInForce,uint8 flags,uint32 price,uint64 size,uint64 expiresAt,uint64 nonce,uint16 label)",
);
const CANCEL_TYPE = Keccak.hashText("Cancel(uint32 account,uint64 series,uint8 side,uint64 order)");
const CANCEL_ALL_TYPE = Keccak.hashText("CancelAll(uint32 account,uint8 underlying,uint64 nonce)");
const WITHDRAW_TYPE = Keccak.hashText("Withdraw(uint32 account,address recipient,uint64 amount,uint64 nonce)");
const REPLACE_TYPE = Keccak.hashText("Replace(uint32 account,uint64 series,uint8 side,uint64 order,uint32 price,uint64 size,uint64 nonce)");
const CANCEL_SERIES_TYPE = Keccak.hashText("CancelSeries(uint32 account,uint64 series,uint8 sides,uint16 label,uint64 nonce)");
const TRANSFER_TYPE = Keccak.hashText("Transfer(uint32 account,uint32 recipient,uint64 amount,uint64 nonce)");
const SET_SESSION_TYPE = Keccak.hashText("SetSession(uint32 account,address key,uint8 scopes,uint64 expiresAt,uint64 nonce)");
const SET_PROTECTION_TYPE = Keccak.hashText(
	"SetProtection(uint32 account,uint8 underlying,uint32 window,uint32 freeze,uint64 quantityLimit,uint64 deltaLimit,uint64 vegaLimit,uint64 nonce)",
);
const HEARTBEAT_TYPE = Keccak.hashText("Heartbeat(uint32 account,uint32 duration,uint64 nonce)");
const REPORT_TYPE = Keccak.hashText("Report(uint8 underlying,uint64 time,uint64 indexPrice,uint32 confidence,bytes32 surfaces)");

/** EIP-712: keccak256(0x1901 || domain separator || keccak256(type hash || one word a field)). A negative number fills its word with ones. */
export function digestOf(domainSeparator: Uint8Array, type: Uint8Array, fields: readonly (number | Uint8Array)[]): Uint8Array {
	const envelope = new Uint8Array(66);
	envelope[0] = 0x19;
	envelope[1] = 0x01;
	envelope.set(domainSeparator, 2);
	envelope.set(structHash(type, fields), 34);
	return Keccak.hash(envelope);
}

/** EIP-712's hash of a struct: every field is a word, a negative number its two's complement. */
export function structHash(type: Uint8Array, fields: readonly (number | Uint8Array)[]): Uint8Array {
	const words = new Uint8Array(32 + 32 * fields.length);
	words.set(type, 0);
	for (let i = 0; i < fields.length; i++) {
		const field = fields[i];
		if (typeof field === "number") {
			if (field < 0) words.fill(0xff, 32 * i + 32, 32 * i + 56);
			Bytes.put(words, 32 * i + 56, 8, field);
		} else words.set(field, 32 * i + 64 - field.length);
	}
	return Keccak.hash(words);
}

export function placeDigest(domainSeparator: Uint8Array, m: Place): Uint8Array {
	const fields = [m.account, m.series, m.side, m.timeInForce, m.flags, m.price, m.size, m.expiresAt, m.nonce, m.label];
	return digestOf(domainSeparator, PLACE_TYPE, fields);
}

export function cancelDigest(domainSeparator: Uint8Array, m: Cancel): Uint8Array {
	return digestOf(domainSeparator, CANCEL_TYPE, [m.account, m.series, m.side, m.order]);
}

export function cancelAllDigest(domainSeparator: Uint8Array, m: CancelAll): Uint8Array {
	return digestOf(domainSeparator, CANCEL_ALL_TYPE, [m.account, m.underlying, m.nonce]);
}

export function withdrawDigest(domainSeparator: Uint8Array, m: Withdraw): Uint8Array {
	return digestOf(domainSeparator, WITHDRAW_TYPE, [m.account, Bytes.fromHex(m.recipient), m.amount, m.nonce]);
}

export function replaceDigest(domainSeparator: Uint8Array, m: Replace): Uint8Array {
	return digestOf(domainSeparator, REPLACE_TYPE, [m.account, m.series, m.side, m.order, m.price, m.size, m.nonce]);
}

export function cancelSeriesDigest(domainSeparator: Uint8Array, m: CancelSeries): Uint8Array {
	return digestOf(domainSeparator, CANCEL_SERIES_TYPE, [m.account, m.series, m.sides, m.label, m.nonce]);
}

export function transferDigest(domainSeparator: Uint8Array, m: Transfer): Uint8Array {
	return digestOf(domainSeparator, TRANSFER_TYPE, [m.account, m.recipient, m.amount, m.nonce]);
}

export function setSessionDigest(domainSeparator: Uint8Array, m: SetSession): Uint8Array {
	return digestOf(domainSeparator, SET_SESSION_TYPE, [m.account, Bytes.fromHex(m.key), m.scopes, m.expiresAt, m.nonce]);
}

export function setProtectionDigest(domainSeparator: Uint8Array, m: SetProtection): Uint8Array {
	const fields = [m.account, m.underlying, m.window, m.freeze, m.quantityLimit, m.deltaLimit, m.vegaLimit, m.nonce];
	return digestOf(domainSeparator, SET_PROTECTION_TYPE, fields);
}

export function heartbeatDigest(domainSeparator: Uint8Array, m: Heartbeat): Uint8Array {
	return digestOf(domainSeparator, HEARTBEAT_TYPE, [m.account, m.duration, m.nonce]);
}

export function reportDigest(domainSeparator: Uint8Array, m: Report): Uint8Array {
	return digestOf(domainSeparator, REPORT_TYPE, [m.underlying, m.time, m.indexPrice, m.confidence, Keccak.hash(m.surfaceBytes)]);
}
