// What members and reporters sign, as one kind of thing: a signer says something of a place, and may say one thing of it for ever.

import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import * as Signature from "../../machine/math/Signature.ts";
import * as Messages from "../../machine/step/Messages.ts";
import type { Report } from "../../machine/step/Messages.ts";
import type { Contradiction, Fields } from "../../ports/Evidence.ts";
import * as Checkpoint from "../../protocol/Checkpoint.ts";
import * as EngineVote from "../../protocol/EngineVote.ts";

export type Statement = {
	readonly kind: Contradiction["kind"];
	readonly signer: string;
	/** Of what; sorts by age within a kind. */
	readonly place: string;
	/** What contradicts another statement of the place when it differs. */
	readonly said: string;
	readonly fields: Fields;
	readonly signature: string;
};

/** EIP-712 separators: of the SequencerInbox, and of users' and reporters' messages. */
export type Domains = { readonly committee: Uint8Array; readonly users: Uint8Array };

const padded = (value: number): string => String(value).padStart(15, "0");
const hex = Bytes.toHex;

/** A member's receipt for a message. */
export function receipt(domains: Domains, receipt: Checkpoint.Receipt, signature: Uint8Array): Statement {
	const { sequence, offset, messageHash, streamHash, time } = receipt;
	const digest = Checkpoint.receiptDigest(domains.committee, receipt);
	const fields = { sequence, offset, messageHash: hex(messageHash), streamHash: hex(streamHash), time };
	// The time of a record, and the order around it, may move with a forced batch: the message may not.
	return { ...signed(digest, signature), kind: "receipts", place: padded(sequence), said: fields.messageHash, fields };
}

/** A member's vote for a state of the order. */
export function checkpoint(domains: Domains, vote: Checkpoint.CheckpointVote, signature: Uint8Array): Statement {
	const digest = Checkpoint.checkpointDigest(domains.committee, vote);
	const fields = { height: vote.height, streamHash: hex(vote.streamHash), root: hex(vote.root) };
	return { ...signed(digest, signature), kind: "checkpoints", place: padded(vote.height), said: hex(digest), fields };
}

/** A member's vote for a batch. */
export function batch(domains: Domains, vote: Checkpoint.BatchVote, signature: Uint8Array): Statement {
	const digest = Checkpoint.batchDigest(domains.committee, vote);
	const { index, minTime, maxTime, l1End } = vote;
	const previousAccumulator = hex(vote.previousAccumulator);
	const fields = { index, previousAccumulator, contentHash: hex(vote.contentHash), minTime, maxTime, l1End };
	return { ...signed(digest, signature), kind: "batches", place: `${padded(index)}/${previousAccumulator}`, said: hex(digest), fields };
}

/** A vote of a member's engine. */
export function vote(domains: Domains, vote: EngineVote.Vote, signature: Uint8Array): Statement {
	const digest = EngineVote.digest(EngineVote.orderName(domains.committee), vote);
	const { kind, height, round, partCount, time, nanoseconds } = vote;
	const fields = { kind, height, round, blockHash: hex(vote.blockHash), partCount, partsHash: hex(vote.partsHash), time, nanoseconds };
	// Cast again, the same vote may have another time.
	const said = partCount === 0 ? "nil" : `${fields.blockHash}/${partCount}/${fields.partsHash}`;
	const place = `${padded(height)}/${padded(round)}/${kind}`;
	return { ...signed(digest, signature), kind: "votes", place, said, fields };
}

/** Each reporter's signature under a report of prices. */
export function reports(domains: Domains, report: Report): Statement[] {
	const digest = Messages.reportDigest(domains.users, report);
	const { underlying, time, indexPrice, confidence } = report;
	const fields = { underlying, time, indexPrice, confidence, surfaceHash: hex(Keccak.hash(report.surfaceBytes)) };
	const place = `${padded(time)}/${underlying}`;
	return report.signatures.map((signature) => ({
		...signed(digest, signature),
		kind: "reports" as const,
		place,
		said: hex(digest),
		fields,
	}));
}

function signed(digest: Uint8Array, signature: Uint8Array): { signer: string; signature: string } {
	return { signer: Signature.recover(digest, signature), signature: hex(signature) };
}
