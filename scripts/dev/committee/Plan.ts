import type { Network } from "../../../src/ordering/comet/Home.ts";

/** What the members of a committee on one machine are told. Its keys are made for the run. */
export type Plan = {
	readonly chainId: string;
	readonly committee: readonly (readonly [address: string, power: number])[];
	readonly members: readonly {
		readonly privateKey: string;
		readonly directory: string;
		readonly socket: string;
		readonly network: Network;
	}[];
	/** Of each gateway. */
	readonly messagesPerSecond: number;
};

/**
 * What a member is told, in this order: to make messages that are not counted, to make messages that are, and to make no more. Before the first it makes none: how long
 * processes take to start says nothing of the order.
 */
export type Phase = "warm" | "count" | "end";

/** What a member tells of itself. Of messages that count: how many were made and how many were refused because too many waited; milliseconds from making to being ordered and durable. */
export type Report = {
	readonly height: number;
	/** In which round the block before was decided, when this tells of a block. */
	readonly round?: number;
	readonly made: number;
	readonly slowed: number;
	readonly latencies: readonly number[];
};
