import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { ZeroHash, hexlify } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { DEVNET } from "../../src/chain/Deployment.ts";
import type { EdgeKey } from "../../src/protocol/Edge.ts";
import * as Edge from "../../src/protocol/Edge.ts";
import { eventOf, refuses, send } from "../chain/l1.ts";
import { Arena, BOND, GRACE, HEIGHT, History, MINIMUM, PERIOD, TREASURY, stateAt } from "./arena.ts";

const STEP = 11;
const PENDING = 1n;
const WINNER = 2n;
const CONFIRMED = 3n;

describe("given a lie that an honest player answered down to the step, and proved wrong", () => {
	let arena: Arena;
	let chain: Contract;
	let alice: HDNodeWallet;
	let mallory: HDNodeWallet;
	let gameId: Uint8Array;
	let honestId: string;
	let lieId: string;
	let snapshot: string;
	const honest = new History(stateAt(0), 1);
	const lie = new History(stateAt(0), 1, 1, STEP);
	const refused = (call: Promise<unknown>, name: string, args?: readonly unknown[]): Promise<void> =>
		refuses(call, chain.interface, name, args);
	const mineTo = async (block: number): Promise<void> => arena.l1.chain.mine(block - (await arena.l1.chain.provider.getBlockNumber()));
	const declare = (id: string, history: History): Promise<unknown> => send(chain, mallory, "declareWinner", [id, history.root()]);
	const confirm = (id: string, history: History): Promise<unknown> => send(chain, mallory, "confirm", [id, history.finalState]);
	const top = (history: History): EdgeKey => history.edge(gameId, HEIGHT, 0);

	before(async () => {
		arena = await Arena.start();
		({ chain } = arena);
		[alice, mallory] = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
		await arena.postBatch();
		honestId = await arena.assert(alice, arena.genesis, honest, BOND);
		lieId = await arena.assert(mallory, arena.genesis, lie, BOND);
		gameId = await arena.gameOf(arena.genesis);
		await arena.descend(gameId, [honest, lie], STEP, alice, mallory);
		await arena.prove(alice, honest.edge(gameId, 0, STEP), honest);
	});
	after(() => arena.close());
	beforeEach(async () => {
		snapshot = await arena.l1.chain.snapshot();
	});
	afterEach(() => arena.l1.chain.revert(snapshot));

	/** The honest side has won, nothing is confirmed. */
	async function won(): Promise<void> {
		await arena.l1.chain.mine(PERIOD);
		await arena.updateTimers(alice, arena.genesis, honest, STEP);
		await declare(honestId, honest);
	}

	async function confirmed(): Promise<void> {
		await won();
		await arena.l1.chain.mine(GRACE);
		await confirm(honestId, honest);
	}

	/** The liar's bond lies in the pot. */
	async function paid(): Promise<void> {
		await confirmed();
		await send(chain, alice, "reject", [lieId]);
		await send(chain, alice, "forfeit", [mallory.address]);
	}

	describe("declareWinner", () => {
		it("refuses what is not pending: nothing, the genesis, and a winner", async () => {
			await refused(declare(ZeroHash, honest), "WrongStatus", [ZeroHash, 0n]);
			await refused(declare(arena.genesis, honest), "WrongStatus", [arena.genesis, CONFIRMED]);
			await won();
			await refused(declare(honestId, honest), "WrongStatus", [honestId, WINNER]);
		});

		it("refuses another history than the assertion's", async () => {
			await refused(declare(lieId, honest), "UnexpectedId", [lieId, honestId]);
		});

		it("refuses a timer that is not full, however long ago it was carried up last, and takes it in the block in which it is", async () => {
			await arena.l1.chain.mine(PERIOD / 2);
			await arena.updateTimers(alice, arena.genesis, honest, STEP);
			const timer = Number(await arena.timerOf(top(honest)));
			const block = await arena.l1.chain.provider.getBlockNumber();
			await refused(declare(honestId, honest), "TooSoon", [BigInt(block + 1 + PERIOD - timer)]);
			await mineTo(block + PERIOD - timer - 2);
			await arena.updateTimers(alice, arena.genesis, honest, STEP);
			assert.equal(await arena.timerOf(top(honest)), BigInt(PERIOD - 1));
			await refused(declare(honestId, honest), "TooSoon");
			await arena.updateTimers(alice, arena.genesis, honest, STEP);
			await declare(honestId, honest);
		});

		it("never declares the liar, whose proven rival stops his timer", async () => {
			await arena.l1.chain.mine(3 * PERIOD);
			await arena.updateTimers(mallory, arena.genesis, lie, STEP);
			await refused(declare(lieId, lie), "TooSoon");
		});
	});

	describe("confirm", () => {
		it("refuses what has not won", async () => {
			await refused(confirm(honestId, honest), "WrongStatus", [honestId, PENDING]);
		});

		it("refuses a winner whose parent is not confirmed", async () => {
			await arena.postBatch();
			await arena.l1.chain.mine(MINIMUM);
			const child = new History(honest.finalState, 2);
			const childId = await arena.assert(alice, honestId, child);
			await arena.l1.chain.mine(PERIOD);
			await arena.updateTimer(alice, child.edge(await arena.gameOf(honestId), HEIGHT, 0));
			await declare(childId, child);
			await refused(confirm(childId, child), "WrongStatus", [honestId, PENDING]);
		});

		it("refuses a rivalled winner within its grace period, and not a block longer", async () => {
			await won();
			const decided = await arena.l1.chain.provider.getBlockNumber();
			await mineTo(decided + GRACE - 2);
			await refused(confirm(honestId, honest), "TooSoon", [BigInt(decided + GRACE)]);
			await confirm(honestId, honest);
		});

		it("refuses another final state, and confirms once", async () => {
			await won();
			await arena.l1.chain.mine(GRACE);
			await refused(confirm(honestId, lie), "WrongFinalState");
			await confirm(honestId, honest);
			await refused(confirm(honestId, honest), "WrongStatus", [honestId, CONFIRMED]);
		});
	});

	describe("reject", () => {
		it("refuses before a sibling is confirmed, though one has won", async () => {
			await won();
			await refused(send(chain, alice, "reject", [lieId]), "WrongStatus", [lieId, PENDING]);
			await refused(send(chain, mallory, "reject", [honestId]), "WrongStatus", [honestId, WINNER]);
		});

		it("refuses the confirmed one, and the same twice", async () => {
			await paid();
			await refused(send(chain, mallory, "reject", [honestId]), "WrongStatus", [honestId, CONFIRMED]);
			await refused(send(chain, mallory, "reject", [lieId]), "WrongStatus", [lieId, 4n]);
			await refused(send(chain, mallory, "reject", [ZeroHash]), "WrongStatus", [ZeroHash, 0n]);
		});
	});

	describe("forfeit", () => {
		it("refuses who has not lost: the winner, a pending liar, and who never asserted", async () => {
			await confirmed();
			await refused(send(chain, mallory, "forfeit", [alice.address]), "WrongStatus", [honestId, CONFIRMED]);
			await refused(send(chain, alice, "forfeit", [mallory.address]), "WrongStatus", [lieId, PENDING]);
			await refused(send(chain, alice, "forfeit", [TREASURY]), "WrongStatus", [ZeroHash, 0n]);
		});

		it("takes the whole bond once, into the pot of the game that was lost", async () => {
			await send(chain, mallory, "stake", [], 5n);
			await confirmed();
			await send(chain, alice, "reject", [lieId]);
			await refused(send(chain, mallory, "unstake", []), "StillStaked", [lieId]);
			const receipt = await send(chain, alice, "forfeit", [mallory.address]);
			assert.deepEqual(
				{ ...eventOf(chain, receipt, "BondForfeited") },
				{ staker: mallory.address, assertionId: lieId, parent: arena.genesis, amount: BOND + 5n },
			);
			assert.equal(await chain.getFunction("pots")(arena.genesis), BOND + 5n);
			await refused(send(chain, alice, "forfeit", [mallory.address]), "WrongStatus", [ZeroHash, 0n]);
			await refused(send(chain, mallory, "unstake", []), "NotBonded", [mallory.address]);
		});
	});

	describe("refund", () => {
		const refund = (id: string, edge: EdgeKey, path: readonly Uint8Array[]): Promise<unknown> =>
			send(chain, mallory, "refund", [id, edge, path]);

		it("refuses before the assertion is confirmed", async () => {
			await won();
			await refused(refund(honestId, top(honest), []), "WrongStatus", [honestId, WINNER]);
			await refused(refund(lieId, top(lie), []), "WrongStatus", [lieId, PENDING]);
		});

		it("refuses edges of another game, tree, place or past, and paths of another length", async () => {
			await paid();
			const edge = honest.edge(gameId, 1, STEP >> 1);
			const path = honest.path(1, STEP >> 1);
			const wrong: [EdgeKey, readonly Uint8Array[]][] = [
				[top(lie), []],
				[{ ...edge, gameId: lie.root() }, path],
				[{ ...edge, historyRoot: lie.root(1, STEP >> 1) }, path],
				[{ ...edge, position: edge.position ^ 1 }, path],
				[{ ...edge, position: edge.position + 8 }, path],
				[{ ...edge, prefix: honest.start }, path],
				[edge, path.slice(1)],
				[edge, [...path, path[0]]],
				[edge, [...path].reverse()],
			];
			for (const [key, shown] of wrong) await refused(refund(honestId, key, shown), "NotOnWinningTree", [hexlify(Edge.edgeId(key))]);
		});

		it("refuses an edge that nobody moved", async () => {
			await paid();
			await refused(refund(honestId, honest.edge(gameId, 0, STEP ^ 1), honest.path(0, STEP ^ 1)), "NothingToPay");
		});

		it("refuses when no loser's bond is there", async () => {
			await confirmed();
			await refused(refund(honestId, top(honest), []), "NothingToPay");
		});

		it("pays each move once, to who made it, whoever asks", async () => {
			await paid();
			await arena.refund(mallory, honestId, top(honest), honest);
			const credit = await arena.credit(alice);
			assert.ok(credit > 0n);
			assert.equal(await arena.credit(mallory), 0n);
			await refused(refund(honestId, top(honest), []), "AlreadyRefunded", [hexlify(Edge.edgeId(top(honest)))]);
			assert.equal((await chain.getFunction("pots")(arena.genesis)) as bigint, BOND - credit);
		});
	});

	describe("sweep", () => {
		it("refuses a game that nobody won, and one whose winner is not confirmed", async () => {
			await refused(send(chain, mallory, "sweep", [arena.genesis]), "WrongStatus", [ZeroHash, 0n]);
			await won();
			await refused(send(chain, mallory, "sweep", [arena.genesis]), "WrongStatus", [honestId, WINNER]);
		});

		it("refuses within a grace and a challenge period after the win, in which refunds are asked for, and not a block longer", async () => {
			await won();
			const decided = await arena.l1.chain.provider.getBlockNumber();
			await arena.l1.chain.mine(GRACE);
			await confirm(honestId, honest);
			await send(chain, alice, "reject", [lieId]);
			await send(chain, alice, "forfeit", [mallory.address]);
			await mineTo(decided + GRACE + PERIOD - 2);
			await refused(send(chain, mallory, "sweep", [arena.genesis]), "TooSoon", [BigInt(decided + GRACE + PERIOD)]);
			await send(chain, mallory, "sweep", [arena.genesis]);
			assert.equal(await arena.credit(TREASURY), BOND);
			await refused(send(chain, mallory, "sweep", [arena.genesis]), "NothingToPay");
			await refused(arena.refund(alice, honestId, top(honest), honest), "NothingToPay");
		});
	});

	describe("stake, unstake and withdraw", () => {
		it("refuses to give back what nobody staked, and to pay where nothing is owed", async () => {
			const stranger = await arena.l1.wallet(9);
			await refused(send(chain, stranger, "unstake", []), "NotBonded", [stranger.address]);
			await refused(send(chain, stranger, "withdraw", []), "NothingToPay");
		});

		it("gives back a stake that backs nothing, at any time", async () => {
			const stranger = await arena.l1.wallet(9);
			await send(chain, stranger, "stake", [], 7n);
			await send(chain, stranger, "unstake", []);
			assert.equal(await arena.credit(stranger), 7n);
		});

		it("keeps the bonds of both sides while the game is open", async () => {
			await refused(send(chain, alice, "unstake", []), "StillStaked", [honestId]);
			await refused(send(chain, mallory, "unstake", []), "StillStaked", [lieId]);
			await won();
			await refused(send(chain, alice, "unstake", []), "StillStaked", [honestId]);
		});

		it("pays out everything in the end: honest bonds and refunds to the honest, the rest to the treasury, and keeps nothing", async () => {
			await paid();
			for (const edge of arena.edgesTo(gameId, honest, STEP)) await arena.refund(mallory, honestId, edge, honest);
			await send(chain, alice, "unstake", []);
			await arena.l1.chain.mine(GRACE + PERIOD);
			await send(chain, mallory, "sweep", [arena.genesis]);
			assert.equal((await arena.credit(alice)) + (await arena.credit(TREASURY)), 2n * BOND);
			const before = await arena.l1.chain.provider.getBalance(alice.address);
			const credit = await arena.credit(alice);
			const receipt = await send(chain, alice, "withdraw", []);
			assert.equal(await arena.l1.chain.provider.getBalance(alice.address), before + credit - receipt.gasUsed * receipt.gasPrice);
			await refused(send(chain, alice, "withdraw", []), "NothingToPay");
			assert.equal(await arena.l1.chain.provider.getBalance(await chain.getAddress()), await arena.credit(TREASURY));
		});

		it("keeps the credit of who refuses its payment, and pays everybody else", async () => {
			// Passes calls and their value on, and reverts when the chain sends something back.
			const target = (await chain.getAddress()).slice(2);
			const hostile = await arena.l1.runtime(`3373${target}14604057365f5f375f5f365f3473${target}5af16044575f5ffd5b5f5ffd5b00`);
			const through = chain.attach(hostile) as Contract;
			await send(through, mallory, "stake", [], 7n);
			await send(through, mallory, "unstake", []);
			await assert.rejects(send(through, mallory, "withdraw", []));
			assert.equal(await arena.credit(hostile), 7n);
			await paid();
			await send(chain, alice, "unstake", []);
			await send(chain, alice, "withdraw", []);
			assert.equal(await arena.credit(hostile), 7n);
		});
	});
});

