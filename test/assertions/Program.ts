// A random program of everything that anybody may call, against one honest player who answers whatever stands against him, and what must hold after every call.

import assert from "node:assert/strict";
import { hexlify } from "ethers";
import type { HDNodeWallet } from "ethers";
import { DEVNET } from "../../src/chain/Deployment.ts";
import type { Deployment } from "../../src/chain/Deployment.ts";
import { GameChain } from "../../src/chain/GameChain.ts";
import { toHex } from "../../src/machine/math/Bytes.ts";
import { Random } from "../../src/market/Random.ts";
import type { GameSnapshot } from "../../src/ports/Game.ts";
import type * as Ports from "../../src/ports/History.ts";
import type { EdgeKey } from "../../src/protocol/Edge.ts";
import * as Edge from "../../src/protocol/Edge.ts";
import { movesOf } from "../../src/roles/challenger/decide.ts";
import { send } from "../chain/l1.ts";
import type { Arena } from "./arena.ts";
import { BOND, GRACE, HEIGHT, History, MINIMUM, TREASURY, stateAt } from "./arena.ts";

/** Long enough for the honest player, each of whose answers is a block of its own here. */
export const PERIOD = 400;
const STEPS = 2 ** HEIGHT;
const INFINITE = 2 ** 24 - 1;
const [WINNER, CONFIRMED] = [2, 3];

type Told = { readonly history: History; readonly parent: string; readonly id: string; readonly isTrue: boolean };

export class Program {
	readonly #arena: Arena;
	readonly #random: Random;
	readonly #game: GameChain;
	readonly #alice: HDNodeWallet;
	readonly #others: readonly HDNodeWallet[];
	readonly #told: Told[];
	readonly #truth: Told;
	readonly #gameId: Uint8Array;
	readonly #timers = new Map<string, bigint>();
	readonly #refunds = new Map<string, number>();
	/** Calls that went through, by name: a program that does nothing proves nothing. */
	readonly done = new Map<string, number>();

