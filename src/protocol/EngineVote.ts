// What a member's engine signs when it votes (docs/spec/rollup.md). Source: CometBFT 0.40.0, `CanonicalVote` in proto/tendermint/types/canonical.proto,
// `VoteSignBytes` in types/vote.go, crypto/secp256k1eth.

import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";

/** For what an engine votes once. */
export type VotePlace = {
	/** PREVOTE or PRECOMMIT. */
	kind: number;
	/** Of the engine's blocks, from 1. */
	height: number;
	round: number;
};

/** What it votes there, and when. */
export type Ballot = {
	/** The block voted for. One without parts is none: the vote is for nil, whatever the two hashes are. */
	blockHash: Uint8Array;
	partCount: number;
	partsHash: Uint8Array;
	/** Seconds since 1970, or before, and the rest: who votes twice says what he likes. */
	time: number;
	nanoseconds: number;
};

export type Vote = VotePlace & Ballot;

export const PREVOTE = 1;
export const PRECOMMIT = 2;

/** What sets this deployment's order apart from every other: the first 16 bytes of the SequencerInbox's domain separator, in hexadecimal. */
export function orderName(domainSeparator: Uint8Array): Uint8Array {
	return new TextEncoder().encode(Bytes.toHex(domainSeparator.subarray(0, 16)).slice(2));
}

/** The engine's chain id. LIMIT: the engine takes 50 characters; these are 44. */
export function chainId(name: Uint8Array): string {
	return `strikeproof-${new TextDecoder().decode(name)}`;
}

/** Whether both are for one block, or both for nil. */
export function isSameBlock(a: Ballot, b: Ballot): boolean {
	if (a.partCount === 0) return b.partCount === 0;
	return a.partCount === b.partCount && Bytes.equal(a.blockHash, b.blockHash) && Bytes.equal(a.partsHash, b.partsHash);
}

/**
 * keccak256 of the length-delimited message: kind varint 1, height sfixed64 2, round sfixed64 3 unless zero, block id 4 unless nil (hash 1, part set
 * header 2: total varint 1, hash 2), time 5 (seconds varint 1, nanoseconds varint 2, each unless zero), chain id 6. A height of zero is not left out as the
 * engine would: nobody votes at it.
 */
export function digest(name: Uint8Array, vote: Vote): Uint8Array {
	const parts: Uint8Array[] = [Uint8Array.of(0x08, vote.kind, 0x11), littleEndian(vote.height)];
	if (vote.round > 0) parts.push(Uint8Array.of(0x19), littleEndian(vote.round));
	if (vote.partCount > 0) {
		const header = Bytes.concat(putVarint(0x08, vote.partCount), delimit(0x12, vote.partsHash));
		parts.push(delimit(0x22, Bytes.concat(delimit(0x0a, vote.blockHash), delimit(0x12, header))));
	}
	parts.push(delimit(0x2a, Bytes.concat(putVarint(0x08, vote.time), putVarint(0x10, vote.nanoseconds))));
	parts.push(delimit(0x32, new TextEncoder().encode(chainId(name))));
	const message = Bytes.concat(...parts);
	return Keccak.hash(Bytes.concat(varint(message.length), message));
}

/** A varint behind its tag, or nothing when it is zero. */
function putVarint(tag: number, value: number): Uint8Array {
	return value === 0 ? new Uint8Array(0) : Bytes.concat(Uint8Array.of(tag), varint(value));
}

function varint(value: number): Uint8Array {
	const bytes: number[] = [];
	let rest = BigInt.asUintN(64, BigInt(value));
	for (; rest > 127n; rest >>= 7n) bytes.push(Number(128n | (rest & 127n)));
	return Uint8Array.of(...bytes, Number(rest));
}

/** Content behind its tag and its length. LIMIT: 127 bytes. */
function delimit(tag: number, content: Uint8Array): Uint8Array {
	return Bytes.concat(Uint8Array.of(tag, content.length), content);
}

/** The eight bytes of a number, lowest first. */
function littleEndian(value: number): Uint8Array {
	const bytes = new Uint8Array(8);
	Bytes.put(bytes, 0, 8, value);
	return bytes.reverse();
}
