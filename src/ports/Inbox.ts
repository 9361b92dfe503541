import type { TransactionRequest } from "./Chain.ts";
import type { BatchProposal } from "./Orderer.ts";

/** How a batch's content travels. */
export type Carrier = "blob" | "calldata";

/** Transactions of the inbox and the bridge, ready to be sent. */
export interface InboxTransactions {
	/** One key for both carriers: L1 takes a batch once. */
	postBatch(proposal: BatchProposal, content: Uint8Array, signatures: readonly Uint8Array[], carrier: Carrier): TransactionRequest;
	forceInclude(l1End: number): TransactionRequest;
	/** A record's payload sent through L1 under the sender's own name. */
	force(payload: Uint8Array): TransactionRequest;
	claim(
		outboxRoot: Uint8Array,
		withdrawal: { readonly index: number; readonly account: number; readonly recipient: string; readonly amount: number },
		siblings: readonly Uint8Array[],
	): TransactionRequest;
}
