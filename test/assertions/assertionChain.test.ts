import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TypedDataEncoder, ZeroAddress, ZeroHash, getBytes, hexlify, keccak256, parseEther } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import * as Certificate from "../../src/chain/Certificate.ts";
import { DEVNET } from "../../src/chain/Deployment.ts";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Machines from "../../src/machine/types/Machine.ts";
import * as Assertion from "../../src/protocol/Assertion.ts";
import * as Batch from "../../src/protocol/Batch.ts";
import * as Blob from "../../src/protocol/Blob.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import * as HistoryCommitment from "../../src/protocol/HistoryCommitment.ts";
import { L1, NO_BLOBS, START, eventOf, refuses, send } from "../chain/l1.ts";

const HEIGHT = 4;
const PERIOD = 40;
const MINIMUM = 2;
const BOND = parseEther("1");
const SOMEBODY = "0x00000000000000000000000000000000000000aa";

/** A machine that stands before batch `batch`; `lie` tells apart states that only differ in what they hold. */
function stateAt(batch: number, lie = 0): Uint8Array {
	const machine = { ...Machines.initial(), cursor: { batch, l1Index: 0, offset: 0, item: 0 } };
	return Machines.encode(machine, new Uint8Array(32).fill(lie), new Uint8Array(32).fill(7));
}

/** A history whose last leaf is this state: siblings of the path, lowest first, and its root. */
function historyOf(state: Uint8Array): { path: Uint8Array[]; root: Uint8Array } {
	const path = Array.from({ length: HEIGHT }, (_, i) => Keccak.hash(Uint8Array.of(i)));
	return { path, root: HistoryCommitment.rootOfLast(Keccak.hash(state), path) };
}

