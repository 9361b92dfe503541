import { keccak256 } from "ethers";
import { toHex } from "../machine/math/Bytes.ts";
import type { TransactionRequest } from "../ports/Chain.ts";
import type { InboxTransactions } from "../ports/Inbox.ts";
import type { BatchProposal } from "../ports/Orderer.ts";
import * as Certificate from "./Certificate.ts";
import { codecOf } from "./Contracts.ts";
import type { Deployment } from "./Deployment.ts";

/** Encodes the inbox's and the bridge's transactions. */
export class InboxChain implements InboxTransactions {
	readonly #deployment: Deployment;

	constructor(deployment: Deployment) {
		this.#deployment = deployment;
	}

	postBatch(proposal: BatchProposal, content: Uint8Array, signatures: readonly Uint8Array[]): TransactionRequest {
		const { index, minTime, maxTime, l1End, previousAccumulator } = proposal;
		const fields = [index, minTime, maxTime, l1End, content, Certificate.pack(signatures)];
		const data = codecOf("SequencerInbox").encodeFunctionData("postBatch", fields);
		const key = `batch/${index}/${toHex(previousAccumulator)}`;
		return { key, to: this.#deployment.contracts.SequencerInbox, data, doneBy: ["WrongIndex"] };
	}

	forceInclude(l1End: number): TransactionRequest {
		const data = codecOf("SequencerInbox").encodeFunctionData("forceInclude", [l1End]);
		return { key: `force/${l1End}`, to: this.#deployment.contracts.SequencerInbox, data };
	}

	force(payload: Uint8Array): TransactionRequest {
		const data = codecOf("Inbox").encodeFunctionData("force", [payload]);
		return { key: `message/${keccak256(payload)}`, to: this.#deployment.contracts.Inbox, data };
	}

	claim(
		outboxRoot: Uint8Array,
		withdrawal: Parameters<InboxTransactions["claim"]>[1],
		siblings: readonly Uint8Array[],
	): TransactionRequest {
		const { index, account, recipient, amount } = withdrawal;
		const data = codecOf("Outbox").encodeFunctionData("claim", [outboxRoot, index, account, recipient, amount, siblings]);
		return { key: `claim/${index}`, to: this.#deployment.contracts.Outbox, data, doneBy: ["AlreadyClaimed"] };
	}
}
