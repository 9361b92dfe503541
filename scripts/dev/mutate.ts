// npm run mutate -- [--twin typescript|solidity|contracts] [--seed N] [--count K] [--thorough] [--only FILE:LINE] [--json]: changes one operator, number or constant of a twin of the machine at a time (and in Solidity the
// order of two checks), and runs the committed vectors. A mutant that they do not notice survives: a rule that nothing holds, or a change that changes nothing, such as `<` for `<=`
// where both sides give the same. With --thorough also random programs, and the machine's tests or
// the worst cases, are held against the survivors. The last line of the output is one JSON object. Mutants that are known to change nothing are counted
// apart. "contracts" are those around the machine (assertions, bridge, inbox, oracle, staking), held by their own tests: these also lose checks, and --only tries those of one line, as often as it is given. Status 1 when less than 80 % of the others are killed, or thoroughly less than 95 %.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as ContractRun from "./mutate/ContractRun.ts";
import type { Mutant, Verdicts } from "./mutate/Mutant.ts";
import * as SolidityRun from "./mutate/SolidityRun.ts";
import * as TypeScriptRun from "./mutate/TypeScriptRun.ts";

const GOAL = 0.8;
const THOROUGH_GOAL = 0.95;
const RUNS: Readonly<Record<string, (count: number, seed: number, thorough: boolean, places: readonly string[]) => Promise<Verdicts>>> = {
	typescript: TypeScriptRun.run,
	solidity: SolidityRun.run,
	contracts: (count, seed, _thorough, places) => ContractRun.run(count, seed, places),
};

const { values } = parseArgs({
	options: {
		twin: { type: "string", default: "typescript" },
		seed: { type: "string", default: "1" },
		count: { type: "string", default: "40" },
		thorough: { type: "boolean", default: false },
		only: { type: "string", multiple: true, default: [] },
		json: { type: "boolean", default: false },
	},
});
const seed = Number(values.seed);
const count = Number(values.count);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1 || !Object.hasOwn(RUNS, values.twin)) {
	console.error("--twin is typescript, solidity or contracts; --seed and --count are whole numbers, the count above 0.");
	process.exit(2);
}
if (values.only.length > 0 && (values.twin !== "contracts" || !values.only.every((place) => /^\S+\.sol:\d+$/.test(place)))) {
	console.error("--only is a place in the contracts, such as BondPool.sol:52, and is for --twin contracts.");
	process.exit(2);
}

const flat = (text: string): string => text.replace(/\s+/g, " ");
const { verdicts, dropped } = await RUNS[values.twin](count, seed, values.thorough, values.only);
// Changes that change nothing, each with its reason (docs/mutants.md): no test can notice them.
const equivalents = JSON.parse(readFileSync(join(import.meta.dirname, "mutate", "equivalents.json"), "utf8")) as readonly Record<
	"file" | "before" | "after",
	string
>[];
const isEquivalent = ({ file, before, after }: Mutant): boolean =>
	equivalents.some((one) => file.includes(`/${one.file}.`) && one.before === flat(before) && one.after === flat(after));
if (verdicts.length === 0) {
	console.error("None of the mutants drawn stands at that place: another seed, or a larger count, draws others.");
	process.exit(2);
}
const judged = verdicts.filter(({ killed, mutant }) => killed || !isEquivalent(mutant));
const survivors = judged
	.filter(({ killed }) => !killed)
	.map(({ mutant: { file, line, before, after } }) => ({ at: `${file}:${line}`, before: flat(before), after: flat(after) }));
if (!values.json) for (const { at, before, after } of survivors) console.error(`survived: ${at}\n  ${before}\n  ${after}`);
const killed = judged.length - survivors.length;
const killRate = killed / judged.length;
const equivalent = verdicts.length - judged.length;
console.log(
	JSON.stringify({
		twin: values.twin,
		seed,
		mutants: verdicts.length,
		killed,
		equivalent,
		killRate,
		refusedByTheCompiler: dropped,
		survivors,
	}),
);
process.exitCode = killRate >= (values.thorough || values.twin === "contracts" ? THOROUGH_GOAL : GOAL) ? 0 : 1;
