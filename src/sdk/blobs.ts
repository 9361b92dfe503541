// Blobs from an archive, checked with the trader's own L1 endpoint instead of a library: one evaluation of the polynomial that they are.

import { concat, getBytes, hexlify, sha256, toBeHex } from "ethers";
import type { Provider } from "ethers";
import * as Bytes from "../machine/math/Bytes.ts";
import * as Blob from "../protocol/Blob.ts";

const BLOB_BYTES = 32 * Blob.ELEMENTS;
const POINT_EVALUATION = "0x000000000000000000000000000000000000000a";
/** EIP-4844's compute_challenge. */
const CHALLENGE_DOMAIN = new TextEncoder().encode("FSBLOBVERIFY_V1_");

/** The blob of this name from an archive, by the address of its API; undefined when the archive gives none, or another one. */
export async function blobFrom(archive: string, l1: Provider, versionedHash: string): Promise<Uint8Array | undefined> {
	const url = `${archive.replace(/^ws/, "http").replace(/\/+$/, "")}/archive/blobs/${versionedHash}`;
	const [blob, proof] = await Promise.all([fetchBytes(url), fetchBytes(`${url}/proof`)]);
	if (blob?.length !== BLOB_BYTES || proof?.length !== 96) return undefined;
	return (await isNamed(l1, versionedHash, blob, proof.subarray(0, 48), proof.subarray(48))) ? blob : undefined;
}

/** Whether a blob has this name, by its commitment and the proof of EIP-4844: at a point that depends on both, the commitment opens to the blob's own value. */
async function isNamed(l1: Provider, versionedHash: string, blob: Uint8Array, commitment: Uint8Array, proof: Uint8Array): Promise<boolean> {
	if (`0x01${sha256(commitment).slice(4)}` !== versionedHash) return false;
	const challenge = sha256(concat([CHALLENGE_DOMAIN, toBeHex(Blob.ELEMENTS, 16), blob, commitment]));
	const z = BigInt(challenge) % Blob.MODULUS;
	try {
		const { value } = Blob.interpolate(0, blob, z);
		const data = concat([versionedHash, toBeHex(z, 32), toBeHex(value, 32), commitment, proof]);
		// It answers two numbers, or fails.
		return (
			Bytes.toHex(getBytes(await l1.call({ to: POINT_EVALUATION, data }))) ===
			hexlify(concat([toBeHex(Blob.ELEMENTS, 32), toBeHex(Blob.MODULUS, 32)]))
		);
	} catch {
		return false;
	}
}

async function fetchBytes(url: string): Promise<Uint8Array | undefined> {
	const response = await fetch(url).catch(() => undefined);
	return response?.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
}
