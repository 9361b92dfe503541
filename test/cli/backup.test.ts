import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openStore } from "../../src/store/LmdbStore.ts";

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const GENESIS = `0x${"11".repeat(32)}`;

function run(...args: string[]): { code: number | null; out: string; error: string } {
	const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "--json", ...args], { encoding: "utf8" });
	return { code: status, out: stdout, error: stderr };
}

describe("given a node's data", () => {
	let home = "";
	let data = "";

	before(async () => {
		home = mkdtempSync(join(tmpdir(), "strikeproof-backup-"));
		data = join(home, "data");
		const store = await openStore({ directory: join(data, "live"), genesis: GENESIS });
		await store.commit([{ key: "a", value: Uint8Array.of(1, 2, 3) }]);
		await store.close();
		mkdirSync(join(data, "log"));
		writeFileSync(join(data, "log", "1.wal"), "records");
	});

	after(() => rmSync(home, { recursive: true, force: true }));

	it("is not copied while a node runs on it, nor over anything", async () => {
		const store = await openStore({ directory: join(data, "live"), genesis: GENESIS });
		const refused = run("backup", data, join(home, "copy"));
		await store.close();
		assert.equal(refused.code, 1);
		assert.match(refused.error, /is in use by process \d+/);
		assert.equal(existsSync(join(home, "copy")), false);
		const over = run("backup", data, data);
		assert.equal(over.code, 2);
		assert.match(over.error, /is not empty/);
		assert.equal(run("backup", join(home, "nowhere"), join(home, "copy")).code, 6);
		assert.equal(run("restore", data, join(home, "back")).code, 6);
	});

	it("comes back as it was, and not at all when a byte of the copy changed", async () => {
		const copy = join(home, "copy");
		assert.equal(run("backup", data, copy).code, 0);
		const back = join(home, "back");
		assert.equal(run("restore", copy, back).code, 0);
		assert.equal(readFileSync(join(back, "log", "1.wal"), "utf8"), "records");
		const store = await openStore({ directory: join(back, "live"), genesis: GENESIS });
		assert.deepEqual([...(store.get("a") ?? [])], [1, 2, 3]);
		await store.close();
		for (const damage of [
			() => writeFileSync(join(copy, "log", "1.wal"), "recordz"),
			() => rmSync(join(copy, "log", "1.wal")),
			() => writeFileSync(join(copy, "log", "2.wal"), "more"),
		]) {
			damage();
			const refused = run("restore", copy, join(home, "again"));
			assert.equal(refused.code, 1);
			assert.match(refused.error, /damaged: .*log\/[12]\.wal/);
			assert.equal(existsSync(join(home, "again")), false);
			rmSync(join(copy, "log", "2.wal"), { force: true });
		}
	});
});
