// Commitments to blobs and proofs about them, by a library that keeps the ceremony's setup. Pure functions of bytes.

import type { DasContextJs } from "@crate-crypto/node-eth-kzg";
import library from "@crate-crypto/node-eth-kzg";
import { sha256 } from "@noble/hashes/sha2.js";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Keccak from "../machine/math/Keccak.ts";
import * as Blob from "../protocol/Blob.ts";

/** Of a blob of 131,072 bytes. */
export type Committed = { readonly blob: Uint8Array; readonly commitment: Uint8Array; readonly versionedHash: Uint8Array };

/** LIMIT: blobs whose commitments are remembered: one is certified, posted, kept, and read by several roles of a process. */
const REMEMBERED = 256;

/** By identity first, because hashing a blob takes a while too. */
const commitments = new WeakMap<Uint8Array, Uint8Array>();
const remembered = new Map<string, Uint8Array>();
let context: DasContextJs | undefined;

/** Loading the setup takes a second or two, once: whoever will need it calls this before he is in a hurry. */
export function load(): DasContextJs {
	context ??= library.DasContextJs.create({ usePrecomp: false });
	return context;
}

/** The 48 bytes that commit to a blob. Throws when an element is not below the modulus. A blob is not changed once it was committed to. */
export function commit(blob: Uint8Array): Uint8Array {
	const known = commitments.get(blob);
	if (known) return known;
	const name = nameOf(blob);
	return remember(blob, name, remembered.get(name) ?? load().blobToKzgCommitment(blob));
}

/** The same, computed by a thread of its own: it takes some 60 ms, for which nobody should have to wait. */
export async function commitAside(blob: Uint8Array): Promise<Uint8Array> {
	const known = commitments.get(blob);
	if (known) return known;
	const name = nameOf(blob);
	return remember(blob, name, remembered.get(name) ?? (await load().asyncBlobToKzgCommitment(blob)));
}

function nameOf(blob: Uint8Array): string {
	return Bytes.toHex(Keccak.hash(blob));
}

function remember(blob: Uint8Array, name: string, commitment: Uint8Array): Uint8Array {
	commitments.set(blob, commitment);
	remembered.set(name, commitment);
	for (const oldest of remembered.keys()) {
		if (remembered.size <= REMEMBERED) break;
		remembered.delete(oldest);
	}
	return commitment;
}

/** As L1 names a blob: sha256 of its commitment behind a version byte. */
export function versionedHash(commitment: Uint8Array): Uint8Array {
	const hash = Uint8Array.from(sha256(commitment));
	hash[0] = 1;
	return hash;
}

/** Whether these bytes are the blob that L1 names so. Bytes that are no blob at all are not. */
export function isNamed(bytes: Uint8Array, name: string): boolean {
	try {
		return bytes.length === 32 * Blob.ELEMENTS && Bytes.toHex(versionedHash(commit(bytes))) === name;
	} catch {
		return false;
	}
}

/** The blobs of a batch's content with what L1 calls them. */
export function commitAll(content: Uint8Array): readonly Committed[] {
	return Blob.pack(content).map((blob) => {
		const commitment = commit(blob);
		return { blob, commitment, versionedHash: versionedHash(commitment) };
	});
}

/** The root of the blobs that would hold a content (Blob.root). */
export function blobsRoot(content: Uint8Array): Uint8Array {
	return Blob.root(commitAll(content).map((one) => one.versionedHash));
}

/** What a committee signs of a content (Blob.contentHash), so that it may be posted by either carrier. */
export function contentHash(content: Uint8Array): Uint8Array {
	return Blob.contentHash(Keccak.hash(content), content.length, blobsRoot(content));
}

/** The same, computed by threads of their own. */
export async function contentHashAside(content: Uint8Array): Promise<Uint8Array> {
	await Promise.all(Blob.pack(content).map(commitAside));
	return contentHash(content);
}

/** The value of a blob's polynomial at `z`, and the proof of it. */
export function prove(blob: Uint8Array, z: Uint8Array): { readonly proof: Uint8Array; readonly value: Uint8Array } {
	const [proof, value] = load().computeKzgProof(blob, z);
	return { proof, value };
}

/** The proof that a sidecar of version 0 carries, computed by a thread of its own. */
export function blobProof(blob: Uint8Array, commitment: Uint8Array): Promise<Uint8Array> {
	return load().asyncComputeBlobKzgProof(blob, commitment);
}

/** The 128 proofs that a sidecar of version 1 carries (EIP-7594), likewise. */
export async function cellProofs(blob: Uint8Array): Promise<readonly Uint8Array[]> {
	return (await load().asyncComputeCellsAndKzgProofs(blob)).proofs;
}
