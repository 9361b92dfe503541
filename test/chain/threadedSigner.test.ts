import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Signature from "../../src/machine/math/Signature.ts";
import { ThreadedSigner } from "../../src/chain/ThreadedSigner.ts";

const KEY = Bytes.toHex(Keccak.hashText("public test key of a signer"));

describe("given a signer on a thread of its own", () => {
	it("refuses what is no key, no digest, and everything once it is closed", async () => {
		for (const bad of [`0x${"00".repeat(32)}`, `0x${"01".repeat(31)}`, `0x${"ff".repeat(32)}`, "key"])
			assert.throws(() => new ThreadedSigner(bad));
		const signer = new ThreadedSigner(KEY);
		await assert.rejects(signer.sign(new Uint8Array(31)), RangeError);
		const asked = assert.rejects(signer.sign(new Uint8Array(32)), /closed/);
		await signer.close();
		await asked;
		await assert.rejects(signer.sign(new Uint8Array(32)), /closed/);
	});

	it("signs each digest so that the machine recovers its address", async () => {
		const signer = new ThreadedSigner(KEY);
		const digests = Array.from({ length: 300 }, (_, i) => Keccak.hashText(`digest ${i}`));
		const signatures = await Promise.all(digests.map((digest) => signer.sign(digest)));
		for (const [i, digest] of digests.entries()) assert.equal(Signature.recover(digest, signatures[i]), signer.address);
		await signer.close();
	});
});
