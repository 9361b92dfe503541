// What the committee has decided, as a pure function of its blocks: every member that applies the same blocks has the same value.

import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import * as Signature from "../../machine/math/Signature.ts";
import type { BatchProposal, Bundle } from "../../ports/Orderer.ts";
import * as Batch from "../../protocol/Batch.ts";
import * as Frame from "../local/Frame.ts";
import * as Proposals from "../proposals.ts";
import { delayed } from "../records.ts";
import * as Envelope from "./Envelope.ts";
import * as Extension from "./Extension.ts";

/** Whom everybody knows: power by address. */
export type Committee = ReadonlyMap<string, number>;

/** A height whose state the members are asked to sign. There is one at a time, so that all sign the same one. */
export type Target = {
	readonly height: number;
	readonly streamHash: string;
	readonly since: number;
	readonly signed: Readonly<Record<string, SignedRoot>>;
};
type SignedRoot = { readonly root: string; readonly signature: string };

/** A batch that the members are asked to sign: the first cut that was decided for its place, who asked, and when by blocks and by the members' time. */
export type Cut = {
	readonly proposal: string;
	readonly digest: string;
	readonly by: string;
	readonly since: number;
	readonly sinceTime: number;
	readonly signed: Readonly<Record<string, string>>;
};

/** Plain values only, so that it is stored as JSON. Byte strings are hexadecimal. */
export type Decided = {
	/** Of the engine's blocks. */
	readonly blockHeight: number;
	/** Of bundles, and the hash of all their records. */
	readonly height: number;
	readonly streamHash: string;
	/** The time that the delays of the stream add up to, in seconds. */
	readonly clock: number;
	readonly l1Taken: number;
	/** Next sequence number of every lane. */
	readonly lanes: Readonly<Record<string, number>>;
	readonly target?: Target;
	/** Height of the last checkpoint that more than two thirds signed. */
	readonly checkpointed: number;
	/** By Proposals.placeOf. */
	readonly cuts: Readonly<Record<string, Cut>>;
	/** Members whose cut nobody wanted, and until when no cut of theirs counts, by the members' time. */
	readonly barred?: Readonly<Record<string, number>>;
	/** Members that L1 has and more than two thirds of the committee saw there: votes by address. Absent: those of the genesis. */
	readonly seen?: Readonly<Record<string, number>>;
	/** Public keys of members that joined after the genesis, compressed. */
	readonly keys?: Readonly<Record<string, string>>;
	/** Members that L1 had no more, and since which block: back there, each shows its key again before it decides. */
	readonly left?: Readonly<Record<string, number>>;
	/** Who decides since that changed: votes by address. Absent: the founders. */
	readonly deciding?: Readonly<Record<string, number>>;
	/** Members that L1 has and that have not shown their keys yet, and since which block they are waited for. */
	readonly awaited?: Readonly<Record<string, number>>;
};

/** Who decides at the beginning, with the keys that the engine knows them by. */
export type Founders = ReadonlyMap<string, { readonly power: number; readonly publicKey: string }>;

/** Who decides, by a state. Not who L1 has: see `handOver`. */
export function committeeOf({ deciding }: Decided, founders: Founders): Committee {
	return deciding ? new Map(Object.entries(deciding)) : new Map([...founders].map(([address, { power }]) => [address, power]));
}

/** The members that L1 has, as far as the order knows: they judge a batch there. `founders` is who decided at the beginning. */
export function membersOnL1({ seen }: Decided, founders: Committee): Committee {
	return seen ? new Map(Object.entries(seen)) : founders;
}

/** Whether a member that does not decide yet has shown its key since L1 has it. */
export function hasShownKey({ keys = {}, left = {} }: Pick<Decided, "keys" | "left">, address: string): boolean {
	return address in keys && !(address in left);
}

/** The compressed public key of a member, if it is known. */
export function keyOf(decided: Decided, founders: Founders, address: string): string | undefined {
	return founders.get(address)?.publicKey ?? decided.keys?.[address];
}