describe("given moves made in a block so dear that a bisection costs more than is ever refunded for one", () => {
	let arena: Arena;
	const STEEP = 1_000_000_000_000n;
	const BISECT_CAP = 131_072n * BigInt(DEVNET.refundCap);
	const honest = new History(stateAt(0), 1);
	const lie = new History(stateAt(0), 1, 1, STEP);
	before(async () => {
		arena = await Arena.start();
	});
	after(() => arena.close());

	it("pays the cap of a bisection for the bisection, and all that the proof cost for the proof, whose cap is higher", async () => {
		const [alice, mallory] = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
		await arena.postBatch();
		const honestId = await arena.assert(alice, arena.genesis, honest, BOND);
		const lieId = await arena.assert(mallory, arena.genesis, lie, BOND);
		const gameId = await arena.gameOf(arena.genesis);
		const edges = arena.edgesTo(gameId, honest, STEP);
		for (const [i, edge] of edges.slice(0, HEIGHT).entries()) {
			if (i === 0) await arena.price(STEEP);
			await arena.bisect(alice, edge, honest);
			await arena.bisect(mallory, arena.edgesTo(gameId, lie, STEP)[i], lie);
		}
		await arena.price(STEEP);
		const proven = await arena.prove(alice, edges[HEIGHT], honest);
		await arena.win(alice, arena.genesis, honest, STEP);
		await send(arena.chain, alice, "reject", [lieId]);
		await send(arena.chain, alice, "forfeit", [mallory.address]);
		await arena.refund(alice, honestId, edges[0], honest);
		assert.equal(await arena.credit(alice), BISECT_CAP);
		await arena.refund(alice, honestId, edges[HEIGHT], honest);
		const paid = (await arena.credit(alice)) - BISECT_CAP;
		assert.ok(paid * 20n >= proven.gasUsed * STEEP * 19n, `${paid} came back of ${proven.gasUsed * STEEP}`);
	});
});

