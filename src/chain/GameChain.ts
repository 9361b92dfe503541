import { getBytes, keccak256 } from "ethers";
import type { JsonRpcProvider, LogDescription } from "ethers";
import type { TransactionRequest } from "../ports/Chain.ts";
import type { AssertionView, EdgeView, GameParameters, GameReader, GameSnapshot, GameTransactions, TimerUpdate } from "../ports/Game.ts";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Assertion from "../protocol/Assertion.ts";
import type { EdgeKey } from "../protocol/Edge.ts";
import * as Edge from "../protocol/Edge.ts";
import { codecOf } from "./Contracts.ts";
import type { Deployment } from "./Deployment.ts";
import { EventLog } from "./EventLog.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** By which error a call tells that somebody has done it. */
const DONE_BY: Readonly<Record<string, readonly string[] | undefined>> = {
	createAssertion: ["AlreadyAsserted"],
	refund: ["AlreadyRefunded"],
	forfeit: ["NotBonded"],
};

/** The games as their events tell them: a pure function of L1's logs. */
export class GameChain implements GameReader, GameTransactions {
	readonly parameters: GameParameters;
	readonly #provider: JsonRpcProvider;
	readonly #chain: string;
	readonly #challenges: string;
	readonly #sequencerInbox: string;
	readonly #log: EventLog;
	readonly #assertions = new Map<string, Mutable<AssertionView>>();
	/** Parents of games, by game. */
	readonly #parents = new Map<string, string>();
	readonly #edges = new Map<string, Mutable<EdgeView>>();
	readonly #byMutual = new Map<string, Mutable<EdgeView>[]>();
	readonly #refunded = new Set<string>();
	readonly #stakes = new Map<string, { amount: bigint; latest: string }>();
	readonly #pots = new Map<string, bigint>();
	readonly #genesis: string;
	/** What L1's assertions pin for their children: immutable there. */
	readonly #verifier: string;
	/** What each game that was asked about is named after. */
	readonly #games = new Map<string, Assertion.Game>();
	#configId: Uint8Array | undefined;
	/** Every event that L1 still has. */
	#events: { readonly event: LogDescription; readonly block: number }[] = [];
	#latestConfirmed: string;
	#isFrozen = false;
	#reading: Promise<unknown> = Promise.resolve();

	constructor(provider: JsonRpcProvider, deployment: Deployment) {
		const p = deployment.parameters;
		this.parameters = {
			height: p.height,
			challengePeriodBlocks: p.challengePeriodBlocks,
			gracePeriodBlocks: p.gracePeriodBlocks,
			minimumPeriodBlocks: p.minimumPeriodBlocks,
			bond: BigInt(p.bond),
			refundCap: BigInt(p.refundCap),
		};
		this.#provider = provider;
		this.#chain = deployment.contracts.AssertionChain;
		this.#challenges = deployment.contracts.ChallengeManager;
		this.#verifier = deployment.contracts.OneStepProofEntry;
		this.#sequencerInbox = deployment.contracts.SequencerInbox;
		this.#genesis = deployment.genesis;
		this.#latestConfirmed = deployment.genesis;
		this.#log = new EventLog(provider, [this.#chain, this.#challenges], deployment.deployBlock);
	}

	look(): Promise<GameSnapshot> {
		const look = this.#reading.then(() => this.#look());
		this.#reading = look.catch(() => undefined);
		return look;
	}

	async gameIdOf(parent: string): Promise<string> {
		const data = codecOf("AssertionChain").encodeFunctionData("gameIdOf", [parent]);
		return this.#provider.call({ to: this.#chain, data });
	}

