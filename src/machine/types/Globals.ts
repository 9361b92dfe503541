import * as Bytes from "../math/Bytes.ts";
import { ZERO } from "../math/Merkle.ts";

/** What belongs to no account: money in micro-USDC, counters, and who may report prices. */
export type Globals = {
	fees: number;
	insurance: number;
	/** What accounts, fees and insurance hold beyond `backing`. */
	deficit: number;
	/** What the vault holds for them: deposits less withdrawals. */
	backing: number;
	/** Seconds: the newest state that a quorum of reporters attested, and since when there was no hole between attestations. */
	attestedAt: number;
	attestedSince: number;
	/** Leaves in the outbox. */
	withdrawals: number;
	/** Accounts that exist. */
	accounts: number;
	/** EIP-712 domain separator of users' messages. */
	domainSeparator: Uint8Array;
	quorum: number;
	/** Addresses; a reporter's place is its bit in a report. */
	reporters: string[];
};

const FIXED = 83;

export function empty(): Globals {
	return {
		fees: 0,
		insurance: 0,
		deficit: 0,
		backing: 0,
		attestedAt: 0,
		attestedSince: 0,
		withdrawals: 0,
		accounts: 0,
		domainSeparator: ZERO,
		quorum: 0,
		reporters: [],
	};
}

/**
 * fees i64 | insurance i64 | deficit i64 | backing i64 | attestedAt u40 | attestedSince u40 | withdrawals u32 | accounts u32 | domain separator 32 |
 * quorum u8 | reporters n x 20
 */
export function encode(globals: Globals): Uint8Array {
	const bytes = new Uint8Array(FIXED + 20 * globals.reporters.length);
	let at = Bytes.put(bytes, 0, 8, globals.fees);
	at = Bytes.put(bytes, at, 8, globals.insurance);
	at = Bytes.put(bytes, at, 8, globals.deficit);
	at = Bytes.put(bytes, at, 8, globals.backing);
	at = Bytes.put(bytes, at, 5, globals.attestedAt);
	at = Bytes.put(bytes, at, 5, globals.attestedSince);
	at = Bytes.put(bytes, at, 4, globals.withdrawals);
	at = Bytes.put(bytes, at, 4, globals.accounts);
	bytes.set(globals.domainSeparator, at);
	at = Bytes.put(bytes, at + 32, 1, globals.quorum);
	for (const reporter of globals.reporters) {
		bytes.set(Bytes.fromHex(reporter), at);
		at += 20;
	}
	return bytes;
}

export function decode(bytes: Uint8Array): Globals {
	if (bytes.length === 0) return empty();
	const reporters: string[] = [];
	for (let at = FIXED; at < bytes.length; at += 20) reporters.push(Bytes.address(bytes, at));
	return {
		fees: Bytes.int(bytes, 0, 8),
		insurance: Bytes.int(bytes, 8, 8),
		deficit: Bytes.int(bytes, 16, 8),
		backing: Bytes.int(bytes, 24, 8),
		attestedAt: Bytes.uint(bytes, 32, 5),
		attestedSince: Bytes.uint(bytes, 37, 5),
		withdrawals: Bytes.uint(bytes, 42, 4),
		accounts: Bytes.uint(bytes, 46, 4),
		domainSeparator: bytes.slice(50, 82),
		quorum: bytes[82],
		reporters,
	};
}

/** The address of a reporter, or undefined when there is none at this place. */
export function reporterAt(globals: Globals, place: number): string | undefined {
	return globals.reporters[place];
}
