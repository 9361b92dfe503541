// What the engine found against a member: it keeps two votes of one member that contradict each other, and puts them into a block.

import * as Bytes from "../../machine/math/Bytes.ts";
import type { Vote } from "../../protocol/EngineVote.ts";

/** A vote of an engine, and the signature under it as L1 takes it: the engine's v counts from 0. */
export type CastVote = { readonly vote: Vote; readonly signature: Uint8Array };

/** As the engine's RPC writes them: numbers of 64 bits are strings, hashes hexadecimal and empty for nil, other bytes base64. */
export type BlockIdJson = { readonly hash: string; readonly parts: { readonly total: number; readonly hash: string } };
type VoteJson = {
	readonly type: number;
	readonly height: string;
	readonly round: number;
	readonly block_id: BlockIdJson;
	readonly timestamp: string;
	readonly signature: string;
};
type EvidenceJson = { readonly type: string; readonly value: { readonly vote_a?: VoteJson; readonly vote_b?: VoteJson } };

/** The pairs of votes in the evidence of a decided block, one vote after the other; attacks on light clients are none. Throws when the engine does not answer with the block. */
export async function read(rpc: string, blockHeight: number): Promise<CastVote[]> {
	const response = await fetch(`http://${rpc}/block?height=${blockHeight}`, { signal: AbortSignal.timeout(5_000) });
	type Answer = { result?: { block?: { evidence?: { evidence: readonly EvidenceJson[] } } }; error?: { message: string; data?: string } };
	const { result, error } = (await response.json()) as Answer;
	if (!result?.block?.evidence)
		throw new Error(`The engine does not show block ${blockHeight}: ${error?.data ?? error?.message ?? "no reason"}.`);
	return result.block.evidence.evidence.flatMap(({ value: { vote_a, vote_b } }) =>
		vote_a && vote_b ? [castOf(vote_a), castOf(vote_b)] : [],
	);
}

function castOf({ type: kind, height, round, block_id, timestamp, signature }: VoteJson): CastVote {
	return { vote: { kind, height: Number(height), round, ...blockOf(block_id), ...timeOf(timestamp) }, signature: signatureOf(signature) };
}

export function blockOf({ hash, parts }: BlockIdJson): Pick<Vote, "blockHash" | "partCount" | "partsHash"> {
	const bytes = (text: string): Uint8Array => (text === "" ? new Uint8Array(32) : Bytes.fromHex(text));
	return { blockHash: bytes(hash), partCount: parts.total, partsHash: bytes(parts.hash) };
}

/** Of RFC 3339 in UTC with up to nine digits of a second's parts. */
export function timeOf(timestamp: string): Pick<Vote, "time" | "nanoseconds"> {
	const [whole, parts = ""] = timestamp.replace(/Z$/, "").split(".");
	return { time: Date.parse(`${whole}Z`) / 1000, nanoseconds: Number(parts.padEnd(9, "0")) };
}

export function signatureOf(base64: string): Uint8Array {
	const signature = new Uint8Array(Buffer.from(base64, "base64"));
	signature[64] += 27;
	return signature;
}
