// npm run check [-- --update] [-- NAME …]: every rule that a program can watch, in one pass. Prints a line a check, and where a rule is broken the place and
// what to do. Status 0 only if nothing was found. With --update, what is generated or formatted is rewritten first.
import { docs } from "./docs.ts";
import { type Check, type Finding, format as formatFinding } from "./Finding.ts";
import { floors } from "./floors.ts";
import { snapshots } from "./snapshots.ts";
import { format, lint, solidityLint, types } from "./tools.ts";
import { twins } from "./twins.ts";
import { lengths, words } from "./words.ts";

// The slow ones first, so that two at a time end soonest.
const CHECKS: readonly Check[] = [types, lint, format, solidityLint, twins, floors, docs, snapshots, lengths, words];

/** LIMIT: findings shown of one check; more would bury the rest. */
const MAX_SHOWN = 40;

const [flags, names] = [
	process.argv.slice(2).filter((one) => one.startsWith("-")),
	process.argv.slice(2).filter((one) => !one.startsWith("-")),
];
const unknown = [...flags.filter((flag) => flag !== "--update"), ...names.filter((name) => !CHECKS.some((check) => check.name === name))];
if (unknown.length > 0) {
	console.error(
		`There is no ${unknown.join(", ")}: the checks are ${CHECKS.map(({ name }) => name).join(", ")}, the only option is --update.`,
	);
	process.exit(2);
}

const chosen = CHECKS.filter(({ name }) => names.length === 0 || names.includes(name));
const started = performance.now();
let broken = 0;

async function run(check: Check): Promise<void> {
	const start = performance.now();
	let found: Finding[];
	try {
		found = await check.run({ update: flags.includes("--update") });
	} catch (error) {
		found = [
			{
				file: `scripts/checks (${check.name})`,
				message: `could not run: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
			},
		];
	}
	const seconds = ((performance.now() - start) / 1000).toFixed(1);
	if (found.length === 0) console.log(`ok      ${check.name.padEnd(9)} ${seconds.padStart(5)} s  ${check.promise}`);
	else {
		broken++;
		console.log(`BROKEN  ${check.name.padEnd(9)} ${seconds.padStart(5)} s  ${found.length} found:`);
		for (const finding of found.slice(0, MAX_SHOWN)) console.log(`  ${formatFinding(finding)}`);
		if (found.length > MAX_SHOWN) console.log(`  … and ${found.length - MAX_SHOWN} more`);
	}
}

async function worker(queue: Check[]): Promise<void> {
	for (let check = queue.shift(); check; check = queue.shift()) await run(check);
}

if (flags.includes("--update")) {
	// What is rewritten must be settled before anything reads it.
	for (const check of chosen) await run(check);
} else {
	const queue = [...chosen];
	await Promise.all([worker(queue), worker(queue)]);
}
console.log(`${chosen.length - broken} passed, ${broken} failed, 0 skipped (${((performance.now() - started) / 1000).toFixed(1)} s)`);
process.exitCode = broken === 0 ? 0 : 1;
