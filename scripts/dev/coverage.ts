// npm run coverage -- [--steps N] [--seed S] [--json]: which lines of the Solidity machine the committed vectors, the worst cases and N steps of random programs execute. Prints every line that none of them does.
// The last line of the output is one JSON object; status 1 when a line is left.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { evmStepOf } from "../../test/vectors/vector.ts";
import type { Vector } from "../../test/vectors/vector.ts";
import { ROOT } from "../checks/files.ts";
import type { EvmStep } from "./lockstep/Evm.ts";
import { run } from "./lockstep/Programs.ts";
import { worstCases } from "./lockstep/WorstCases.ts";
import { Coverage } from "./solidity/Coverage.ts";

const { values } = parseArgs({
	options: { steps: { type: "string", default: "0" }, seed: { type: "string", default: "1" }, json: { type: "boolean", default: false } },
});
const [count, seed] = [Number(values.steps), Number(values.seed)];
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 0) {
	console.error("--steps and --seed are whole numbers, the steps not below 0.");
	process.exit(2);
}

const coverage = new Coverage();
if (!values.json) console.error("Compiling with marks, some minutes …");
const evm = await coverage.start();
const failed: string[] = [];
const execute = async (name: string, step: EvmStep, commitment: string): Promise<void> => {
	const [trace] = await evm.run([step]);
	if (trace.error !== undefined || trace.commitment !== commitment) failed.push(name);
};
const vectors = JSON.parse(readFileSync(join(ROOT, "test", "vectors", "machine.json"), "utf8")) as Vector[];
for (const vector of vectors) await execute(vector.name, evmStepOf(vector), vector.commitment);
// The door by which a dispute ends says no more than the commitment; the others went through the one that says what the step did.
if ((await evm.prove(evmStepOf(vectors[0]))) !== vectors[0].commitment) failed.push(`${vectors[0].name}, as a dispute proves it`);
for (const { name, recorded } of worstCases()) await execute(name, recorded.evm, recorded.commitment);
let steps = 0;
if (count > 0) await run(seed, count, async (recorded) => execute(`step ${steps++}`, recorded.evm, recorded.commitment));
await evm.close();

const uncovered = coverage.uncovered();
if (!values.json) for (const { file, line, text } of uncovered) console.error(`${file}:${line}  ${text}`);
for (const name of failed) console.error(`${name} fails with marks, which it does not without.`);
const lines = new Set([...coverage.statements.values()].map(({ file, line }) => `${file}:${line}`));
const left = new Set(uncovered.map(({ file, line }) => `${file}:${line}`));
const report = {
	vectors: vectors.length,
	steps,
	lines: lines.size,
	covered: lines.size - left.size,
	uncovered: [...left],
	failed: failed.length,
};
console.log(JSON.stringify(report));
process.exitCode = left.size === 0 && failed.length === 0 ? 0 : 1;
