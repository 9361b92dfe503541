// A validator's word about a state against what L1 confirmed, at the height of mainnet.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TypedDataEncoder, getBytes, parseEther } from "ethers";
import type { Contract, HDNodeWallet, TransactionReceipt } from "ethers";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";
import { Arena, History, TREASURY, stateAt } from "../assertions/arena.ts";
import { eventOf, refuses, send } from "../chain/l1.ts";

const HEIGHT = 22;
const STEP = 0x15a5a5;
const STAKE = parseEther("8");
/** A transaction with a path of 22 hashes in its calldata. */
const MAX_GAS = 100_000n;

describe("given an assertion that is confirmed, and a validator who signed states", () => {
	let arena: Arena;
	let registry: Contract;
	let evidence: Contract;
	let validator: HDNodeWallet;
	let watcher: HDNodeWallet;
	let game: Uint8Array;
	let assertion: string;
	let pending: string;
	let domain: Uint8Array;
	let history: History;
	let next: History;

	before(async () => {
		arena = await Arena.start(new Map(), 60, [0, 0], HEIGHT);
		const { l1 } = arena;
		[validator, watcher] = await Promise.all([l1.wallet(2), l1.wallet(3)]);
		registry = await l1.deploy("StakeRegistry", [await l1.nextAddress(1), TREASURY, 1000, 500, [validator.address], []], STAKE);
		const chain = await arena.chain.getAddress();
		evidence = await l1.deploy("SlashingEvidence", [await registry.getAddress(), TREASURY, chain, new Uint8Array(32)]);
		domain = getBytes(TypedDataEncoder.hashDomain({ name: "Strikeproof", version: "1", chainId: 31337, verifyingContract: TREASURY }));
		await arena.postBatch();
		await send(arena.chain, watcher, "stake", [], parseEther("1"));
		history = new History(stateAt(0), 1, 0, 0, HEIGHT);
		game = await arena.gameOf(arena.genesis);
		await arena.assert(watcher, arena.genesis, history);
		await l1.chain.mine(60);
		assertion = await arena.win(watcher, arena.genesis, history);
		await arena.postBatch();
		next = new History(history.finalState, 2, 0, 0, HEIGHT);
		pending = await arena.assert(watcher, assertion, next);
	});
	after(() => arena.close());

	const LIE = new Uint8Array(32).fill(0xbd);
	async function show(
		change: Partial<Checkpoint.StateVote> = {},
		leaf = history.root(0, STEP - 1),
		path = history.path(0, STEP - 1),
		id = assertion,
		key = validator.privateKey,
	): Promise<TransactionReceipt> {
		const vote = { gameId: game, step: STEP, commitment: LIE, ...change };
		const signature = await new KeySigner(key).sign(Checkpoint.stateDigest(domain, vote));
		return send(evidence, watcher, "falsifiedState", [vote, signature, id, leaf, path]);
	}

	it("refuses to falsify what is true", async () => {
		await refuses(show({ commitment: history.root(0, STEP - 1) }), evidence.interface, "NotConflicting");
	});

	it("refuses an assertion that is not confirmed", async () => {
		const call = show({ gameId: await arena.gameOf(assertion) }, next.root(0, STEP - 1), next.path(0, STEP - 1), pending);
		await refuses(call, evidence.interface, "NotConfirmed", [pending]);
	});

	it("refuses a node of the tree in a leaf's place, and steps outside the tree", async () => {
		const node = history.root(1, 4);
		await refuses(show({ step: 5, commitment: LIE }, node, history.path(1, 4)), evidence.interface, "WrongPath", [21n, 22n]);
		await refuses(show({ step: 0 }), evidence.interface, "WrongStep", [0n, 1n << 22n]);
		await refuses(show({ step: STEP + 2 ** 22 }), evidence.interface, "WrongStep");
	});

	it("refuses a leaf of another step, and a state signed for another game", async () => {
		await refuses(show({ step: STEP + 1 }), evidence.interface, "NotInHistory");
		await refuses(
			show(
				{},
				LIE.map((byte) => byte ^ 1),
			),
			evidence.interface,
			"NotInHistory",
		);
		await refuses(show({ gameId: await arena.gameOf(assertion) }), evidence.interface, "NotInHistory");
	});

	it("slashes nobody who has nothing at stake", async () => {
		const call = show({}, undefined, undefined, undefined, watcher.privateKey);
		await refuses(call, registry.interface, "NothingStaked", [watcher.address]);
	});

	it("slashes whoever signed another commitment than the one confirmed, within the gas that is promised", async () => {
		const receipt = await show();
		assert.equal(eventOf(registry, receipt, "Slashed").validator, validator.address);
		assert.ok(receipt.gasUsed <= MAX_GAS, `${receipt.gasUsed} gas`);
		await refuses(show({ commitment: new Uint8Array(32).fill(0xbe) }), registry.interface, "IsSlashed");
	});
});
