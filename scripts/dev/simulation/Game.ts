// The dispute game as L1's contracts play it (contracts/assertions), in memory: bonds, edges, timers, verdicts. Its one-step verifier is a referee that knows what the
// machine does. When L1 takes blocks back, what was done in them is undone.

import type { TransactionRequest } from "../../../src/ports/Chain.ts";
import type {
	AssertionView,
	EdgeView,
	GameParameters,
	GameReader,
	GameSnapshot,
	GameTransactions,
	TimerUpdate,
} from "../../../src/ports/Game.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as Assertion from "../../../src/protocol/Assertion.ts";
import type { EdgeKey } from "../../../src/protocol/Edge.ts";
import * as Edge from "../../../src/protocol/Edge.ts";
import * as HistoryCommitment from "../../../src/protocol/HistoryCommitment.ts";

/** The period is what an honest player needs for his moves; what a run's faults take comes on top. */
export const PARAMETERS: GameParameters = {
	height: 11,
	challengePeriodBlocks: 80,
	gracePeriodBlocks: 5,
	minimumPeriodBlocks: 40,
	bond: 10n ** 18n,
	refundCap: 0n,
};
const INFINITE = 2 ** 24 - 1;
const CONFIG = Keccak.hashText("the configuration of a simulated game");
const NOTHING = new Uint8Array(0);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Slot = Mutable<EdgeView> & { timer: number };
/** `batches`: how many L1 held when it was made. */
type Move = { readonly block: number; readonly batches: number; readonly from: string; readonly run: (from: string) => void };

/** What a rule of the contracts refuses, by the name of their error. */
class Refused extends Error {}

function check(holds: boolean, error: string): void {
	if (!holds) throw new Refused(error);
}

/** What the game asks of the world around it. */
export type Surroundings = {
	/** Accumulator after so many batches, undefined when L1 holds fewer. */
	readonly accumulator: (batches: number) => Uint8Array | undefined;
	readonly batchCount: () => number;
	/** The machine's commitment one step after this one, when it is one of the machine's on this inbox. */
	readonly next: (preState: Uint8Array, targetBatch: number) => Uint8Array | undefined;
};

export class Game {
	readonly #world: Surroundings;
	readonly #genesis: Uint8Array;
	#block = 0;
	/** While moves are done again: how many batches L1 held at the time. */
	#batchesThen: number | undefined;
	#latestConfirmed = "";
	#isFrozen = false;
	readonly #assertions = new Map<string, Mutable<AssertionView>>();
	readonly #edges = new Map<string, Slot>();
	readonly #firsts = new Map<string, Slot>();
	readonly #proven = new Set<string>();
	readonly #stakes = new Map<string, { amount: bigint; latest: string }>();
	readonly #pots = new Map<string, bigint>();
	readonly #lostUnder = new Map<string, string>();
	/** Everything that succeeded, to be done again after L1 has gone back. */
	#moves: Move[] = [];
	/** Wei that anybody ever bonded, and lost. */
	bonded = new Map<string, bigint>();

	readonly #parameters: GameParameters;

	/** `blocksLost`: in so many blocks of a game nobody honest may be able to move. */
	constructor(world: Surroundings, genesis: Uint8Array, blocksLost: number) {
		this.#parameters = { ...PARAMETERS, challengePeriodBlocks: PARAMETERS.challengePeriodBlocks + blocksLost };
		this.#world = world;
		this.#genesis = genesis;
		this.#begin();
	}

	get parameters(): GameParameters {
		return this.#parameters;
	}

	mined(block: number): void {
		this.#block = block;
	}

	/** Does a move in the present block. Answers the error that the contracts would revert with. */
	play(from: string, run: (from: string) => void): string | undefined {
		try {
			run(from);
		} catch (error) {
			if (error instanceof Refused) return error.message;
			throw error;
		}
		this.#moves.push({ block: this.#block, batches: this.#batchCount(), from, run });
		return undefined;
	}

