import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { ROOT } from "../../scripts/checks/files.ts";

type Ended = { status: number | null; stdout: string; stderr: string };

describe("given a checkout that is installed and compiled", () => {
	let folder = "";

	before(() => {
		mkdirSync(join(ROOT, "cache"), { recursive: true });
		folder = mkdtempSync(join(ROOT, "cache", "run-"));
	});
	after(() => rmSync(folder, { recursive: true }));

	function start(text: string, ...args: string[]) {
		const entry = join(folder, "entry.ts");
		writeFileSync(entry, text);
		const child = spawn(process.execPath, [join(ROOT, "scripts/dev/run.mjs"), relative(ROOT, entry), ...args], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		const ended = new Promise<Ended>((resolve) => {
			const texts = { stdout: "", stderr: "" };
			child.stdout.on("data", (chunk) => (texts.stdout += String(chunk)));
			child.stderr.on("data", (chunk) => (texts.stderr += String(chunk)));
			child.on("close", (status) => resolve({ status, ...texts }));
		});
		return { child, ended };
	}

	it("says in one sentence that an entry is not there", async () => {
		const child = spawn(process.execPath, [join(ROOT, "scripts/dev/run.mjs"), "src/nothing.ts"], { stdio: ["ignore", "ignore", "pipe"] });
		let said = "";
		child.stderr.on("data", (chunk) => (said += String(chunk)));
		const status = await new Promise((resolve) => child.on("close", resolve));
		assert.equal(status, 1);
		assert.match(said, /There is no src\/nothing\.ts in this checkout\.\n$/);
	});

	it("passes on an entry's failure", async () => {
		assert.equal((await start("process.exit(7)").ended).status, 7);
	});

	it("hands its arguments to the entry, on the Node of the packages, and writes nothing of its own to standard output", async () => {
		const text = `const args: string[] = process.argv.slice(2); console.log(JSON.stringify({ args, major: process.versions.node.split(".")[0] }));`;
		const { status, stdout } = await start(text, "--once", "a b").ended;
		assert.equal(status, 0);
		assert.deepEqual(JSON.parse(stdout), { args: ["--once", "a b"], major: "24" });
	});

	it("passes a signal to the entry and waits for it to end well", async () => {
		const text = `process.on("SIGTERM", () => { console.log("stopped"); process.exit(0); }); setInterval(() => {}, 1000); console.log("up");`;
		const { child, ended } = start(text);
		await new Promise<void>((resolve) => child.stdout.on("data", (chunk) => String(chunk).includes("up") && resolve()));
		child.kill("SIGTERM");
		const { status, stdout } = await ended;
		assert.equal(status, 0);
		assert.match(stdout, /stopped/);
	});
});
