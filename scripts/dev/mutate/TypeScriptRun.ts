// Runs the committed vectors against mutants of the TypeScript twin, each in a tree of its own in which one place is changed.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../../../src/market/Random.ts";
import { ROOT } from "../../checks/files.ts";
import type { Verdicts } from "./Mutant.ts";
import { mutants } from "./TypeScriptMutants.ts";
import type { Edit } from "./TypeScriptMutants.ts";

/** A mutant may also never end. */
const MILLISECONDS = 20_000;

/** Edges first: they were made to tell. */
const RUN = `import { readFileSync } from "node:fs";
import { replay } from "./test/vectors/vector.ts";
const vectors = JSON.parse(readFileSync(new URL("./test/vectors/machine.json", import.meta.url), "utf8"));
for (const vector of vectors.toSorted((a, b) => Number(b.name.startsWith("edge/")) - Number(a.name.startsWith("edge/")))) {
	const { outcome, commitment } = replay(vector);
	if (commitment !== vector.commitment || JSON.stringify(outcome) !== JSON.stringify(vector.outcome)) process.exit(1);
}
`;

/** A tree whose machine is a copy; everything else is linked. */
function lay(): string {
	const folder = mkdtempSync(join(tmpdir(), "strikeproof-mutant-"));
	mkdirSync(join(folder, "src"));
	for (const name of readdirSync(join(ROOT, "src"))) {
		if (name === "machine") cpSync(join(ROOT, "src", name), join(folder, "src", name), { recursive: true });
		else symlinkSync(join(ROOT, "src", name), join(folder, "src", name));
	}
	cpSync(join(ROOT, "test", "vectors"), join(folder, "test", "vectors"), { recursive: true });
	for (const name of ["node_modules", "scripts", "package.json"]) symlinkSync(join(ROOT, name), join(folder, name));
	writeFileSync(join(folder, "run.ts"), RUN);
	return folder;
}

function vectorsHold(folder: string): Promise<boolean> {
	return new Promise((resolve) => {
		const child = spawn(process.execPath, [join(folder, "run.ts")], { stdio: "ignore", timeout: MILLISECONDS });
		child.on("exit", (code) => resolve(code === 0));
	});
}

/** Verdicts of `count` mutants drawn from the seed, two at a time. Throws when the vectors do not hold without a mutant. */
export async function run(count: number, seed: number): Promise<Verdicts> {
	const random = new Random(seed);
	const all = mutants();
	const chosen: Edit[] = [];
	while (chosen.length < count && all.length > 0) chosen.push(...all.splice(random.below(all.length), 1));
	const verdicts: Verdicts["verdicts"] = [];
	const work = async (): Promise<void> => {
		const folder = lay();
		try {
			if (!(await vectorsHold(folder)))
				throw new Error("The vectors do not hold without any change: run npm run vectors, or mend the machine.");
			for (let edit = chosen.pop(); edit; edit = chosen.pop()) {
				const file = join(folder, edit.mutant.file);
				const original = readFileSync(file, "utf8");
				writeFileSync(file, original.slice(0, edit.start) + edit.text + original.slice(edit.end));
				verdicts.push({ mutant: edit.mutant, killed: !(await vectorsHold(folder)) });
				writeFileSync(file, original);
			}
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	};
	await Promise.all([work(), work()]);
	return { verdicts, dropped: 0 };
}
