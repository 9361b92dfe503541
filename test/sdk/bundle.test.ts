import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { build } from "esbuild";
import type * as Sdk from "../../src/sdk/index.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** What a browser would get of the SDK, and how many bytes each file has in it. */
async function bundle(source: string): Promise<{ code: string; parts: Map<string, number>; imports: number }> {
	const { outputFiles, metafile } = await build({
		stdin: { contents: source, resolveDir: ROOT },
		bundle: true,
		write: false,
		format: "esm",
		platform: "browser",
		target: "es2023",
		minify: true,
		metafile: true,
		logLevel: "silent",
	});
	const [output] = Object.values(metafile.outputs);
	assert.ok(output);
	const parts = new Map(Object.entries(output.inputs).map(([file, { bytesInOutput }]) => [file, bytesInOutput]));
	return { code: outputFiles[0].text, parts, imports: output.imports.length };
}

describe("given the SDK bundled for a browser", () => {
	it("imports nothing that a browser lacks", async (t) => {
		const { code, imports } = await bundle('export * from "./src/sdk/index.ts"');
		assert.equal(imports, 0);
		assert.doesNotMatch(code, /from"node:|require\("(?!\.)/);
		t.diagnostic(`all of the SDK is ${Math.round(code.length / 1024)} KiB, minified`);
		assert.ok(code.length < 200_000, `${code.length} bytes`);
	});

	it("brings of a part that part alone: who only connects gets no cryptography and no ABI", async () => {
		const { code, parts } = await bundle('export { Connection } from "./src/sdk/index.ts"');
		assert.ok(code.length < 8000, `${code.length} bytes`);
		assert.deepEqual(
			[...parts].filter(([, bytes]) => bytes > 0).map(([file]) => file),
			["src/sdk/Connection.ts"],
		);
	});

	it("has one curve in it, and nothing of the node's", async () => {
		const { parts } = await bundle('export { Trader, LightClient, verify } from "./src/sdk/index.ts"');
		const inside = [...parts].filter(([, bytes]) => bytes > 0).map(([file]) => file);
		assert.deepEqual(
			inside.filter((file) => /node_modules\/(elliptic|secp256k1|bn\.js|ws|zod|lmdb)\//.test(file)),
			[],
		);
		assert.deepEqual(
			inside.filter((file) => /^src\/(?!sdk|machine|protocol)/.test(file)),
			[],
		);
	});

	it("runs: a trader's typed data and a light client's refusal need nothing of Node", async () => {
		const { code } = await bundle('export { LightClient, VerificationError, typedData, isExecuted } from "./src/sdk/index.ts"');
		const sdk = (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as typeof Sdk;
		assert.equal(sdk.typedData.Place.Place.length, 10);
		const error = new sdk.VerificationError("WRONG_CHAIN", "no");
		assert.equal(error.code, "WRONG_CHAIN");
		assert.equal(typeof sdk.LightClient, "function");
	});
});
