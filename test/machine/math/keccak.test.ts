import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keccak_256 } from "@noble/hashes/sha3.js";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + length * 13) & 255);

describe("given the hasher that is assembled here", () => {
	it("gives the published hash of nothing", () => {
		assert.equal(Bytes.toHex(Keccak.hash(new Uint8Array(0))), "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
	});

	it("agrees with an independent library at every length around blocks and buffers", () => {
		const lengths = [...Array.from({ length: 420 }, (_, i) => i), 4096, 64_735, 64_736, 64_737, 64_872, 120_000, 129_472, 130_000, 200_001];
		for (const length of lengths) assert.deepEqual(Keccak.hash(bytesOf(length)), keccak_256(bytesOf(length)), `${length} bytes`);
	});

	it("hashes a pair as the pair's bytes, also after longer texts and in words", () => {
		const [left, right] = [bytesOf(32), bytesOf(33).subarray(1)];
		const expected = keccak_256(Bytes.concat(left, right));
		Keccak.hash(bytesOf(70_000));
		assert.deepEqual(Keccak.hashPair(left, right), expected);
		const words = new Int32Array(40);
		new Uint8Array(words.buffer).set(Bytes.concat(left, right), 16);
		Keccak.hashWords(words, 4, words, 30);
		assert.deepEqual(new Uint8Array(words.buffer).slice(120, 152), expected);
	});

	it("hashes two pairs at once as each alone, also after longer texts", () => {
		for (let i = 0; i < 50; i++) {
			const texts = [bytesOf(64 + i).subarray(i), bytesOf(64 + 3 * i).subarray(3 * i)];
			const words = new Int32Array(48);
			for (const [j, text] of texts.entries()) new Uint8Array(words.buffer).set(text, 64 * j);
			if (i % 5 === 0) Keccak.hash(bytesOf(70_000));
			const target = new Int32Array(20);
			Keccak.hashTwoWords(words, 0, target, 1, words, 16, target, 11);
			const bytes = new Uint8Array(target.buffer);
			assert.deepEqual(bytes.slice(4, 36), keccak_256(texts[0]));
			assert.deepEqual(bytes.slice(44, 76), keccak_256(texts[1]));
		}
	});

	it("hands out a hash that later hashing leaves alone", () => {
		const first = Keccak.hashText("first");
		const kept = first.slice();
		Keccak.hashText("second");
		assert.deepEqual(first, kept);
	});
});