/** How the engine's members change from one state to the next: power 0 takes one out. */
export function changes(before: Decided, after: Decided, founders: Founders): { readonly publicKey: string; readonly power: number }[] {
	const [was, is] = [committeeOf(before, founders), committeeOf(after, founders)];
	return [...new Set([...was.keys(), ...is.keys()])]
		.sort()
		.filter((address) => was.get(address) !== is.get(address))
		.map((address) => ({ publicKey: keyOf(after, founders, address) as string, power: is.get(address) ?? 0 }));
}

/** What more than two thirds of the power signed. */
export type Certified =
	| {
			readonly kind: "checkpoint";
			readonly height: number;
			readonly streamHash: string;
			readonly root: string;
			readonly signed: Readonly<Record<string, string>>;
	  }
	| { readonly kind: "batch"; readonly place: string; readonly proposal: string; readonly signed: Readonly<Record<string, string>> };

/** A bundle in the order, and from which lane, if from any. */
export type Placed = { readonly bundle: Bundle; readonly lane?: string; readonly sequence?: number };

/** A second root signed for one height: with the first it proves a member faulty. */
export type Contradiction = { readonly member: string; readonly height: number; readonly first: SignedRoot; readonly second: SignedRoot };

export type Outcome = {
	readonly decided: Decided;
	/** The members' median of the time, 0 when none said any. */
	readonly time: number;
	/** In which round the block before was decided: 0 unless a proposer was missing or late. */
	readonly round: number;
	/** What each member said whose vote the commit before counts. */
	readonly voters: readonly { readonly address: string; readonly said: Extension.Extension }[];
	readonly placed: readonly Placed[];
	/** What members said that do not know what they signed. */
	readonly hellos: readonly Envelope.HelloEnvelope[];
	readonly certified: readonly Certified[];
	readonly contradictions: readonly Contradiction[];
};

/** What a member is asked to sign, as digests. */
export type Digests = {
	readonly checkpoint: (height: number, streamHash: Uint8Array, root: Uint8Array) => Uint8Array;
	/** Of a proposal and its content: the digest binds the content for either carrier on L1. */
	readonly batch: (proposal: BatchProposal, content: Uint8Array) => Uint8Array;
};

/** LIMIT: L1's messages that one block takes. */
const MAX_TAKES = 256;
/** After so many blocks without agreement on one height, a later one is asked for. */
const TARGET_PATIENCE_BLOCKS = 200;
/**
 * Longer than L1 takes to look alike to all honest members. SAFETY: and blocks, because time leaps where the order stood still: members have promised to sign what
 * was decided last, and their signatures must be seen before another may be asked for.
 */
const CUT_PATIENCE_SECONDS = 120;
const CUT_PATIENCE_BLOCKS = 100;
const BARRED_SECONDS = 3_600;
/** For so many blocks a member that L1 has is waited for: an hour at ten a second, and five of an order in which nothing happens. Long before stake that leaves L1 is paid out. */
const AWAITED_BLOCKS = 36_000;
/** LIMIT: so far behind who says at which block it shows its key a pool or a proposer may be. */
const MAX_LEAD_BLOCKS = 16;

/**
 * Version of the rules by which blocks are judged and applied: another number wherever they change. SAFETY: members with different rules would disagree about a
 * block, and blocks of before could not be applied again. An order keeps the rules that it was begun with; they stand in its roster and in every block's head.
 */
export const RULES = 2;

export const GENESIS: Decided = {
	blockHeight: 0,
	height: 0,
	streamHash: Bytes.toHex(new Uint8Array(32)),
	clock: 0,
	l1Taken: 0,
	lanes: {},
	checkpointed: 0,
	cuts: {},
};

/** Whether a power is more than two thirds of the committee's. */
export function isQuorum(committee: Committee, members: Iterable<string>): boolean {
	return 3 * powerOf(committee, members) > 2 * powerOf(committee, committee.keys());
}

/** Whether a power is more than a third of the committee's. */
function isThird(committee: Committee, members: Iterable<string>): boolean {
	return 3 * powerOf(committee, members) > powerOf(committee, committee.keys());
}

function powerOf(committee: Committee, members: Iterable<string>): number {
	let power = 0;
	for (const member of members) power += committee.get(member) ?? 0;
	return power;
}

