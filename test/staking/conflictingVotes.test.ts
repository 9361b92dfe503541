// Votes of a member's engine before L1: what is evidence, and above all what is none.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BinaryWriter } from "cosmjs-types/binary";
import { ZeroHash, parseEther } from "ethers";
import type { Contract, HDNodeWallet, TransactionReceipt } from "ethers";
import { contradiction } from "../../src/chain/Staking.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import { chainIdOf } from "../../src/node/committee/Roster.ts";
import * as Extension from "../../src/ordering/comet/Extension.ts";
import * as EngineVote from "../../src/protocol/EngineVote.ts";
import { L1, domainOf, eventOf, refuses, send } from "../chain/l1.ts";

const STAKE = parseEther("8");
const INBOX = "0x00000000000000000000000000000000000000aa";
const { PREVOTE, PRECOMMIT } = EngineVote;
/** A proposal's type in the engine's descriptions. */
const PROPOSAL = 32;

const block = (name: string, partCount = 1): Pick<EngineVote.Vote, "blockHash" | "partCount" | "partsHash"> => ({
	blockHash: Keccak.hashText(name),
	partCount,
	partsHash: Keccak.hashText(`parts of ${name}`),
});
const NIL = { blockHash: new Uint8Array(32), partCount: 0, partsHash: new Uint8Array(32) };
const VOTE: EngineVote.Vote = { kind: PRECOMMIT, height: 7, round: 0, ...block("a"), time: 1_770_000_000, nanoseconds: 5_000 };

