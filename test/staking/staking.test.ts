import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TypedDataEncoder, ZeroAddress, ZeroHash, getBytes, parseEther } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import { L1, eventOf, refuses, send } from "../chain/l1.ts";

const UNBONDING = 1000;
const STAKE = parseEther("8");
const BURNT = "0x000000000000000000000000000000000000dEaD";

describe("given a registry of two validators with 8 ETH each", () => {
	let l1: L1;
	let registry: Contract;
	let evidence: Contract;
	let first: HDNodeWallet;
	let second: HDNodeWallet;
	let stranger: HDNodeWallet;
	let domain: Uint8Array;
	let snapshot: string;
	const inbox = "0x00000000000000000000000000000000000000aa";

	before(async () => {
		l1 = await L1.start();
		first = await l1.wallet(1);
		second = await l1.wallet(2);
		stranger = await l1.wallet(3);
		registry = await l1.deploy("StakeRegistry", [await l1.nextAddress(1), UNBONDING, [first.address, second.address]], 2n * STAKE);
		evidence = await l1.deploy("SlashingEvidence", [await registry.getAddress(), inbox]);
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
	const total = (): Promise<bigint> => registry.getFunction("totalStake")() as Promise<bigint>;

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
		const leavesAt = (await l1.now()) + UNBONDING;
		assert.equal(await total(), STAKE, "stake that leaves counts for no quorum");
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
		assert.equal(await total(), 2n * STAKE + 5n);
	});

	const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
	type Signed<T> = readonly [T, Uint8Array];
	async function receiptOf(signer: HDNodeWallet, change: Partial<Checkpoint.Receipt> = {}): Promise<Signed<Checkpoint.Receipt>> {
		const receipt = { sequence: 7, messageHash: hash(1), streamHash: hash(2), time: 100, ...change };
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
		assert.equal(await total(), 2n * STAKE, "nobody lost anything");
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
		assert.equal(await l1.chain.provider.getBalance(BURNT), (STAKE * 3n) / 4n);
		assert.equal(await total(), STAKE);
		const again = accuse("conflictingReceipts", await receiptOf(first), await receiptOf(first, { messageHash: hash(8) }));
		await refuses(again, registry.interface, "IsSlashed", [first.address]);
		await refuses(send(registry, stranger, "stake", [first.address], 1n), registry.interface, "IsSlashed", [first.address]);
	});

	it("slashes two votes for one place, even after the stake began to leave", async () => {
		await afresh();
		await send(registry, second, "startUnbonding", []);
		await accuse("conflictingBatches", await voteOf(second), await voteOf(second, { maxTime: 7 }));
		assert.equal(await total(), STAKE, "what left counted no more, and counts no more now");
		await l1.at((await l1.now()) + 2 * UNBONDING);
		await refuses(send(registry, second, "withdraw", []), registry.interface, "NothingStaked", [second.address]);
		assert.equal(await l1.chain.provider.getBalance(await registry.getAddress()), STAKE);
	});

	it("never finds a quorum where nobody has stake", async () => {
		const empty = await l1.deploy("StakeRegistry", [ZeroAddress, UNBONDING, []]);
		await refuses(empty.getFunction("requireQuorum")(ZeroHash, []), registry.interface, "NoQuorum", [0n, 0n]);
	});
});
