// npm run coverage -- [--steps N] [--seed S] [--json]: which lines of the Solidity machine the committed vectors, the worst cases and N steps of random programs execute. Prints every line that none of them does, but for those that a step cannot reach and that are answered below. The last
// line of the output is one JSON object; status 1 when a line is left.

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
for (const { name, recorded } of worstCases()) await execute(name, recorded.evm, recorded.commitment);
let steps = 0;
if (count > 0) await run(seed, count, async (recorded) => execute(`step ${steps++}`, recorded.evm, recorded.commitment));
await evm.close();

/** What steps cannot execute, each with its reason. */
const ANSWERED: readonly { readonly file: string; readonly text: string; readonly reason: string }[] = [
	{
		file: "contracts/machine/state/State.sol",
		text: "return abi.encode(pointer);",
		reason: "a cell names how it is encoded, and a withdrawal is never encoded: it is its own leaf",
	},
	{
		file: "contracts/prover/OneStepProofEntry.sol",
		text: "(postCommitment, ) = trace(targetBatch, preCommitment, proof);",
		reason: "the door of disputes, which `npm run dispute` goes through; lockstep uses the one that says what the step did",
	},
];

const all = coverage.uncovered();
const answered = all.filter(({ file, text }) => ANSWERED.some((one) => one.file === file && text === one.text));
const uncovered = all.filter((one) => !answered.includes(one));
if (!values.json) for (const { file, line, text } of uncovered) console.error(`${file}:${line}  ${text}`);
for (const name of failed) console.error(`${name} fails with marks, which it does not without.`);
const lines = new Set([...coverage.statements.values()].map(({ file, line }) => `${file}:${line}`));
const left = new Set(uncovered.map(({ file, line }) => `${file}:${line}`));
const report = {
	vectors: vectors.length,
	steps,
	lines: lines.size,
	covered: lines.size - answered.length - left.size,
	answered: answered.length,
	uncovered: [...left],
	failed: failed.length,
};
console.log(JSON.stringify(report));
process.exitCode = left.size === 0 && failed.length === 0 ? 0 : 1;
