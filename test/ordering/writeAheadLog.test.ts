import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import { WriteAheadLog } from "../../src/ordering/local/WriteAheadLog.ts";
import { bundleOf } from "./bundles.ts";

const root = mkdtempSync(join(tmpdir(), "strikeproof-log-"));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const fresh = (): string => join(root, `log-${made++}`);
const submitter = fileURLToPath(new URL("./submitter.ts", import.meta.url));

/** A closed log of `count` bundles, each synced by itself; returns its folder. */
async function written(count: number, segmentBytes?: number): Promise<string> {
	const directory = fresh();
	const log = await WriteAheadLog.open({ directory, genesis: "g", segmentBytes });
	for (let height = 1; height <= count; height++) await log.append(bundleOf(height));
	await log.close();
	return directory;
}

function onlyFile(directory: string): string {
	const files = readdirSync(directory);
	assert.equal(files.length, 1);
	return join(directory, files[0]);
}

/** Checks that the log holds exactly the bundles 1 .. count, chained, in order. */
function assertHolds(log: WriteAheadLog, count: number): void {
	const bundles = log.read(1, count + 10);
	assert.equal(bundles.length, count);
	let sequence = 0;
	let streamEnd = 0;
	let streamHash: Uint8Array = new Uint8Array(32);
	for (const [i, bundle] of bundles.entries()) {
		const expected = bundleOf(i + 1);
		streamEnd += expected.records.length;
		streamHash = Keccak.hashPair(streamHash, Keccak.hash(expected.records));
		assert.deepEqual(bundle, { ...expected, height: i + 1, firstSequence: sequence, streamEnd, streamHash });
		sequence += expected.recordCount;
	}
}

