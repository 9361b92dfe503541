import { createKeccak } from "hash-wasm";

// One hasher for the whole process: hashing is synchronous, so calls cannot interleave.
const hasher = await createKeccak(256);

/** keccak256 of a byte string. */
export function hash(bytes: Uint8Array): Uint8Array {
	hasher.init();
	hasher.update(bytes);
	return hasher.digest("binary");
}

const encoder = new (globalThis as unknown as { TextEncoder: new () => { encode(text: string): Uint8Array } }).TextEncoder();

/** keccak256 of a text in UTF-8. */
export function hashText(text: string): Uint8Array {
	return hash(encoder.encode(text));
}

const pair = new Uint8Array(64);

/** keccak256(left || right). */
export function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
	pair.set(left, 0);
	pair.set(right, 32);
	return hash(pair);
}
