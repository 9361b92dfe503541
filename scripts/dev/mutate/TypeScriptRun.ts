// Runs the committed vectors against mutants of the TypeScript twin, each in a tree of its own in which one place is changed; and, when asked, what else holds the machine against those that are left: random
// programs, which must come to what the unchanged machine comes to, and the machine's own tests.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../../../src/market/Random.ts";
import { ROOT } from "../../checks/files.ts";
import type { Verdicts } from "./Mutant.ts";
import { mutants } from "./TypeScriptMutants.ts";
import type { Edit } from "./TypeScriptMutants.ts";

/** A mutant may also never end: it is given several times what the unchanged machine takes beside the same other work, and so much at least. */
const PATIENCE = 5;
const MILLISECONDS = 60_000;
/** What the unchanged machine is given. */
const LONGEST_MILLISECONDS = 1_800_000;
/** Steps of random programs: those that lockstep takes through both twins. */
const STEPS = 4000;

/** Edges first: they were made to tell. */
const RUN = `import { readFileSync } from "node:fs";
import { replay } from "./test/vectors/vector.ts";
const vectors = JSON.parse(readFileSync(new URL("./test/vectors/machine.json", import.meta.url), "utf8"));
for (const vector of vectors.toSorted((a, b) => Number(b.name.startsWith("edge/")) - Number(a.name.startsWith("edge/")))) {
	const { outcome, commitment } = replay(vector);
	if (commitment !== vector.commitment || JSON.stringify(outcome) !== JSON.stringify(vector.outcome)) process.exit(1);
}
`;

const PROGRAMS = `import { createHash } from "node:crypto";
import { run } from "./scripts/dev/lockstep/Programs.ts";
const hash = createHash("sha256");
await run(1, ${STEPS}, async ({ commitment, outcome }) => void hash.update(commitment + JSON.stringify(outcome)));
console.log(hash.digest("hex"));
`;

/** A tree whose machine is a copy; everything else is linked. */
function lay(): string {
	const folder = mkdtempSync(join(tmpdir(), "strikeproof-mutant-"));
	mkdirSync(join(folder, "src"));
	for (const name of readdirSync(join(ROOT, "src"))) {
		if (name === "machine") cpSync(join(ROOT, "src", name), join(folder, "src", name), { recursive: true });
		else symlinkSync(join(ROOT, "src", name), join(folder, "src", name));
	}
	for (const name of ["vectors", "machine"]) cpSync(join(ROOT, "test", name), join(folder, "test", name), { recursive: true });
	for (const name of ["node_modules", "scripts", "package.json"]) symlinkSync(join(ROOT, name), join(folder, name));
	writeFileSync(join(folder, "run.ts"), RUN);
	writeFileSync(join(folder, "programs.ts"), PROGRAMS);
	return folder;
}

/** What Node prints, or nothing when it fails. */
function node(args: readonly string[], timeout: number): Promise<string | undefined> {
	return new Promise((resolve) => {
		// What is linked must import what is changed, not what stands beside its original.
		const child = spawn(process.execPath, ["--preserve-symlinks", "--preserve-symlinks-main", ...args], {
			stdio: ["ignore", "pipe", "ignore"],
			timeout,
		});
		let printed = "";
		child.stdout.on("data", (chunk) => (printed += String(chunk)));
		child.on("close", (code) => resolve(code === 0 ? printed : undefined));
	});
}

async function vectorsHold(folder: string, timeout: number): Promise<boolean> {
	return (await node([join(folder, "run.ts")], timeout)) !== undefined;
}

/** What random programs come to. */
function programs(folder: string, timeout: number): Promise<string | undefined> {
	return node([join(folder, "programs.ts")], timeout);
}

async function testsHold(folder: string, timeout: number): Promise<boolean> {
	const files = readdirSync(join(folder, "test", "machine"), { recursive: true, encoding: "utf8" }).filter((name) =>
		name.endsWith(".test.ts"),
	);
	const paths = files.map((name) => join(folder, "test", "machine", name));
	return (await node(["--test", "--test-isolation=none", ...paths], timeout)) !== undefined;
}

/** What a check of the unchanged machine comes to, and how long a mutant's may take. */
async function baseline<T>(check: (timeout: number) => Promise<T>): Promise<{ result: T; timeout: number }> {
	const started = performance.now();
	const result = await check(LONGEST_MILLISECONDS);
	return { result, timeout: Math.max(MILLISECONDS, Math.ceil(PATIENCE * (performance.now() - started))) };
}

/** Verdicts of `count` mutants drawn from the seed, two at a time. Throws when the vectors, or what is thorough, do not hold without a mutant. */
export async function run(count: number, seed: number, thorough = false): Promise<Verdicts> {
	const random = new Random(seed);
	const all = mutants();
	const chosen: Edit[] = [];
	while (chosen.length < count && all.length > 0) chosen.push(...all.splice(random.below(all.length), 1));
	const verdicts: Verdicts["verdicts"] = [];
	const work = async (): Promise<void> => {
		const folder = lay();
		try {
			const vectors = await baseline((timeout) => vectorsHold(folder, timeout));
			if (!vectors.result) throw new Error("The vectors do not hold without any change: run npm run vectors, or mend the machine.");
			const expected = thorough ? await baseline((timeout) => programs(folder, timeout)) : undefined;
			const tests = thorough ? await baseline((timeout) => testsHold(folder, timeout)) : undefined;
			if (thorough && (expected?.result === undefined || !tests?.result))
				throw new Error("The machine's tests do not hold without any change.");
			const survives = async (): Promise<boolean> => {
				if (!(await vectorsHold(folder, vectors.timeout))) return false;
				if (!expected || !tests) return true;
				return (await programs(folder, expected.timeout)) === expected.result && (await testsHold(folder, tests.timeout));
			};
			for (let edit = chosen.pop(); edit; edit = chosen.pop()) {
				const file = join(folder, edit.mutant.file);
				const original = readFileSync(file, "utf8");
				writeFileSync(file, original.slice(0, edit.start) + edit.text + original.slice(edit.end));
				verdicts.push({ mutant: edit.mutant, killed: !(await survives()) });
				writeFileSync(file, original);
			}
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	};
	await Promise.all([work(), work()]);
	return { verdicts, dropped: 0 };
}
