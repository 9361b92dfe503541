// npm run slither [-- --json FILE]: runs Slither (PyPI: slither-analyzer) over the contracts as they were built, and compares what it finds in them with the answers in
// scripts/dev/slither/answers.json. Status 1 when a finding has no answer, or an answer no finding any more. Where Slither is not installed it says so and is skipped. With
// --json the findings are read from a file that an earlier run of Slither wrote.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../checks/files.ts";

type Element = {
	readonly type: string;
	readonly name: string;
	readonly source_mapping: { readonly filename_relative: string };
	readonly type_specific_fields?: { readonly parent?: { readonly name: string } };
};
type Detected = { readonly check: string; readonly impact: string; readonly description: string; readonly elements: readonly Element[] };
type Answers = {
	readonly detectors: Readonly<Record<string, string>>;
	readonly findings: readonly { readonly check: string; readonly places: readonly string[]; readonly why: string }[];
};

/** Where a finding is: file, contract or function, and name, without a line, which moves. */
function placeOf({ elements }: Detected): string | undefined {
	const ours = elements.filter(({ source_mapping: { filename_relative: file } }) => file.startsWith("contracts/"));
	const element = ours.find(({ type }) => type === "function") ?? ours[0];
	if (!element) return undefined;
	const { name, source_mapping, type_specific_fields } = element;
	return `${basename(source_mapping.filename_relative, ".sol")}:${type_specific_fields?.parent?.name ?? ""}.${name}`;
}

function detect(): readonly Detected[] | undefined {
	const folder = mkdtempSync(join(tmpdir(), "strikeproof-slither-"));
	const file = join(folder, "found.json");
	try {
		// The build's own artifacts: no compiler is started, so none is fetched.
		const args = [".", "--hardhat-ignore-compile", "--hardhat-artifacts-directory", "artifacts", "--json", file];
		const { error, stderr } = spawnSync(process.env.SLITHER ?? "slither", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });
		if (error) return undefined;
		if (existsSync(file)) return read(file);
		// A build that went on from an earlier one keeps what the earlier one said of sources that have changed since.
		console.log(`Slither could not read the build; remove artifacts/ and run it again.\n  ${stderr.trim().split("\n").at(-1)}`);
		console.log("0 passed, 1 failed, 0 skipped");
		process.exit(1);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function read(file: string): readonly Detected[] {
	const { success, error, results } = JSON.parse(readFileSync(file, "utf8")) as {
		success: boolean;
		error: string | null;
		results: { detectors?: readonly Detected[] };
	};
	if (!success) throw new Error(`Slither could not read the build: ${error}`);
	return results.detectors ?? [];
}

const { values } = parseArgs({ options: { json: { type: "string" } } });
const detected = values.json === undefined ? detect() : read(values.json);
if (detected === undefined) {
	console.log("Slither is not installed (pip install slither-analyzer, or SLITHER=path): its findings were not compared.");
	console.log("0 passed, 0 failed, 1 skipped");
	process.exit(0);
}
const { detectors, findings } = JSON.parse(readFileSync(join(import.meta.dirname, "slither", "answers.json"), "utf8")) as Answers;
const found = new Map<string, Detected>();
for (const one of detected) {
	const place = placeOf(one);
	if (place !== undefined && one.impact !== "Optimization") found.set(`${one.check} ${place}`, one);
}
const answered = new Set(findings.flatMap(({ check, places }) => places.map((place) => `${check} ${place}`)));
const unanswered = [...found].filter(([key, { check }]) => !Object.hasOwn(detectors, check) && !answered.has(key));
const idle = [
	...[...answered].filter((key) => !found.has(key)),
	...Object.keys(detectors).filter((name) => ![...found.values()].some(({ check }) => check === name)),
];
for (const [key, { impact, description }] of unanswered) console.log(`${impact}: ${key} has no answer\n  ${description.split("\n")[0]}`);
for (const key of idle) console.log(`${key} is answered and not found any more: take it out of the answers.`);
console.log(`${found.size} findings in the contracts, ${unanswered.length} without an answer, ${idle.length} answers without a finding.`);
const failed = unanswered.length + idle.length > 0 ? 1 : 0;
console.log(`${1 - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed;