describe("given bonds of one wei, the least there is", () => {
	it("takes one from who lied, refunds from it while it is there, and sweeps it", async () => {
		const arena = await Arena.start(new Map(), PERIOD, [0, 0], HEIGHT, { bond: 1n, refundCap: 0n });
		try {
			const { chain } = arena;
			const [alice, mallory] = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
			const honest = new History(stateAt(0), 1);
			const lie = new History(stateAt(0), 1, 1, STEP);
			await arena.postBatch();
			await refuses(arena.assert(alice, arena.genesis, honest), chain.interface, "NotBonded", [alice.address]);
			const honestId = await arena.assert(alice, arena.genesis, honest, 1n);
			const lieId = await arena.assert(mallory, arena.genesis, lie, 1n);
			const gameId = await arena.gameOf(arena.genesis);
			await arena.descend(gameId, [honest, lie], STEP, alice, mallory);
			await arena.prove(alice, honest.edge(gameId, 0, STEP), honest);
			await arena.win(alice, arena.genesis, honest, STEP);
			await send(chain, alice, "reject", [lieId]);
			await send(chain, alice, "forfeit", [mallory.address]);
			assert.equal(await chain.getFunction("pots")(arena.genesis), 1n);
			// Nothing of a move's gas is refunded here, so it takes nothing; but it is asked for as any other.
			const refunded = await arena.refund(alice, honestId, honest.edge(gameId, HEIGHT, 0), honest);
			assert.equal(eventOf(chain, refunded, "MoveRefunded").amount, 0n);
			await arena.l1.chain.mine(PERIOD + GRACE);
			await send(chain, mallory, "sweep", [arena.genesis]);
			assert.equal(await arena.credit(TREASURY), 1n);
			assert.equal(await chain.getFunction("pots")(arena.genesis), 0n);
			await send(chain, alice, "unstake", []);
			await send(chain, alice, "withdraw", []);
			assert.equal(await arena.l1.chain.provider.getBalance(await chain.getAddress()), 1n, "the treasury's");
		} finally {
			await arena.close();
		}
	});
});
