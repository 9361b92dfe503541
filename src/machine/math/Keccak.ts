import { INPUT_AT, MEMORY_BYTES, RATE_BYTES, instantiate } from "./KeccakModule.ts";

// One hasher for the whole process: hashing is synchronous, so calls cannot interleave.
const { memory, absorb, pairs } = await instantiate();
const bytesOf = new Uint8Array(memory.buffer);
const wordsOf = new Int32Array(memory.buffer);

/** LIMIT: whole blocks that fit behind INPUT_AT; a longer text is absorbed in pieces. */
const BUFFER_BLOCKS = Math.floor((MEMORY_BYTES - INPUT_AT) / RATE_BYTES) - 2;
const BUFFER_BYTES = BUFFER_BLOCKS * RATE_BYTES;
/** A block of its own for pairs, whose padding never changes. */
const PAIR_AT = INPUT_AT + BUFFER_BYTES;
/** Two pairs, their lanes in turn: within the last whole block, where no text comes. */
const TWO_PAIRS_AT = PAIR_AT + RATE_BYTES;
bytesOf[PAIR_AT + 64] = 0x01;
bytesOf[PAIR_AT + RATE_BYTES - 1] = 0x80;

/** keccak256 of a byte string. */
export function hash(bytes: Uint8Array): Uint8Array {
	let at = 0;
	for (; bytes.length - at >= BUFFER_BYTES; at += BUFFER_BYTES) {
		bytesOf.set(bytes.subarray(at, at + BUFFER_BYTES), INPUT_AT);
		absorb(BUFFER_BLOCKS, INPUT_AT, at === 0 ? 0 : 1);
	}
	const rest = bytes.length - at;
	const blocks = Math.floor(rest / RATE_BYTES) + 1;
	bytesOf.set(at === 0 ? bytes : bytes.subarray(at), INPUT_AT);
	bytesOf.fill(0, INPUT_AT + rest, INPUT_AT + blocks * RATE_BYTES);
	bytesOf[INPUT_AT + rest] = 0x01;
	const last = INPUT_AT + blocks * RATE_BYTES - 1;
	bytesOf[last] = bytesOf[last] | 0x80;
	absorb(blocks, INPUT_AT, at === 0 ? 0 : 1);
	return bytesOf.slice(0, 32);
}

const encoder = new (globalThis as unknown as { TextEncoder: new () => { encode(text: string): Uint8Array } }).TextEncoder();

/** keccak256 of a text in UTF-8. */
export function hashText(text: string): Uint8Array {
	return hash(encoder.encode(text));
}

/** keccak256(left || right). */
export function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
	bytesOf.set(left, PAIR_AT);
	bytesOf.set(right, PAIR_AT + 32);
	absorb(1, PAIR_AT, 0);
	return bytesOf.slice(0, 32);
}

/**
 * keccak256 of the 16 words at `from`, put into the 8 words at `to` of another array: the pair and the parent of a tree whose nodes are words. Nothing is allocated.
 */
export function hashWords(source: Int32Array, from: number, target: Int32Array, to: number): void {
	for (let i = 0; i < 16; i++) wordsOf[PAIR_AT / 4 + i] = source[from + i];
	absorb(1, PAIR_AT, 0);
	for (let i = 0; i < 8; i++) target[to + i] = wordsOf[i];
}

/** As `hashWords` of two pairs at once, which takes little longer than one. The targets must not be among the sources. */
export function hashTwoWords(
	firstSource: Int32Array,
	firstFrom: number,
	firstTarget: Int32Array,
	firstTo: number,
	secondSource: Int32Array,
	secondFrom: number,
	secondTarget: Int32Array,
	secondTo: number,
): void {
	const at = TWO_PAIRS_AT / 4;
	for (let i = 0; i < 16; i += 2) {
		wordsOf[at + 2 * i] = firstSource[firstFrom + i];
		wordsOf[at + 2 * i + 1] = firstSource[firstFrom + i + 1];
		wordsOf[at + 2 * i + 2] = secondSource[secondFrom + i];
		wordsOf[at + 2 * i + 3] = secondSource[secondFrom + i + 1];
	}
	pairs(0, TWO_PAIRS_AT, 0);
	for (let i = 0; i < 8; i += 2) {
		firstTarget[firstTo + i] = wordsOf[2 * i];
		firstTarget[firstTo + i + 1] = wordsOf[2 * i + 1];
		secondTarget[secondTo + i] = wordsOf[2 * i + 2];
		secondTarget[secondTo + i + 1] = wordsOf[2 * i + 3];
	}
}
