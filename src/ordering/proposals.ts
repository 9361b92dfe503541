// Proposals of batches as bytes: on the disk, and in the order of a committee.

import * as Bytes from "../machine/math/Bytes.ts";
import type { BatchProposal } from "../ports/Orderer.ts";

export const LENGTH = 80;

/** index u64 | previousAccumulator 32 | minTime u64 | maxTime u64 | l1End u64 | fromHeight u64 | toHeight u64 */
export function encode(proposal: BatchProposal): Uint8Array {
	const bytes = new Uint8Array(LENGTH);
	let at = Bytes.put(bytes, 0, 8, proposal.index);
	bytes.set(proposal.previousAccumulator, at);
	at += 32;
	for (const field of [proposal.minTime, proposal.maxTime, proposal.l1End, proposal.fromHeight, proposal.toHeight])
		at = Bytes.put(bytes, at, 8, field);
	return bytes;
}

/** The proposal in the first LENGTH bytes. */
export function decode(bytes: Uint8Array): BatchProposal {
	const field = (place: number): number => Bytes.uint(bytes, 40 + 8 * place, 8);
	return {
		index: Bytes.uint(bytes, 0, 8),
		previousAccumulator: bytes.slice(8, 40),
		minTime: field(0),
		maxTime: field(1),
		l1End: field(2),
		fromHeight: field(3),
		toHeight: field(4),
	};
}

/** The place in the chain of batches that a proposal is for: one content may ever be signed for it. */
export function placeOf(proposal: { readonly index: number; readonly previousAccumulator: Uint8Array }): string {
	return `${String(proposal.index).padStart(15, "0")}/${Bytes.toHex(proposal.previousAccumulator)}`;
}
