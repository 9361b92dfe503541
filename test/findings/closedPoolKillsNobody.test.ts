import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** Pools and signers that are closed while their threads work; in a process of its own, because it died. */
const PROGRAM = `
import { ThreadedSigner } from ${url("../../src/chain/ThreadedSigner.ts")};
import { SignaturePool } from ${url("../../src/executor/SignaturePool.ts")};
const digests = Array.from({ length: 200 }, (_, i) => new Uint8Array(32).fill(1 + (i % 250)));
const signature = new Uint8Array(65).fill(7);
signature[64] = 27;
for (let round = 0; round < 24; round++) {
	const threads = round % 2 === 0 ? new SignaturePool(1) : new ThreadedSigner("0x" + "11".repeat(32));
	const ask = (digest) => (round % 2 === 0 ? threads.recover(digest, signature) : threads.sign(digest));
	await ask(digests[0]);
	for (const digest of digests) ask(digest).catch(() => undefined);
	await new Promise((resolve) => setImmediate(resolve));
	// An answer arrives while nobody looks, and is taken after the close has begun.
	for (let until = performance.now() + round; performance.now() < until; );
	await threads.close();
}
console.log("alive");
`;

describe("given threads that recover and make signatures", () => {
	it("waits for their end when it closes them: an answer that still came let go of the thread, and the process ended before it", () => {
		const directory = mkdtempSync(join(tmpdir(), "strikeproof-pool-"));
		const program = join(directory, "program.mjs");
		writeFileSync(program, PROGRAM);
		const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
		rmSync(directory, { recursive: true });
		assert.equal(stdout, "alive\n", stderr);
		assert.equal(status, 0, stderr);
	});
});
