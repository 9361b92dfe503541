import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SignaturePool } from "../../src/executor/SignaturePool.ts";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Signature from "../../src/machine/math/Signature.ts";
import { keyOf, randomOf, sign } from "./world.ts";

describe("given signatures, good and bent", () => {
	it("answers exactly what the step would find, in order, on any number of threads", async () => {
		const random = randomOf(5);
		const cases = Array.from({ length: 400 }, (_, i) => {
			const digest = Keccak.hashText(`message ${i}`);
			const signature = sign(keyOf(i % 7), digest);
			if (i % 4 === 1) signature[Math.floor(random() * 65)] = Math.floor(random() * 256);
			if (i % 50 === 2) signature.fill(i % 100 === 2 ? 0 : 255, 0, 64);
			return { digest, signature: i % 97 === 3 ? signature.subarray(0, 64) : signature };
		});
		for (const workers of [1, 2]) {
			const pool = new SignaturePool(workers);
			const found = await Promise.all(cases.map(({ digest, signature }) => pool.recover(digest, signature)));
			assert.equal(pool.pending, 0);
			await pool.close();
			// Each is asked twice: the first answer is the remembered one, the second is recovered anew.
			for (const _ of [1, 2])
				assert.deepEqual(
					found,
					cases.map(({ digest, signature }) => Signature.recover(digest, signature)),
				);
			assert.ok(new Set(found).size > 8, "some are nobody's, some are of the keys, some of others");
		}
	});

	it("rejects what it can no longer answer", async () => {
		const pool = new SignaturePool(1);
		const asked = pool.recover(new Uint8Array(32), new Uint8Array(65));
		const refused = assert.rejects(asked, { code: "CLOSED" });
		await pool.close();
		await refused;
		await assert.rejects(pool.recover(new Uint8Array(32), new Uint8Array(65)), { code: "CLOSED" });
	});
});
