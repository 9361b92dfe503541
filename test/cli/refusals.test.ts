import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { strikeproof } from "./strikeproof.ts";

const KEY = `0x${"4c".repeat(32)}`;
const PASSWORD = "correct horse battery";

/** A refusal is one line on standard error, and nothing on standard output. */
function refuses(ended: { code: number; out: string; error: string }, code: number, sentence: RegExp): void {
	assert.match(ended.error, sentence);
	assert.equal(ended.code, code);
	assert.equal(ended.out, "");
	assert.equal(ended.error.trimEnd().split("\n").length, 1, ended.error);
}

describe("given arguments that are wrong", () => {
	it("ends with 2 and says which", async () => {
		refuses(await strikeproof(["bogus"]), 2, /unknown command 'bogus'/);
		refuses(await strikeproof(["status", "--bogus"]), 2, /unknown option '--bogus'/);
		refuses(await strikeproof(["status", "--network", "mars"]), 2, /mars/);
		refuses(await strikeproof(["trade", "buy", "ETH-1", "1", "--price", "3"]), 2, /ETH-25DEC26-4000-C is needed/);
		refuses(await strikeproof(["trade", "buy", "ETH-25DEC26-4000-C", "1"]), 2, /--price/);
		refuses(await strikeproof(["deposit", "-1"]), 2, /'-1'/);
		refuses(await strikeproof(["up", "--seed", "x"]), 2, /a whole number from 0 to 4294967295 is needed/);
		refuses(await strikeproof(["status", "--network", "sepolia"]), 2, /SEPOLIA_RPC_URL/);
		refuses(await strikeproof(["node", "--role", "sequencer", "--sync-from", "x"]), 2, /A sequencer does not begin with a snapshot/);
		refuses(await strikeproof(["node", "--role", "reporter", "--sync-from", "x"]), 2, /only where it follows a --sequencer/);
	});

	it("says what is wrong with a file of parameters", async () => {
		const file = join(mkdtempSync(join(tmpdir(), "strikeproof-parameters-")), "parameters.json");
		const asked = (text: string): ReturnType<typeof strikeproof> => {
			writeFileSync(file, text);
			return strikeproof(["deploy", "--parameters", file]);
		};
		refuses(await strikeproof(["deploy", "--parameters", "/nonexistent"]), 2, /\/nonexistent cannot be read as JSON/);
		refuses(await asked("[]"), 2, /is no object of parameters/);
		refuses(await asked('{"bonds": "1"}'), 2, /says "bonds", which is no parameter: they are height, /);
		refuses(await asked('{"bond": 1}'), 2, /bond is wei as a decimal string/);
		refuses(await asked('{"height": -1}'), 2, /height is a whole number from 0 on/);
	});

	it("takes no key from an argument: the option names one", async () => {
		const ended = await strikeproof(["faucet", "1", "--key", KEY, "--rpc-url", "http://127.0.0.1:9"], { STRIKEPROOF_HOME: "/nonexistent" });
		refuses(ended, 3, /There is no key/);
	});
});

describe("given no node, another chain, or no deployment", () => {
	let url = "";
	const server = createServer((_, response) => {
		response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x2a" }));
	});
	before(async () => {
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	});
	after(() => server.close());

	it("ends with 4, and does not ask for ever", async () => {
		refuses(await strikeproof(["status", "--rpc-url", "http://127.0.0.1:9"]), 4, /No Ethereum node answers at http:\/\/127\.0\.0\.1:9 /);
		refuses(await strikeproof(["quote", "ETH-25DEC26-4000-C", "--api-url", "ws://127.0.0.1:9"]), 4, /no exchange answers at ws:\/\/127/);
		refuses(await strikeproof(["status", "--network", "hoodi", "--rpc-url", url]), 4, /of chain 42, but hoodi is chain 560048/);
	});

	it("does not repeat what stands behind the host of a node's address, where providers put keys", async () => {
		const ended = await strikeproof(["status", "--rpc-url", "http://127.0.0.1:9/v2/secret?token=secret"]);
		assert.doesNotMatch(ended.error, /secret/);
	});
});

describe("given a keystore", () => {
	let home = "";
	before(() => {
		home = mkdtempSync(join(tmpdir(), "strikeproof-keys-"));
	});
	after(() => rmSync(home, { recursive: true }));
	const environment = (): Record<string, string> => ({ STRIKEPROOF_HOME: home, STRIKEPROOF_PASSWORD: PASSWORD });

	it("refuses a short password and what is no key", async () => {
		refuses(await strikeproof(["keys", "new", "a"], { STRIKEPROOF_HOME: home, STRIKEPROOF_PASSWORD: "short" }), 3, /at least 8/);
		refuses(await strikeproof(["keys", "import", "a"], environment(), "0x1234\n"), 3, /That is no private key/);
		refuses(await strikeproof(["keys", "address", "a"], environment()), 3, /There is no key a /);
	});

	it("keeps an imported key encrypted, readable by its owner alone, and never writes over it", async () => {
		const made = await strikeproof(["keys", "import", "maker", "--json"], environment(), `${KEY}\n`);
		assert.equal(made.code, 0, made.error);
		const file = join(home, "keys", "maker.json");
		assert.equal(statSync(file).mode & 0o077, 0);
		assert.ok(!readFileSync(file, "utf8").includes(KEY.slice(2)));
		assert.equal((await strikeproof(["keys", "address", "maker"], environment())).out.trim(), made.json.address);
		refuses(await strikeproof(["keys", "new", "maker"], environment()), 3, /There is a key maker already/);
	});

	it("does not open with another password", async () => {
		const file = join(home, "password");
		writeFileSync(file, "another password\n");
		const ended = await strikeproof(["faucet", "--key", "maker", "--rpc-url", "http://127.0.0.1:9"], {
			STRIKEPROOF_HOME: home,
			STRIKEPROOF_PASSWORD_FILE: file,
		});
		refuses(ended, 3, /The password does not open the key maker/);
	});
});
