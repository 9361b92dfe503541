// npm run lockstep -- [--seed N] [--steps M] [--json]: runs random programs through both twins of the machine and compares, after every step, the
// commitment and every field of the outcome. The last line of the output is one JSON object. Status 1 when the twins differ, or when a run
// of 10,000 steps or more has missed a Result or met a kind of step less than 50 times.

import { parseArgs } from "node:util";
import { Evm } from "./lockstep/Evm.ts";
import * as Programs from "./lockstep/Programs.ts";
import { Referee } from "./lockstep/Referee.ts";

/** From here on a run must have met everything. */
const COMPLETE_STEPS = 10_000;
const LEAST_OF_A_KIND = 50;
const PROGRESS_STEPS = 1000;

function whole(name: string, text: string): number {
	const value = Number(text);
	if (Number.isSafeInteger(value) && value > 0) return value;
	console.error(`--${name} must be a whole number above 0, not "${text}".`);
	process.exit(2);
}

const { values } = parseArgs({
	options: {
		seed: { type: "string", default: "1" },
		steps: { type: "string", default: "10000" },
		json: { type: "boolean", default: false },
	},
});
const seed = whole("seed", values.seed);
const steps = whole("steps", values.steps);

const evm = await Evm.start();
const referee = new Referee(evm);
const started = performance.now();
await Programs.run(seed, steps, async (recorded) => {
	await referee.judge(recorded);
	if (!values.json && referee.steps % PROGRESS_STEPS === 0) console.error(`${referee.steps} steps, ${referee.mismatchCount} mismatches …`);
});
await referee.settle();
await evm.close();

const { byKind, byResult, mismatchCount: mismatches, maxStepGas, maxProofBytes } = referee;
for (const mismatch of referee.mismatches) console.error(JSON.stringify({ seed, ...mismatch }));
const stepsPerSecond = Math.round((referee.steps / (performance.now() - started)) * 1000);
const missing = Object.keys(byResult).filter((name) => byResult[name] === 0);
const rare = Object.keys(byKind).filter((name) => byKind[name] < LEAST_OF_A_KIND);
const incomplete = referee.steps >= COMPLETE_STEPS && missing.length + rare.length > 0;
if (incomplete)
	console.error(`Not met: ${missing.join(", ") || "none"}; met less than ${LEAST_OF_A_KIND} times: ${rare.join(", ") || "none"}.`);
console.log(JSON.stringify({ seed, steps: referee.steps, byKind, byResult, mismatches, maxStepGas, maxProofBytes, stepsPerSecond }));
process.exitCode = mismatches > 0 || incomplete ? 1 : 0;
