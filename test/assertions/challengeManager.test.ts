import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { ZeroHash, hexlify } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import type { EdgeKey } from "../../src/protocol/Edge.ts";
import * as Edge from "../../src/protocol/Edge.ts";
import { eventOf, refuses, send } from "../chain/l1.ts";
import { STUB_VERIFIER, Arena, BOND, HEIGHT, History, PERIOD, stateAt } from "./arena.ts";

const STEP = 5;
const INFINITE = 2n ** 24n - 1n;

describe("given two rivals in one game", () => {
	let arena: Arena;
	let games: Contract;
	let alice: HDNodeWallet;
	let mallory: HDNodeWallet;
	let gameId: Uint8Array;
	let snapshot: string;
	/** What the game is named after. */
	let game: unknown[];
	const honest = new History(stateAt(0), 1);
	const lie = new History(stateAt(0), 1, 1, STEP);
	const top = (history: History): EdgeKey => history.edge(gameId, HEIGHT, 0);
	const refused = (call: Promise<unknown>, name: string, args?: readonly unknown[]): Promise<void> =>
		refuses(call, games.interface, name, args);

	before(async () => {
		arena = await Arena.start();
		({ games } = arena);
		[alice, mallory] = await Promise.all([arena.l1.wallet(2), arena.l1.wallet(3)]);
		await arena.postBatch();
		await arena.assert(alice, arena.genesis, honest, BOND);
		gameId = await arena.gameOf(arena.genesis);
		game = await arena.gameNamed(arena.genesis);
	});
	after(() => arena.close());
	beforeEach(async () => {
		snapshot = await arena.l1.chain.snapshot();
	});
	afterEach(() => arena.l1.chain.revert(snapshot));

	/** Both have moved down to the step at which they part. */
	async function down(): Promise<void> {
		await arena.assert(mallory, arena.genesis, lie, BOND);
		await arena.descend(gameId, [honest, lie], STEP, alice, mallory);
	}

	describe("addTopEdge", () => {
		it("refuses everybody but the assertion chain", async () => {
			const call = send(games, mallory, "addTopEdge", [gameId, HEIGHT, 0, ZeroHash, ZeroHash]);
			await refused(call, "OnlyAssertionChain", [mallory.address]);
		});

		it("refuses a first rival once the edge has stood alone for a period, and takes it a block before", async () => {
			const created = await arena.l1.chain.provider.getBlockNumber();
			await arena.l1.chain.mine(PERIOD - 2);
			const before = await arena.l1.chain.snapshot();
			await arena.assert(mallory, arena.genesis, lie, BOND);
			await arena.l1.chain.revert(before);
			await arena.l1.chain.mine(1);
			await refused(arena.assert(mallory, arena.genesis, lie, BOND), "RivalTooLate", [hexlify(gameId), BigInt(created + PERIOD)]);
		});
	});

	describe("bisect", () => {
		it("refuses a single step first, even one that exists nowhere", async () => {
			const call = send(games, mallory, "bisect", [{ ...top(honest), height: 0 }, ZeroHash, ZeroHash]);
			await refused(call, "WrongHeight", [0n]);
		});

		it("refuses an edge that nobody opened, whatever part of its name differs", async () => {
			const key = top(honest);
			for (const change of [
				{ gameId: Keccak.hash(new Uint8Array(1)) },
				{ height: 3 },
				{ position: 1 },
				{ prefix: honest.root() },
				{ historyRoot: lie.root() },
			]) {
				const edge = { ...key, ...change };
				await refused(send(games, mallory, "bisect", [edge, ZeroHash, ZeroHash]), "UnknownEdge", [hexlify(Edge.edgeId(edge))]);
			}
		});

		it("refuses an edge that stands alone: its time is the honest side's", async () => {
			await refused(arena.bisect(mallory, top(honest), honest), "NotRivalled", [hexlify(Edge.edgeId(top(honest)))]);
		});

		it("refuses a second move on one edge, before it looks at the children", async () => {
			await arena.assert(mallory, arena.genesis, lie, BOND);
			await arena.bisect(alice, top(honest), honest);
			await refused(send(games, mallory, "bisect", [top(honest), ZeroHash, ZeroHash]), "AlreadyMoved", [hexlify(Edge.edgeId(top(honest)))]);
		});

		it("refuses halves that do not make the edge", async () => {
			await arena.assert(mallory, arena.genesis, lie, BOND);
			const [left, right] = [honest.root(HEIGHT - 1, 0), honest.root(HEIGHT - 1, 1)];
			await refused(send(games, mallory, "bisect", [top(honest), right, left]), "WrongChildren", [
				hexlify(honest.root()),
				hexlify(Keccak.hashPair(right, left)),
			]);
			await refused(send(games, mallory, "bisect", [top(honest), left, left]), "WrongChildren");
		});

		it("opens both halves, shares the one that rivals agree on, and rivals only the other", async () => {
			await arena.assert(mallory, arena.genesis, lie, BOND);
			// They agree on the first half of the first half.
			const [left] = [honest, lie].map((history) => history.edge(gameId, HEIGHT - 1, 0));
			await arena.bisect(alice, top(honest), honest);
			await arena.bisect(mallory, top(lie), lie);
			assert.equal(await games.getFunction("isRivalled")(Edge.mutualId(left)), true);
			const right = honest.edge(gameId, HEIGHT - 1, 1);
			assert.equal(await games.getFunction("isRivalled")(Edge.mutualId(right)), false, "after different pasts nobody rivals");
			await arena.bisect(alice, left, honest);
			const moved = await arena.bisect(mallory, lie.edge(gameId, HEIGHT - 1, 0), lie);
			assert.equal(eventOf(games, moved, "Bisected").mover, mallory.address);
			const [shared, parted] = [0, 1].map((position) => honest.edge(gameId, HEIGHT - 2, position));
			assert.deepEqual(shared, lie.edge(gameId, HEIGHT - 2, 0));
			assert.equal(await games.getFunction("isRivalled")(Edge.mutualId(shared)), false);
			assert.equal(await games.getFunction("isRivalled")(Edge.mutualId(parted)), true);
			await refused(arena.bisect(mallory, shared, lie), "NotRivalled");
		});
	});

	describe("moveOf", () => {
		const costAt = async (baseFee: bigint): Promise<{ cost: bigint; paid: bigint }> => {
			const before = await arena.l1.chain.snapshot();
			await arena.price(baseFee);
			const { gasUsed } = await arena.bisect(alice, top(honest), honest);
			const [mover, cost] = (await games.getFunction("moveOf")(Edge.edgeId(top(honest)))) as [string, bigint];
			assert.equal(mover, alice.address);
			await arena.l1.chain.revert(before);
			return { cost, paid: gasUsed * baseFee };
		};

		it("keeps what a move cost in twelve bits, within a twentieth, at whatever price of gas", async () => {
			await arena.assert(mallory, arena.genesis, lie, BOND);
			// Each doubling is the next exponent, so both parities of it and mantissas of all sizes come up.
			let bits = 0;
			for (let baseFee = 21_000n; baseFee < 3_000_000_000n; baseFee = (baseFee * 201n) / 100n) {
				const { cost, paid } = await costAt(baseFee);
				assert.ok(cost * 20n >= paid * 19n && cost * 20n <= paid * 21n, `${cost} wei are kept of ${paid}`);
				bits = Math.max(bits, cost.toString(2).replace(/0+$/, "").length);
			}
			assert.equal(bits, 7, "all seven bits of the mantissa are used");
		});

		it("keeps the least cost there is as one unit, and one too large for it as the largest", async () => {
			await arena.assert(mallory, arena.genesis, lie, BOND);
			assert.equal((await costAt(7n)).cost, 1n << 24n);
			await arena.l1.chain.provider.send("hardhat_setBalance", [alice.address, "0xffffffffffffffffffffffff"]);
			assert.equal((await costAt(100_000_000_000_000n)).cost, 127n << 55n);
		});
	});

	describe("proveOneStep", () => {
		const step = (history: History): EdgeKey => history.edge(gameId, 0, STEP);

		it("refuses an edge of more than one step first", async () => {
			await refused(send(games, mallory, "proveOneStep", [top(honest), game, ZeroHash, ZeroHash, [], "0x"]), "WrongHeight", [
				BigInt(HEIGHT),
			]);
		});

		it("refuses a step that nobody opened", async () => {
			await refused(arena.prove(mallory, step(honest), honest), "UnknownEdge", [hexlify(Edge.edgeId(step(honest)))]);
		});

		it("refuses a step that stands alone", async () => {
			await down();
			const alone = honest.edge(gameId, 0, STEP ^ 1);
			await refused(arena.prove(mallory, alone, honest), "NotRivalled", [hexlify(Edge.edgeId(alone))]);
		});

		it("refuses to prove twice, whatever the second proof is", async () => {
			await down();
			await arena.prove(alice, step(honest), honest);
			await refused(send(games, mallory, "proveOneStep", [step(honest), game, ZeroHash, ZeroHash, [], "0x"]), "AlreadyMoved", [
				hexlify(Edge.edgeId(step(honest))),
			]);
		});

		it("refuses another state than the one before the step, and paths that are too short or too long", async () => {
			await down();
			const { leaf, earlierPrefix, siblings } = honest.preState(gameId, STEP);
			const prove = (...shown: unknown[]): Promise<unknown> =>
				send(games, mallory, "proveOneStep", [step(honest), game, ...shown, honest.root(0, STEP)]);
			await refused(prove(honest.root(0, 0), earlierPrefix, siblings), "WrongPrefix");
			await refused(prove(leaf, honest.root(0, 0), siblings), "WrongPrefix");
			await refused(prove(leaf, earlierPrefix, [...siblings, leaf]), "WrongPrefix");
		});

		for (const position of [0, 1, 6, 8, 12, 15]) {
			it(`takes the state before step ${position} and no other`, async () => {
				const other = new History(stateAt(0), 1, 2, position);
				await arena.assert(mallory, arena.genesis, other, BOND);
				await arena.descend(gameId, [honest, other], position, alice, mallory);
				const edge = honest.edge(gameId, 0, position);
				const { leaf, earlierPrefix, siblings } = honest.preState(gameId, position);
				const wrong = send(games, alice, "proveOneStep", [edge, game, honest.root(0, position), earlierPrefix, siblings, edge.historyRoot]);
				await refused(wrong, "WrongPrefix");
				for (let i = 0; i < siblings.length; i++) {
					const changed = siblings.map((sibling, at) => (at === i ? leaf : sibling));
					await refused(send(games, alice, "proveOneStep", [edge, game, leaf, earlierPrefix, changed, edge.historyRoot]), "WrongPrefix");
				}
				if (siblings.length > 0)
					await refused(
						send(games, alice, "proveOneStep", [edge, game, leaf, earlierPrefix, siblings.slice(1), edge.historyRoot]),
						"WrongPrefix",
					);
				await arena.prove(alice, edge, honest);
				assert.equal(await arena.timerOf(edge), INFINITE);
			});
		}

		it("refuses the parent of another game: the batches to execute are the game's own", async () => {
			await down();
			const other = await arena.idOf(arena.genesis, honest);
			await arena.postBatch();
			const named = hexlify(await arena.gameOf(other));
			await refused(arena.prove(alice, step(honest), honest, honest.root(0, STEP), other), "WrongGame", [hexlify(gameId), named]);
		});

		it("refuses another verifier, target, inbox or parameter than the game's", async () => {
			await down();
			const { leaf, earlierPrefix, siblings } = lie.preState(gameId, STEP);
			const [parent, targetBatch, accumulator, config] = game as [string, bigint, string, unknown[]];
			// It says of every step what it is told, as the arena's own does: a thief's verifier.
			const thiefs = await arena.l1.runtime(STUB_VERIFIER);
			const others = [
				[parent, targetBatch, accumulator, [thiefs, ...config.slice(1)]],
				[parent, targetBatch + 1n, accumulator, config],
				[parent, targetBatch, hexlify(leaf), config],
				...config.slice(1).map((value, i) => [parent, targetBatch, accumulator, config.with(i + 1, BigInt(value as bigint) + 1n)]),
			];
			assert.equal(others.length, 9);
			for (const other of others) {
				const call = send(games, mallory, "proveOneStep", [step(lie), other, leaf, earlierPrefix, siblings, lie.root(0, STEP)]);
				await refused(call, "WrongGame");
			}
		});

		it("refuses what the verifier does not say", async () => {
			await down();
			const says = honest.root(0, STEP);
			await refused(arena.prove(mallory, step(lie), lie, says), "WrongStep", [hexlify(lie.root(0, STEP)), hexlify(says)]);
			assert.equal(await arena.timerOf(step(lie)), 0n);
		});

		it("freezes everything when two outcomes of one step are proven", async () => {
			await down();
			await arena.prove(alice, step(honest), honest);
			assert.equal(await games.getFunction("isFrozen")(), false);
			const second = await arena.prove(mallory, step(lie), lie);
			assert.equal(eventOf(games, second, "VerifierContradicted").mutualId, hexlify(Edge.mutualId(step(lie))));
			assert.equal(await games.getFunction("isFrozen")(), true);
		});
	});

	describe("updateTimers", () => {
		const update = (edge: EdgeKey, position: number, root: Uint8Array, siblings: readonly Uint8Array[]): Promise<unknown> =>
			send(games, mallory, "updateTimers", [[[edge, position, root, siblings]]]);

		it("refuses a path that does not lead down from the edge", async () => {
			await down();
			const left = honest.edge(gameId, HEIGHT - 1, 0);
			const path = honest.path(0, STEP);
			await refused(update(top(honest), 16 + STEP, honest.root(0, STEP), path), "WrongPosition", [16n + BigInt(STEP)]);
			await refused(update(left, 8, honest.root(0, 8), path.slice(0, 3)), "WrongPosition", [8n]);
			await refused(update(top(honest), STEP, honest.root(0, STEP), [...path, path[0]]), "WrongPosition");
		});

		it("refuses a path of other roots than the edge has", async () => {
			await down();
			await refused(update(top(honest), STEP, lie.root(0, STEP), lie.path(0, STEP)), "WrongChildren", [
				hexlify(honest.root()),
				hexlify(lie.root()),
			]);
			await refused(update(top(honest), STEP ^ 1, honest.root(0, STEP), honest.path(0, STEP)), "WrongChildren");
		});

		it("refuses a path through edges that nobody opened, and does nothing of the list then", async () => {
			await arena.l1.chain.mine(7);
			const unknown = honest.edge(gameId, HEIGHT - 1, 0);
			const list = [
				[top(honest), 0, honest.root(), []],
				[top(honest), STEP, honest.root(0, STEP), honest.path(0, STEP)],
			];
			await refused(send(games, mallory, "updateTimers", [list]), "UnknownEdge", [hexlify(Edge.edgeId(unknown))]);
			assert.equal(await arena.timerOf(top(honest)), 0n);
		});

		it("counts the blocks until the first rival, and none for who came second", async () => {
			await arena.l1.chain.mine(7);
			await arena.updateTimer(mallory, top(honest));
			const running = await arena.timerOf(top(honest));
			assert.equal(running, 8n);
			await arena.assert(mallory, arena.genesis, lie, BOND);
			await arena.l1.chain.mine(20);
			for (const history of [honest, lie]) await arena.updateTimer(mallory, top(history));
			assert.equal(await arena.timerOf(top(honest)), running + 1n, "the block of the rival is the last");
			assert.equal(await arena.timerOf(top(lie)), 0n);
		});

		it("gives an edge the worse of its halves, not the better", async () => {
			await down();
			await arena.l1.chain.mine(30);
			await arena.updateTimers(alice, arena.genesis, lie, STEP);
			// The liar's steps after the lie stand alone, the lie itself does not.
			const alone = lie.edge(gameId, HEIGHT - 1, 1);
			await arena.updateTimer(mallory, alone);
			assert.ok((await arena.timerOf(alone)) >= 30n);
			assert.ok((await arena.timerOf(top(lie))) < 30n);
		});

		for (const [where, step, parted] of [
			["left", STEP, 0],
			["right", STEP + 8, 1],
		] as const) {
			it(`counts of both halves the blocks that each stood alone, to the block, from either side, where rivals part in the ${where} one`, async () => {
				const other = new History(stateAt(0), 1, 1, step);
				await arena.assert(mallory, arena.genesis, other, BOND);
				// Her left half has a rival from then on, or it is his too and her right half has one: the other half stands alone.
				await arena.bisect(alice, top(honest), honest);
				await arena.l1.chain.mine(4);
				await arena.bisect(mallory, top(other), other);
				await arena.l1.chain.mine(20);
				const halves = [honest.root(HEIGHT - 1, 0), honest.root(HEIGHT - 1, 1)];
				for (const position of [parted, 1 - parted]) {
					const before = await arena.l1.chain.snapshot();
					await update(top(honest), position, halves[position], [halves[1 - position]]);
					assert.equal(await arena.timerOf(top(honest)), 1n + 5n, "a block before the rival came, and five of the half in which they part");
					await arena.l1.chain.revert(before);
				}
				await update(top(other), 1, other.root(HEIGHT - 1, 1), [other.root(HEIGHT - 1, 0)]);
				assert.equal(await arena.timerOf(top(other)), 0n, "who came second stood alone nowhere");
			});
		}

		it("carries a proof up to what stands beside it, and takes nothing back", async () => {
			await down();
			await arena.prove(alice, honest.edge(gameId, 0, STEP), honest);
			await arena.l1.chain.mine(10);
			await arena.updateTimers(alice, arena.genesis, honest, STEP);
			const first = await arena.timerOf(top(honest));
			assert.ok(first >= 10n && first < INFINITE);
			for (const edge of [top(honest), honest.edge(gameId, 0, STEP)]) await arena.updateTimer(mallory, edge);
			assert.equal(await arena.timerOf(honest.edge(gameId, 0, STEP)), INFINITE);
			assert.equal(await arena.timerOf(top(honest)), first, "a path that ends above says less, and changes nothing");
			await arena.l1.chain.mine(10);
			await arena.updateTimers(alice, arena.genesis, honest, STEP);
			assert.ok((await arena.timerOf(top(honest))) >= first + 10n);
		});

		it("reckons the same through a chain of short paths as through one long path", async () => {
			await down();
			await arena.l1.chain.mine(10);
			const before = await arena.l1.chain.snapshot();
			await arena.updateTimers(alice, arena.genesis, lie, STEP);
			const whole = await arena.timerOf(top(lie));
			await arena.l1.chain.revert(before);
			const edges = arena.edgesTo(gameId, lie, STEP).reverse();
			const list = edges.map((edge, i) =>
				i === 0
					? [edge, edge.position, edge.historyRoot, []]
					: [edge, edges[i - 1].position, edges[i - 1].historyRoot, [lie.root(i - 1, edges[i - 1].position ^ 1)]],
			);
			await send(games, mallory, "updateTimers", [list]);
			assert.equal(await arena.timerOf(top(lie)), whole);
		});
	});
});
