import * as Bytes from "../math/Bytes.ts";

/** Signed lots of one series; never 0. */
export type Position = { series: number; size: number };

export type Account = {
	/** Lower-case address; the zero address when the account does not exist. */
	owner: string;
	/** Micro-USDC, may be negative. */
	cash: number;
	/** Orders of an older epoch are dead wherever they rest: `epochOf` counts all cancellations of everything, and those of the underlying. */
	epoch: number;
	epochs: [eth: number, btc: number];
	/** Seconds; 0 is never. The dead-man switch: from then on every order placed before is dead. */
	deadline: number;
	/** What its guard cell holds (Guard.bitsOf). */
	guards: number;
	/** Who brought the account: 0 when nobody did. */
	referrer: number;
	/** Micro-USDC of its fees that wait for the referrer. */
	rebate: number;
	nonceFloor: number;
	nonceBits: bigint;
	/** Sorted by series. */
	positions: Position[];
};

export const NOBODY = "0x0000000000000000000000000000000000000000";

const FIXED = 97;

export function empty(): Account {
	return {
		owner: NOBODY,
		cash: 0,
		epoch: 0,
		epochs: [0, 0],
		deadline: 0,
		guards: 0,
		referrer: 0,
		rebate: 0,
		nonceFloor: 0,
		nonceBits: 0n,
		positions: [],
	};
}

export function exists(account: Account): boolean {
	return account.owner !== NOBODY;
}

/** Epoch of an account's orders in an underlying. Both parts only grow, so no older order has it. */
export function epochOf(account: Account, underlying: number): number {
	return account.epoch + account.epochs[underlying];
}

/** Whether the dead-man switch has gone off and nobody has acted on it yet. */
export function isLapsed(account: Account, clock: number): boolean {
	return account.deadline !== 0 && clock >= account.deadline;
}

/** Acts on a switch that has gone off: older orders are of an older epoch from now on, and the switch is off. */
export function lapse(account: Account, clock: number): void {
	if (!isLapsed(account, clock)) return;
	account.epoch += 1;
	account.deadline = 0;
}

/**
 * owner 20 | cash i64 | epoch u32 | epochs 2 x u32 | deadline u40 | guards u8 | referrer u24 | rebate u64 | nonceFloor u64 | nonceBits 32 |
 * positions n x { series u64 | size i64 }
 */
export function encode(account: Account): Uint8Array {
	const bytes = new Uint8Array(FIXED + 16 * account.positions.length);
	bytes.set(Bytes.fromHex(account.owner), 0);
	let at = Bytes.put(bytes, 20, 8, account.cash);
	at = Bytes.put(bytes, at, 4, account.epoch);
	at = Bytes.put(bytes, at, 4, account.epochs[0]);
	at = Bytes.put(bytes, at, 4, account.epochs[1]);
	at = Bytes.put(bytes, at, 5, account.deadline);
	at = Bytes.put(bytes, at, 1, account.guards);
	at = Bytes.put(bytes, at, 3, account.referrer);
	at = Bytes.put(bytes, at, 8, account.rebate);
	at = Bytes.put(bytes, at, 8, account.nonceFloor);
	at = Bytes.putBig(bytes, at, 32, account.nonceBits);
	for (const position of account.positions) {
		at = Bytes.put(bytes, at, 8, position.series);
		at = Bytes.put(bytes, at, 8, position.size);
	}
	return bytes;
}

export function decode(bytes: Uint8Array): Account {
	if (bytes.length === 0) return empty();
	const positions: Position[] = [];
	for (let at = FIXED; at < bytes.length; at += 16) positions.push({ series: Bytes.uint(bytes, at, 8), size: Bytes.int(bytes, at + 8, 8) });
	return {
		owner: Bytes.address(bytes, 0),
		cash: Bytes.int(bytes, 20, 8),
		epoch: Bytes.uint(bytes, 28, 4),
		epochs: [Bytes.uint(bytes, 32, 4), Bytes.uint(bytes, 36, 4)],
		deadline: Bytes.uint(bytes, 40, 5),
		guards: bytes[45],
		referrer: Bytes.uint(bytes, 46, 3),
		rebate: Bytes.uint(bytes, 49, 8),
		nonceFloor: Bytes.uint(bytes, 57, 8),
		nonceBits: Bytes.big(bytes, 65, 32),
		positions,
	};
}

/** A copy that shares nothing with the account. */
export function duplicate(account: Account): Account {
	return { ...account, epochs: [...account.epochs], positions: account.positions.map((position) => ({ ...position })) };
}

/** Signed lots held of a series. */
export function sizeOf(account: Account, series: number): number {
	const positions = account.positions;
	for (let i = 0; i < positions.length; i++) if (positions[i].series === series) return positions[i].size;
	return 0;
}

/** Sets the position to `size`, keeping the order by series; a size of 0 removes it. */
export function setSize(account: Account, series: number, size: number): void {
	const positions = account.positions;
	let i = 0;
	while (i < positions.length && positions[i].series < series) i++;
	if (i < positions.length && positions[i].series === series) {
		if (size === 0) positions.splice(i, 1);
		else positions[i].size = size;
	} else if (size !== 0) positions.splice(i, 0, { series, size });
}