/**
 * The least value that at least half of the power does not exceed: a third that lies cannot move it out of the range of the honest ones.
 */
export function weightedMedian(values: readonly (readonly [value: number, power: number])[]): number {
	const sorted = [...values].sort(([a], [b]) => a - b);
	const total = sorted.reduce((sum, [, power]) => sum + power, 0);
	let below = 0;
	for (const [value, power] of sorted) {
		below += power;
		if (2 * below >= total) return value;
	}
	return 0;
}

/** What the engine commits to in its next block: what decides who is asked for what, and nothing that changes when nobody does anything. */
export function appHash(decided: Decided): Uint8Array {
	const { height, streamHash, clock, l1Taken, lanes, target, cuts, barred, seen, keys, left, deciding, awaited } = decided;
	const named = {
		...(seen && { seen: Object.entries(seen).sort() }),
		...(keys && { keys: Object.entries(keys).sort() }),
		...(left && { left: Object.entries(left).sort() }),
		...(deciding && { deciding: Object.entries(deciding).sort() }),
		...(awaited && { awaited: Object.entries(awaited).sort() }),
		...(barred && { barred: Object.entries(barred).sort() }),
		...{ height, streamHash, clock, l1Taken, target: target?.height ?? 0 },
		...{ lanes: Object.entries(lanes).sort(), cuts: Object.keys(cuts).sort() },
	};
	return Keccak.hashText(JSON.stringify(named));
}

/** What a block that is being read or made holds so far: the next sequence number of lanes, and what members said of themselves. */
export type Holding = { readonly lanes: Map<string, number>; readonly said: Set<string> };

export function holdingNothing(): Holding {
	return { lanes: new Map(), said: new Set() };
}

/** What a member says beside bundles, by kind and lane: once in a block and once in a pool, or one member could fill both. Undefined for bundles. */
function saidOnce({ kind, lane }: Envelope.Envelope): string | undefined {
	return kind === Envelope.BUNDLE ? undefined : `${kind}/${lane}`;
}

/** The place of a transaction in a pool, at which no other stands beside it: a lane's bundles have one each. */
export function placeInPool(envelope: Envelope.Envelope): string {
	const { kind, lane } = envelope;
	return kind === Envelope.BUNDLE ? `${kind}/${lane}/${envelope.sequence}` : `${kind}/${lane}`;
}

/** Why a transaction may not stand next in the next block, or undefined: every lane goes on where it stopped, and says of itself one thing once. */
export function continues(decided: Decided, committee: Committee, envelope: Envelope.Envelope, holding: Holding): string | undefined {
	const { kind, lane } = envelope;
	const isOnL1 = lane in (decided.seen ?? {});
	if (kind === Envelope.JOIN && !isOnL1) return `${lane} is no member on L1`;
	if (kind === Envelope.JOIN && committee.has(lane)) return `${lane} is a member already`;
	if (kind === Envelope.JOIN && hasShownKey(decided, lane)) return `${lane} has shown its key already`;
	// Anybody can show again what it said before it left, and it may not be able to vote now.
	if (kind === Envelope.JOIN && envelope.block < (decided.left?.[lane] ?? 0)) return `${lane} left after it said that`;
	// Or what it said for a time to come, which would outlast its leaving.
	if (kind === Envelope.JOIN && envelope.block > decided.blockHeight + MAX_LEAD_BLOCKS)
		return `${lane} names block ${envelope.block}, and the order is at ${decided.blockHeight}`;
	// Who joins says hello before it shows its key: with power and without a vote, it could leave too few to decide anything.
	const isNewcomer = isOnL1 && (kind === Envelope.JOIN || kind === Envelope.HELLO);
	if (!isNewcomer && !committee.has(lane)) return `${lane} is no member of the committee`;
	if (kind === Envelope.CUT && lane in (decided.barred ?? {})) return `nobody wanted the last cut of ${lane}`;
	const said = saidOnce(envelope);
	if (said !== undefined && holding.said.has(said)) return `${lane} said that in this block already`;
	if (kind !== Envelope.BUNDLE) return undefined;
	const next = holding.lanes.get(lane) ?? decided.lanes[lane] ?? 0;
	return envelope.sequence === next ? undefined : `the lane goes on with ${next}, not with ${envelope.sequence}`;
}

