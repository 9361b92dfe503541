import { keccak256 } from "ethers";
import * as Kzg from "../kzg/Kzg.ts";
import { toHex } from "../machine/math/Bytes.ts";
import type { TransactionRequest } from "../ports/Chain.ts";
import type { Carrier, InboxTransactions } from "../ports/Inbox.ts";
import type { BatchProposal } from "../ports/Orderer.ts";
import * as Certificate from "./Certificate.ts";
import { codecOf } from "./Contracts.ts";
import type { Deployment } from "./Deployment.ts";

/** LIMIT: posting a batch in blobs takes about half of this (test/inbox/blobBatch.test.ts); for endpoints that cannot simulate it. */
const BLOB_BATCH_GAS = 250_000n;
const GAS_PER_SIGNATURE = 15_000n;

/** Encodes the inbox's and the bridge's transactions. */
export class InboxChain implements InboxTransactions {
	readonly #deployment: Deployment;

	constructor(deployment: Deployment) {
		this.#deployment = deployment;
	}

	postBatch(proposal: BatchProposal, content: Uint8Array, signatures: readonly Uint8Array[], carrier: Carrier): TransactionRequest {
		const { index, minTime, maxTime, l1End, previousAccumulator } = proposal;
		const key = `batch/${index}/${toHex(previousAccumulator)}`;
		const to = this.#deployment.contracts.SequencerInbox;
		const place = [index, minTime, maxTime, l1End];
		const certificate = Certificate.pack(signatures);
		const doneBy = ["WrongIndex"];
		const codec = codecOf("SequencerInbox");
		if (carrier === "calldata") {
			return { key, to, doneBy, data: codec.encodeFunctionData("postBatch", [...place, content, Kzg.blobsRoot(content), certificate]) };
		}
		const data = codec.encodeFunctionData("postBlobBatch", [...place, content.length, keccak256(content), certificate]);
		const gasLimit = BLOB_BATCH_GAS + GAS_PER_SIGNATURE * BigInt(signatures.length);
		return { key, to, data, doneBy, gasLimit, blobs: Kzg.commitAll(content).map(({ blob }) => blob) };
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
