import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";

const script = join(import.meta.dirname, "..", "..", "scripts", "dev", "mutate.ts");

describe("given changes of single operators in the machine", () => {
	it("notices four of five by the vectors alone, of which some change nothing", () => {
		const { status, stdout } = spawnSync(process.execPath, [script, "--seed", "7", "--count", "30", "--json"], { encoding: "utf8" });
		const report = JSON.parse(stdout.trim().split("\n").at(-1) as string) as { mutants: number; killRate: number; survivors: object[] };
		assert.equal(report.mutants, 30);
		assert.equal(status, 0, JSON.stringify(report.survivors));
	});
});
