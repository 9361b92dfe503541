// What acts for an account and what stops it: session keys, market-maker protection by underlying, and an auction. A cell of its own, because most steps ask for none.

import * as Bytes from "../math/Bytes.ts";

/** A key that may sign for the account, within its scopes, until `expiresAt` (0 is never). Never the zero address. */
export type Session = { key: string; scopes: number; expiresAt: number };

/**
 * Market-maker protection in one underlying: what makers' fills come to in a leaky window, and the most that it may be. A limit of 0 is none. No protection
 * is a window of 0, and everything else 0 too.
 */
export type Protection = {
	/** Seconds in which a level leaks away. */
	window: number;
	/** Seconds without quotes after a trip; 0 is until the protection is set anew. */
	freeze: number;
	/** Lots. */
	quantityLimit: number;
	/** Lots times millionths. */
	deltaLimit: number;
	/** Micro-USDC per point of volatility. */
	vegaLimit: number;
	/** When the levels were taken, and the levels. */
	time: number;
	quantity: number;
	delta: number;
	vega: number;
	/** Seconds; quotes are refused before it. */
	frozenUntil: number;
};

/** `auctionStart` in seconds: 0 when the account is not being liquidated. */
export type Guard = { sessions: Session[]; protections: [eth: Protection, btc: Protection]; auctionStart: number };

/** Bit of `Account.guards`: it has session keys. Bit 1 + underlying: it is protected there. */
export const SESSIONS = 1;
/** Bit of `Account.guards`: its portfolio is being auctioned. */
export const AUCTION = 8;

const SESSION = 26;
const PROTECTION = 64;
const SESSIONS_AT = 133;

export function none(): Protection {
	return { window: 0, freeze: 0, quantityLimit: 0, deltaLimit: 0, vegaLimit: 0, time: 0, quantity: 0, delta: 0, vega: 0, frozenUntil: 0 };
}

export function empty(): Guard {
	return { sessions: [], protections: [none(), none()], auctionStart: 0 };
}

/** The bits of `Account.guards` that go with this. */
export function bitsOf(guard: Guard): number {
	const sessions = guard.sessions.length > 0 ? SESSIONS : 0;
	const auction = guard.auctionStart > 0 ? AUCTION : 0;
	return auction + sessions + (guard.protections[0].window > 0 ? 2 : 0) + (guard.protections[1].window > 0 ? 4 : 0);
}

/**
 * 2 x protection { window u24 | freeze u24 | quantityLimit u40 | frozenUntil u40 | deltaLimit u64 | vegaLimit u64 | time u64 | quantity u64 | delta i64 |
 * vega i64 } | auctionStart u40 | sessions n x { key 20 | scopes u8 | expiresAt u40 }; without any it is an absent cell
 */
export function encode(guard: Guard): Uint8Array {
	if (bitsOf(guard) === 0) return new Uint8Array(0);
	const bytes = new Uint8Array(SESSIONS_AT + SESSION * guard.sessions.length);
	let at = 0;
	for (const protection of guard.protections) {
		at = Bytes.put(bytes, at, 3, protection.window);
		at = Bytes.put(bytes, at, 3, protection.freeze);
		at = Bytes.put(bytes, at, 5, protection.quantityLimit);
		at = Bytes.put(bytes, at, 5, protection.frozenUntil);
		at = Bytes.put(bytes, at, 8, protection.deltaLimit);
		at = Bytes.put(bytes, at, 8, protection.vegaLimit);
		at = Bytes.put(bytes, at, 8, protection.time);
		at = Bytes.put(bytes, at, 8, protection.quantity);
		at = Bytes.put(bytes, at, 8, protection.delta);
		at = Bytes.put(bytes, at, 8, protection.vega);
	}
	at = Bytes.put(bytes, at, 5, guard.auctionStart);
	for (const session of guard.sessions) {
		bytes.set(Bytes.fromHex(session.key), at);
		at = Bytes.put(bytes, at + 20, 1, session.scopes);
		at = Bytes.put(bytes, at, 5, session.expiresAt);
	}
	return bytes;
}

export function decode(bytes: Uint8Array): Guard {
	if (bytes.length === 0) return empty();
	const sessions: Session[] = [];
	for (let at = SESSIONS_AT; at < bytes.length; at += SESSION) {
		sessions.push({ key: Bytes.address(bytes, at), scopes: bytes[at + 20], expiresAt: Bytes.uint(bytes, at + 21, 5) });
	}
	const protections: Guard["protections"] = [protectionAt(bytes, 0), protectionAt(bytes, PROTECTION)];
	return { sessions, protections, auctionStart: Bytes.uint(bytes, 2 * PROTECTION, 5) };
}

function protectionAt(bytes: Uint8Array, at: number): Protection {
	return {
		window: Bytes.uint(bytes, at, 3),
		freeze: Bytes.uint(bytes, at + 3, 3),
		quantityLimit: Bytes.uint(bytes, at + 6, 5),
		frozenUntil: Bytes.uint(bytes, at + 11, 5),
		deltaLimit: Bytes.uint(bytes, at + 16, 8),
		vegaLimit: Bytes.uint(bytes, at + 24, 8),
		time: Bytes.uint(bytes, at + 32, 8),
		quantity: Bytes.uint(bytes, at + 40, 8),
		delta: Bytes.int(bytes, at + 48, 8),
		vega: Bytes.int(bytes, at + 56, 8),
	};
}

/** How many session keys there are. */
export function count(guard: Guard): number {
	return guard.sessions.length;
}

/** Requires a session there. */
export function sessionAt(guard: Guard, place: number): Session {
	return guard.sessions[place];
}

/** Place of a session key, or the number of sessions when it is none. */
export function indexOf(guard: Guard, key: string): number {
	const place = guard.sessions.findIndex((session) => session.key === key);
	return place < 0 ? guard.sessions.length : place;
}

/** Sets a key's scopes and time, or removes it when there are no scopes. Requires a place for it. */
export function setSession(guard: Guard, session: Session): void {
	const place = indexOf(guard, session.key);
	if (session.scopes !== 0) guard.sessions[place] = session;
	else guard.sessions.splice(place, 1);
}
