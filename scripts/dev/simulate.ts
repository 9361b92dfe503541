// npm run simulate -- [--seeds N] [--from SEED] [--workers N] [--seconds N] [--json]: runs an exchange of four nodes with everything around it faked from a seed: clock, network, disk,
// chance and L1. Faults come from the seed, too. A seed that breaks something is printed, and SEED=N npm run simulate runs it alone, the same again.
// After so many seconds no further seeds begin, and a sentence says how many were left. Status 1 when something broke.

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { World } from "./simulation/World.ts";
import type { Outcome } from "./simulation/World.ts";

/** Seeds that one process runs before the next begins: what the runs leave in memory, if they do, goes with it. */
const SEEDS_OF_PROCESS = 1000;
/** Most of what a run makes is soon garbage: a large nursery lets it die there. */
const NODE_OPTIONS = ["--max-semi-space-size=64"];

function whole(name: string, text: string): number {
	const value = Number(text);
	if (Number.isSafeInteger(value) && value > 0) return value;
	console.error(`${name} must be a whole number above 0, not "${text}".`);
	process.exit(2);
}

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "100" },
		from: { type: "string", default: "1" },
		workers: { type: "string", default: `${availableParallelism()}` },
		seconds: { type: "string" },
		json: { type: "boolean", default: false },
	},
});
const alone = process.env.SEED;
const from = whole(alone ? "SEED" : "--from", alone ?? values.from);
const count = alone ? 1 : whole("--seeds", values.seeds);

/** What a process answers: what became of the seed, and how long it has computed by now. */
type Answer = { readonly outcome: Outcome; readonly cpuSeconds: number };

function cpuSeconds(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1e6;
}

/** A process that runs one seed after another, as it is told which. */
class Runner {
	readonly #child: ChildProcess;
	#left = SEEDS_OF_PROCESS;
	cpuSeconds = 0;

	constructor() {
		this.#child = fork(fileURLToPath(import.meta.url), [], {
			execArgv: [...process.execArgv, ...NODE_OPTIONS],
			env: { ...process.env, SIMULATE_RUNNER: "1" },
		});
	}

	get isSpent(): boolean {
		return this.#left === 0;
	}

	run(seed: number): Promise<Outcome> {
		this.#left -= 1;
		return new Promise((resolve, reject) => {
			const ended = (code: number | null): void => reject(new Error(`seed ${seed}: the process ended with status ${code}`));
			this.#child.once("exit", ended);
			this.#child.once("message", (answer) => {
				this.#child.off("exit", ended);
				const { outcome, cpuSeconds } = answer as Answer;
				this.cpuSeconds = cpuSeconds;
				resolve(outcome);
			});
			this.#child.send(seed);
		});
	}

	end(): void {
		this.#child.disconnect();
	}
}

/** Why fewer seeds were run than were asked for: a neighbour's work, or a slow machine. */
function missing(seeds: number, seconds: number, cpu: number): string {
	const needed = seeds === 0 ? "" : ` All of them take ${Math.round((cpu / seeds) * count)} CPU seconds at this rate.`;
	return `Only ${seeds} of ${count} seeds were run: after ${seconds} s no more were begun, of which this machine computed ${cpu} s for them.${needed}`;
}

async function main(): Promise<void> {
	const outcomes: Outcome[] = [];
	const take = (outcome: Outcome): void => {
		outcomes.push(outcome);
		const { seed, broken, faults } = outcome;
		if (broken !== undefined) console.error(`SEED=${seed} broke: ${broken}\n  faults: ${JSON.stringify(faults)}`);
		if (!values.json && outcomes.length % 100 === 0) console.error(`${outcomes.length} seeds …`);
	};
	const started = performance.now();
	const runners: Runner[] = [];
	if (alone) take(await new World(from).run());
	else {
		const workers = whole("--workers", values.workers);
		const limit = values.seconds === undefined ? Number.POSITIVE_INFINITY : whole("--seconds", values.seconds);
		let next = from;
		const isLeft = (): boolean => next < from + count && performance.now() - started < 1000 * limit;
		const worker = async (): Promise<void> => {
			while (isLeft()) {
				const runner = new Runner();
				runners.push(runner);
				while (isLeft() && !runner.isSpent) take(await runner.run(next++));
				runner.end();
			}
		};
		await Promise.all(Array.from({ length: Math.min(workers, count) }, worker));
	}
	const seconds = Math.round((performance.now() - started) / 1000);
	const cpu = Math.round(runners.reduce((total, runner) => total + runner.cpuSeconds, cpuSeconds()));
	if (outcomes.length < count) console.error(missing(outcomes.length, seconds, cpu));
	const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0);
	const faults: Record<string, number> = {};
	for (const { kind } of outcomes.flatMap((outcome) => outcome.faults)) faults[kind] = (faults[kind] ?? 0) + 1;
	const broken = outcomes.filter((outcome) => outcome.broken !== undefined);
	console.log(
		JSON.stringify({
			seeds: outcomes.length,
			broken: broken.length,
			brokenSeeds: broken.slice(0, 10).map(({ seed }) => seed),
			events: sum(({ events }) => events),
			bundles: sum(({ bundles }) => bundles),
			acknowledged: sum(({ acknowledged }) => acknowledged),
			batches: sum(({ batches }) => batches),
			restarts: sum(({ starts }) => starts) - 4 * outcomes.length,
			settled: sum(({ settled }) => Number(settled)),
			lies: sum(({ lies }) => lies),
			slashed: sum(({ slashed }) => slashed),
			slowestRecoveryMs: Math.max(...outcomes.map(({ recoveredMs }) => recoveredMs)),
			faults,
			...(alone ? { root: outcomes[0]?.root, trace: outcomes[0]?.trace } : {}),
			seconds,
			cpuSeconds: cpu,
		}),
	);
	process.exitCode = broken.length > 0 ? 1 : 0;
}

if (process.env.SIMULATE_RUNNER && process.send)
	process.on(
		"message",
		(seed) => void new World(seed as number).run().then((outcome) => process.send?.({ outcome, cpuSeconds: cpuSeconds() })),
	);
else await main();