describe("given a log that cannot serve", () => {
	it("says in one sentence that its folder cannot be written", async () => {
		const file = join(root, "a-file");
		writeFileSync(file, "x");
		await assert.rejects(WriteAheadLog.open({ directory: join(file, "log"), genesis: "g" }), {
			code: "UNWRITABLE",
			message: /cannot be written \(ENOTDIR\)/,
		});
	});

	it("refuses the log of another chain", async () => {
		const directory = await written(1);
		await assert.rejects(WriteAheadLog.open({ directory, genesis: "another" }), { code: "OTHER_CHAIN" });
	});

	it("refuses a file that is no log", async () => {
		const directory = await written(1);
		writeFileSync(onlyFile(directory), Buffer.alloc(500, 7));
		await assert.rejects(WriteAheadLog.open({ directory, genesis: "g" }), { code: "CORRUPT" });
	});

	it("refuses a log whose acknowledged middle was damaged, and leaves the file alone", async () => {
		const directory = await written(10);
		const file = onlyFile(directory);
		const bytes = readFileSync(file);
		bytes[Math.floor(bytes.length / 2)] = bytes[Math.floor(bytes.length / 2)] ^ 1;
		writeFileSync(file, bytes);
		await assert.rejects(WriteAheadLog.open({ directory, genesis: "g" }), {
			code: "CORRUPT",
			message: /was acknowledged and cannot be read/,
		});
		assert.deepEqual(readFileSync(file), bytes);
	});

	it("refuses a log that lacks a segment", async () => {
		const directory = await written(40, 8192);
		const files = readdirSync(directory).sort();
		assert.ok(files.length > 3);
		rmSync(join(directory, files.at(-2) as string));
		await assert.rejects(WriteAheadLog.open({ directory, genesis: "g" }), { code: "CORRUPT", message: /lacks a segment/ });
	});

	it("stops with a sentence when the disk is full, and keeps what it acknowledged", { skip: process.platform === "win32" }, async () => {
		const directory = fresh();
		// A limit on file sizes stands in for a full disk: the write fails in the same place.
		const child = spawn("sh", ["-c", `ulimit -f 16384; exec "$0" "$1" "$2" 1000000000`, process.execPath, submitter, directory], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		let [output, complaint] = ["", ""];
		child.stdout.on("data", (chunk) => {
			output += String(chunk);
		});
		child.stderr.on("data", (chunk) => {
			complaint += String(chunk);
		});
		const [status] = await once(child, "close");
		assert.equal(status, 3, complaint);
		assert.match(
			complaint,
			/^The write-ahead log in .* cannot grow \(EFBIG\): free disk space and start again; nothing acknowledged is lost\.\n$/,
		);
		const acknowledged = Number(output.trim().split("\n").at(-1));
		const log = await WriteAheadLog.open({ directory, genesis: "g" });
		assert.ok(acknowledged > 100 && log.height >= acknowledged);
		assertHolds(log, log.height);
		await log.close();
	});
});

describe("given a tail that a crash tore", () => {
	it("cuts it at every byte of the last frame, and goes on from there", async () => {
		const directory = await written(3);
		const file = onlyFile(directory);
		const whole = readFileSync(file);
		const lastBytes = 80 + bundleOf(3).records.length;
		for (let cut = 1; cut <= lastBytes; cut += cut < 100 ? 1 : 97) {
			writeFileSync(file, whole);
			truncateSync(file, whole.length - cut);
			const log = await WriteAheadLog.open({ directory, genesis: "g" });
			assert.equal(log.height, 2, `cut ${cut}`);
			await log.append(bundleOf(3));
			assertHolds(log, 3);
			await log.close();
		}
	});

	it("cuts a last frame with any byte changed", async () => {
		const directory = await written(3);
		const file = onlyFile(directory);
		const whole = readFileSync(file);
		const lastBytes = 80 + bundleOf(3).records.length;
		for (let back = 1; back <= lastBytes; back += back < lastBytes - 90 ? 101 : 1) {
			const bytes = Buffer.from(whole);
			bytes[bytes.length - back] = bytes[bytes.length - back] ^ 0x40;
			writeFileSync(file, bytes);
			const log = await WriteAheadLog.open({ directory, genesis: "g" });
			assert.equal(log.height, 2, `${back} bytes before the end`);
			assert.ok(log.cutBytes > 0);
			await log.close();
		}
	});

	it("cuts preallocated zeros and garbage behind the last frame", async () => {
		for (const tail of [Buffer.alloc(10_000), Buffer.alloc(300, 0x5b), Buffer.from("5bb50df7".repeat(40), "hex")]) {
			const directory = await written(3);
			const file = onlyFile(directory);
			writeFileSync(file, Buffer.concat([readFileSync(file), tail]));
			const log = await WriteAheadLog.open({ directory, genesis: "g" });
			await log.append(bundleOf(4));
			assertHolds(log, 4);
			await log.close();
		}
	});

	it("survives a head or a new segment that was never finished", async () => {
		for (const size of [0, 1, 63]) {
			const directory = await written(3);
			writeFileSync(join(directory, "000000000000004.wal"), Buffer.alloc(size));
			const log = await WriteAheadLog.open({ directory, genesis: "g" });
			await log.append(bundleOf(4));
			assertHolds(log, 4);
			await log.close();
		}
	});
});

describe("given a good log", () => {
	it("reads across segments what it wrote, now and after opening again", async () => {
		const directory = fresh();
		const log = await WriteAheadLog.open({ directory, genesis: "g", segmentBytes: 20_000 });
		await Promise.all(Array.from({ length: 200 }, (_, i) => log.append(bundleOf(i + 1))));
		assertHolds(log, 200);
		await log.close();
		const again = await WriteAheadLog.open({ directory, genesis: "g", segmentBytes: 20_000 });
		assertHolds(again, 200);
		assert.deepEqual(
			again.read(57, 59).map((bundle) => bundle.height),
			[57, 58, 59],
		);
		assert.deepEqual(again.read(201, 300), []);
		await again.close();
		await assert.rejects(again.append(bundleOf(1)), { code: "CLOSED" });
	});

	it("keeps its own copy of what it was given", async () => {
		const log = await WriteAheadLog.open({ directory: fresh(), genesis: "g" });
		const bundle = bundleOf(1);
		const appended = log.append(bundle);
		bundle.records.fill(0);
		await appended;
		assertHolds(log, 1);
		await log.close();
	});
});

describe("given a process that is killed while it writes", () => {
	it("finds everything acknowledged, once, in order, at every moment of death", async () => {
		const directory = fresh();
		let acknowledged = 0;
		for (let round = 0; round < 6; round++) {
			const child = spawn(process.execPath, [submitter, directory, "60000"], { stdio: ["ignore", "pipe", "inherit"] });
			let output = "";
			child.stdout.on("data", (chunk) => {
				output += String(chunk);
			});
			await once(child.stdout, "data");
			await new Promise((resolve) => setTimeout(resolve, 10 + 23 * round));
			child.kill("SIGKILL");
			await once(child, "close");
			acknowledged = Math.max(acknowledged, ...output.split("\n").slice(0, -1).map(Number));
			const log = await WriteAheadLog.open({ directory, genesis: "g" });
			assert.ok(log.height >= acknowledged, `acknowledged ${acknowledged}, found ${log.height}`);
			assertHolds(log, log.height);
			await log.close();
		}
		assert.ok(acknowledged > 50, "the process did write");
	});
});
