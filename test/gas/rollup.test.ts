// Gas of the rollup's calls, whole transactions and their execution alone, held against snapshots/gas.json: a change that costs more or less shows in a diff. STRIKEPROOF_UPDATE_GAS=1 writes
// what is measured.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { MaxUint256, getBytes, hexlify } from "ethers";
import type { TransactionReceipt } from "ethers";
import { ROOT, read } from "../../scripts/checks/files.ts";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { Tree } from "../../src/machine/state/Tree.ts";
import * as Accounts from "../../src/machine/types/Account.ts";
import * as Withdrawal from "../../src/protocol/Withdrawal.ts";
import { Arena, BOND, GRACE, History, PERIOD, stateAt } from "../assertions/arena.ts";
import { Bridge } from "../bridge/bridge.ts";
import { send } from "../chain/l1.ts";

const FILE = join(ROOT, "snapshots", "gas.json");
/** That of mainnet: an assertion holds 4,194,304 steps. */
const HEIGHT = 22;
/** In the middle, where the paths of both players are left and right. */
const STEP = 0x15a5a5;
/** Hashes, and with them the zeros in calldata, depend on addresses: so much may differ. */
const TOLERANCE = 0.005;
/** ChallengeManager and AssertionChain together. */
const MAX_CODE_BYTES = 16_384;
/** What is promised (docs/spec/rollup.md), in gas of execution: without the 21,000 and the calldata of the transaction. */
const LIMITS: Readonly<Record<string, number>> = {
	assertion_first: 170_000,
	assertion_rival: 170_000,
	bisect_first: 100_000,
	bisect_answer: 100_000,
	one_step_proof_without_the_step: 20_000,
	timers_of_a_path: 200_000,
	deposit: 90_000,
	withdrawal_claim: 110_000,
};

type Gas = { readonly transaction: number; readonly execution: number };

