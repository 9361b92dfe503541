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

/** What a member tells of itself. Milliseconds from a message's making to its being ordered and durable. */
export type Report = { readonly height: number; readonly blocked: boolean; readonly latencies: readonly number[]; readonly slowed: number };