describe("given two members whose engines vote", () => {
	let l1: L1;
	let registry: Contract;
	let evidence: Contract;
	let member: HDNodeWallet;
	let other: HDNodeWallet;
	let stranger: HDNodeWallet;
	let snapshot: string;
	const domain = domainOf(INBOX);
	const name = EngineVote.orderName(domain);

	before(async () => {
		l1 = await L1.start();
		[member, other, stranger] = await Promise.all([l1.wallet(1), l1.wallet(2), l1.wallet(3)]);
		const founders = [member.address, other.address];
		registry = await l1.deploy("StakeRegistry", [await l1.nextAddress(1), stranger.address, 1000, 500, founders, []], 2n * STAKE);
		evidence = await l1.deploy("SlashingEvidence", [await registry.getAddress(), INBOX, INBOX, ZeroHash]);
		snapshot = await l1.chain.snapshot();
	});
	after(() => l1.close());

	const afresh = async (): Promise<void> => {
		await l1.chain.revert(snapshot);
		snapshot = await l1.chain.snapshot();
	};
	const sign = (digest: Uint8Array, who = member): string => who.signingKey.sign(digest).serialized;
	type Shown = readonly [EngineVote.Vote, string];
	const cast = (change: Partial<EngineVote.Vote> = {}, who = member, order = name): Shown => {
		const vote = { ...VOTE, ...change };
		return [vote, sign(EngineVote.digest(order, vote), who)];
	};
	const accuse = (a: Shown, b: Shown): Promise<TransactionReceipt> =>
		send(evidence, stranger, "conflictingVotes", contradiction("votes", ...a, ...b));
	const refused = (a: Shown, b: Shown, error: string, args?: readonly unknown[]): Promise<void> =>
		refuses(accuse(a, b), evidence.interface, error, args);
	const stakes = (): Promise<bigint[]> =>
		Promise.all(
			[member, other].map(async ({ address }) => ((await registry.getFunction("validatorOf")(address)) as { stake: bigint }).stake),
		);

	it("names the order as the engines of this deployment's committee do", async () => {
		assert.equal(await evidence.getFunction("engineChainId")(), chainIdOf(domain));
	});

	it("takes a vote of another height, round or kind for no contradiction, nor the same vote at another time", async () => {
		await afresh();
		await refused(cast(), cast(), "NotConflicting");
		// Both are judged at one place, where one of them was not cast: its signature is somebody else's there.
		for (const elsewhere of [{ height: 8 }, { round: 1 }, { kind: PREVOTE }])
			for (const [a, b] of [
				[cast(), cast({ ...block("b"), ...elsewhere })],
				[cast({ ...block("b"), ...elsewhere }), cast()],
				[cast(), cast({ ...NIL, ...elsewhere })],
			] as const)
				await refused(a, b, "DifferentSigners");
		await refused(cast(), cast({ time: VOTE.time + 1 }), "NotConflicting");
		await refused(cast(), cast({ nanoseconds: 0 }), "NotConflicting");
		await refused(cast(NIL), cast({ ...NIL, time: 0 }), "NotConflicting");
		assert.deepEqual(await stakes(), [STAKE, STAKE], "nobody lost anything");
	});

	it("takes one vote for nil, written in two ways, for one", async () => {
		const bare = cast(NIL);
		const dressed: Shown = [{ ...VOTE, ...block("b", 0) }, bare[1]];
		await refused(bare, dressed, "NotConflicting");
		await refused([{ ...VOTE, ...block("a", 0) }, bare[1]], dressed, "NotConflicting");
	});

	it("takes nothing for a vote but prevotes and precommits", async () => {
		for (const kind of [0, 3, PROPOSAL, 128, 255]) await refused(cast({ kind }), cast({ ...block("b"), kind }), "NotAVote", [BigInt(kind)]);
	});

	/** Whatever else the key signs is recovered to somebody else, or to nobody, when it is shown as a vote. */
	async function isNoVote(digest: Uint8Array): Promise<void> {
		const honest = cast();
		const shown: Shown = [{ ...VOTE, ...block("b") }, sign(digest)];
		await assert.rejects(accuse(honest, shown));
		await assert.rejects(accuse(shown, honest));
	}

	it("takes the signature under a proposal, an extension, another order's vote or a checkpoint for no vote", async () => {
		await afresh();
		const b = { ...VOTE, ...block("b") };
		const header = new BinaryWriter().uint32(8).uint32(b.partCount).uint32(18).bytes(b.partsHash).finish();
		const id = new BinaryWriter().uint32(10).bytes(b.blockHash).uint32(18).bytes(header).finish();
		const time = new BinaryWriter().uint32(8).int64(BigInt(b.time)).uint32(16).int32(b.nanoseconds).finish();
		for (const kind of [PROPOSAL, PREVOTE, PRECOMMIT]) {
			// CanonicalProposal: type 1, height 2, polRound 4, block id 5, time 6, chain id 7.
			const proposal = new BinaryWriter().uint32(8).int32(kind).uint32(17).sfixed64(BigInt(b.height)).uint32(32).int64(-1n);
			proposal.uint32(42).bytes(id).uint32(50).bytes(time).uint32(58).string(EngineVote.chainId(name));
			await isNoVote(Keccak.hash(new BinaryWriter().bytes(proposal.finish()).finish()));
		}
		// The member chooses the bytes of its extension: here those of a vote, without and with the length before them.
		const vote = new BinaryWriter()
			.uint32(8)
			.int32(b.kind)
			.uint32(17)
			.sfixed64(BigInt(b.height))
			.uint32(34)
			.bytes(id)
			.uint32(42)
			.bytes(time);
		const bytes = vote.uint32(50).string(EngineVote.chainId(name)).finish();
		assert.deepEqual(Keccak.hash(new BinaryWriter().bytes(bytes).finish()), EngineVote.digest(name, b), "these are a vote's bytes");
		for (const extension of [bytes, new BinaryWriter().bytes(bytes).finish(), new Uint8Array(0)])
			await isNoVote(Extension.digestOf(extension, EngineVote.chainId(name), b.height, b.round));
		await isNoVote(EngineVote.digest(EngineVote.orderName(domainOf("0x00000000000000000000000000000000000000ab")), b));
		await isNoVote(Keccak.hash(bytes));
		assert.deepEqual(await stakes(), [STAKE, STAKE], "nobody lost anything");
	});

	it("refuses votes of two members, of nobody and of who has no stake", async () => {
		await afresh();
		const two = cast(block("b"), other);
		await refused(cast(), two, "DifferentSigners", [member.address, other.address]);
		const nothing: [string, string] = [ZeroHash, ZeroHash];
		const call = send(evidence, stranger, "conflictingVotes", [VOTE, VOTE, nothing, { ...VOTE, ...NIL }, nothing]);
		await refuses(call, evidence.interface, "ECDSAInvalidSignature");
		await refuses(accuse(cast({}, stranger), cast(NIL, stranger)), registry.interface, "NothingStaked", [stranger.address]);
		assert.deepEqual(await stakes(), [STAKE, STAKE], "nobody lost anything");
	});

	const contradictions: readonly (readonly [string, Partial<EngineVote.Vote>, Partial<EngineVote.Vote>])[] = [
		["two prevotes for two blocks", { kind: PREVOTE }, { kind: PREVOTE, ...block("b") }],
		["a precommit for a block and one for nil, cast a day apart", NIL, { time: VOTE.time + 86_400 }],
		[
			"two precommits in a later round for blocks that differ in their parts alone",
			{ round: 3 },
			{ round: 3, partsHash: Keccak.hashText("c") },
		],
	];
	for (const [what, a, b] of contradictions)
		it(`takes the stake of a member whose engine signed ${what}`, async () => {
			await afresh();
			const receipt = await accuse(cast(a), cast(b));
			assert.equal(eventOf(registry, receipt, "Slashed").validator, member.address);
			assert.deepEqual(await stakes(), [0n, STAKE]);
		});
});
