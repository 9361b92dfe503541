import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Contract } from "ethers";
import type { HDNodeWallet, JsonRpcProvider, TransactionReceipt } from "ethers";
import { deploy } from "../../deploy/deploy.ts";
import * as Artifacts from "../../src/chain/Artifacts.ts";
import { separatorOf } from "../../src/chain/Bridge.ts";
import * as Certificate from "../../src/chain/Certificate.ts";
import type { ContractName, Deployment } from "../../src/chain/Deployment.ts";
import { DEVNET } from "../../src/chain/Deployment.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { L1InboxReader } from "../../src/chain/L1InboxReader.ts";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import * as Blob from "../../src/protocol/Blob.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import { L1, NO_BLOBS, START, blobsAt, send } from "./l1.ts";

const CONTENT = Uint8Array.from({ length: 3000 }, (_, i) => 1 + (i % 255));
const DEPOSIT = 5_000_000;
/** Seconds: the chain's clock when the batches are posted. */
const NOW = START + 10_000;

/** Gas that the content of a batch costs as calldata: 16 a byte that is not zero. */
const CONTENT_GAS = 16n * BigInt(CONTENT.length);

describe("given a deployment with deposits, a forced message, a posted and a forced batch", () => {
	let l1: L1;
	let deployment: Deployment;
	let trader: HDNodeWallet;
	let firstDeposit: TransactionReceipt;
	let nextDeposit: TransactionReceipt;
	let posted: TransactionReceipt;

	before(async () => {
		l1 = await L1.start();
		trader = await l1.wallet(PLACES.traders);
		const committee = new KeySigner(testWallet(PLACES.sequencer).privateKey);
		deployment = await deploy(l1.deployer, {
			network: "test",
			reporters: [trader.address],
			quorum: 1,
			committee: [committee.address],
			treasury: trader.address,
		});
		await send(contract("MockUSDC"), trader, "mint", [trader.address, 10 * DEPOSIT]);
		await send(contract("MockUSDC"), trader, "approve", [deployment.contracts.Vault, 10 * DEPOSIT]);
		firstDeposit = await send(contract("Vault"), trader, "deposit", [trader.address, 0, DEPOSIT]);
		nextDeposit = await send(contract("Vault"), trader, "deposit", [trader.address, 0, DEPOSIT]);
		await l1.at(NOW);
		await send(contract("Inbox"), trader, "force", [Uint8Array.of(9, 8, 7)]);
		for (const index of [0, 1]) {
			const previousAccumulator = Buffer.from(String(await read("SequencerInbox", "batchAccumulator", index)).slice(2), "hex");
			const vote = {
				index,
				previousAccumulator,
				contentHash: Blob.contentHash(Keccak.hash(CONTENT), CONTENT.length, NO_BLOBS),
				minTime: NOW,
				maxTime: NOW,
				l1End: index,
			};
			const signature = await committee.sign(Checkpoint.batchDigest(separatorOf(deployment, "SequencerInbox"), vote));
			posted = await send(contract("SequencerInbox"), trader, "postBatch", [
				index,
				NOW,
				NOW,
				index,
				CONTENT,
				NO_BLOBS,
				Certificate.pack([signature]),
			]);
		}
		await l1.at(NOW + DEVNET.forceDelaySeconds);
		await send(contract("SequencerInbox"), trader, "forceInclude", [3]);
	});
	after(() => l1.close());

	function contract(name: ContractName): Contract {
		return new Contract(deployment.contracts[name], Artifacts.of(name).abi, l1.chain.provider);
	}

	function read(name: ContractName, method: string, ...args: readonly unknown[]): Promise<unknown> {
		return contract(name).getFunction(method)(...args) as Promise<unknown>;
	}

	/** An endpoint that answers as the chain does, but for what `answer` says of a call. */
	function endpoint(answer: (method: string, args: readonly unknown[]) => Promise<unknown> | undefined): JsonRpcProvider {
		return new Proxy(l1.chain.provider, {
			get(target, property) {
				const value: unknown = Reflect.get(target, property, target);
				if (typeof value !== "function") return value;
				return (...args: readonly unknown[]) => answer(String(property), args) ?? (Reflect.apply(value, target, args) as unknown);
			},
		});
	}

	/** An endpoint that refuses to search more than so many blocks at once. */
	function refusingAbove(blocks: number): JsonRpcProvider {
		return endpoint((method, [filter]) => {
			const { fromBlock, toBlock } = (filter ?? {}) as { fromBlock: number; toBlock: number };
			return method === "getLogs" && toBlock - fromBlock >= blocks ? Promise.reject(new Error("query returns too much")) : undefined;
		});
	}

	it("loses nothing when the endpoint fails at any one answer: a failed read once ate the rest of its range", async () => {
		const whole = new L1InboxReader(l1.chain.provider, deployment, blobsAt());
		const [batches, messages] = [await whole.batchCount(), await whole.messageCount()];
		let failures = 0;
		for (let broken = 0, answers = 1; broken <= answers; broken++) {
			answers = 0;
			let healed = false;
			const reader = new L1InboxReader(
				endpoint(() => (!healed && answers++ === broken ? Promise.reject(new Error("connection reset")) : undefined)),
				deployment,
				blobsAt(),
			);
			await reader.batchCount().catch((error: Error) => {
				assert.match(error.message, /connection reset/);
				failures += 1;
			});
			healed = true;
			if (answers <= broken) break;
			assert.equal(await reader.batchCount(), batches, `answer ${broken} failed`);
			assert.equal(await reader.messageCount(), messages, `answer ${broken} failed`);
			assert.deepEqual(await reader.batches(0, batches), await whole.batches(0, batches));
		}
		assert.ok(failures >= 3, `${failures} of the reads failed`);
	});

	it("fails with the endpoint's own words when it refuses even a single block", async () => {
		await assert.rejects(new L1InboxReader(refusingAbove(0), deployment, blobsAt()).batchCount(), /query returns too much/);
	});

	it("calls a message final once L1 calls its block final, whatever stands above", async () => {
		const finalAt = async (finalised: () => Promise<unknown>): Promise<number> => {
			const l1 = endpoint((method, [block]) => (method === "getBlock" && block === "finalized" ? finalised() : undefined));
			return new L1InboxReader(l1, deployment, blobsAt(), "finalized").finalMessageCount();
		};
		const { blockNumber } = nextDeposit;
		assert.equal(await finalAt(async () => ({ number: blockNumber - 1 })), 1);
		assert.equal(await finalAt(async () => ({ number: blockNumber })), 2);
		assert.equal(await finalAt(async () => l1.chain.provider.getBlock("latest")), 3);
		for (const young of [async () => null, () => Promise.reject(new Error("finalized block not found"))])
			assert.equal(await finalAt(young), 0);
		await assert.rejects(
			finalAt(() => Promise.reject(new Error("connection reset"))),
			/connection reset/,
		);
		assert.equal(await new L1InboxReader(l1.chain.provider, deployment, blobsAt()).finalMessageCount(), 3);
	});

	for (const [how, provider] of [
		["everything at once", () => l1.chain.provider],
		["three blocks at a time, where the endpoint gives no more", () => refusingAbove(3)],
	] as const) {
		it(`reads ${how}: batches with their content, and every message`, async () => {
			const reader = new L1InboxReader(provider(), deployment, blobsAt());
			assert.equal(await reader.batchCount(), 3);
			const batches = await reader.batches(0, 3);
			assert.deepEqual(
				batches.map(({ carrier, l1End }) => [carrier, l1End]),
				[
					[Batch.CALLDATA, 0],
					[Batch.CALLDATA, 1],
					[Batch.FORCED_CARRIER, 3],
				],
			);
			assert.deepEqual(batches[0].content, CONTENT);
			assert.equal(batches[2].content.length, 0);
			// What was read hashes to what the contract holds.
			let accumulator: Uint8Array = new Uint8Array(32);
			for (const batch of batches) {
				assert.deepEqual(batch.contentRoot, Batch.contentRoot(batch.content));
				accumulator = Batch.accumulate(accumulator, { ...batch, length: batch.content.length });
				assert.deepEqual(batch.accumulator, accumulator);
			}
			const messages = await reader.messages(0, await reader.messageCount());
			assert.deepEqual(
				messages.map(({ kind, payload }) => [kind, Buffer.from(payload).toString("hex")]),
				[1, 1]
					.map((account) => [1, Buffer.from(Encoding.deposit(account, trader.address.toLowerCase(), DEPOSIT)).toString("hex")])
					.concat([[2, "090807"]]),
			);
		});
	}

	it("spends at most 105,000 gas on a deposit into an account, and 120,000 on a batch beside its data", (t) => {
		t.diagnostic(`first deposit ${firstDeposit.gasUsed}, next ${nextDeposit.gasUsed}, batch ${posted.gasUsed - CONTENT_GAS} and its data`);
		assert.ok(nextDeposit.gasUsed <= 105_000n, `${nextDeposit.gasUsed} gas`);
		assert.ok(posted.gasUsed - CONTENT_GAS <= 120_000n, `${posted.gasUsed - CONTENT_GAS} gas`);
	});
});