	async gameId({ id, targetBatch }: AssertionView, accumulator: Uint8Array): Promise<string> {
		this.#configId ??= Bytes.fromHex(
			await this.#provider.call({ to: this.#chain, data: codecOf("AssertionChain").encodeFunctionData("CONFIG_ID") }),
		);
		const parent = Bytes.fromHex(id);
		const gameId = Bytes.toHex(Assertion.gameId(parent, targetBatch, accumulator, this.#configId));
		const config = { verifier: this.#verifier, ...this.parameters };
		this.#games.set(gameId, { parent, targetBatch, targetAccumulator: accumulator, config });
		return gameId;
	}

	async batchCount(): Promise<number> {
		const data = codecOf("SequencerInbox").encodeFunctionData("batchCount");
		return Number(await this.#provider.call({ to: this.#sequencerInbox, data }));
	}

	async #look(): Promise<GameSnapshot> {
		const head = await this.#provider.getBlock("latest");
		if (!head?.hash) throw new Error("The L1 endpoint gives no latest block: it may still be starting.");
		await this.#log.each(
			{ number: head.number, hash: head.hash },
			(log) => {
				const codec = log.address.toLowerCase() === this.#chain ? codecOf("AssertionChain") : codecOf("ChallengeManager");
				const event = codec.parseLog(log);
				if (!event) return;
				this.#events.push({ event, block: log.blockNumber });
				this.#take(event, log.blockNumber);
			},
			(last) => this.#takeBack(last),
		);
		return {
			block: head.number,
			baseFee: head.baseFeePerGas ?? 0n,
			latestConfirmed: this.#latestConfirmed,
			isFrozen: this.#isFrozen,
			assertions: this.#assertions,
			edges: this.#edges,
			refunded: this.#refunded,
			stakes: this.#stakes,
			pots: this.#pots,
		};
	}

	/** L1 dropped the blocks above this one. Events change each other's views, so what is left is told again from the beginning. */
	#takeBack(last: number): void {
		this.#events = this.#events.filter(({ block }) => block <= last);
		for (const view of [this.#assertions, this.#parents, this.#edges, this.#byMutual, this.#refunded, this.#stakes, this.#pots])
			view.clear();
		this.#latestConfirmed = this.#genesis;
		this.#isFrozen = false;
		for (const { event, block } of this.#events) this.#take(event, block);
	}

	#take(event: LogDescription, block: number): void {
		const args = event.args;
		switch (event.name) {
			case "AssertionCreated":
				this.#assertions.set(args.assertionId as string, {
					id: args.assertionId as string,
					parent: args.parent as string,
					gameId: args.gameId as string,
					historyRoot: args.historyRoot as string,
					finalState: getBytes(args.finalState as string),
					targetBatch: Number(args.targetBatch),
					asserter: String(args.asserter).toLowerCase(),
					isOverflow: Boolean(args.isOverflow),
					createdAt: block,
					status: args.finalState === "0x" ? "confirmed" : "pending",
					decidedAt: 0,
				});
				this.#parents.set(args.gameId as string, args.parent as string);
				this.#stakeOf(args.asserter as string).latest = args.assertionId as string;
				return;
			case "WinnerDeclared":
				this.#set(args.assertionId as string, "winner", block);
				return;
			case "AssertionConfirmed":
				this.#set(args.assertionId as string, "confirmed", 0);
				this.#latestConfirmed = args.assertionId as string;
				return;
			case "AssertionRejected":
				this.#set(args.assertionId as string, "rejected", 0);
				return;
			case "Staked":
				this.#stakeOf(args.staker as string).amount += args.amount as bigint;
				return;
			case "Unstaked":
				this.#stakes.delete(String(args.staker).toLowerCase());
				return;
			case "BondForfeited": {
				this.#stakes.delete(String(args.staker).toLowerCase());
				const parent = args.parent as string;
				this.#pots.set(parent, (this.#pots.get(parent) ?? 0n) + (args.amount as bigint));
				return;
			}
			case "MoveRefunded":
				this.#refunded.add(args.edgeId as string);
				return;
			case "Swept":
				this.#pots.delete(args.parent as string);
				return;
			case "EdgeAdded": {
				const [gameId, prefix, historyRoot] = [args.gameId, args.prefix, args.historyRoot].map((hash) => getBytes(hash as string));
				this.#addEdge({ gameId, height: Number(args.height), position: Number(args.position), prefix, historyRoot }, block);
				return;
			}
			case "Bisected":
			case "OneStepProved": {
				const edge = this.#edges.get(args.edgeId as string);
				if (!edge) return;
				edge.move = event.name === "Bisected" ? "bisected" : "proven";
				edge.mover = String(args.mover).toLowerCase();
				if (event.name === "OneStepProved") return;
				const [left, right] = [args.left, args.right].map((hash) => getBytes(hash as string));
				this.#addEdge(Edge.leftChild(edge.edge, left), block);
				this.#addEdge(Edge.rightChild(edge.edge, left, right), block);
				return;
			}
			case "VerifierContradicted":
				this.#isFrozen = true;
		}
	}

