// What a member adds to its vote, and the list of those additions that the next block begins with. The engine signs the additions; whoever reads the
// list checks those signatures again, because a proposer may write anything.

import { BinaryWriter } from "cosmjs-types/binary";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import * as Signature from "../../machine/math/Signature.ts";
import type { StateVote } from "../../protocol/Checkpoint.ts";
import { EXTENSIONS } from "./Envelope.ts";

/** A member's signature that the machine stood at `root` after the bundles up to `height`. */
export type SignedRoot = { readonly height: number; readonly root: Uint8Array; readonly signature: Uint8Array };
/** A member's signature over a batch. */
export type SignedCut = { readonly index: number; readonly previousAccumulator: Uint8Array; readonly signature: Uint8Array };

/** A member's signature under a state at a place that L1 knows: after so many steps of a game. L1 takes its stake if a confirmed assertion of the game says otherwise. */
export type SignedState = StateVote & { readonly signature: Uint8Array };

export type Extension = {
	/** The member's clock in seconds, and how many L1 messages it saw. */
	readonly time: number;
	readonly l1Count: number;
	readonly checkpoint?: SignedRoot;
	readonly state?: SignedState;
	readonly cuts: readonly SignedCut[];
	/** The committee as L1 has it now, by address, when it is not the one that decides. */
	readonly committee?: readonly SeenMember[];
};

/** A member on L1 and its votes. */
export type SeenMember = { readonly address: string; readonly power: number };

/** One vote of the commit that the list is of: `extension` is empty where there was no vote for the block. */
export type Vote = { readonly address: string; readonly extension: Uint8Array; readonly signature: Uint8Array };
export type Commit = { readonly round: number; readonly votes: readonly Vote[] };
/** A vote for the block in the commit that the engine shows with a proposal. */
export type Expected = { readonly round: number; readonly addresses: readonly string[] };

export const MAX_EXTENSION_BYTES = 2_048;
export const MAX_CUTS = 8;
/** LIMIT: members that an extension can name. */
export const MAX_MEMBERS = 32;
const MEMBER_BYTES = 28;
/** LIMIT: of one member, so that the engine can add up all. */
const MAX_POWER = 1_000_000_000_000;

const HAS_CHECKPOINT = 1;
const HAS_STATE = 2;
const HEAD_BYTES = 17;
const TRIPLE_BYTES = 105;
const STATE_BYTES = 137;

/** time u64 | l1Count u64 | flags u8 | if 1: height u64, root 32, signature 65 | if 2: gameId 32, step u64, commitment 32, signature 65 | cut count u8 (index u64 | previousAccumulator 32 | signature 65) | nothing, or member count u8 (address 20 | power u64) */
export function encode(extension: Extension): Uint8Array {
	const { checkpoint, state, cuts, committee } = extension;
	const flags = (checkpoint ? HAS_CHECKPOINT : 0) | (state ? HAS_STATE : 0);
	const parts = [word(extension.time), word(extension.l1Count), Uint8Array.of(flags)];
	if (checkpoint) parts.push(word(checkpoint.height), checkpoint.root, checkpoint.signature);
	if (state) parts.push(state.gameId, word(state.step), state.commitment, state.signature);
	parts.push(Uint8Array.of(cuts.length));
	for (const cut of cuts) parts.push(word(cut.index), cut.previousAccumulator, cut.signature);
	if (committee) parts.push(Uint8Array.of(committee.length));
	for (const { address, power } of committee ?? []) parts.push(Bytes.fromHex(address), word(power));
	return Bytes.concat(...parts);
}

/** The extension, or undefined when the bytes are none. Total: they are another's. */
export function decode(bytes: Uint8Array): Extension | undefined {
	const flags = bytes[HEAD_BYTES - 1];
	if (bytes.length <= HEAD_BYTES || bytes.length > MAX_EXTENSION_BYTES || flags > (HAS_CHECKPOINT | HAS_STATE)) return undefined;
	const hasCheckpoint = (flags & HAS_CHECKPOINT) !== 0;
	const stateAt = HEAD_BYTES + (hasCheckpoint ? TRIPLE_BYTES : 0);
	const hasState = (flags & HAS_STATE) !== 0;
	const cutsAt = stateAt + (hasState ? STATE_BYTES : 0);
	const cutCount = bytes[cutsAt];
	if (cutCount === undefined || cutCount > MAX_CUTS) return undefined;
	const end = cutsAt + 1 + TRIPLE_BYTES * cutCount;
	const committee = bytes.length > end ? membersIn(bytes, end) : undefined;
	if (bytes.length < end || (bytes.length > end && !committee)) return undefined;
	const triple = (at: number) => ({
		number: Bytes.uint(bytes, at, 8),
		hash: bytes.slice(at + 8, at + 40),
		signature: bytes.slice(at + 40, at + 105),
	});
	const signed = hasCheckpoint ? triple(HEAD_BYTES) : undefined;
	const state = hasState
		? {
				gameId: bytes.slice(stateAt, stateAt + 32),
				step: Bytes.uint(bytes, stateAt + 32, 8),
				commitment: bytes.slice(stateAt + 40, stateAt + 72),
				signature: bytes.slice(stateAt + 72, cutsAt),
			}
		: undefined;
	return {
		time: Bytes.uint(bytes, 0, 8),
		l1Count: Bytes.uint(bytes, 8, 8),
		...(signed && { checkpoint: { height: signed.number, root: signed.hash, signature: signed.signature } }),
		...(state && { state }),
		cuts: Array.from({ length: cutCount }, (_, i) => {
			const { number: index, hash: previousAccumulator, signature } = triple(cutsAt + 1 + TRIPLE_BYTES * i);
			return { index, previousAccumulator, signature };
		}),
		...(committee && { committee }),
	};
}