describe("given an assertion chain with its games", () => {
	let l1: L1;
	let chain: Contract;
	let sequencerInbox: Contract;
	let games: Contract;
	let outbox: Contract;
	let proposer: HDNodeWallet;
	let rival: HDNodeWallet;
	let genesis: string;
	let config: readonly unknown[];
	const configOf = (period: number, bond: bigint): unknown[] => [SOMEBODY, HEIGHT, period, 5, MINIMUM, bond, BigInt(DEVNET.refundCap)];

	before(async () => {
		l1 = await L1.start();
		proposer = await l1.wallet(1);
		rival = await l1.wallet(2);
		const at = await Promise.all([0, 1, 2, 3, 4, 6].map((ahead) => l1.nextAddress(ahead)));
		const [inbox, registry, sequencer, challenges, assertionChain, outboxAt] = at;
		await l1.deploy("Inbox", [SOMEBODY]);
		await l1.deploy("StakeRegistry", [SOMEBODY, SOMEBODY, 1, 1, [proposer.address], []], BOND);
		sequencerInbox = await l1.deploy("SequencerInbox", [inbox, registry, 300, 300, 1]);
		games = await l1.deploy("ChallengeManager", [assertionChain]);
		config = configOf(PERIOD, BOND);
		const leaf = keccak256(stateAt(0));
		chain = await l1.deploy("AssertionChain", [challenges, sequencer, outboxAt, SOMEBODY, config, [0, 0], leaf]);
		// An escape hatch that is not frozen answers 0.
		const hatch = await l1.runtime("5f5f5260205ff3");
		outbox = await l1.deploy("Outbox", [assertionChain, SOMEBODY, hatch]);
		genesis = (await chain.getFunction("latestConfirmed")()) as string;
	});
	after(() => l1.close());

	async function postBatch(): Promise<void> {
		const index = Number(await sequencerInbox.getFunction("batchCount")());
		const content = Batch.encodeRecord(Uint8Array.of(index + 1), 0);
		const previousAccumulator = getBytes((await sequencerInbox.getFunction("batchAccumulator")(index)) as string);
		const verifyingContract = await sequencerInbox.getAddress();
		const domain = getBytes(TypedDataEncoder.hashDomain({ name: "Strikeproof", version: "1", chainId: 31337, verifyingContract }));
		const vote = {
			index,
			previousAccumulator,
			contentHash: Blob.contentHash(Keccak.hash(content), content.length, NO_BLOBS),
			minTime: START,
			maxTime: START,
			l1End: 0,
		};
		const signature = await new KeySigner(proposer.privateKey).sign(Checkpoint.batchDigest(domain, vote));
		await send(sequencerInbox, proposer, "postBatch", [index, START, START, 0, content, NO_BLOBS, Certificate.pack([signature])]);
	}

	type Change = { parent?: string; root?: Uint8Array; path?: Uint8Array[]; lineage?: string[]; id?: string; value?: bigint };
	async function idOf(parent: string, state: Uint8Array): Promise<string> {
		const game = getBytes((await chain.getFunction("gameIdOf")(parent)) as string);
		return hexlify(Assertion.assertionId(game, historyOf(state).root));
	}
	async function assertBy(who: HDNodeWallet, state: Uint8Array, change: Change = {}): ReturnType<typeof send> {
		const parent = change.parent ?? genesis;
		const { path, root } = historyOf(state);
		const id = change.id ?? (await idOf(parent, state));
		const args = [parent, change.root ?? root, state, change.path ?? path, change.lineage ?? [], id];
		return send(chain, who, "createAssertion", args, change.value ?? 0n);
	}

	/** Counts the blocks for which the top edge of an assertion has stood alone. */
	async function updateTimer(parent: string, parentState: Uint8Array, state: Uint8Array): Promise<void> {
		const game = await chain.getFunction("gameIdOf")(parent);
		const edge = [game, HEIGHT, 0, keccak256(parentState), historyOf(state).root];
		await send(games, rival, "updateTimers", [[[edge, 0, historyOf(state).root, []]]]);
	}

	it("is not deployed with a period in which an honest player could not make all moves, or a bond that refunds would eat", async () => {
		const args = (bad: unknown[]): unknown[] => [ZeroAddress, ZeroAddress, ZeroAddress, ZeroAddress, bad, [20, 3], ZeroHash];
		const required = 20 + 4 * (2 * HEIGHT + 3);
		const short = l1.deploy("AssertionChain", args(configOf(required, BOND)));
		await refuses(short, chain.interface, "PeriodTooShort", [BigInt(required), BigInt(required)]);
		await l1.deploy("AssertionChain", args(configOf(required + 1, BOND)));
		const refunds = 2n * (BigInt(HEIGHT) * 131_072n + 16_711_680n) * BigInt(DEVNET.refundCap);
		const small = l1.deploy("AssertionChain", args(configOf(required + 1, refunds - 1n)));
		await refuses(small, chain.interface, "BondTooSmall", [refunds - 1n, refunds]);
		await l1.deploy("AssertionChain", args(configOf(required + 1, refunds)));
		const limit = 2 ** 24 - 1;
		const long = l1.deploy("AssertionChain", args(configOf(limit, BOND)));
		await refuses(long, chain.interface, "PeriodTooLong", [BigInt(limit), BigInt(limit)]);
		await l1.deploy("AssertionChain", args(configOf(limit - 1, BOND)));
	});

	it("gives back a bond of one wei that nothing was asserted with, once", async () => {
		await send(chain, rival, "stake", [], 1n);
		await send(chain, rival, "unstake", []);
		assert.equal(await chain.getFunction("credits")(rival.address), 1n);
		await send(chain, rival, "withdraw", []);
		await refuses(send(chain, rival, "withdraw", []), chain.interface, "NothingToPay");
		await refuses(send(chain, rival, "unstake", []), chain.interface, "NotBonded", [rival.address]);
	});

	it("begins with an assertion that nobody made, in no game and under no parent", async () => {
		const [created] = await chain.queryFilter("AssertionCreated", 0);
		assert.ok("args" in created);
		assert.deepEqual([...created.args], [genesis, ZeroHash, ZeroHash, ZeroHash, 1n, ZeroAddress, false, "0x"]);
	});

	it("names games as the other twin does", async () => {
		const [verifier, height, challengePeriodBlocks, gracePeriodBlocks, minimumPeriodBlocks, bond, refundCap] = config as [
			string,
			number,
			number,
			number,
			number,
			bigint,
			bigint,
		];
		const id = Assertion.configId({ verifier, height, challengePeriodBlocks, gracePeriodBlocks, minimumPeriodBlocks, bond, refundCap });
		assert.equal(await chain.getFunction("CONFIG_ID")(), hexlify(id));
		assert.equal(genesis, hexlify(Assertion.assertionId(new Uint8Array(32), Keccak.hash(stateAt(0)))));
	});

	it("refuses to assert before the batches of the target exist", async () => {
		await refuses(assertBy(proposer, stateAt(1), { value: BOND }), chain.interface, "TargetNotReached", [1n, 0n]);
		await postBatch();
	});

	it("refuses who has no whole bond", async () => {
		await refuses(assertBy(proposer, stateAt(1)), chain.interface, "NotBonded", [proposer.address]);
		await refuses(assertBy(proposer, stateAt(1), { value: BOND - 1n }), chain.interface, "NotBonded", [proposer.address]);
	});

	it("refuses a parent that does not exist, and a final state that the history does not hold", async () => {
		await refuses(
			assertBy(proposer, stateAt(1), { parent: hexlify(Keccak.hash(new Uint8Array(1))), value: BOND }),
			chain.interface,
			"UnknownAssertion",
		);
		const { path } = historyOf(stateAt(1));
		for (const change of [{ root: Keccak.hash(new Uint8Array(2)) }, { path: path.slice(1) }, { path: [...path].reverse() }]) {
			await refuses(assertBy(proposer, stateAt(1), { ...change, value: BOND }), chain.interface, "WrongFinalState");
		}
	});

	it("refuses to become another assertion than was meant, as after a reorganisation", async () => {
		await refuses(assertBy(proposer, stateAt(1), { id: ZeroHash, value: BOND }), chain.interface, "UnexpectedId");
		assert.equal(((await chain.getFunction("stakes")(proposer.address)) as bigint[])[0], 0n, "a refused call keeps no bond");
	});

	describe("when two assert different things", () => {
		let honest: string;
		let lie: string;
		let createdAt: number;
		before(async () => {
			honest = await idOf(genesis, stateAt(1));
			lie = await idOf(genesis, stateAt(1, 1));
			createdAt = (await assertBy(proposer, stateAt(1), { value: BOND })).blockNumber;
		});

		it("refuses the same again, from anybody", async () => {
			await refuses(assertBy(rival, stateAt(1), { value: BOND }), chain.interface, "AlreadyAsserted", [honest]);
		});

		it("refuses to back two rivals with one bond", async () => {
			await refuses(assertBy(proposer, stateAt(1, 1)), chain.interface, "NotInLineage", [honest, genesis]);
			await refuses(assertBy(proposer, stateAt(1, 1), { lineage: [ZeroHash] }), chain.interface, "NotInLineage");
			// A line that is said to lead to what he asserted, and does not.
			await refuses(assertBy(proposer, stateAt(1, 1), { lineage: [honest] }), chain.interface, "NotInLineage", [honest, genesis]);
		});

		it("refuses to give a bond back while its assertion is pending", async () => {
			await refuses(send(chain, proposer, "unstake", []), chain.interface, "StillStaked", [honest]);
		});

		it("refuses to declare, confirm, reject or forfeit before anything is decided", async () => {
			await postBatch();
			await l1.chain.mine(MINIMUM);
			await refuses(send(chain, rival, "declareWinner", [honest, historyOf(stateAt(1)).root]), chain.interface, "TooSoon");
			await refuses(send(chain, rival, "confirm", [honest, stateAt(1)]), chain.interface, "WrongStatus");
			await refuses(send(chain, rival, "reject", [honest]), chain.interface, "WrongStatus");
			await refuses(send(chain, rival, "forfeit", [proposer.address]), chain.interface, "WrongStatus");
			await refuses(send(chain, rival, "declareWinner", [ZeroHash, ZeroHash]), chain.interface, "WrongStatus");
		});

		it("lets the honest side extend its own line", async () => {
			const receipt = await assertBy(proposer, stateAt(2), { parent: honest });
			assert.equal(eventOf(chain, receipt, "AssertionCreated").targetBatch, 3n);
			const grandchild = await idOf(honest, stateAt(2));
			await refuses(assertBy(proposer, stateAt(3), { parent: grandchild }), chain.interface, "TargetNotReached", [3n, 2n]);
		});

		it("confirms what nobody rivalled, after its period and not a block sooner, and pays the bond back", async () => {
			const { provider } = l1.chain;
			const snapshot = await l1.chain.snapshot();
			const mineTo = async (block: number): Promise<void> => l1.chain.mine(block - (await provider.getBlockNumber()));
			// Each call stands a block later, the refused one too.
			await mineTo(createdAt + PERIOD - 2);
			await updateTimer(genesis, stateAt(0), stateAt(1));
			await refuses(assertBy(rival, stateAt(1, 1), { value: BOND }), games.interface, "RivalTooLate");
			await refuses(send(chain, rival, "declareWinner", [honest, historyOf(stateAt(1)).root]), chain.interface, "TooSoon");
			await updateTimer(genesis, stateAt(0), stateAt(1));
			await send(chain, rival, "declareWinner", [honest, historyOf(stateAt(1)).root]);
			await refuses(send(chain, rival, "confirm", [honest, stateAt(1, 1)]), chain.interface, "WrongFinalState");
			const grandchild = await idOf(honest, stateAt(2));
			const confirmed = await send(chain, rival, "confirm", [honest, stateAt(1)]);
			assert.equal(await chain.getFunction("latestConfirmed")(), honest);
			assert.equal(await chain.getFunction("lastConfirmedBlock")(), BigInt(confirmed.blockNumber));
			assert.equal(await outbox.getFunction("isAccepted")(hexlify(new Uint8Array(32).fill(7))), true);
			await refuses(send(chain, rival, "confirm", [honest, stateAt(1)]), chain.interface, "WrongStatus");
			await refuses(send(chain, proposer, "unstake", []), chain.interface, "StillStaked", [grandchild]);
			await refuses(assertBy(rival, stateAt(1, 1), { value: BOND }), chain.interface, "WrongStatus");
			await l1.chain.mine(PERIOD);
			await updateTimer(honest, stateAt(1), stateAt(2));
			await send(chain, rival, "declareWinner", [grandchild, historyOf(stateAt(2)).root]);
			await send(chain, rival, "confirm", [grandchild, stateAt(2)]);
			await send(chain, proposer, "unstake", []);
			await refuses(send(chain, proposer, "unstake", []), chain.interface, "NotBonded");
			const held = await provider.getBalance(proposer.address);
			const paid = await send(chain, proposer, "withdraw", []);
			assert.equal(await provider.getBalance(proposer.address), held + BOND - paid.gasUsed * paid.gasPrice);
			assert.equal(await provider.getBalance(await chain.getAddress()), 0n);
			await l1.chain.revert(snapshot);
		});

		it("decides for neither of two rivals while nobody moves, however long the first stood before", async () => {
			await assertBy(rival, stateAt(1, 1), { value: BOND });
			await l1.chain.mine(3 * PERIOD);
			await updateTimer(genesis, stateAt(0), stateAt(1));
			await updateTimer(genesis, stateAt(0), stateAt(1, 1));
			// A rival came after a few blocks, and nobody moved: neither timer can be full.
			await refuses(send(chain, rival, "declareWinner", [honest, historyOf(stateAt(1)).root]), chain.interface, "TooSoon");
			await refuses(send(chain, rival, "declareWinner", [lie, historyOf(stateAt(1, 1)).root]), chain.interface, "TooSoon");
		});

		it("keeps both bonds until the game is decided", async () => {
			for (const who of [proposer, rival]) {
				await refuses(send(chain, who, "unstake", []), chain.interface, "StillStaked");
				await refuses(send(chain, who, "withdraw", []), chain.interface, "NothingToPay");
			}
			assert.equal(await l1.chain.provider.getBalance(await chain.getAddress()), 2n * BOND);
		});
	});
});
