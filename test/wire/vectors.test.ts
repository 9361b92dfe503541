import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { verifyTypedData } from "ethers";
import { signedPart } from "../../src/executor/UserMessages.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Signature from "../../src/machine/math/Signature.ts";

const ROOT = join(import.meta.dirname, "..", "..");
type TypedData = {
	readonly primaryType: string;
	readonly types: Record<string, { name: string; type: string }[]>;
	readonly message: Record<string, unknown>;
	readonly digest: string;
	readonly signature: string;
	readonly payload: string;
};
const vectors = JSON.parse(readFileSync(join(ROOT, "docs/api/vectors.json"), "utf8")) as {
	readonly address: string;
	readonly domain: Record<string, unknown>;
	readonly domainSeparator: string;
	readonly messages: readonly TypedData[];
	readonly receipt: TypedData & { readonly domain: Record<string, unknown> };
};

const PYTHON = process.env.PYTHON ?? "python3";
const hasEthAccount = spawnSync(PYTHON, ["-c", "import eth_account"]).status === 0;
const skip = !hasEthAccount && "no Python with eth-account is here: pip install eth-account, or name one in PYTHON";

const MANIFEST = join(ROOT, "docs/api/rust/Cargo.toml");
const CARGO = process.env.CARGO ?? "cargo";
const hasCargo = spawnSync(CARGO, ["--version"]).status === 0;
const hasCrates = hasCargo && spawnSync(CARGO, ["fetch", "--quiet", "--locked", "--manifest-path", MANIFEST]).status === 0;
const skipRust = hasCargo
	? !hasCrates && "the crates of docs/api/rust cannot be fetched: no network, and cargo's cache lacks some"
	: "no cargo is here: install Rust, or name it in CARGO";

describe("given the signing vectors of docs/api", () => {
	it("has every message that a user signs", () => {
		assert.deepEqual([...new Set(vectors.messages.map(({ primaryType }) => primaryType))].length, 14);
	});

	it("is what the machine reads out of the bytes, and what a wallet signs", () => {
		for (const { primaryType, types, message, digest, signature, payload } of vectors.messages) {
			const signed = signedPart(Bytes.fromHex(payload), Bytes.fromHex(vectors.domainSeparator));
			assert.ok(signed, `${primaryType} is well formed`);
			assert.equal(Bytes.toHex(signed.digest), digest);
			assert.equal(Signature.recover(signed.digest, signed.signature), vectors.address);
			assert.equal(verifyTypedData(vectors.domain, types, message, signature).toLowerCase(), vectors.address);
		}
		const { domain, types, message, signature } = vectors.receipt;
		assert.equal(verifyTypedData(domain, types, message, signature).toLowerCase(), vectors.address);
	});

	it("is what eth-account makes of it, in Python", { skip }, () => {
		const { status, stdout, stderr } = spawnSync(PYTHON, [join(ROOT, "docs/api/verify_vectors.py")], { encoding: "utf8" });
		assert.equal(status, 0, stdout + stderr);
		assert.match(stdout, /16 of 16 agree/);
	});

	it("is what k256 and sha3 make of it, in Rust", { skip: skipRust }, () => {
		const target = join(ROOT, "cache", "rust");
		const { status, stdout, stderr } = spawnSync(
			CARGO,
			["run", "--quiet", "--locked", "--manifest-path", MANIFEST, "--target-dir", target, "--", join(ROOT, "docs/api/vectors.json")],
			{ encoding: "utf8" },
		);
		assert.equal(status, 0, stdout + stderr);
		assert.match(stdout, /16 of 16 agree/);
	});
});