/** Takes note of a transaction that `continues` the block and stands in it. */
export function hold(holding: Holding, envelope: Envelope.Envelope): void {
	const said = saidOnce(envelope);
	if (said !== undefined) holding.said.add(said);
	if (envelope.kind === Envelope.BUNDLE) holding.lanes.set(envelope.lane, envelope.sequence + 1);
}

/** The state after a block. `contentOf` gives the bytes of decided bundles, or undefined when they are no batch. INVARIANT: reads no clock, no L1 and no disk of one member. */
export function apply(
	before: Decided,
	committee: Committee,
	commit: Extension.Commit | undefined,
	envelopes: readonly (Envelope.Envelope | undefined)[],
	digests: Digests,
	contentOf: (fromHeight: number, toHeight: number) => Uint8Array | undefined,
): Outcome {
	const blockHeight = before.blockHeight + 1;
	const votes = (commit?.votes ?? []).flatMap(({ address, extension }) => {
		const said = Extension.decode(extension);
		return said && committee.has(address) ? [{ address, power: committee.get(address) as number, said }] : [];
	});
	const onL1 = membersOnL1(before, committee);
	const signed = gather(before, committee, onL1, votes, digests);
	// SAFETY: in the two blocks behind a change the engine counts the votes of those who decided before. The few of them that stay are no majority of anybody.
	const isHeard = isQuorum(
		committee,
		(commit?.votes ?? []).map(({ address }) => address),
	);
	const heard = isHeard ? votes : [];
	const time = weightedMedian(heard.map(({ power, said }) => [said.time, power]));
	const l1Count = weightedMedian(heard.map(({ power, said }) => [said.l1Count, power]));
	const takes = Math.min(MAX_TAKES, Math.max(0, l1Count - before.l1Taken));
	const placed: Placed[] = [];
	if (takes > 0) {
		const take = Batch.encodeRecord(Uint8Array.of(Batch.TAKE_L1), 0);
		placed.push({ bundle: { records: Bytes.concat(...Array.from({ length: takes }, () => take)), recordCount: takes } });
	}
	const news = seenBy(votes, committee);
	const seen = news ?? before.seen;
	const left = { ...before.left };
	// Also who never decided: it may have said that it is ready, and what it said stands in the open.
	if (news) for (const address of [...committee.keys(), ...onL1.keys()]) if (!(address in news)) left[address] = blockHeight;
	// Who is back before another took its place has voted all the while.
	if (news) for (const address of committee.keys()) if (address in news) delete left[address];
	const keys = { ...before.keys };
	const lanes = { ...before.lanes };
	const now = Math.max(time, before.clock);
	const { cuts, barred } = expire(signed.cuts, before.barred ?? {}, committee, onL1, blockHeight, now);
	for (const envelope of envelopes) {
		if (envelope?.kind === Envelope.BUNDLE) {
			const { lane, sequence, records, recordCount } = envelope;
			lanes[lane] = sequence + 1;
			placed.push({ bundle: { records, recordCount }, lane, sequence });
		} else if (envelope?.kind === Envelope.JOIN) {
			// L1 may have it no more since this block.
			if (!(envelope.lane in (seen ?? {}))) continue;
			keys[envelope.lane] = envelope.publicKey;
			delete left[envelope.lane];
		} else if (envelope?.kind === Envelope.CUT) {
			const { proposal } = envelope;
			const place = Proposals.placeOf(proposal);
			// The first cut of a place stands, and only over what earlier blocks decided.
			if (envelope.lane in barred || place in cuts || Object.keys(cuts).length >= Extension.MAX_CUTS || proposal.toHeight > before.height)
				continue;
			const content = contentOf(proposal.fromHeight, proposal.toHeight);
			if (!content) continue;
			const digest = Bytes.toHex(digests.batch(proposal, content));
			cuts[place] = {
				proposal: Bytes.toHex(Proposals.encode(proposal)),
				digest,
				by: envelope.lane,
				since: blockHeight,
				sinceTime: now,
				signed: {},
			};
		}
	}
	const handed = seen && handOver(committee, { seen, keys, left, awaited: before.awaited }, blockHeight);
	const deciding = handed?.deciding ?? before.deciding;
	for (const address of committee.keys()) if (deciding && !(address in deciding)) left[address] = blockHeight;
	// Who decides anew was not asked yet, and may have promised its signature to what stands.
	if (deciding && Object.keys(deciding).some((address) => !committee.has(address)))
		for (const [place, cut] of Object.entries(cuts)) cuts[place] = { ...cut, since: blockHeight, sinceTime: now };
	// One delay at the head of what the block orders carries the clock to the members' median; a block that orders nothing leaves it.
	const delay = placed.length > 0 && time > before.clock ? Math.min(time - before.clock, 4_294_967_295) : 0;
	if (delay > 0) placed[0] = { ...placed[0], bundle: { ...placed[0].bundle, records: delayed(placed[0].bundle.records, delay) } };
	let { streamHash } = before;
	for (const { bundle } of placed) streamHash = chain(streamHash, bundle.records);
	const height = before.height + placed.length;
	const patient = signed.target && blockHeight - signed.target.since < TARGET_PATIENCE_BLOCKS;
	const isNew = height > (signed.target?.height ?? signed.checkpointed);
	const target = patient || !isNew ? signed.target : { height, streamHash, since: blockHeight, signed: {} };
	return {
		decided: {
			...{ blockHeight, height, streamHash, clock: before.clock + delay, l1Taken: before.l1Taken + takes, lanes },
			...{ ...(target && { target }), checkpointed: signed.checkpointed, cuts },
			...(seen && { seen }),
			...(Object.keys(keys).length > 0 && { keys }),
			...(Object.keys(left).length > 0 && { left }),
			...(deciding && { deciding }),
			...(handed && Object.keys(handed.awaited).length > 0 && { awaited: handed.awaited }),
			...(Object.keys(barred).length > 0 && { barred }),
		},
		time,
		round: commit?.round ?? 0,
		voters: votes,
		placed,
		hellos: envelopes.filter((envelope) => envelope?.kind === Envelope.HELLO),
		certified: signed.certified,
		contradictions: signed.contradictions,
	};
}

