import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TypedDataEncoder, ZeroAddress, ZeroHash, concat, getBytes, id, parseEther, toBeHex } from "ethers";
import type { Contract, HDNodeWallet, TransactionReceipt } from "ethers";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import { L1, eventOf, refuses, send } from "../chain/l1.ts";

const UNBONDING = 1000;
const EPOCH = 500;
const STAKE = parseEther("8");
const REPORT_DOMAIN = `0x${"d0".repeat(32)}`;
const WRITTEN = id("CommitteeWritten(uint64,address)");
const { Member, Bonded, None } = { None: 0, Bonded: 1, Member: 2 };

describe("given a registry of two validators with 8 ETH each", () => {
	let l1: L1;
	let registry: Contract;
	let evidence: Contract;
	let first: HDNodeWallet;
	let second: HDNodeWallet;
	let stranger: HDNodeWallet;
	let governor: HDNodeWallet;
	let domain: Uint8Array;
	let snapshot: string;
	const inbox = "0x00000000000000000000000000000000000000aa";

	before(async () => {
		l1 = await L1.start();
		first = await l1.wallet(1);
		second = await l1.wallet(2);
		stranger = await l1.wallet(3);
		governor = await l1.wallet(4);
		registry = await l1.deploy(
			"StakeRegistry",
			[await l1.nextAddress(1), governor.address, UNBONDING, EPOCH, [first.address, second.address], []],
			2n * STAKE,
		);
		evidence = await l1.deploy("SlashingEvidence", [await registry.getAddress(), inbox, inbox, REPORT_DOMAIN]);
		domain = getBytes(TypedDataEncoder.hashDomain({ name: "Strikeproof", version: "1", chainId: 31337, verifyingContract: inbox }));
		snapshot = await l1.chain.snapshot();
	});
	after(() => l1.close());

	/** Every test begins from the deployment: a snapshot serves once, so it is taken again. */
	const afresh = async (): Promise<void> => {
		await l1.chain.revert(snapshot);
		snapshot = await l1.chain.snapshot();
	};
	const stakeOf = async (who: HDNodeWallet): Promise<bigint> =>
		((await registry.getFunction("validatorOf")(who.address)) as { stake: bigint }).stake;
	const powerOf = async (who: HDNodeWallet): Promise<bigint[]> => [...((await registry.getFunction("powerOf")(who.address)) as bigint[])];
	const totals = async (): Promise<bigint[]> => [...((await registry.getFunction("totalPower")()) as bigint[])];
	/** Begins the next epoch. */
	const nextEpoch = async (): Promise<void> => {
		await l1.at(Number((await registry.getFunction("nextEpochAt")()) as bigint));
		await l1.chain.mine(1);
	};

	it("refuses stake for somebody whom the deployment did not admit, and stake of nothing", async () => {
		await refuses(send(registry, stranger, "stake", [stranger.address], 1n), registry.interface, "NotAValidator", [stranger.address]);
		await refuses(send(registry, stranger, "stake", [first.address], 0n), registry.interface, "NothingStaked", [first.address]);
	});

	it("lets nobody slash but the evidence contract", async () => {
		const call = send(registry, stranger, "slash", [first.address, stranger.address]);
		await refuses(call, registry.interface, "OnlyEvidence", [stranger.address]);
	});

	it("pays nothing to whoever did not begin to leave", async () => {
		await refuses(send(registry, first, "withdraw", []), registry.interface, "NothingStaked", [first.address]);
		await refuses(send(registry, stranger, "startUnbonding", []), registry.interface, "NothingStaked", [stranger.address]);
	});

	it("holds what leaves for the whole unbonding time, and no longer", async () => {
		await afresh();
		await send(registry, first, "startUnbonding", []);
		const leavesAt = Number((await registry.getFunction("nextEpochAt")()) as bigint) + UNBONDING;
		assert.deepEqual(await totals(), [2n * STAKE, STAKE], "who leaves signs to the end of the epoch");
		await l1.at(leavesAt - 1);
		await refuses(send(registry, first, "withdraw", []), registry.interface, "StillBonded", [BigInt(leavesAt)]);
		const before = await l1.chain.provider.getBalance(first.address);
		const receipt = await send(registry, first, "withdraw", []);
		assert.equal(await l1.chain.provider.getBalance(first.address), before + STAKE - receipt.gasUsed * receipt.gasPrice);
		await refuses(send(registry, first, "withdraw", []), registry.interface, "NothingStaked");
	});

	it("adds stake that anybody pays for a validator", async () => {
		await afresh();
		await send(registry, stranger, "stake", [first.address], 5n);
		assert.equal(await stakeOf(first), STAKE + 5n);
		assert.deepEqual(await totals(), [2n * STAKE, 2n * STAKE + 5n], "stake added within an epoch counts from the next one on");
		assert.deepEqual(await powerOf(first), [STAKE, STAKE + 5n]);
		await nextEpoch();
		assert.deepEqual(await totals(), [2n * STAKE + 5n, 2n * STAKE + 5n]);
	});

	const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
	type Signed<T> = readonly [T, Uint8Array];
	async function receiptOf(signer: HDNodeWallet, change: Partial<Checkpoint.Receipt> = {}): Promise<Signed<Checkpoint.Receipt>> {
		const receipt = { sequence: 7, offset: 700, messageHash: hash(1), streamHash: hash(2), time: 100, ...change };
		return [receipt, await new KeySigner(signer.privateKey).sign(Checkpoint.receiptDigest(domain, receipt))];
	}
	async function voteOf(signer: HDNodeWallet, change: Partial<Checkpoint.BatchVote> = {}): Promise<Signed<Checkpoint.BatchVote>> {
		const vote = { index: 3, previousAccumulator: hash(1), contentHash: hash(2), minTime: 5, maxTime: 6, l1End: 0, ...change };
		return [vote, await new KeySigner(signer.privateKey).sign(Checkpoint.batchDigest(domain, vote))];
	}
	const accuse = (method: string, a: Signed<unknown>, b: Signed<unknown>): ReturnType<typeof send> =>
		send(evidence, stranger, method, [...a, ...b]);

	it("refuses receipts that do not contradict each other", async () => {
		const a = await receiptOf(first);
		await refuses(accuse("conflictingReceipts", a, a), evidence.interface, "NotConflicting");
		const other = await receiptOf(first, { sequence: 8, messageHash: hash(9) });
		await refuses(accuse("conflictingReceipts", a, other), evidence.interface, "NotConflicting");
		// The same message again, acknowledged later: a repeated answer is no lie.
		const again = await receiptOf(first, { time: 101 });
		await refuses(accuse("conflictingReceipts", a, again), evidence.interface, "NotConflicting");
	});

	it("refuses votes that do not contradict each other", async () => {
		const a = await voteOf(first);
		await refuses(accuse("conflictingBatches", a, a), evidence.interface, "NotConflicting");
		const next = await voteOf(first, { index: 4 });
		await refuses(accuse("conflictingBatches", a, next), evidence.interface, "NotConflicting");
		const fork = await voteOf(first, { previousAccumulator: hash(8), contentHash: hash(9) });
		await refuses(accuse("conflictingBatches", a, fork), evidence.interface, "NotConflicting");
	});

	it("refuses a contradiction between two people", async () => {
		const call = accuse("conflictingReceipts", await receiptOf(first), await receiptOf(second, { messageHash: hash(9) }));
		await refuses(call, evidence.interface, "DifferentSigners", [first.address, second.address]);
	});

	it("refuses signatures of other domains, and bytes that are no signature", async () => {
		await afresh();
		const [receipt] = await receiptOf(first);
		const other = { ...receipt, messageHash: hash(9) };
		const foreign = getBytes(TypedDataEncoder.hashDomain({ name: "Strikeproof", version: "1", chainId: 1, verifyingContract: inbox }));
		const sign = (value: Checkpoint.Receipt): Promise<Uint8Array> =>
			new KeySigner(first.privateKey).sign(Checkpoint.receiptDigest(foreign, value));
		await assert.rejects(accuse("conflictingReceipts", [receipt, await sign(receipt)], [other, await sign(other)]));
		await assert.rejects(accuse("conflictingReceipts", [receipt, new Uint8Array(65)], [other, new Uint8Array(65)]));
		await assert.rejects(accuse("conflictingReceipts", [receipt, new Uint8Array(64)], [other, new Uint8Array(64)]));
		assert.deepEqual(await totals(), [2n * STAKE, 2n * STAKE], "nobody lost anything");
	});

	it("refuses to slash who has no stake", async () => {
		const call = accuse("conflictingReceipts", await receiptOf(stranger), await receiptOf(stranger, { messageHash: hash(9) }));
		await refuses(call, registry.interface, "NothingStaked", [stranger.address]);
	});

	it("slashes two receipts of one place: a quarter to who shows them, the rest burnt", async () => {
		await afresh();
		const before = await l1.chain.provider.getBalance(stranger.address);
		const receipt = await accuse("conflictingReceipts", await receiptOf(first), await receiptOf(first, { messageHash: hash(9) }));
		assert.deepEqual(eventOf(registry, receipt, "Slashed"), {
			validator: first.address,
			amount: STAKE,
			reporter: stranger.address,
			reward: STAKE / 4n,
		});
		const paid = await l1.chain.provider.getBalance(stranger.address);
		assert.equal(paid, before + STAKE / 4n - receipt.gasUsed * receipt.gasPrice);
		assert.equal(await l1.chain.provider.getBalance(await registry.getAddress()), STAKE + (STAKE * 3n) / 4n, "burnt where it stands");
		assert.deepEqual(await totals(), [STAKE, STAKE], "who is slashed signs nothing more, within the epoch");
		assert.deepEqual(await powerOf(first), [0n, 0n]);
		const again = accuse("conflictingReceipts", await receiptOf(first), await receiptOf(first, { messageHash: hash(8) }));
		await refuses(again, registry.interface, "IsSlashed", [first.address]);
		await refuses(send(registry, stranger, "stake", [first.address], 1n), registry.interface, "IsSlashed", [first.address]);
	});

	it("slashes two votes for one place, even after the stake began to leave", async () => {
		await afresh();
		await send(registry, second, "startUnbonding", []);
		await accuse("conflictingBatches", await voteOf(second), await voteOf(second, { maxTime: 7 }));
		assert.deepEqual(await totals(), [STAKE, STAKE], "what leaves counts no more now");
		assert.deepEqual(await powerOf(second), [0n, 0n], "though it would have counted to the end of the epoch");
		await l1.at((await l1.now()) + 2 * UNBONDING);
		await refuses(send(registry, second, "withdraw", []), registry.interface, "NothingStaked", [second.address]);
		assert.equal(await l1.chain.provider.getBalance(await registry.getAddress()), STAKE + (STAKE * 3n) / 4n);
	});

	it("never finds a quorum where nobody has stake", async () => {
		const empty = await l1.deploy("StakeRegistry", [ZeroAddress, ZeroAddress, UNBONDING, EPOCH, [], []]);
		await refuses(send(empty, stranger, "requireQuorum", [ZeroHash, "0x"]), registry.interface, "NoQuorum", [0n, 0n]);
	});

	it("begins with stake of those who are bonded and have no voice, and refuses a member among them", async () => {
		const build = (bonded: readonly string[]): ReturnType<typeof l1.deploy> =>
			l1.deploy("StakeRegistry", [ZeroAddress, ZeroAddress, UNBONDING, EPOCH, [first.address], bonded], 2n * STAKE);
		const mixed = await build([second.address]);
		for (const who of [first, second])
			assert.equal(((await mixed.getFunction("validatorOf")(who.address)) as { stake: bigint }).stake, STAKE);
		assert.equal(await mixed.getFunction("standings")(second.address), BigInt(Bonded));
		assert.deepEqual([...((await mixed.getFunction("powerOf")(second.address)) as bigint[])], [0n, 0n]);
		assert.deepEqual([...((await mixed.getFunction("totalPower")()) as bigint[])], [STAKE, STAKE]);
		for (const twice of [[first.address], [second.address, second.address]]) await assert.rejects(build(twice), /AdmittedTwice/);
	});

	const voteFor = (signers: readonly HDNodeWallet[], digest: string): string[] =>
		[...signers]
			.sort((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1))
			.map((signer) => signer.signingKey.sign(digest).compactSerialized);
	const certify = (signatures: readonly string[], digest = ZeroHash): ReturnType<typeof send> =>
		send(registry, stranger, "requireQuorum", [digest, concat(signatures)]);

	it("refuses a certificate without more than two thirds, of strangers, out of order, twice by one signer, or with its other s", async () => {
		await afresh();
		await certify(voteFor([first, second], ZeroHash));
		await refuses(certify(voteFor([first], ZeroHash)), registry.interface, "NoQuorum", [STAKE, 2n * STAKE]);
		await refuses(certify(voteFor([stranger], ZeroHash)), registry.interface, "NotAValidator", [stranger.address]);
		const [low, high] = voteFor([first, second], ZeroHash);
		await refuses(certify([high, low]), registry.interface, "SignersNotAscending");
		await refuses(certify([low, low]), registry.interface, "SignersNotAscending");
		const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
		// Packed, a high s has no room for v but where its highest bit is 0: just above half the order, which no signature here reaches.
		const s = order / 2n + 1n;
		await assert.rejects(certify([`${low.slice(0, 66)}${s.toString(16).padStart(64, "0")}`, high]), /ECDSAInvalidSignatureS|d78bce0c/);
		await refuses(certify([low, high, "0x00"]), registry.interface, "SignaturesNotWhole", [129n]);
		await refuses(certify([first.signingKey.sign(ZeroHash).serialized, high]), registry.interface, "SignaturesNotWhole", [129n]);
		await assert.rejects(certify([low, high], `0x${"01".repeat(32)}`), "the signatures are of another digest");
	});

	it("changes the committee between epochs only: joining, adding, leaving", async () => {
		await afresh();
		await send(registry, governor, "setStanding", [stranger.address, Member]);
		await send(registry, stranger, "stake", [stranger.address], 100n * STAKE);
		await send(registry, first, "startUnbonding", []);
		await refuses(certify(voteFor([stranger], ZeroHash)), registry.interface, "NotAValidator", [stranger.address]);
		await certify(voteFor([first, second], ZeroHash));
		assert.deepEqual(await totals(), [2n * STAKE, 101n * STAKE]);
		await nextEpoch();
		await refuses(certify(voteFor([first, second], ZeroHash)), registry.interface, "NotAValidator", [first.address]);
		await certify(voteFor([stranger], ZeroHash));
		assert.deepEqual(await totals(), [101n * STAKE, 101n * STAKE]);
		await send(registry, governor, "setStanding", [stranger.address, None]);
		await certify(voteFor([stranger], ZeroHash));
		await nextEpoch();
		await certify(voteFor([second], ZeroHash));
		// Dismissed is not expropriated.
		await send(registry, stranger, "startUnbonding", []);
		await l1.at((await l1.now()) + EPOCH + UNBONDING);
		const paid = await send(registry, stranger, "withdraw", []);
		assert.equal(eventOf(registry, paid, "Withdrawn").amount, 100n * STAKE);
	});

	it("slashes stake that was added within the epoch, and its power of this epoch and the next", async () => {
		await afresh();
		await send(registry, second, "stake", [second.address], 3n * STAKE);
		const slashed = await accuse("conflictingReceipts", await receiptOf(second), await receiptOf(second, { messageHash: hash(9) }));
		assert.equal(eventOf(registry, slashed, "Slashed").amount, 4n * STAKE);
		assert.deepEqual(await totals(), [STAKE, STAKE]);
		await certify(voteFor([first], ZeroHash));
		await nextEpoch();
		assert.deepEqual(await totals(), [STAKE, STAKE]);
		await certify(voteFor([first], ZeroHash));
	});

	it("slashes a stake that grew in the epoch before, and was most of all there is", async () => {
		await afresh();
		await send(registry, stranger, "stake", [second.address], 50n * STAKE);
		await nextEpoch();
		await accuse("conflictingReceipts", await receiptOf(second), await receiptOf(second, { messageHash: hash(9) }));
		assert.deepEqual(await totals(), [STAKE, STAKE]);
		await certify(voteFor([first], ZeroHash));
	});

	it("counts and lets go of a stake of one wei as of any other", async () => {
		await afresh();
		await send(registry, governor, "setStanding", [stranger.address, Member]);
		await send(registry, stranger, "stake", [stranger.address], 1n);
		await nextEpoch();
		await certify(voteFor([first, second, stranger], ZeroHash));
		// Dismissed, it signs to the end of the epoch, also when a slash has the committee written anew.
		await send(registry, governor, "setStanding", [stranger.address, None]);
		await accuse("conflictingReceipts", await receiptOf(second), await receiptOf(second, { messageHash: hash(9) }));
		await certify(voteFor([first, stranger], ZeroHash));
		await send(registry, stranger, "startUnbonding", []);
		await l1.at((await l1.now()) + EPOCH + UNBONDING);
		assert.equal(eventOf(registry, await send(registry, stranger, "withdraw", []), "Withdrawn").amount, 1n);
	});

	it("writes the committee down once, and again only after it changed", async () => {
		await afresh();
		const written = (receipt: TransactionReceipt): number => receipt.logs.filter(({ topics }) => topics[0] === WRITTEN).length;
		assert.equal(written(await send(registry, stranger, "writeCommittee", [])), 0, "the deployment wrote it");
		await nextEpoch();
		assert.equal(written(await certify(voteFor([first, second], ZeroHash))), 0, "nothing changed");
		await send(registry, stranger, "stake", [first.address], STAKE);
		assert.equal(written(await certify(voteFor([first, second], ZeroHash))), 0, "it changes with the next epoch");
		await nextEpoch();
		assert.equal(written(await certify(voteFor([first, second], ZeroHash))), 1);
		assert.equal(written(await certify(voteFor([first, second], ZeroHash))), 0);
		const data = (await registry.getFunction("writeCommittee").staticCall()) as string;
		const words = [first, second].map((member) => concat([member.address, toBeHex(member === first ? 2n * STAKE : STAKE, 12)])).sort();
		assert.equal(await l1.chain.provider.getCode(data), concat(["0x00", ...words]).toLowerCase());
	});

	it("takes the voice of who is slashed at once, from what is written too", async () => {
		await afresh();
		await send(registry, governor, "setStanding", [stranger.address, Member]);
		await send(registry, stranger, "stake", [stranger.address], STAKE);
		await nextEpoch();
		await certify(voteFor([first, second, stranger], ZeroHash));
		await accuse("conflictingReceipts", await receiptOf(second), await receiptOf(second, { messageHash: hash(9) }));
		await refuses(certify(voteFor([first, second, stranger], ZeroHash)), registry.interface, "NotAValidator", [second.address]);
		await refuses(certify(voteFor([first], ZeroHash)), registry.interface, "NoQuorum", [STAKE, 2n * STAKE]);
		await certify(voteFor([first, stranger], ZeroHash));
	});

	it("takes nothing for anybody's signature that is nobody's, and admits nobody", async () => {
		await afresh();
		const nobodys = `0x${"00".repeat(64)}`;
		await refuses(certify([nobodys]), registry.interface, "SignersNotAscending", [ZeroAddress, ZeroAddress]);
		const [low, high] = voteFor([first, second], ZeroHash);
		await refuses(certify([low, nobodys, high]), registry.interface, "SignersNotAscending");
		const call = send(registry, governor, "setStanding", [ZeroAddress, Member]);
		await refuses(call, registry.interface, "NotAValidator", [ZeroAddress]);
	});

	it("keeps at most 64 members, and makes room for new ones when others have gone", async () => {
		await afresh();
		const newcomers = Array.from({ length: 63 }, (_, i) => toBeHex(i + 1, 20));
		for (const newcomer of newcomers.slice(0, 62)) await send(registry, governor, "setStanding", [newcomer, Member]);
		await refuses(send(registry, governor, "setStanding", [newcomers[62], Member]), registry.interface, "TooManyMembers", [64n]);
		await certify(voteFor([first, second], ZeroHash));
		await send(registry, governor, "setStanding", [newcomers[5], Bonded]);
		await send(registry, governor, "setStanding", [newcomers[62], Member]);
		await send(registry, governor, "setStanding", [second.address, None]);
		const again = send(registry, governor, "setStanding", [newcomers[5], Member]);
		await refuses(again, registry.interface, "TooManyMembers");
		await certify(voteFor([first, second], ZeroHash));
		await nextEpoch();
		await send(registry, governor, "setStanding", [newcomers[5], Member]);
		await certify(voteFor([first], ZeroHash));
	});

	it("takes in and forgets who stands last in the list of members, as anybody else", async () => {
		await afresh();
		const newcomers = Array.from({ length: 62 }, (_, i) => toBeHex(i + 1, 20));
		for (const newcomer of newcomers) await send(registry, governor, "setStanding", [newcomer, Member]);
		const [last, one, another] = [newcomers[61], toBeHex(100, 20), toBeHex(101, 20)];
		await send(registry, governor, "setStanding", [last, None]);
		await send(registry, governor, "setStanding", [one, Member]);
		await refuses(send(registry, governor, "setStanding", [another, Member]), registry.interface, "TooManyMembers", [64n]);
		// The first of the list, whose place the last one takes.
		await send(registry, first, "startUnbonding", []);
		await send(registry, governor, "setStanding", [first.address, None]);
		await refuses(send(registry, governor, "setStanding", [another, Member]), registry.interface, "TooManyMembers", [64n]);
		await nextEpoch();
		await send(registry, governor, "setStanding", [another, Member]);
		await refuses(send(registry, governor, "setStanding", [last, Member]), registry.interface, "TooManyMembers", [64n]);
		await certify(voteFor([second], ZeroHash));
	});

	it("lets the governor alone say who may stake", async () => {
		const call = send(registry, first, "setStanding", [stranger.address, Member]);
		await refuses(call, registry.interface, "OnlyGovernor", [first.address]);
	});

	async function checkpointOf(signer: HDNodeWallet, change: Partial<Checkpoint.CheckpointVote> = {}): Promise<Signed<unknown>> {
		const vote = { height: 12, streamHash: hash(1), root: hash(2), ...change };
		return [vote, await new KeySigner(signer.privateKey).sign(Checkpoint.checkpointDigest(domain, vote))];
	}

	it("slashes two checkpoints of one height, and nothing less", async () => {
		await afresh();
		const a = await checkpointOf(first);
		await refuses(accuse("conflictingCheckpoints", a, a), evidence.interface, "NotConflicting");
		const later = await checkpointOf(first, { height: 13, root: hash(9) });
		await refuses(accuse("conflictingCheckpoints", a, later), evidence.interface, "NotConflicting");
		const others = await checkpointOf(second, { root: hash(9) });
		await refuses(accuse("conflictingCheckpoints", a, others), evidence.interface, "DifferentSigners", [first.address, second.address]);
		await accuse("conflictingCheckpoints", a, await checkpointOf(first, { root: hash(9) }));
		await accuse("conflictingCheckpoints", await checkpointOf(second), await checkpointOf(second, { streamHash: hash(9) }));
		assert.deepEqual(await totals(), [0n, 0n]);
	});

	async function reportOf(
		signer: HDNodeWallet,
		change: Partial<Record<"underlying" | "time" | "indexPrice", number>> = {},
	): Promise<Signed<unknown>> {
		const report = { underlying: 1, time: 1000, indexPrice: 2_000_000, confidence: 7, ...change };
		const surfaceBytes = new Uint8Array();
		const message = { ...report, surfaces: [], surfaceBytes, signers: 0, signatures: [] };
		const digest = Messages.reportDigest(getBytes(REPORT_DOMAIN), message);
		return [{ ...report, surfaceHash: Keccak.hash(surfaceBytes) }, await new KeySigner(signer.privateKey).sign(digest)];
	}

	it("slashes a bonded reporter for two prices of one feed and time, whose stake gave no power", async () => {
		await afresh();
		await send(registry, governor, "setStanding", [stranger.address, Bonded]);
		await send(registry, first, "stake", [stranger.address], STAKE);
		assert.deepEqual(await totals(), [2n * STAKE, 2n * STAKE]);
		const a = await reportOf(stranger);
		await refuses(accuse("conflictingReports", a, a), evidence.interface, "NotConflicting");
		await refuses(accuse("conflictingReports", a, await reportOf(stranger, { time: 1001 })), evidence.interface, "NotConflicting");
		await refuses(accuse("conflictingReports", a, await reportOf(stranger, { underlying: 0 })), evidence.interface, "NotConflicting");
		const slashed = await accuse("conflictingReports", a, await reportOf(stranger, { indexPrice: 2_000_001 }));
		assert.equal(eventOf(registry, slashed, "Slashed").amount, STAKE);
		assert.deepEqual(await totals(), [2n * STAKE, 2n * STAKE]);
		const next = await certify(voteFor([first, second], ZeroHash));
		assert.equal(next.logs.length, 0, "who had no voice changes no committee, so nobody writes it down anew");
	});
});