	/** An edge that may stand already: rivals share the left halves on which they agree. */
	#addEdge(edge: EdgeKey, block: number): void {
		const id = Bytes.toHex(Edge.edgeId(edge));
		if (this.#edges.has(id)) return;
		const mutualId = Bytes.toHex(Edge.mutualId(edge));
		const rivals = this.#byMutual.get(mutualId) ?? [];
		this.#byMutual.set(mutualId, rivals);
		if (rivals.length === 1) for (const rival of rivals) rival.rivalledAt = block;
		const view: Mutable<EdgeView> = {
			id,
			mutualId,
			edge,
			createdAt: block,
			isFirst: rivals.length === 0,
			rivalledAt: rivals.length === 0 ? 0 : (rivals[0]?.rivalledAt ?? block),
			move: "none",
			mover: "",
		};
		rivals.push(view);
		this.#edges.set(view.id, view);
	}

	#set(id: string, status: AssertionView["status"], decidedAt: number): void {
		const assertion = this.#assertions.get(id);
		if (!assertion) return;
		assertion.status = status;
		if (decidedAt > 0) assertion.decidedAt = decidedAt;
	}

	#stakeOf(staker: string): { amount: bigint; latest: string } {
		const key = staker.toLowerCase();
		let stake = this.#stakes.get(key);
		if (!stake) {
			stake = { amount: 0n, latest: "" };
			this.#stakes.set(key, stake);
		}
		return stake;
	}

	#toChain(key: string, name: string, args: readonly unknown[], value = 0n): TransactionRequest {
		const data = codecOf("AssertionChain").encodeFunctionData(name, [...args]);
		return { key, to: this.#chain, data, value, doneBy: DONE_BY[name] ?? [] };
	}

	#toChallenges(key: string, name: string, args: readonly unknown[]): TransactionRequest {
		return { key, to: this.#challenges, data: codecOf("ChallengeManager").encodeFunctionData(name, [...args]), doneBy: ["AlreadyMoved"] };
	}

	createAssertion(fields: Parameters<GameTransactions["createAssertion"]>[0]): TransactionRequest {
		const { parent, historyRoot, finalState, rightPath, lineage, expectedId, stake } = fields;
		return this.#toChain(
			`assert/${expectedId}`,
			"createAssertion",
			[parent, historyRoot, finalState, rightPath, lineage, expectedId],
			stake,
		);
	}

	bisect(edge: EdgeKey, left: Uint8Array, right: Uint8Array): TransactionRequest {
		return this.#toChallenges(`bisect/${Bytes.toHex(Edge.edgeId(edge))}`, "bisect", [edge, left, right]);
	}

	proveOneStep(
		edge: EdgeKey,
		preState: Uint8Array,
		earlierPrefix: Uint8Array,
		siblings: readonly Uint8Array[],
		proof: Uint8Array,
	): TransactionRequest {
		const game = this.#games.get(Bytes.toHex(edge.gameId));
		if (!game) throw new Error(`game ${Bytes.toHex(edge.gameId)} was not named here before its step is proven`);
		return this.#toChallenges(`prove/${Bytes.toHex(Edge.edgeId(edge))}`, "proveOneStep", [
			edge,
			game,
			preState,
			earlierPrefix,
			siblings,
			proof,
		]);
	}

	updateTimers(updates: readonly TimerUpdate[], attempt: number): TransactionRequest {
		const data = codecOf("ChallengeManager").encodeFunctionData("updateTimers", [updates]);
		return { key: `timers/${keccak256(data)}/${attempt}`, to: this.#challenges, data };
	}

	declareWinner(assertion: string): TransactionRequest {
		return this.#toChain(`winner/${assertion}`, "declareWinner", [assertion, this.#assertions.get(assertion)?.historyRoot]);
	}

	confirm(assertion: string, finalState: Uint8Array): TransactionRequest {
		return this.#toChain(`confirm/${assertion}`, "confirm", [assertion, finalState]);
	}

	reject(assertion: string): TransactionRequest {
		return this.#toChain(`reject/${assertion}`, "reject", [assertion]);
	}

	forfeit(staker: string, latest: string): TransactionRequest {
		return this.#toChain(`forfeit/${staker}/${latest}`, "forfeit", [staker]);
	}

	refund(assertion: string, edge: EdgeKey, path: readonly Uint8Array[]): TransactionRequest {
		return this.#toChain(`refund/${Bytes.toHex(Edge.edgeId(edge))}`, "refund", [assertion, edge, path]);
	}

	unstake(latest: string): TransactionRequest {
		return this.#toChain(`unstake/${latest}`, "unstake", []);
	}

	withdraw(attempt: number): TransactionRequest {
		return this.#toChain(`withdraw/${attempt}`, "withdraw", []);
	}
}