	/** L1 has lost every block from this one on. */
	goBack(block: number): void {
		const now = this.#block;
		const moves = this.#moves.filter((move) => move.block < block);
		for (const map of [this.#assertions, this.#edges, this.#firsts, this.#proven, this.#stakes, this.#pots, this.#lostUnder, this.bonded])
			map.clear();
		this.#begin();
		this.#moves = [];
		for (const { block: at, batches, from, run } of moves) {
			this.#block = at;
			this.#batchesThen = batches;
			// What followed something that is gone is gone, too.
			this.play(from, run);
		}
		this.#block = now;
		this.#batchesThen = undefined;
	}

	#batchCount(): number {
		return this.#batchesThen ?? this.#world.batchCount();
	}

	look(): GameSnapshot {
		return {
			block: this.#block,
			baseFee: 0n,
			latestConfirmed: this.#latestConfirmed,
			isFrozen: this.#isFrozen,
			assertions: this.#assertions,
			edges: this.#edges,
			refunded: new Set(),
			stakes: this.#stakes,
			pots: this.#pots,
		};
	}

	gameIdOf(parent: string): string {
		const assertion = this.#assertions.get(parent);
		const accumulator = assertion && this.#world.accumulator(assertion.targetBatch);
		if (!assertion || !accumulator) throw new Error(`L1 reverts: it does not hold the batches of ${parent}.`);
		return Bytes.toHex(Assertion.gameId(Bytes.fromHex(parent), assertion.targetBatch, accumulator, CONFIG));
	}

	/** Wei that a staker has lost. */
	lostBy(staker: string): bigint {
		return (this.bonded.get(staker) ?? 0n) - (this.#stakes.get(staker)?.amount ?? 0n);
	}

	/** As roles hold it: `ask` is how they reach L1, `make` registers what a transaction does. */
	ports(
		ask: <T>(work: () => T) => Promise<T>,
		make: (key: string, run: (from: string) => string | undefined) => TransactionRequest,
	): GameReader & GameTransactions {
		const move = (key: string, run: (from: string) => void): TransactionRequest => make(key, (from) => this.play(from, run));
		const nameOf = (edge: EdgeKey): string => Bytes.toHex(Edge.edgeId(edge));
		const none = (key: string): TransactionRequest => make(key, () => "NothingToPay");
		return {
			parameters: this.#parameters,
			look: () => ask(() => copy(this.look())),
			gameIdOf: (parent) => ask(() => this.gameIdOf(parent)),
			gameId: async ({ id, targetBatch }, accumulator) =>
				Bytes.toHex(Assertion.gameId(Bytes.fromHex(id), targetBatch, accumulator, CONFIG)),
			batchCount: () => ask(() => this.#world.batchCount()),
			createAssertion: (fields) => move(`assert/${fields.expectedId}`, (from) => this.#create(from, fields)),
			bisect: (edge, left, right) => move(`bisect/${nameOf(edge)}`, (from) => this.#bisect(from, edge, left, right)),
			proveOneStep: (edge, preState) => move(`prove/${nameOf(edge)}`, (from) => this.#prove(from, edge, preState)),
			updateTimers: (updates, attempt) =>
				move(`timers/${attempt}/${nameOf(updates[0].edge)}`, () => {
					for (const update of updates) this.#update(update);
				}),
			declareWinner: (id) => move(`win/${id}/${this.#block}`, () => this.#declare(id)),
			confirm: (id, finalState) => move(`confirm/${id}/${this.#block}`, () => this.#confirm(id, finalState)),
			reject: (id) => move(`reject/${id}/${this.#block}`, () => this.#reject(id)),
			forfeit: (staker, latest) => move(`forfeit/${staker}/${latest}`, () => this.#forfeit(staker)),
			// Gas costs nothing here.
			refund: (id, edge) => none(`refund/${id}/${nameOf(edge)}`),
			unstake: (latest) => none(`unstake/${latest}`),
			withdraw: (attempt) => none(`withdraw/${attempt}`),
		};
	}

	#begin(): void {
		const id = Bytes.toHex(Assertion.assertionId(new Uint8Array(32), this.#genesis));
		const none = { parent: "", gameId: "", historyRoot: "", finalState: NOTHING, asserter: "", isOverflow: false, decidedAt: 0 };
		this.#assertions.set(id, { id, ...none, targetBatch: 1, createdAt: 0, status: "confirmed" });
		this.#latestConfirmed = id;
		this.#isFrozen = false;
	}

	#leafOf(assertion: AssertionView): Uint8Array {
		return assertion.finalState.length === 0 ? this.#genesis : Keccak.hash(assertion.finalState);
	}

	#create(from: string, fields: Parameters<GameTransactions["createAssertion"]>[0]): void {
		const { parent, historyRoot, finalState, rightPath, lineage, expectedId, stake } = fields;
		const held = this.#stakes.get(from) ?? { amount: 0n, latest: "" };
		const of = this.#assertions.get(parent);
		check(of !== undefined && of.status !== "rejected", "WrongStatus");
		const parentView = of as AssertionView;
		check(parentView.status !== "confirmed" || parent === this.#latestConfirmed, "WrongStatus");
		check(this.#batchCount() >= parentView.targetBatch, "TargetNotReached");
		check(this.#block >= parentView.createdAt + (parentView.isOverflow ? 0 : this.#parameters.minimumPeriodBlocks), "TooSoon");
		check(held.amount + stake >= this.#parameters.bond, "NotBonded");
		if (held.latest !== "" && held.latest !== parent && this.#assertions.get(held.latest)?.status !== "confirmed") {
			let at = parent;
			for (const one of lineage) {
				check(this.#assertions.get(at)?.parent === one, "NotInLineage");
				at = one;
			}
			check(at === held.latest, "NotInLineage");
		}
		const finalLeaf = Keccak.hash(finalState);
		check(
			rightPath.length === this.#parameters.height && Bytes.equal(HistoryCommitment.rootOfLast(finalLeaf, rightPath), historyRoot),
			"WrongFinalState",
		);
		const gameId = this.gameIdOf(parent);
		const id = Bytes.toHex(Assertion.assertionId(Bytes.fromHex(gameId), historyRoot));
		check(id === expectedId, "UnexpectedId");
		check(!this.#assertions.has(id), "AlreadyAsserted");
		const top = {
			gameId: Bytes.fromHex(gameId),
			height: this.#parameters.height,
			position: 0,
			prefix: this.#leafOf(parentView),
			historyRoot,
		};
		const first = this.#firsts.get(Bytes.toHex(Edge.mutualId(top)));
		check(!first || first.rivalledAt !== 0 || this.#block < first.createdAt + this.#parameters.challengePeriodBlocks, "RivalTooLate");
		const isOverflow = Bytes.uint(finalState, 96, 8) < parentView.targetBatch;
		const count = this.#batchCount();
		const targetBatch = isOverflow ? parentView.targetBatch : Math.max(count, parentView.targetBatch + 1);
		const fresh = { createdAt: this.#block, status: "pending" as const, decidedAt: 0 };
		this.#assertions.set(id, {
			id,
			parent,
			gameId,
			historyRoot: Bytes.toHex(historyRoot),
			finalState,
			targetBatch,
			asserter: from,
			isOverflow,
			...fresh,
		});
		this.#stakes.set(from, { amount: held.amount + stake, latest: id });
		this.bonded.set(from, (this.bonded.get(from) ?? 0n) + stake);
		this.#add(top);
	}

	/** Puts an edge beside its rivals. */
	#add(edge: EdgeKey): void {
		const [id, mutualId] = [Bytes.toHex(Edge.edgeId(edge)), Bytes.toHex(Edge.mutualId(edge))];
		if (this.#edges.has(id)) return;
		const first = this.#firsts.get(mutualId);
		const rivalledAt = first ? first.rivalledAt || this.#block : 0;
		const slot: Slot = { id, mutualId, edge, createdAt: this.#block, isFirst: !first, rivalledAt, move: "none", mover: "", timer: 0 };
		if (first) first.rivalledAt = rivalledAt;
		else this.#firsts.set(mutualId, slot);
		this.#edges.set(id, slot);
	}

	#isRivalled(slot: Slot): boolean {
		return (this.#firsts.get(slot.mutualId)?.rivalledAt ?? 0) !== 0;
	}

	#movable(edge: EdgeKey): Slot {
		const slot = this.#edges.get(Bytes.toHex(Edge.edgeId(edge)));
		check(slot !== undefined, "UnknownEdge");
		check(slot?.move === "none", "AlreadyMoved");
		check(this.#isRivalled(slot as Slot), "NotRivalled");
		return slot as Slot;
	}

	#bisect(from: string, edge: EdgeKey, left: Uint8Array, right: Uint8Array): void {
		const slot = this.#movable(edge);
		check(edge.height > 0, "WrongHeight");
		check(Bytes.equal(HistoryCommitment.node(left, right), edge.historyRoot), "WrongChildren");
		this.#add(Edge.leftChild(edge, left));
		this.#add(Edge.rightChild(edge, left, right));
		slot.move = "bisected";
		slot.mover = from;
	}

	#prove(from: string, edge: EdgeKey, preState: Uint8Array): void {
		const slot = this.#movable(edge);
		check(edge.height === 0, "WrongHeight");
		const parent = [...this.#assertions.values()].find(({ gameId }) => gameId === Bytes.toHex(edge.gameId))?.parent ?? "";
		const after = this.#world.next(preState, this.#assertions.get(parent)?.targetBatch ?? 0);
		check(after !== undefined && Bytes.equal(after, edge.historyRoot), "WrongStep");
		// Two outcomes of one step: the verifier is unsound.
		if (this.#proven.has(slot.mutualId)) this.#isFrozen = true;
		this.#proven.add(slot.mutualId);
		slot.move = "proven";
		slot.mover = from;
		slot.timer = INFINITE;
	}

	#alone(slot: Slot): number {
		if (!slot.isFirst) return 0;
		return (slot.rivalledAt === 0 ? this.#block : slot.rivalledAt) - slot.createdAt;
	}

	#update({ edge, position, root, siblings }: TimerUpdate): void {
		const slot = this.#edges.get(Bytes.toHex(Edge.edgeId(edge)));
		check(slot !== undefined, "UnknownEdge");
		const roots = [root];
		for (const [i, sibling] of siblings.entries())
			roots.push(
				Math.floor(position / 2 ** i) % 2 === 0 ? HistoryCommitment.node(roots[i], sibling) : HistoryCommitment.node(sibling, roots[i]),
			);
		check(Bytes.equal(roots[siblings.length], edge.historyRoot), "WrongChildren");
		const reckon = (at: EdgeKey, depth: number): number => {
			const own = this.#edges.get(Bytes.toHex(Edge.edgeId(at)));
			check(own !== undefined, "UnknownEdge");
			let halves = 0;
			if (depth > 0) {
				const isLeft = Math.floor(position / 2 ** (depth - 1)) % 2 === 0;
				const [below, beside] = [roots[depth - 1], siblings[depth - 1]];
				const [left, right] = isLeft ? [below, beside] : [beside, below];
				const [leftEdge, rightEdge] = [Edge.leftChild(at, left), Edge.rightChild(at, left, right)];
				const other = this.#edges.get(Bytes.toHex(Edge.edgeId(isLeft ? rightEdge : leftEdge)));
				check(other !== undefined, "UnknownEdge");
				halves = Math.min(reckon(isLeft ? leftEdge : rightEdge, depth - 1), Math.max((other as Slot).timer, this.#alone(other as Slot)));
			}
			return Math.min(INFINITE, Math.max((own as Slot).timer, this.#alone(own as Slot) + halves));
		};
		(slot as Slot).timer = reckon(edge, siblings.length);
	}

	#declare(id: string): void {
		const assertion = this.#pending(id);
		const parent = this.#assertions.get(assertion.parent) as AssertionView;
		const top = {
			gameId: Bytes.fromHex(assertion.gameId),
			height: this.#parameters.height,
			position: 0,
			prefix: this.#leafOf(parent),
			historyRoot: Bytes.fromHex(assertion.historyRoot),
		};
		const slot = this.#edges.get(Bytes.toHex(Edge.edgeId(top))) as Slot;
		check(slot.timer >= this.#parameters.challengePeriodBlocks, "TooSoon");
		const winner = [...this.#assertions.values()].find((one) => one.parent === assertion.parent && one.decidedAt > 0);
		check(winner === undefined, "WrongStatus");
		assertion.status = "winner";
		assertion.decidedAt = this.#block;
	}

	#confirm(id: string, finalState: Uint8Array): void {
		const assertion = this.#assertions.get(id);
		check(!this.#isFrozen, "Frozen");
		check(assertion?.status === "winner" && assertion.parent === this.#latestConfirmed, "WrongStatus");
		const it = assertion as Mutable<AssertionView>;
		const isRivalled = [...this.#assertions.values()].some((one) => one.parent === it.parent && one.id !== it.id);
		const grace = isRivalled ? it.decidedAt + this.#parameters.gracePeriodBlocks : 0;
		check(this.#block >= Math.max(grace, it.createdAt + this.#parameters.challengePeriodBlocks), "TooSoon");
		check(Bytes.equal(finalState, it.finalState), "WrongFinalState");
		it.status = "confirmed";
		this.#latestConfirmed = id;
	}

	#pending(id: string): Mutable<AssertionView> {
		const assertion = this.#assertions.get(id);
		check(assertion?.status === "pending", "WrongStatus");
		return assertion as Mutable<AssertionView>;
	}

	#reject(id: string): void {
		const assertion = this.#assertions.get(id);
		check(assertion?.status === "pending" || assertion?.status === "winner", "WrongStatus");
		const it = assertion as Mutable<AssertionView>;
		const hasWinner = [...this.#assertions.values()].some((one) => one.parent === it.parent && one.id !== id && one.status === "confirmed");
		check(hasWinner || this.#assertions.get(it.parent)?.status === "rejected", "WrongStatus");
		it.status = "rejected";
		this.#lostUnder.set(id, hasWinner ? it.parent : (this.#lostUnder.get(it.parent) ?? it.parent));
	}

	#forfeit(staker: string): void {
		const held = this.#stakes.get(staker);
		check(held !== undefined && held.amount > 0n && this.#assertions.get(held.latest)?.status === "rejected", "WrongStatus");
		const { amount, latest } = held as { amount: bigint; latest: string };
		const parent = this.#lostUnder.get(latest) ?? "";
		this.#pots.set(parent, (this.#pots.get(parent) ?? 0n) + amount);
		this.#stakes.delete(staker);
	}
}

/** A look does not change while somebody decides. */
function copy(look: GameSnapshot): GameSnapshot {
	const views = <T extends object>(map: ReadonlyMap<string, T>): Map<string, T> =>
		new Map([...map].map(([key, value]) => [key, { ...value }]));
	return { ...look, assertions: views(look.assertions), edges: views(look.edges), stakes: views(look.stakes), pots: new Map(look.pots) };
}
