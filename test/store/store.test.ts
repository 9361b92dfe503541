import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Store } from "../../src/ports/Store.ts";
import { openStore } from "../../src/store/LmdbStore.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-store-"));
after(() => rmSync(root, { recursive: true, force: true }));
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const plain = (value: Uint8Array | undefined): number[] | undefined => value && [...value];

describe("given a data directory that cannot serve", () => {
	it("says in one sentence that it cannot be written", async () => {
		const file = join(root, "a-file");
		writeFileSync(file, "x");
		await assert.rejects(openStore({ directory: join(file, "store"), genesis: "g" }), {
			code: "UNWRITABLE",
			message: /cannot be written \(ENOTDIR\).*\.$/,
		});
	});

	it("says so for a read-only folder, unless the user may write everywhere", { skip: process.getuid?.() === 0 }, async () => {
		const directory = join(root, "read-only");
		await (await openStore({ directory, genesis: "g" })).close();
		chmodSync(directory, 0o500);
		await assert.rejects(openStore({ directory, genesis: "g" }), { code: "UNWRITABLE" });
	});

	it("refuses a store of another chain", async () => {
		const directory = join(root, "chains");
		await (await openStore({ directory, genesis: "one" })).close();
		await assert.rejects(openStore({ directory, genesis: "two" }), { code: "OTHER_CHAIN", message: /another chain \(one, not two\)/ });
		await (await openStore({ directory, genesis: "one" })).close();
	});

	it("refuses a second owner while the first lives", async () => {
		const directory = join(root, "owners");
		const store = await openStore({ directory, genesis: "g" });
		await assert.rejects(openStore({ directory, genesis: "g" }), { code: "IN_USE", message: new RegExp(`process ${process.pid}`) });
		await store.close();
	});

	it("takes over from an owner that died", async () => {
		const directory = join(root, "dead");
		await (await openStore({ directory, genesis: "g" })).close();
		const child = spawn(process.execPath, ["-e", ""]);
		await once(child, "exit");
		writeFileSync(join(directory, "in-use"), String(child.pid));
		await (await openStore({ directory, genesis: "g" })).close();
	});

	it("says that the disk is full, and keeps what it acknowledged", { skip: process.platform === "win32" }, async () => {
		const directory = join(root, "full");
		const script = fileURLToPath(new URL("./filler.ts", import.meta.url));
		// A limit on file sizes stands in for a full disk: the write falls short in the same place.
		const child = spawn("sh", ["-c", `ulimit -f 8192; exec "$0" "$1" "$2"`, process.execPath, script, directory], {
			stdio: ["ignore", "pipe", "ignore"],
		});
		let output = "";
		child.stdout.on("data", (chunk) => {
			output += String(chunk);
		});
		await once(child, "close");
		const { acknowledged, code, message } = JSON.parse(output) as { acknowledged: number; code: string; message: string };
		assert.equal(code, "FULL");
		assert.match(message, /^The store in .* could not be written \(.*\): the disk is full or failing: free space and start again\.$/);
		assert.ok(acknowledged > 3);
		const store = await openStore({ directory, genesis: "g" });
		for (let n = 0; n < acknowledged; n++) assert.equal(store.get(`key ${n}`)?.[99_999], n % 256);
		await store.close();
	});

	it("refuses use after it was closed", async () => {
		const store = await openStore({ directory: join(root, "closed"), genesis: "g" });
		await store.close();
		assert.throws(() => store.get("a"), { code: "CLOSED" });
	});
});

for (const [name, make] of [
	["memory", async () => new MemoryStore()],
	["lmdb", () => openStore({ directory: join(root, "basics"), genesis: "g" })],
] as readonly [string, () => Promise<Store>][]) {
	describe(`given an open ${name} store`, () => {
		it("reads what was committed, in order of key, half open", async () => {
			const store = await make();
			await store.commit([
				{ key: "b/2", value: bytes(2) },
				{ key: "b/10", value: bytes(10) },
				{ key: "b/1", value: bytes(1) },
				{ key: "c", value: bytes() },
			]);
			assert.deepEqual(
				[...store.range("b/", "b0")].map(([key, value]) => [key, plain(value)]),
				[
					["b/1", [1]],
					["b/10", [10]],
					["b/2", [2]],
				],
			);
			assert.deepEqual(
				[...store.range("b/1", "b/2")].map(([key]) => key),
				["b/1", "b/10"],
			);
			assert.deepEqual(plain(store.get("c")), []);
			assert.equal(store.get("absent"), undefined);
			await store.commit([{ key: "b/10" }, { key: "b/1", value: bytes(7) }]);
			assert.equal(store.get("b/10"), undefined);
			assert.deepEqual(plain(store.get("b/1")), [7]);
			await store.close();
		});

		it("keeps its own copy of what it was given and gives", async () => {
			const store = await make();
			const value = bytes(1, 2, 3);
			await store.commit([{ key: "own", value }]);
			value[0] = 9;
			const read = store.get("own") as Uint8Array;
			assert.deepEqual(plain(read), [1, 2, 3]);
			read[0] = 9;
			assert.deepEqual(plain(store.get("own")), [1, 2, 3]);
			await store.close();
		});
	});
}

describe("given a process that commits pairs of keys and is killed", () => {
	it("keeps every acknowledged commit whole, at every moment of death", async () => {
		const directory = join(root, "killed");
		const script = fileURLToPath(new URL("./committer.ts", import.meta.url));
		let acknowledged = 0;
		for (let round = 0; round < 5; round++) {
			const child = spawn(process.execPath, [script, directory], { stdio: ["ignore", "pipe", "inherit"] });
			let output = "";
			child.stdout.on("data", (chunk) => {
				output += String(chunk);
			});
			await once(child.stdout, "data");
			await new Promise((resolve) => setTimeout(resolve, 20 + 35 * round));
			child.kill("SIGKILL");
			await once(child, "close");
			const lines = output.split("\n").slice(0, -1);
			acknowledged = Math.max(acknowledged, ...lines.map(Number));
			const store = await openStore({ directory, genesis: "g" });
			const left = Number(Buffer.from(store.get("left") ?? []).toString() || 0);
			assert.equal(Buffer.from(store.get("right") ?? []).toString(), String(left), "both keys of one commit");
			assert.ok(left >= acknowledged, `acknowledged ${acknowledged}, found ${left}`);
			await store.close();
		}
		assert.ok(acknowledged > 5, "the process did commit");
	});
});
