import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keyOf, sign } from "../../../scripts/dev/lockstep/Keys.ts";
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
