import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";

const script = join(import.meta.dirname, "..", "..", "scripts", "dev", "mutate.ts");

type Report = { readonly twin: string; readonly mutants: number; readonly killRate: number; readonly survivors: readonly object[] };

describe("given changes of single operators, numbers and constants in the machine", () => {
	for (const [twin, count] of [
		["typescript", 40],
		["solidity", 20],
	] as const) {
		it(`notices four of five in the ${twin} twin by the vectors alone, of which some change nothing`, () => {
			const { status, stdout, stderr } = spawnSync(
				process.execPath,
				[script, "--twin", twin, "--seed", "7", "--count", String(count), "--json"],
				{ encoding: "utf8" },
			);
			const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? stderr) as Report;
			assert.equal(report.twin, twin);
			assert.equal(report.mutants, count);
			assert.equal(status, 0, JSON.stringify(report.survivors));
		});
	}
});
