// Messages as bytes: what traders, reporters and keepers send. Only off chain; the step never writes a message.

import * as Bytes from "../math/Bytes.ts";
import type {
	Cancel,
	CancelAll,
	CancelSeries,
	Heartbeat,
	List,
	Place,
	Replace,
	Report,
	SetProtection,
	SetSession,
	Settle,
	Surface,
	Sweep,
	Transfer,
	Withdraw,
} from "./Messages.ts";
import {
	CANCEL,
	CANCEL_ALL,
	CANCEL_SERIES,
	HEARTBEAT,
	LIST,
	PLACE,
	REPLACE,
	REPORT,
	SETTLE,
	SET_PROTECTION,
	SET_SESSION,
	SWEEP,
	TRANSFER,
	WITHDRAW,
} from "./Messages.ts";

/** A kind byte and numbers of so many bytes each. */
export function fields(kind: number, widths: readonly (readonly [width: number, value: number])[]): Uint8Array {
	const bytes = new Uint8Array(widths.reduce((sum, [width]) => sum + width, 1));
	bytes[0] = kind;
	let at = 1;
	for (const [width, value] of widths) at = Bytes.put(bytes, at, width, value);
	return bytes;
}

export function place(m: Place): Uint8Array {
	const widths = [3, 8, 1, 1, 1, 4, 5, 5, 8, 2] as const;
	const values = [m.account, m.series, m.side, m.timeInForce, m.flags, m.price, m.size, m.expiresAt, m.nonce, m.label];
	return Bytes.concat(
		fields(
			PLACE,
			widths.map((width, i) => [width, values[i]] as const),
		),
		m.signature,
	);
}

export function cancel(m: Cancel): Uint8Array {
	return Bytes.concat(
		fields(CANCEL, [
			[3, m.account],
			[8, m.series],
			[1, m.side],
			[8, m.order],
		]),
		m.signature,
	);
}

export function cancelAll(m: CancelAll): Uint8Array {
	return Bytes.concat(
		fields(CANCEL_ALL, [
			[3, m.account],
			[1, m.underlying],
			[8, m.nonce],
		]),
		m.signature,
	);
}

export function withdraw(m: Withdraw): Uint8Array {
	return Bytes.concat(
		fields(WITHDRAW, [[3, m.account]]),
		Bytes.fromHex(m.recipient),
		fields(0, [
			[8, m.amount],
			[8, m.nonce],
		]).subarray(1),
		m.signature,
	);
}

export function replace(m: Replace): Uint8Array {
	return Bytes.concat(
		fields(REPLACE, [
			[3, m.account],
			[8, m.series],
			[1, m.side],
			[8, m.order],
			[4, m.price],
			[5, m.size],
			[8, m.nonce],
		]),
		m.signature,
	);
}

export function cancelSeries(m: CancelSeries): Uint8Array {
	return Bytes.concat(
		fields(CANCEL_SERIES, [
			[3, m.account],
			[8, m.series],
			[1, m.sides],
			[2, m.label],
			[8, m.nonce],
		]),
		m.signature,
	);
}

export function transfer(m: Transfer): Uint8Array {
	return Bytes.concat(
		fields(TRANSFER, [
			[3, m.account],
			[3, m.recipient],
			[8, m.amount],
			[8, m.nonce],
		]),
		m.signature,
	);
}

export function setSession(m: SetSession): Uint8Array {
	return Bytes.concat(
		fields(SET_SESSION, [[3, m.account]]),
		Bytes.fromHex(m.key),
		fields(0, [
			[1, m.scopes],
			[5, m.expiresAt],
			[8, m.nonce],
		]).subarray(1),
		m.signature,
	);
}

export function setProtection(m: SetProtection): Uint8Array {
	return Bytes.concat(
		fields(SET_PROTECTION, [
			[3, m.account],
			[1, m.underlying],
			[4, m.window],
			[4, m.freeze],
			[5, m.quantityLimit],
			[8, m.deltaLimit],
			[8, m.vegaLimit],
			[8, m.nonce],
		]),
		m.signature,
	);
}

export function heartbeat(m: Heartbeat): Uint8Array {
	return Bytes.concat(
		fields(HEARTBEAT, [
			[3, m.account],
			[4, m.duration],
			[8, m.nonce],
		]),
		m.signature,
	);
}

export function sweep(m: Sweep): Uint8Array {
	return fields(SWEEP, [
		[3, m.account],
		[8, m.series],
		[1, m.side],
		[8, m.order],
	]);
}

export function list(m: List): Uint8Array {
	return fields(LIST, [
		[1, m.underlying],
		[2, m.day],
		[4, m.strike],
	]);
}

export function settle(m: Settle): Uint8Array {
	return fields(SETTLE, [[3, m.account]]);
}

/** The bytes of a report's surfaces: what its digest covers. */
export function surfaces(all: readonly Surface[]): Uint8Array {
	return Bytes.concat(
		...all.map((s) =>
			fields(0, [
				[2, s.day],
				[8, s.forward],
				[8, s.a],
				[8, s.b],
				[8, s.rho],
				[8, s.m],
				[8, s.sigma],
				[4, s.rate],
				[4, s.confidence],
			]).subarray(1),
		),
	);
}

/** `signatures` are in order of the bits set in `signers`. */
export function report(m: Report): Uint8Array {
	return Bytes.concat(
		fields(REPORT, [
			[1, m.underlying],
			[5, m.time],
			[8, m.indexPrice],
			[4, m.confidence],
			[1, m.surfaces.length],
		]),
		surfaces(m.surfaces),
		fields(0, [[2, m.signers]]).subarray(1),
		...m.signatures,
	);
}

/** Payload of the DEPOSIT message that the Vault sends: account u24 | owner 20 | amount u64. */
export function deposit(account: number, owner: string, amount: number): Uint8Array {
	return Bytes.concat(fields(0, [[3, account]]).subarray(1), Bytes.fromHex(owner), fields(0, [[8, amount]]).subarray(1));
}
