// npm test [-- PART …]: every test/**/*.test.ts, or those whose path contains one of the parts. Each file is a process of its own; as many run at
// once as the machine has cores, the ones that took longest last time first. Ends with `N passed, N failed, N skipped`; status 0 only if none failed
// and at least one ran.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, sep } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { filesUnder, ROOT } from "../checks/files.ts";

/** LIMIT: a test file that takes longer hangs, on the slowest machine that must pass. */
const FILE_TIMEOUT_MILLISECONDS = 600_000;

const DURATIONS = join(ROOT, "cache", "test-seconds.json");

type Durations = Record<string, number>;

function readDurations(): Durations {
	try {
		return JSON.parse(readFileSync(DURATIONS, "utf8")) as Durations;
	} catch {
		return {};
	}
}

const started = performance.now();
const parts = process.argv.slice(2);
const durations = readDurations();
const files = filesUnder("test", ".test.ts")
	.filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
	// A file never seen may be long: first.
	.sort((a, b) => (durations[b] ?? Infinity) - (durations[a] ?? Infinity) || a.localeCompare(b));

if (files.length === 0) {
	console.error(parts.length === 0 ? "There are no tests under test/." : `No test file's path contains ${parts.join(" or ")}.`);
	process.exit(1);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
/** Files that ended without a summary: they could not be loaded, crashed, hung, ended the process or hold no test. */
const silent = new Set(files);
/** Files that the runner itself counts as a test that passed, because their process ended with status 0. */
const quiet = new Set<string>();

const stream = run({
	files: files.map((file) => join(ROOT, file)),
	concurrency: Math.max(1, availableParallelism()),
	isolation: "process",
	timeout: FILE_TIMEOUT_MILLISECONDS,
	cwd: ROOT,
});
stream.on("test:summary", (summary) => {
	if (summary.file === undefined) {
		counts.passed = summary.counts.passed;
		counts.failed = summary.counts.tests - summary.counts.passed - summary.counts.skipped - summary.counts.todo;
		counts.skipped = summary.counts.skipped + summary.counts.todo;
		return;
	}
	const file = relative(ROOT, summary.file).split(sep).join("/");
	silent.delete(file);
	durations[file] = Math.round(summary.duration_ms) / 1000;
});
stream.on("test:pass", ({ name }) => {
	const file = relative(ROOT, name).split(sep).join("/");
	if (silent.has(file)) quiet.add(file);
});
stream.compose(spec()).pipe(process.stdout);
stream.on("end", () => {
	// After the reporter has written what it holds.
	setImmediate(() => {
		mkdirSync(join(ROOT, "cache"), { recursive: true });
		writeFileSync(DURATIONS, JSON.stringify(durations, null, "\t"));
		const slowest = files.filter((file) => (durations[file] ?? 0) >= 20).sort((a, b) => (durations[b] ?? 0) - (durations[a] ?? 0));
		if (slowest.length > 0)
			console.log(
				`Slowest: ${slowest
					.slice(0, 5)
					.map((file) => `${file} ${Math.round(durations[file] ?? 0)} s`)
					.join(", ")}.`,
			);
		for (const file of silent) console.log(`${file} ended before its tests did, or has none.`);
		const [passed, failed] = [counts.passed - quiet.size, counts.failed + quiet.size];
		console.log(`${Math.round((performance.now() - started) / 1000)} seconds, ${files.length} files.`);
		console.log(`${passed} passed, ${failed} failed, ${counts.skipped} skipped`);
		process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
	});
});
