import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keyOf, sign } from "../../../scripts/dev/lockstep/Keys.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as Signature from "../../../src/machine/math/Signature.ts";

describe("given a signature that was recovered before the step asks for it", () => {
	const key = keyOf("remembered signer");
	const digest = Keccak.hashText("what was signed");
	const signature = sign(key, digest);

	it("is not taken for the same signature under another digest, nor for another one under its own", () => {
		Signature.remember(digest, signature, key.address);
		const elsewhere = Signature.recover(Keccak.hashText("what was not signed"), signature);
		assert.notEqual(elsewhere, key.address);
		const other = Uint8Array.from(signature, (byte, i) => (i === 63 ? byte ^ 1 : byte));
		assert.notEqual(Signature.recover(digest, other), key.address);
		assert.equal(Signature.recover(digest, signature), key.address);
	});

	it("gives what was remembered once, and afterwards what it is", () => {
		Signature.remember(digest, signature, "0x00000000000000000000000000000000000000aa");
		assert.equal(Signature.recover(digest, signature), "0x00000000000000000000000000000000000000aa");
		assert.equal(Signature.recover(digest, signature), key.address);
	});
});

describe("given the other half of the signatures", () => {
	const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
	const key = keyOf("mirrored signer");

	it("refuses every mirrored s, also one that begins with the byte behind half the order's", () => {
		const firstBytes = new Set<number>();
		for (let i = 0; i < 2000 && !firstBytes.has(0x80); i++) {
			const digest = Keccak.hashText(`mirrored ${i}`);
			const signature = sign(key, digest);
			const mirrored = signature.slice();
			Bytes.putBig(mirrored, 32, 32, ORDER - Bytes.big(signature, 32, 32));
			mirrored[64] = signature[64] === 27 ? 28 : 27;
			if (i > 5 && mirrored[32] !== 0x80) continue;
			firstBytes.add(mirrored[32]);
			assert.equal(Signature.recover(digest, signature), key.address);
			assert.notEqual(Signature.recover(digest, mirrored), key.address, `${i}`);
		}
		assert.ok(firstBytes.has(0x80));
	});
});
