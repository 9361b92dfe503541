// What a block of the committee carries, besides the extensions at its head: bundles of the gateways, and cuts of batches. A member signs each.

import { ECDH } from "node:crypto";
import * as Bytes from "../../machine/math/Bytes.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import * as Signature from "../../machine/math/Signature.ts";
import type { BatchProposal } from "../../ports/Orderer.ts";
import type { Signer } from "../../ports/Signer.ts";
import * as Frame from "../local/Frame.ts";
import * as Proposals from "../proposals.ts";
import { stampRefusal, wholeRecords } from "../records.ts";

/** Kinds of transactions, in their first byte. */
export const EXTENSIONS = 0;
export const BUNDLE = 1;
export const CUT = 2;
export const JOIN = 3;
export const HELLO = 4;

/** One gateway's bundle: `sequence` is dense in the gateway's lane, from 0. */
export type BundleEnvelope = {
	readonly kind: typeof BUNDLE;
	readonly lane: string;
	readonly sequence: number;
	readonly records: Uint8Array;
	readonly recordCount: number;
};

/** Where a member wants the next batch cut. */
export type CutEnvelope = { readonly kind: typeof CUT; readonly lane: string; readonly proposal: BatchProposal };

/** A member whom L1 admitted shows the key that its votes will be checked with, once it may vote: L1 knows its address alone. `block` is the engine's last one. */
export type JoinEnvelope = { readonly kind: typeof JOIN; readonly lane: string; readonly publicKey: string; readonly block: number };

/** A member that does not know what it signed says a number of 32 bytes that nobody could know before: it orders nothing. */
export type HelloEnvelope = { readonly kind: typeof HELLO; readonly lane: string; readonly number: Uint8Array };
export type Envelope = BundleEnvelope | CutEnvelope | JoinEnvelope | HelloEnvelope;

/** LIMIT: the delay that the committee adds to the first record must still fit into a batch. */
export const MAX_RECORDS_BYTES = Frame.MAX_RECORDS_BYTES - 8;

const TAG = Keccak.hashText("strikeproof.envelope.v1");
const HEAD_BYTES = 29;
/** Of a compressed key. */
const KEY_BYTES = 33;
const NUMBER_BYTES = 32;

/** kind u8 | lane 20 | sequence u64 | records | signature 65 */
export async function encodeBundle(chainId: string, signer: Signer, sequence: number, records: Uint8Array): Promise<Uint8Array> {
	const head = new Uint8Array(HEAD_BYTES);
	head[0] = BUNDLE;
	head.set(Bytes.fromHex(signer.address), 1);
	Bytes.put(head, 21, 8, sequence);
	return sign(chainId, signer, Bytes.concat(head, records));
}

/**
 * kind u8 | lane 20 | proposal 80 | block u64 | signature 65. `block` is the engine's last one: the engine takes the same bytes only once, and a cut may have to be
 * asked for again.
 */
export async function encodeCut(chainId: string, signer: Signer, proposal: BatchProposal, block: number): Promise<Uint8Array> {
	const end = new Uint8Array(8);
	Bytes.put(end, 0, 8, block);
	return sign(chainId, signer, Bytes.concat(Uint8Array.of(CUT), Bytes.fromHex(signer.address), Proposals.encode(proposal), end));
}

/** kind u8 | lane 20 | public key, compressed 33 | block u64 | signature 65. `block` is the engine's last one: a member that left and comes back says it anew. */
export async function encodeJoin(chainId: string, signer: Signer, publicKey: Uint8Array, block: number): Promise<Uint8Array> {
	const end = new Uint8Array(8);
	Bytes.put(end, 0, 8, block);
	return sign(chainId, signer, Bytes.concat(Uint8Array.of(JOIN), Bytes.fromHex(signer.address), publicKey, end));
}

/** kind u8 | lane 20 | number 32 | signature 65 */
export async function encodeHello(chainId: string, signer: Signer, number: Uint8Array): Promise<Uint8Array> {
	return sign(chainId, signer, Bytes.concat(Uint8Array.of(HELLO), Bytes.fromHex(signer.address), number));
}

async function sign(chainId: string, signer: Signer, body: Uint8Array): Promise<Uint8Array> {
	return Bytes.concat(body, await signer.sign(digest(chainId, body)));
}

function digest(chainId: string, body: Uint8Array): Uint8Array {
	return Keccak.hash(Bytes.concat(TAG, Keccak.hashText(chainId), Keccak.hash(body)));
}

/** What a transaction says, or why it says nothing. Total: a member may send any bytes. Whether the lane is a member's is the reader's to ask. */
export function read(chainId: string, transaction: Uint8Array): Envelope | string {
	const end = transaction.length - Signature.LENGTH;
	const kind = transaction[0];
	if ((kind !== BUNDLE && kind !== CUT && kind !== JOIN && kind !== HELLO) || end < HEAD_BYTES) return "no such transaction";
	const body = transaction.subarray(0, end);
	const lane = Bytes.address(transaction, 1);
	if (kind === CUT && body.length !== 29 + Proposals.LENGTH) return "a cut has 174 bytes";
	const publicKey = body.slice(21, 21 + KEY_BYTES);
	if (kind === JOIN && (body.length !== 21 + KEY_BYTES + 8 || addressOf(publicKey) !== lane))
		return "a member that joins shows the key of its address";
	if (kind === HELLO && body.length !== 21 + NUMBER_BYTES) return "a hello has 118 bytes";
	const records = transaction.slice(HEAD_BYTES, end);
	const recordCount = kind === BUNDLE ? wholeRecords(records) : 0;
	if (kind === BUNDLE) {
		if (records.length > MAX_RECORDS_BYTES || !recordCount) return `a bundle is 1 to ${MAX_RECORDS_BYTES} bytes of whole records`;
		const refusal = stampRefusal(records);
		if (refusal) return refusal;
	}
	if (Signature.recover(digest(chainId, body), transaction.subarray(end)) !== lane) return "the signature is not the lane's";
	if (kind === JOIN) return { kind, lane, publicKey: Bytes.toHex(publicKey), block: Bytes.uint(body, 21 + KEY_BYTES, 8) };
	if (kind === HELLO) return { kind, lane, number: body.slice(21) };
	if (kind === CUT) return { kind, lane, proposal: Proposals.decode(transaction.subarray(21)) };
	return { kind, lane, sequence: Bytes.uint(transaction, 21, 8), records, recordCount: recordCount as number };
}

/** The address of a compressed public key, or undefined when it is none. */
function addressOf(publicKey: Uint8Array): string | undefined {
	try {
		const whole = ECDH.convertKey(publicKey, "secp256k1", undefined, undefined, "uncompressed") as Buffer;
		return Bytes.address(Keccak.hash(new Uint8Array(whole).subarray(1)), 12);
	} catch {
		return undefined;
	}
}
