// npm run mutate -- [--seed N] [--count K]: changes one operator or constant of the TypeScript twin at a time, and runs the committed vectors. A mutant that they
// do not notice survives: a rule that nothing holds. The last line of the output is one JSON object. Status 1 when less than 80 % are killed: some changes change nothing, such as `<` for `<=` where both sides give the same.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../../src/market/Random.ts";

const { values } = parseArgs({
	options: { seed: { type: "string", default: "1" }, count: { type: "string", default: "40" }, json: { type: "boolean", default: false } },
});
const seed = Number(values.seed);
const count = Number(values.count);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1) {
	console.error("--seed and --count are whole numbers, the count above 0.");
	process.exit(2);
}

const root = join(import.meta.dirname, "..", "..");
/** Where the rules are. What only encodes for traders, or makes hashing fast, is no rule. */
const ROOMS = ["step", "risk", "types", "math"];
const LEFT_OUT = /Encoding|Keccak|NormalTable|Parameters|Svi|LogExp/;
const OPERATORS: readonly (readonly [RegExp, string])[] = [
	[/ < /g, " <= "],
	[/ <= /g, " < "],
	[/ > /g, " >= "],
	[/ >= /g, " > "],
	[/ === /g, " !== "],
	[/ !== /g, " === "],
	[/ \+ /g, " - "],
	[/ - /g, " + "],
	[/ && /g, " || "],
	[/ \|\| /g, " && "],
	[/ \+= /g, " -= "],
	[/ -= /g, " += "],
	[/ \* /g, " + "],
];

type Mutant = { readonly file: string; readonly line: number; readonly before: string; readonly after: string };

/** Every change of one operator on a line of code. */
function mutantsOf(file: string): Mutant[] {
	const mutants: Mutant[] = [];
	for (const [i, before] of readFileSync(file, "utf8").split("\n").entries()) {
		if (/^\s*(\/\/|\/?\*|import|export type|export \{|type )/.test(before) || /^\t\w+: (number|bigint|string)/.test(before)) continue;
		for (const [pattern, replacement] of OPERATORS) {
			for (const match of before.matchAll(pattern)) {
				const after = before.slice(0, match.index) + replacement + before.slice(match.index + match[0].length);
				mutants.push({ file: relative(root, file), line: i + 1, before: before.trim(), after: after.trim() });
			}
		}
	}
	return mutants;
}

const all = ROOMS.flatMap((room) => {
	const folder = join(root, "src", "machine", room);
	return readdirSync(folder)
		.filter((name) => name.endsWith(".ts") && !LEFT_OUT.test(name))
		.sort()
		.flatMap((name) => mutantsOf(join(folder, name)));
});
const random = new Random(seed);
const chosen: Mutant[] = [];
while (chosen.length < Math.min(count, all.length)) chosen.push(...all.splice(random.below(all.length), 1));

/** A tree in which one line is changed; everything but the machine is linked. */
function lay(): string {
	const folder = mkdtempSync(join(tmpdir(), "strikeproof-mutant-"));
	mkdirSync(join(folder, "src"));
	for (const name of readdirSync(join(root, "src"))) {
		if (name === "machine") cpSync(join(root, "src", name), join(folder, "src", name), { recursive: true });
		else symlinkSync(join(root, "src", name), join(folder, "src", name));
	}
	cpSync(join(root, "test", "vectors"), join(folder, "test", "vectors"), { recursive: true });
	for (const name of ["node_modules", "scripts", "package.json"]) symlinkSync(join(root, name), join(folder, name));
	writeFileSync(
		join(folder, "run.ts"),
		`import { readFileSync } from "node:fs";
import { replay } from "./test/vectors/vector.ts";
for (const vector of JSON.parse(readFileSync(new URL("./test/vectors/machine.json", import.meta.url), "utf8"))) {
	const { outcome, commitment } = replay(vector);
	if (commitment !== vector.commitment || JSON.stringify(outcome) !== JSON.stringify(vector.outcome)) process.exit(1);
}
`,
	);
	return folder;
}

function vectorsHold(folder: string): Promise<boolean> {
	return new Promise((resolve) => {
		// A mutant may also never end.
		const child = spawn(process.execPath, [join(folder, "run.ts")], { stdio: "ignore", timeout: 20_000 });
		child.on("exit", (code) => resolve(code === 0));
	});
}

const survivors: Mutant[] = [];
let killed = 0;
async function work(): Promise<void> {
	const folder = lay();
	if (!(await vectorsHold(folder)))
		throw new Error("The vectors do not hold without any change: run npm run vectors, or mend the machine.");
	for (let mutant = chosen.pop(); mutant; mutant = chosen.pop()) {
		const file = join(folder, mutant.file);
		const original = readFileSync(file, "utf8");
		const lines = original.split("\n");
		lines[mutant.line - 1] = mutant.after;
		writeFileSync(file, lines.join("\n"));
		if (await vectorsHold(folder)) survivors.push(mutant);
		else killed += 1;
		writeFileSync(file, original);
	}
	rmSync(folder, { recursive: true, force: true });
}
await Promise.all([work(), work()]);
if (!values.json)
	for (const { file, line, before, after } of survivors) console.error(`survived: ${file}:${line}\n  ${before}\n  ${after}`);
const total = killed + survivors.length;
console.log(
	JSON.stringify({
		seed,
		mutants: total,
		killed,
		killRate: killed / total,
		survivors: survivors.map(({ file, line, after }) => ({ at: `${file}:${line}`, after })),
	}),
);
process.exitCode = killed >= 0.8 * total ? 0 : 1;
