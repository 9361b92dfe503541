import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Signature from "../../src/machine/math/Signature.ts";
import { ThreadedSigner } from "../../src/node/ThreadedSigner.ts";

const SECRET = Keccak.hashText("public test key of a signer");

describe("given a signer on a thread of its own", () => {
	it("refuses what is no key, no digest, and everything once it is closed", async () => {
		for (const bad of [new Uint8Array(32), new Uint8Array(31).fill(1), new Uint8Array(32).fill(255)])
			assert.throws(() => new ThreadedSigner(bad), RangeError);
		const signer = new ThreadedSigner(SECRET);
		await assert.rejects(signer.sign(new Uint8Array(31)), RangeError);
		const asked = assert.rejects(signer.sign(new Uint8Array(32)), /closed/);
		await signer.close();
		await asked;
		await assert.rejects(signer.sign(new Uint8Array(32)), /closed/);
	});

	it("signs each digest so that the machine recovers its address", async () => {
		const signer = new ThreadedSigner(SECRET);
		const digests = Array.from({ length: 300 }, (_, i) => Keccak.hashText(`digest ${i}`));
		const signatures = await Promise.all(digests.map((digest) => signer.sign(digest)));
		for (const [i, digest] of digests.entries()) assert.equal(Signature.recover(digest, signatures[i]), signer.address);
		await signer.close();
	});
});
