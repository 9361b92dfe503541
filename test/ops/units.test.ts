import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

const ROOT = join(import.meta.dirname, "..", "..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const help = (...args: string[]): string => {
	const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "src/cli/main.ts"), ...args, "--help"], { encoding: "utf8" });
	assert.equal(status, 0, stderr);
	return stdout;
};

describe("given the units that are shipped", () => {
	const known = help("node");

	it("starts roles that exist, with options that exist", () => {
		const roles: string[] = [];
		for (const command of [...read("ops/compose.yml").matchAll(/command: \[([\s\S]*?)\]/g)].map(([, list]) => list)) {
			const words = [...command.matchAll(/"([^"]*)"/g)].map(([, word]) => word);
			for (const word of words.filter((one) => one.startsWith("--")))
				assert.ok(known.includes(`${word} <`), `${word} is an option of node`);
			roles.push(words[words.indexOf("--role") + 1]);
		}
		assert.deepEqual(roles, ["sequencer", "proposer", "challenger", "reporter", "reporter", "reporter"]);
		for (const role of roles) assert.ok(known.includes(`"${role}"`), `${role} is a role`);
		const start = /^ExecStart=(.*)$/m.exec(read("ops/systemd/strikeproof@.service"))?.[1] ?? "";
		for (const [word] of start.matchAll(/--[a-z-]+/g)) assert.ok(known.includes(`${word} <`), `${word} is an option of node`);
	});

	it("asks each process for its health at the port that is its role's own", () => {
		const ports: Record<string, string> = { sequencer: "8547", reporter: "8548", proposer: "8549", challenger: "8550" };
		const compose = read("ops/compose.yml");
		for (const [role, port] of Object.entries(ports)) {
			const service = new RegExp(`^  ${role}(?:-0)?:[\\s\\S]*?fetch\\('http://127\\.0\\.0\\.1:(\\d+)/`, "m").exec(compose);
			assert.equal(service?.[1], port, role);
		}
	});

	const hasVerify = spawnSync("systemd-analyze", ["--version"]).status === 0;
	it("is a unit that systemd accepts", { skip: !hasVerify && "no systemd-analyze is here" }, () => {
		const { stderr } = spawnSync("systemd-analyze", ["verify", join(ROOT, "ops/systemd/strikeproof@.service")], { encoding: "utf8" });
		assert.doesNotMatch(stderr, /strikeproof@.*(Unknown|Invalid|Failed to parse)/);
	});
});
