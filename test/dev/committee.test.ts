import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Cluster } from "../../scripts/dev/committee/Cluster.ts";
import { SKIP } from "../ordering/comet/committee.ts";
import { ended } from "../cli/strikeproof.ts";
import type { Ended } from "../cli/strikeproof.ts";

const ENTRY = join(import.meta.dirname, "..", "..", "scripts", "dev", "committee.ts");
const run = (...args: string[]): Promise<Ended> => ended(spawn(process.execPath, [ENTRY, ...args]));

describe("given somebody who starts a committee on his machine", { skip: SKIP }, () => {
	let directory = "";
	before(() => {
		directory = mkdtempSync(join(tmpdir(), "sp-start-"));
	});
	after(() => rmSync(directory, { recursive: true, force: true }));

	/** Refused at once, with one line and nothing started. */
	async function refuses(args: readonly string[], sentence: RegExp): Promise<void> {
		const { code, out, error } = await run(...args);
		assert.equal(code, 1, String(args));
		assert.match(error, sentence);
		assert.equal(error.trimEnd().split("\n").length, 1, error);
		assert.equal(out, "");
	}

	it("names what it cannot do: an option that is none, a number out of range, a folder in use, a taken port", async () => {
		await refuses(["--chain", "anvil"], /Unknown option '--chain': --help names the options/);
		await refuses(["--load", "--chain", "anvil"], /Unknown option '--chain'/);
		for (const wrong of [
			["--validators", "x"],
			["--validators", "4.5"],
			["--port", "65535"],
			["--seconds", "0"],
		])
			await refuses(wrong, /--validators is 1 to 13/);
		await refuses(["--rpc-url", "localhost", "--port", "0"], /--rpc-url is an address/);
		writeFileSync(join(directory, "left"), "");
		await refuses(["--data", directory, "--port", "0"], /is not empty/);
		const server = createServer().listen(0, "127.0.0.1");
		await once(server, "listening");
		const { port } = server.address() as AddressInfo;
		await refuses(["--validators", "1", "--port", String(port)], new RegExp(`Port ${port} is taken`));
		server.close();
	});

	it("names the options", async () => {
		const { code, out } = await run("--help");
		assert.equal(code, 0);
		assert.match(out, /--validators N/);
	});

	it("hears at once of a process that ends at its start, and what it said", async () => {
		const extra = (name: string): readonly string[] => (name === "reporter/0" ? ["--no-such-option"] : []);
		const start = Cluster.start({ validators: 1, reporters: 1, directory: join(directory, "cluster"), extra });
		await assert.rejects(start, /reporter\/0 ended at its start: .*no-such-option/);
	});
});
