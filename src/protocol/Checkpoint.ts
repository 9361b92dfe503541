// What the committee and the sequencer sign (docs/spec/rollup.md): batches, receipts for single messages, checkpoints of the order, and states at a
// place that L1 knows. EIP-712, in the domain of the SequencerInbox.

import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";

export type BatchVote = {
	index: number;
	previousAccumulator: Uint8Array;
	contentHash: Uint8Array;
	minTime: number;
	maxTime: number;
	l1End: number;
};

export type Receipt = {
	sequence: number;
	/** Bytes of the order before the message's record. */
	offset: number;
	messageHash: Uint8Array;
	streamHash: Uint8Array;
	time: number;
};

export type CheckpointVote = {
	/** Of bundles in the committee's order. */
	height: number;
	streamHash: Uint8Array;
	root: Uint8Array;
};

export type StateVote = {
	gameId: Uint8Array;
	/** Steps from the parent assertion's final state, from 1. */
	step: number;
	commitment: Uint8Array;
};

const BATCH_TYPE = Keccak.hashText(
	"Batch(uint64 index,bytes32 previousAccumulator,bytes32 contentHash,uint64 minTime,uint64 maxTime,uint64 l1End)",
);
const RECEIPT_TYPE = Keccak.hashText("Receipt(uint64 sequence,uint64 offset,bytes32 messageHash,bytes32 streamHash,uint64 time)");
const CHECKPOINT_TYPE = Keccak.hashText("Checkpoint(uint64 height,bytes32 streamHash,bytes32 root)");
const STATE_TYPE = Keccak.hashText("State(bytes32 gameId,uint64 step,bytes32 commitment)");

function word(value: number): Uint8Array {
	const bytes = new Uint8Array(32);
	Bytes.put(bytes, 24, 8, value);
	return bytes;
}

function digest(domainSeparator: Uint8Array, structHash: Uint8Array): Uint8Array {
	return Keccak.hash(Bytes.concat(Uint8Array.of(0x19, 0x01), domainSeparator, structHash));
}

export function batchDigest(domainSeparator: Uint8Array, vote: BatchVote): Uint8Array {
	const fields = [
		BATCH_TYPE,
		word(vote.index),
		vote.previousAccumulator,
		vote.contentHash,
		word(vote.minTime),
		word(vote.maxTime),
		word(vote.l1End),
	];
	return digest(domainSeparator, Keccak.hash(Bytes.concat(...fields)));
}

export function receiptDigest(domainSeparator: Uint8Array, receipt: Receipt): Uint8Array {
	const fields = [RECEIPT_TYPE, word(receipt.sequence), word(receipt.offset), receipt.messageHash, receipt.streamHash, word(receipt.time)];
	return digest(domainSeparator, Keccak.hash(Bytes.concat(...fields)));
}

export function checkpointDigest(domainSeparator: Uint8Array, vote: CheckpointVote): Uint8Array {
	return digest(domainSeparator, Keccak.hash(Bytes.concat(CHECKPOINT_TYPE, word(vote.height), vote.streamHash, vote.root)));
}

export function stateDigest(domainSeparator: Uint8Array, vote: StateVote): Uint8Array {
	return digest(domainSeparator, Keccak.hash(Bytes.concat(STATE_TYPE, vote.gameId, word(vote.step), vote.commitment)));
}
