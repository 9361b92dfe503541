// npm run mutate -- [--twin typescript|solidity] [--seed N] [--count K] [--json]: changes one operator, number or constant of a twin of the machine at a time (and in Solidity the
// order of two checks), and runs the committed vectors. A mutant that they do not notice survives: a rule that nothing holds, or a change that changes nothing, such as `<` for `<=`
// where both sides give the same. The last line of the output is one JSON object. Status 1 when less than 80 % are killed.

import { parseArgs } from "node:util";
import type { Verdicts } from "./mutate/Mutant.ts";
import * as SolidityRun from "./mutate/SolidityRun.ts";
import * as TypeScriptRun from "./mutate/TypeScriptRun.ts";

const GOAL = 0.8;
const RUNS: Readonly<Record<string, (count: number, seed: number) => Promise<Verdicts>>> = {
	typescript: TypeScriptRun.run,
	solidity: SolidityRun.run,
};

const { values } = parseArgs({
	options: {
		twin: { type: "string", default: "typescript" },
		seed: { type: "string", default: "1" },
		count: { type: "string", default: "40" },
		json: { type: "boolean", default: false },
	},
});
const seed = Number(values.seed);
const count = Number(values.count);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1 || !Object.hasOwn(RUNS, values.twin)) {
	console.error("--twin is typescript or solidity; --seed and --count are whole numbers, the count above 0.");
	process.exit(2);
}

const flat = (text: string): string => text.replace(/\s+/g, " ");
const { verdicts, dropped } = await RUNS[values.twin](count, seed);
const survivors = verdicts
	.filter(({ killed }) => !killed)
	.map(({ mutant: { file, line, before, after } }) => ({ at: `${file}:${line}`, before: flat(before), after: flat(after) }));
if (!values.json) for (const { at, before, after } of survivors) console.error(`survived: ${at}\n  ${before}\n  ${after}`);
const killed = verdicts.length - survivors.length;
const killRate = killed / verdicts.length;
console.log(
	JSON.stringify({ twin: values.twin, seed, mutants: verdicts.length, killed, killRate, refusedByTheCompiler: dropped, survivors }),
);
process.exitCode = killRate >= GOAL ? 0 : 1;