/**
 * Who decides after a block, and who is waited for. Those who decide stay, with the power that they have, until everybody whom L1 has can decide; who lets the others
 * wait for too long is left out, if more than two thirds can without it. SAFETY: handed over earlier, one dead or faulty member among the few that are on both sides
 * would have the order for itself, or end it, however many on L1 are honest. Who leaves has its stake in the meantime, and votes for it.
 */
function handOver(
	committee: Committee,
	after: Pick<Decided, "keys" | "left" | "awaited"> & { readonly seen: Record<string, number> },
	block: number,
) {
	const members = Object.keys(after.seen);
	const ready = members.filter((address) => committee.has(address) || hasShownKey(after, address));
	const late = members.filter((address) => !ready.includes(address));
	const awaited = Object.fromEntries(late.map((address) => [address, after.awaited?.[address] ?? block]));
	const isWaiting = late.some((address) => block - awaited[address] <= AWAITED_BLOCKS);
	if (isWaiting || !isQuorum(new Map(Object.entries(after.seen)), ready)) return { awaited };
	return { awaited, deciding: Object.fromEntries(ready.map((address) => [address, after.seen[address]])) };
}

/**
 * Frees the places of cuts that nobody wants, and bars who asked for them, so that one member does not keep all batches from L1. What more than a third signed
 * stays: they sign no other for that place, so no other could be certified.
 */
function expire(
	before: Readonly<Record<string, Cut>>,
	barredBefore: Readonly<Record<string, number>>,
	committee: Committee,
	onL1: Committee,
	block: number,
	now: number,
) {
	const cuts: Record<string, Cut> = {};
	const barred = Object.fromEntries(Object.entries(barredBefore).filter(([, until]) => until > now));
	for (const [place, cut] of Object.entries(before)) {
		const isYoung = now - cut.sinceTime <= CUT_PATIENCE_SECONDS || block - cut.since <= CUT_PATIENCE_BLOCKS;
		// While one set takes over from another either may finish it.
		const isWanted = [committee, onL1].some((set) => isThird(set, Object.keys(cut.signed)));
		if (isYoung || isWanted) cuts[place] = cut;
		else barred[cut.by] = now + BARRED_SECONDS;
	}
	// More than a third are not all liars: it is L1 that they do not see alike.
	return { cuts, barred: isThird(committee, Object.keys(barred)) ? {} : barred };
}