describe("given the gas that the rollup's calls take", () => {
	const measured: Record<string, Gas> = {};
	/** Keeps the dearest of a name: the whole transaction, and without what it costs before its first instruction. */
	const take = async (name: string, receipt: TransactionReceipt): Promise<void> => {
		const { data } = await receipt.getTransaction();
		const calldata = getBytes(data).reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0);
		const transaction = Number(receipt.gasUsed);
		const execution = transaction - 21_000 - calldata;
		const before = measured[name] ?? { transaction: 0, execution: 0 };
		measured[name] = { transaction: Math.max(before.transaction, transaction), execution: Math.max(before.execution, execution) };
	};
	let arena: Arena;
	let bridge: Bridge;

	before(async () => {
		arena = await Arena.start(new Map(), PERIOD + 60, [0, 0], HEIGHT);
		bridge = await Bridge.deploy([{ ...Accounts.empty(), owner: testWallet(30).address.toLowerCase(), cash: 1 }]);
	});
	after(async () => {
		await arena.close();
		await bridge.close();
	});

	it("measures a dispute of a height of 22, from a bonded assertion to the last refund", async () => {
		const { chain } = arena;
		const [alice, mallory] = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
		await arena.postBatch();
		const first = new History(stateAt(0), 1, 0, 0, HEIGHT);
		await send(chain, alice, "stake", [], BOND);
		const receiptOf = async (): Promise<TransactionReceipt> => {
			const block = await arena.l1.chain.provider.getBlock("latest");
			return (await arena.l1.chain.provider.getTransactionReceipt(block?.transactions[0] as string)) as TransactionReceipt;
		};
		const firstId = await arena.assert(alice, arena.genesis, first);
		await arena.postBatch();
		await arena.l1.chain.mine(2);
		// Who asserts all the time has a latest assertion already.
		const honest = new History(first.finalState, 2, 0, 0, HEIGHT);
		await arena.assert(alice, firstId, honest);
		await take("assertion_first", await receiptOf());
		const lie = new History(first.finalState, 2, 1, STEP, HEIGHT);
		await send(chain, mallory, "stake", [], BOND);
		await arena.assert(mallory, firstId, lie);
		await take("assertion_rival", await receiptOf());
		const game = await arena.gameOf(firstId);
		const [mine, theirs] = [honest, lie].map((history) => arena.edgesTo(game, history, STEP));
		for (let i = 0; i < HEIGHT; i++) {
			const opened = await arena.bisect(alice, mine[i], honest);
			const answered = await arena.bisect(mallory, theirs[i], lie);
			await take("bisect_first", opened);
			await take("bisect_answer", answered);
		}
		await take("one_step_proof_without_the_step", await arena.prove(alice, mine[HEIGHT], honest, honest.root(0, STEP), firstId));
		await arena.l1.chain.mine(PERIOD + 60);
		await arena.updateTimer(alice, first.edge(await arena.gameOf(arena.genesis), HEIGHT, 0));
		await take("timers_of_a_path", await arena.updateTimers(alice, firstId, honest, STEP));
		await send(chain, alice, "declareWinner", [firstId, first.root()]);
		const id = await arena.idOf(firstId, honest);
		await take("declare_winner", await send(chain, alice, "declareWinner", [id, honest.root()]));
		await arena.l1.chain.mine(GRACE);
		await send(chain, alice, "confirm", [firstId, first.finalState]);
		await take("confirm", await send(chain, alice, "confirm", [id, honest.finalState]));
		await take("reject", await send(chain, alice, "reject", [await arena.idOf(firstId, lie)]));
		await take("forfeit", await send(chain, alice, "forfeit", [mallory.address]));
		await arena.refund(alice, id, mine[0], honest);
		await take("refund_of_a_deep_move", await arena.refund(alice, id, mine[HEIGHT], honest));
	});

	it("measures money in and out", async () => {
		const { usdc, vault, outbox } = bridge;
		const [payer, recipient] = await Promise.all([bridge.l1.wallet(2), bridge.l1.wallet(5)]);
		await send(usdc, payer, "mint", [payer.address, 1000]);
		await send(usdc, payer, "approve", [await vault.getAddress(), MaxUint256]);
		await take("first_deposit_of_all", await send(vault, payer, "deposit", [payer.address, 0, 100]));
		await take("deposit", await send(vault, payer, "deposit", [payer.address, 0, 100]));
		await send(vault, payer, "deposit", [payer.address, 0, 100]);
		await send(vault, payer, "deposit", [payer.address, 0, 100]);
		await take("deposit_that_begins_a_slot_of_times", await send(vault, payer, "deposit", [payer.address, 0, 100]));
		const tree = new Tree(Withdrawal.DEPTH);
		const leaves = 300;
		for (let i = 0; i < leaves; i++) tree.set(i, Withdrawal.leaf(i, 1, recipient.address.toLowerCase(), 1));
		await send(outbox, bridge.assertionChainKey, "acceptRoot", [hexlify(tree.root)]);
		const claim = (index: number): Promise<TransactionReceipt> =>
			send(outbox, payer, "claim", [hexlify(tree.root), index, 1, recipient.address, 1, tree.siblings(index)]);
		await claim(0);
		await take("withdrawal_claim", await claim(1));
	});

	it("takes no more than is promised", () => {
		for (const [name, limit] of Object.entries(LIMITS)) {
			const { execution } = measured[name];
			assert.ok(execution <= limit, `${name}: ${execution} gas, of ${limit}`);
		}
	});

	it("costs an honest side at most 3.2M gas a wrong assertion, beside the step itself", () => {
		const of = (name: string): number => measured[name].transaction;
		const once = [
			"assertion_rival",
			"one_step_proof_without_the_step",
			"timers_of_a_path",
			"declare_winner",
			"confirm",
			"reject",
			"forfeit",
		];
		// Every bisection at the dearest: the first to open both halves.
		const sum = HEIGHT * of("bisect_first") + once.reduce((all, name) => all + of(name), 0);
		assert.equal(HEIGHT, 22);
		assert.ok(sum <= 3_200_000, `${sum} gas`);
	});

	it("fits the game into 16 KB of code", () => {
		const sizes = new Map(
			read("snapshots/code-size.txt")
				.trim()
				.split("\n")
				.map((line) => line.split(" ") as [string, string]),
		);
		const sum = Number(sizes.get("ChallengeManager")) + Number(sizes.get("AssertionChain"));
		assert.ok(sum <= MAX_CODE_BYTES, `${sum} bytes`);
	});

	it("takes what the snapshot says, within half a percent", () => {
		if (process.env.STRIKEPROOF_UPDATE_GAS === "1") writeFileSync(FILE, `${JSON.stringify(measured, undefined, "\t")}\n`);
		const snapshot = JSON.parse(readFileSync(FILE, "utf8")) as Record<string, Gas>;
		assert.deepEqual(Object.keys(measured), Object.keys(snapshot));
		for (const [name, gas] of Object.entries(measured)) {
			for (const part of ["transaction", "execution"] as const) {
				const [now, expected] = [gas[part], snapshot[name][part]];
				const remedy = "run it with STRIKEPROOF_UPDATE_GAS=1 if that is meant";
				assert.ok(
					Math.abs(now - expected) <= TOLERANCE * expected,
					`${name}, ${part}: ${now} gas, and the snapshot says ${expected}; ${remedy}`,
				);
			}
		}
	});
});