	private constructor(arena: Arena, random: Random, game: GameChain, players: readonly HDNodeWallet[], gameId: Uint8Array, told: Told[]) {
		this.#arena = arena;
		this.#random = random;
		this.#game = game;
		[this.#alice, ...this.#others] = players;
		this.#gameId = gameId;
		this.#told = told;
		[this.#truth] = told;
	}

	/** On an arena with one batch posted and nothing asserted. */
	static async begin(arena: Arena, seed: number): Promise<Program> {
		const random = new Random(seed);
		const players = await Promise.all([2, 3, 4, 5].map((place) => arena.l1.wallet(place)));
		const [chain, games, inbox] = await Promise.all(
			[arena.chain, arena.games, arena.sequencerInbox].map((contract) => contract.getAddress()),
		);
		const contracts = { AssertionChain: chain.toLowerCase(), ChallengeManager: games.toLowerCase(), SequencerInbox: inbox.toLowerCase() };
		const parameters = { ...DEVNET, height: HEIGHT, challengePeriodBlocks: PERIOD, gracePeriodBlocks: GRACE, minimumPeriodBlocks: MINIMUM };
		const game = new GameChain(arena.l1.chain.provider, {
			parameters,
			contracts,
			genesis: arena.genesis,
			deployBlock: 0,
		} as unknown as Deployment);
		const told: Told[] = [];
		const tell = async (start: Uint8Array, parent: string, batch: number, mark: number, from: number, isTrue: boolean): Promise<void> => {
			const history = new History(start, batch, mark, from);
			// The game below an assertion that is not made yet has no id, so those are told when they are made.
			told.push({ history, parent, id: await arena.idOf(parent, history), isTrue });
		};
		await tell(stateAt(0), arena.genesis, 1, 0, 0, true);
		for (let mark = 1; mark <= 4; mark++) await tell(stateAt(0), arena.genesis, 1, mark, random.below(STEPS), false);
		return new Program(arena, random, game, players, await arena.gameOf(arena.genesis), told);
	}

	/** A call by anybody, then the honest player's answers, then what must hold. */
	async step(): Promise<void> {
		await this.#anything();
		await this.#answer();
		await this.check();
	}

	/** The honest player alone brings the game to its end, whatever was done before: nobody can stop him. */
	async finish(): Promise<void> {
		const { chain } = this.#arena;
		const [{ history, id }] = this.#told;
		if ((await this.#arena.statusOf(id)) === 0) await this.#arena.assert(this.#alice, this.#arena.genesis, history, BOND);
		await this.#answer();
		await this.#arena.l1.chain.mine(PERIOD);
		if ((await this.#arena.statusOf(id)) < WINNER) {
			await this.#carryUp(this.#truth);
			await send(chain, this.#alice, "declareWinner", [id, history.root()]);
		}
		await this.#arena.l1.chain.mine(GRACE);
		if ((await this.#arena.statusOf(id)) === WINNER) await send(chain, this.#alice, "confirm", [id, history.finalState]);
		await this.check();
		for (const { id: lie, isTrue } of this.#told) if (!isTrue) await this.#try("reject", () => send(chain, this.#alice, "reject", [lie]));
		for (const { address } of this.#others) await this.#try("forfeit", () => send(chain, this.#alice, "forfeit", [address]));
		await this.check();
		for (let i = 0; i < 40; i++) await this.#try("refund", () => this.#refundSomething());
		const stakeOf = async (): Promise<bigint> => ((await chain.getFunction("stakes")(this.#alice.address)) as [bigint])[0];
		// Somebody else may have asserted the truth first; then the honest player only moved.
		const [stake, before] = [await stakeOf(), await this.#arena.credit(this.#alice)];
		await this.#try("unstake", () => send(chain, this.#alice, "unstake", []));
		const credit = await this.#arena.credit(this.#alice);
		assert.deepEqual([await stakeOf(), credit], [0n, before + stake], "the honest bond came back");
		assert.ok(stake === 0n || stake === BOND);
		if (credit > 0n) await send(chain, this.#alice, "withdraw", []);
		await this.check();
		assert.equal(await chain.getFunction("latestConfirmed")(), id);
	}

	async #anything(): Promise<void> {
		const { chain } = this.#arena;
		const who = this.#random.pick(this.#others);
		const told = this.#random.pick(this.#told);
		const calls: [string, () => Promise<unknown>][] = [
			["assert", () => this.#arena.assert(who, told.parent, told.history, this.#random.below(3) === 0 ? 1n : BOND)],
			["bisect", () => this.#bisectSomething(who)],
			["bisect", () => this.#bisectSomething(who)],
			["bisect", () => this.#bisectSomething(who)],
			["prove", () => this.#proveSomething(who)],
			["timers", () => this.#carryUp(told)],
			["path", () => this.#arena.updateTimers(who, told.parent, told.history, this.#random.below(STEPS))],
			["timer", () => this.#arena.updateTimer(who, this.#edgeOf(told))],
			["mine", () => this.#arena.l1.chain.mine(1 + this.#random.below(10))],
			["declareWinner", () => send(chain, who, "declareWinner", [told.id, told.history.root()])],
			["confirm", () => send(chain, who, "confirm", [told.id, told.history.finalState])],
			["reject", () => send(chain, who, "reject", [told.id])],
			["forfeit", () => send(chain, who, "forfeit", [this.#random.pick([this.#alice, ...this.#others]).address])],
			["refund", () => this.#refundSomething()],
			["sweep", () => send(chain, who, "sweep", [this.#arena.genesis])],
			["stake", () => send(chain, who, "stake", [], BigInt(this.#random.below(3)) * BOND)],
			["unstake", () => send(chain, who, "unstake", [])],
			["withdraw", () => send(chain, who, "withdraw", [])],
		];
		const [name, call] = this.#random.pick(calls);
		await this.#try(name, call);
	}

	/** A call that the contracts may refuse. */
	async #try(name: string, call: () => Promise<unknown>): Promise<void> {
		try {
			await call();
			this.done.set(name, (this.done.get(name) ?? 0) + 1);
		} catch (error) {
			// Refused by the chain, not by a fault of the program.
			if (!/revert|CALL_EXCEPTION/i.test(String((error as Error).message))) throw error;
		}
	}

	/** Any edge of a history, of this height at least; most of them do not stand. */
	#edgeOf({ history }: Told, lowest = 0): EdgeKey {
		const height = lowest + this.#random.below(HEIGHT + 1 - lowest);
		return history.edge(this.#gameId, height, this.#random.below(2 ** (HEIGHT - height)));
	}

	/** Something that stands and is rivalled, of whoever's history: the deepest calls need that. */
	async #openEdges(): Promise<{ told: Told; edge: EdgeKey }[]> {
		const { edges } = await this.#game.look();
		const found: { told: Told; edge: EdgeKey }[] = [];
		for (const told of this.#told) {
			for (let height = 0; height <= HEIGHT; height++) {
				for (let position = 0; position < 2 ** (HEIGHT - height); position++) {
					const edge = told.history.edge(this.#gameId, height, position);
					const view = edges.get(toHex(Edge.edgeId(edge)));
					if (view && view.move === "none" && view.rivalledAt > 0) found.push({ told, edge });
				}
			}
		}
		return found;
	}

	async #bisectSomething(who: HDNodeWallet): Promise<void> {
		const open = (await this.#openEdges()).filter(({ edge }) => edge.height > 0);
		const { told, edge } = open.length > 0 ? this.#random.pick(open) : { told: this.#told[1], edge: this.#edgeOf(this.#told[1], 1) };
		await this.#arena.bisect(who, edge, told.history);
	}

	/** The verifier is sound: it says what is true, and only behind what is true. */
	async #proveSomething(who: HDNodeWallet): Promise<void> {
		const open = (await this.#openEdges()).filter(({ edge }) => edge.height === 0);
		const { told, edge } = open.length > 0 ? this.#random.pick(open) : { told: this.#told[1], edge: this.#edgeOf(this.#told[1]) };
		const before = told.history.preState(this.#gameId, edge.position).leaf;
		const truth = this.#truth.history;
		const isBehindTruth = hexlify(before) === hexlify(truth.preState(this.#gameId, edge.position).leaf);
		await this.#arena.prove(who, edge, told.history, isBehindTruth ? truth.root(0, edge.position) : new Uint8Array(32));
	}

	async #refundSomething(): Promise<void> {
		const { edges } = await this.#game.look();
		const { history, id } = this.#truth;
		const moved = Array.from({ length: HEIGHT + 1 }, (_, height) => height).flatMap((height) =>
			Array.from({ length: 2 ** (HEIGHT - height) }, (_, position) => history.edge(this.#gameId, height, position)).filter((edge) => {
				const move = edges.get(toHex(Edge.edgeId(edge)))?.move;
				return move !== undefined && move !== "none";
			}),
		);
		const edge = moved.length > 0 ? this.#random.pick(moved) : this.#edgeOf(this.#truth);
		await this.#arena.refund(this.#random.pick(this.#others), id, edge, history);
		const key = toHex(Edge.edgeId(edge));
		this.#refunds.set(key, (this.#refunds.get(key) ?? 0) + 1);
		assert.equal(this.#refunds.get(key), 1, `the move on ${key} is paid once`);
	}

	/** The truth is asserted beside a lie, and every rival of it is answered, before anybody else acts. */
	async #answer(): Promise<void> {
		const { history, id } = this.#truth;
		let snapshot = await this.#game.look();
		if (!snapshot.assertions.has(id)) {
			if (snapshot.assertions.size < 2) return;
			await this.#arena.assert(this.#alice, this.#arena.genesis, history, BOND);
		}
		for (let moves = Infinity; moves > 0;) {
			snapshot = await this.#game.look();
			const start = { leaf: history.start, state: stateAt(0) };
			const actions = movesOf(snapshot, history as unknown as Ports.History, start, toHex(this.#gameId));
			moves = actions.length;
			for (const action of actions) {
				if (action.type === "bisect") await this.#arena.bisect(this.#alice, action.edge, history);
				else if (action.type === "prove") await this.#arena.prove(this.#alice, action.edge, history);
			}
		}
	}

	/** Every path's timers, right to left and then the rest, so that the best timer stands at the top. */
	async #carryUp({ history, id: assertion }: Told): Promise<void> {
		const { edges, assertions } = await this.#game.look();
		if (!assertions.has(assertion)) throw new Error("nobody asserted it, so this would revert");
		const carry = async (height: number, position: number): Promise<void> => {
			const edge = history.edge(this.#gameId, height, position);
			const view = edges.get(toHex(Edge.edgeId(edge)));
			if (!view) return;
			if (view.move !== "bisected") {
				await this.#arena.updateTimer(this.#alice, edge);
				return;
			}
			await carry(height - 1, 2 * position);
			await carry(height - 1, 2 * position + 1);
			const left = [edge, 2 * position, history.root(height - 1, 2 * position), [history.root(height - 1, 2 * position + 1)]];
			await send(this.#arena.games, this.#alice, "updateTimers", [[left]]);
		};
		await carry(HEIGHT, 0);
	}

	/** What must hold after every call. */
	async check(): Promise<void> {
		const { chain, l1 } = this.#arena;
		const snapshot = await this.#game.look();
		let owed = await this.#arena.credit(TREASURY);
		for (const { address } of [this.#alice, ...this.#others]) {
			owed += await this.#arena.credit(address);
			owed += ((await chain.getFunction("stakes")(address)) as [bigint])[0];
		}
		owed += (await chain.getFunction("pots")(this.#arena.genesis)) as bigint;
		assert.equal(
			await l1.chain.provider.getBalance(await chain.getAddress()),
			owed,
			"the contract holds stakes, pots and credits, to the wei",
		);
		const statuses = await Promise.all(this.#told.map(({ id }) => this.#arena.statusOf(id)));
		for (const [i, status] of statuses.entries())
			if (!this.#told[i].isTrue) assert.ok(status !== WINNER && status !== CONFIRMED, `a lie has status ${status}`);
		assert.ok(statuses.filter((status) => status === WINNER || status === CONFIRMED).length <= 1, "one child at most wins");
		assert.equal(await this.#arena.games.getFunction("isFrozen")(), false);
		assert.notEqual(statuses[0], 4, "the truth is never rejected");
		await this.#checkTimers(snapshot);
	}

	/** Timers grow, never above what all edges' times give; and rivals share the time there was, as long as no step is proven. */
	async #checkTimers(snapshot: GameSnapshot): Promise<void> {
		let sum = 0n;
		let first = Infinity;
		for (const told of this.#told) {
			const top = toHex(Edge.edgeId(told.history.edge(this.#gameId, HEIGHT, 0)));
			const view = snapshot.edges.get(top);
			if (!view) continue;
			const visit = async (height: number, position: number): Promise<number> => {
				const edge = told.history.edge(this.#gameId, height, position);
				const id = toHex(Edge.edgeId(edge));
				const stands = snapshot.edges.get(id);
				if (!stands) return 0;
				let truth = stands.isFirst ? (stands.rivalledAt === 0 ? snapshot.block : stands.rivalledAt) - stands.createdAt : 0;
				if (stands.move === "proven") truth = INFINITE;
				if (stands.move === "bisected") truth += Math.min(await visit(height - 1, 2 * position), await visit(height - 1, 2 * position + 1));
				const kept = (await this.#arena.games.getFunction("timerOf")(id)) as bigint;
				assert.ok(kept >= (this.#timers.get(id) ?? 0n), "timers only grow");
				assert.ok(kept <= BigInt(Math.min(truth, INFINITE)), `a timer of ${kept} blocks, of ${truth} at most`);
				this.#timers.set(id, kept);
				return truth;
			};
			await visit(HEIGHT, 0);
			sum += this.#timers.get(top) ?? 0n;
			first = Math.min(first, view.createdAt);
		}
		const isProven = [...snapshot.edges.values()].some(({ move }) => move === "proven");
		if (!isProven && first < Infinity)
			assert.ok(sum <= BigInt(snapshot.block - first), `timers of ${sum} blocks in ${snapshot.block - first}`);
	}
}