/** The members from a place to the end, or undefined when they are not ascending, or anything else. */
function membersIn(bytes: Uint8Array, at: number): SeenMember[] | undefined {
	const count = bytes[at];
	if (count === 0 || count > MAX_MEMBERS || bytes.length !== at + 1 + MEMBER_BYTES * count) return undefined;
	const members = Array.from({ length: count }, (_, i) => {
		const from = at + 1 + MEMBER_BYTES * i;
		return { address: Bytes.address(bytes, from), power: Bytes.uint(bytes, from + 20, 8) };
	});
	const isSound = members.every(
		({ address, power }, i) => power > 0 && power <= MAX_POWER && (i === 0 || members[i - 1].address < address),
	);
	return isSound ? members : undefined;
}

/** kind u8 | round u32 | votes: address 20 | length u16 | extension | signature 65 */
export function encodeCommit(commit: Commit): Uint8Array {
	const head = new Uint8Array(5);
	head[0] = EXTENSIONS;
	Bytes.put(head, 1, 4, commit.round);
	const votes = commit.votes.map(({ address, extension, signature }) => {
		const length = new Uint8Array(2);
		Bytes.put(length, 0, 2, extension.length);
		return Bytes.concat(Bytes.fromHex(address), length, extension, signature);
	});
	return Bytes.concat(head, ...votes);
}

/** The list, or undefined when the bytes are none. */
export function decodeCommit(bytes: Uint8Array): Commit | undefined {
	if (bytes.length < 5 || bytes[0] !== EXTENSIONS) return undefined;
	const votes: Vote[] = [];
	for (let at = 5; at < bytes.length;) {
		if (at + 22 > bytes.length) return undefined;
		const from = at + 22;
		const to = from + Bytes.uint(bytes, at + 20, 2);
		if (to + Signature.LENGTH > bytes.length) return undefined;
		votes.push({ address: Bytes.address(bytes, at), extension: bytes.slice(from, to), signature: bytes.slice(to, to + Signature.LENGTH) });
		at = to + Signature.LENGTH;
	}
	return { round: Bytes.uint(bytes, 1, 4), votes };
}

/**
 * Why a proposal's list is not that of the commit before it, or undefined. `height` is the one that was voted on, one below the proposal's.
 * INVARIANT: every vote for the block brings its extension along, in the engine's order, so that no proposer can leave out whom it dislikes.
 */
export function refusalOf(commit: Commit, expected: Expected, chainId: string, height: number): string | undefined {
	if (commit.round !== expected.round) return `the extensions are of round ${commit.round}, the commit of round ${expected.round}`;
	if (commit.votes.length !== expected.addresses.length)
		return `${expected.addresses.length} members voted for block ${height}, and there are extensions of ${commit.votes.length}`;
	for (const [place, vote] of commit.votes.entries()) {
		if (vote.address !== expected.addresses[place]) return `the extension of ${expected.addresses[place]} is missing`;
		if (signerOf(vote, chainId, height, commit.round) !== vote.address) return `the extension of ${vote.address} is not what it signed`;
	}
	return undefined;
}

/**
 * What the engine signs for an extension: keccak256 of the length-delimited message CanonicalVoteExtension (extension 1, height sfixed64 2, round sfixed64 3,
 * chain id 4), with fields that are zero left out.
 */
export function digestOf(extension: Uint8Array, chainId: string, height: number, round: number): Uint8Array {
	const message = new BinaryWriter();
	if (extension.length > 0) message.uint32(10).bytes(extension);
	message.uint32(17).sfixed64(BigInt(height));
	if (round > 0) message.uint32(25).sfixed64(BigInt(round));
	return Keccak.hash(new BinaryWriter().bytes(message.uint32(34).string(chainId).finish()).finish());
}

/** The engine's v counts from 0. */
function signerOf(vote: Vote, chainId: string, height: number, round: number): string {
	const signature = vote.signature.slice();
	signature[64] += 27;
	return Signature.recover(digestOf(vote.extension, chainId, height, round), signature);
}

function word(value: number): Uint8Array {
	const bytes = new Uint8Array(8);
	Bytes.put(bytes, 0, 8, value);
	return bytes;
}
