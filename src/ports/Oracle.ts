import type { TransactionRequest } from "./Chain.ts";

/** L1's own oracle, which takes the machine's reports and fixes settlement prices by the same rule. */
export interface Oracle {
	/** Time of the last report that it took for an underlying, 0 before the first. */
	lastTime(underlying: number): Promise<number>;
	/** `attempt` tells repeated sendings apart: a report that L1 refused once is sent again. */
	report(underlying: number, time: number, payload: Uint8Array, attempt: number): TransactionRequest;
}