/** The members that more than two thirds of the power say L1 has, if they say the same. */
function seenBy(votes: readonly Voter[], committee: Committee): Record<string, number> | undefined {
	const groups = new Map<string, { readonly seen: readonly Extension.SeenMember[]; readonly voters: string[] }>();
	for (const { address, said } of votes) {
		if (!said.committee) continue;
		const key = JSON.stringify(said.committee);
		const group = groups.get(key) ?? { seen: said.committee, voters: [] };
		group.voters.push(address);
		groups.set(key, group);
	}
	for (const { seen, voters } of groups.values())
		if (isQuorum(committee, voters)) return Object.fromEntries(seen.map(({ address, power }) => [address, power]));
	return undefined;
}

type Voter = { readonly address: string; readonly said: Extension.Extension };

/** Adds the signatures that the extensions bring, and takes out what they complete. */
function gather(before: Decided, committee: Committee, onL1: Committee, votes: readonly Voter[], digests: Digests) {
	const certified: Certified[] = [];
	const contradictions: Contradiction[] = [];
	let { target, checkpointed } = before;
	const cuts: Record<string, Cut> = { ...before.cuts };
	for (const { address, said } of votes) {
		const { checkpoint } = said;
		if (target && checkpoint?.height === target.height) {
			const digest = digests.checkpoint(target.height, Bytes.fromHex(target.streamHash), checkpoint.root);
			const mine = { root: Bytes.toHex(checkpoint.root), signature: Bytes.toHex(checkpoint.signature) };
			const given = target.signed[address];
			if (Signature.recover(digest, checkpoint.signature) === address) {
				if (!given) target = { ...target, signed: { ...target.signed, [address]: mine } };
				else if (given.root !== mine.root) contradictions.push({ member: address, height: target.height, first: given, second: mine });
			}
		}
		for (const { index, previousAccumulator, signature } of said.cuts) {
			const place = Proposals.placeOf({ index, previousAccumulator });
			const cut = cuts[place];
			if (cut && !(address in cut.signed) && Signature.recover(Bytes.fromHex(cut.digest), signature) === address)
				cuts[place] = { ...cut, signed: { ...cut.signed, [address]: Bytes.toHex(signature) } };
		}
	}
	if (target) {
		const { height, streamHash, signed } = target;
		for (const root of new Set(Object.values(signed).map((one) => one.root))) {
			// A member that left has signed for a committee that is no more: L1 would not take its signature.
			const agreeing = Object.entries(signed).filter(([member, one]) => one.root === root && committee.has(member));
			if (
				!isQuorum(
					committee,
					agreeing.map(([member]) => member),
				)
			)
				continue;
			certified.push({
				kind: "checkpoint",
				height,
				streamHash,
				root,
				signed: Object.fromEntries(agreeing.map(([member, one]) => [member, one.signature])),
			});
			checkpointed = height;
			target = undefined;
			break;
		}
	}
	for (const [place, { proposal, signed }] of Object.entries(cuts)) {
		// Where a batch is posted, L1's members judge it.
		if (!isQuorum(onL1, Object.keys(signed))) continue;
		certified.push({
			kind: "batch",
			place,
			proposal,
			signed: Object.fromEntries(Object.entries(signed).filter(([one]) => onL1.has(one))),
		});
		delete cuts[place];
	}
	return { target, checkpointed, cuts, certified, contradictions };
}

function chain(streamHash: string, records: Uint8Array): string {
	return Bytes.toHex(Keccak.hash(Bytes.concat(Bytes.fromHex(streamHash), Keccak.hash(records))));
}

/** LIMIT: what one batch holds. */
export const MAX_CONTENT_BYTES = Frame.MAX_RECORDS_BYTES;
