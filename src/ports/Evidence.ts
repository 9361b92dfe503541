import type { TransactionRequest } from "./Chain.ts";

/** What L1's SlashingEvidence judges. Field values are as an evidence file has them: bytes in hexadecimal, numbers as numbers (docs/cli.md). */
export type Evidence = Contradiction | BrokenReceipt | FalseState;

/** Two things that one signer said of one place. */
export type Contradiction = {
	readonly kind: "receipts" | "batches" | "checkpoints" | "votes" | "reports";
	/** Lower-case hexadecimal with 0x: whose stake it takes. */
	readonly signer: string;
	readonly a: Fields;
	readonly signatureA: string;
	readonly b: Fields;
	readonly signatureB: string;
};

/** A receipt, and what L1 confirmed of the order where it says. */
export type BrokenReceipt = {
	readonly kind: "receipt";
	readonly signer: string;
	readonly receipt: Fields;
	readonly signature: string;
	readonly proof: {
		readonly assertionId: string;
		readonly gameId: string;
		readonly step: number;
		readonly path: readonly string[];
		readonly machine: string;
		readonly opening: string;
	};
};

/** A signed state, and the leaf that a confirmed assertion of its game has after that step: `path` holds the leaf's siblings, lowest first. */
export type FalseState = {
	readonly kind: "state";
	readonly signer: string;
	readonly vote: Fields;
	readonly signature: string;
	readonly assertion: string;
	readonly leaf: string;
	readonly path: readonly string[];
};

export type Fields = Readonly<Record<string, string | number>>;

/** Stake on L1, and the calls that take it. */
export interface EvidenceChain {
	/** Whether evidence can still take something of this account. */
	isSlashable(account: string): Promise<boolean>;
	accusation(evidence: Evidence): TransactionRequest;
}
