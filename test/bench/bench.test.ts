import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const BENCH = fileURLToPath(new URL("../../bench/bench.ts", import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [BENCH, ...args], { encoding: "utf8" });

describe("given npm run bench", () => {
	it("refuses options that it does not have, with the usage", () => {
		for (const args of [["--seconds", "0"], ["--seconds", "many"], ["--fast"]]) {
			const { status, stderr, stdout } = run(...args);
			assert.equal(status, 2);
			assert.match(stderr, /Usage: npm run bench/);
			assert.equal(stdout, "");
		}
	});

	it("prints one JSON object of rates, measured in the seconds asked for", () => {
		const { status, stdout, stderr } = run("--seconds", "0.2", "--json");
		assert.equal(status, 0, stderr);
		const report = JSON.parse(stdout) as Record<string, number>;
		const rates = Object.keys(report).filter((name) => name.endsWith("PerSecond"));
		assert.equal(rates.length, 10);
		for (const name of rates) assert.ok((report[name] ?? 0) > 10, `${name} is ${report[name]}`);
		assert.ok(report.memoryMegabytes <= 1500, `${report.memoryMegabytes} MB`);
		assert.ok(report.reportMilliseconds > 0);
		assert.ok(
			Math.abs(
				(report.machineToNodejsOrderBook ?? 0) - (report.machineOrdersPerSecond ?? 0) / (report.nodejsOrderBookOrdersPerSecond ?? 1),
			) < 0.02,
		);
	});
});
