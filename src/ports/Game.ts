import type { EdgeKey } from "../protocol/Edge.ts";
import type { TransactionRequest } from "./Chain.ts";

export type AssertionStatus = "pending" | "winner" | "confirmed" | "rejected";

/** An assertion on L1. Hashes are lower-case hexadecimal. */
export type AssertionView = {
	readonly id: string;
	readonly parent: string;
	readonly gameId: string;
	readonly historyRoot: string;
	/** Preimage of its last leaf; empty for the genesis. */
	readonly finalState: Uint8Array;
	/** Batches that its children execute. */
	readonly targetBatch: number;
	readonly asserter: string;
	readonly isOverflow: boolean;
	readonly createdAt: number;
	readonly status: AssertionStatus;
	/** Block in which it was declared winner, 0 before. */
	readonly decidedAt: number;
};

/** An edge on L1, and what was done with it. */
export type EdgeView = {
	readonly id: string;
	readonly mutualId: string;
	readonly edge: EdgeKey;
	readonly createdAt: number;
	/** First of its mutual id, and when that got a second one (0: never). */
	readonly isFirst: boolean;
	readonly rivalledAt: number;
	readonly move: "none" | "bisected" | "proven";
	readonly mover: string;
};

/** What the contracts pin for games. */
export type GameParameters = {
	readonly height: number;
	readonly challengePeriodBlocks: number;
	readonly gracePeriodBlocks: number;
	readonly minimumPeriodBlocks: number;
	readonly bond: bigint;
	readonly refundCap: bigint;
};

/** One consistent look at the games. */
export type GameSnapshot = {
	readonly block: number;
	readonly baseFee: bigint;
	readonly latestConfirmed: string;
	readonly isFrozen: boolean;
	readonly assertions: ReadonlyMap<string, AssertionView>;
	readonly edges: ReadonlyMap<string, EdgeView>;
	/** Edges whose moves were refunded. */
	readonly refunded: ReadonlySet<string>;
	/** Bonds by staker, in wei, and the latest assertion of each. */
	readonly stakes: ReadonlyMap<string, { readonly amount: bigint; readonly latest: string }>;
	/** Forfeited bonds by parent assertion, in wei. */
	readonly pots: ReadonlyMap<string, bigint>;
};

export interface GameReader {
	readonly parameters: GameParameters;
	look(): Promise<GameSnapshot>;
	/** Game of an assertion's children: it names the batches up to the assertion's target, which must be posted. */
	gameIdOf(parent: string): Promise<string>;
	/**
	 * The same by what the asker knows: the target he has seen, and the accumulator of the batches that he executed. SAFETY: L1 may go back between two
	 * questions; its own answer would then name batches whose history is another, and a bond under the old history's root would be lost.
	 */
	gameId(parent: AssertionView, accumulator: Uint8Array): Promise<string>;
	batchCount(): Promise<number>;
}

/** An edge, and the path from it down to an edge whose own timer is kept or running: its place, its root, and the roots beside the path, lowest first. */
export type TimerUpdate = {
	readonly edge: EdgeKey;
	readonly position: number;
	readonly root: Uint8Array;
	readonly siblings: readonly Uint8Array[];
};

/** What many people put together as the bond of one assertion; in wei. */
export type PoolView = {
	readonly address: string;
	/** Whether somebody made it. */
	readonly exists: boolean;
	readonly missing: bigint;
	/** Whether its assertion was made with it, and whether the bond came back since. */
	readonly isInUse: boolean;
	readonly isReturned: boolean;
};

export interface BondPools {
	look(assertion: string): Promise<PoolView>;
	create(assertion: string): TransactionRequest;
	/** Makes the assertion with the full pool at that address. */
	createAssertion(pool: string, fields: Omit<AssertionFields, "lineage" | "stake">): TransactionRequest;
}

export type AssertionFields = {
	readonly parent: string;
	readonly historyRoot: Uint8Array;
	readonly finalState: Uint8Array;
	readonly rightPath: readonly Uint8Array[];
	readonly lineage: readonly string[];
	readonly expectedId: string;
	/** Wei added to the bond. */
	readonly stake: bigint;
};

/** Transactions of the game, ready to be sent. Their keys name the move, so that none is sent twice. */
export interface GameTransactions {
	createAssertion(fields: AssertionFields): TransactionRequest;
	bisect(edge: EdgeKey, left: Uint8Array, right: Uint8Array): TransactionRequest;
	proveOneStep(
		edge: EdgeKey,
		preState: Uint8Array,
		earlierPrefix: Uint8Array,
		siblings: readonly Uint8Array[],
		proof: Uint8Array,
	): TransactionRequest;
	/** `attempt` tells repeated updates apart: a timer may have to be carried up again later. */
	updateTimers(updates: readonly TimerUpdate[], attempt: number): TransactionRequest;
	declareWinner(assertion: string): TransactionRequest;
	confirm(assertion: string, finalState: Uint8Array): TransactionRequest;
	reject(assertion: string): TransactionRequest;
	forfeit(staker: string, latest: string): TransactionRequest;
	refund(assertion: string, edge: EdgeKey, path: readonly Uint8Array[]): TransactionRequest;
	unstake(latest: string): TransactionRequest;
	withdraw(attempt: number): TransactionRequest;
}
