import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runbooks } from "../../scripts/checks/docs.ts";
import { openLog } from "../../src/node/Log.ts";

const overview = "[Known](Known.md)";
const source = (text: string): { file: string; text: string }[] => [{ file: "src/x.ts", text }];

describe("given alarms and runbooks", () => {
	it("finds an alarm without a runbook, a name that is computed, a runbook of nothing, and one that is not in the overview", () => {
		const messages = (text: string, books: string[]): string[] => runbooks(source(text), books, overview).map(({ message }) => message);
		assert.match(messages('log.alarm("Unknown", "…")', [])[0], /raises Unknown, which has no docs\/runbooks\/Unknown\.md/);
		assert.match(messages("log.alarm(name, text)", [])[0], /whose name is not written there/);
		assert.match(messages("", ["Known"])[0], /is of no alarm/);
		assert.match(messages('log.alarm("Other", "…")', ["Other"])[0], /is not in docs\/runbooks\/README\.md/);
		assert.deepEqual(messages('log.alarm(\n\t"Known",\n\t"…")', ["Known"]), []);
	});
});

describe("given a log", () => {
	it("names the runbook in the line that alarms, and in no other", async () => {
		const folder = mkdtempSync(join(tmpdir(), "strikeproof-log-"));
		try {
			const file = join(folder, "node.log");
			const log = openLog(file).child({ role: "challenger" });
			log.info("fine");
			log.alarm("LowBalance", "empty", { address: "0x1" });
			await new Promise((resolve) => setTimeout(resolve, 200));
			const [fine, alarm] = readFileSync(file, "utf8")
				.trim()
				.split("\n")
				.map((line) => JSON.parse(line) as Record<string, string>);
			assert.equal(fine.runbook, undefined);
			assert.equal(alarm.runbook, "docs/runbooks/LowBalance.md");
			assert.equal(alarm.alarm, "LowBalance");
			assert.equal(alarm.role, "challenger");
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});
