// npm run faults -- [--json] [--cells NAME,…] [--times N] [--list] [--write]: an exchange of four members on CometBFT, each role a process of its own, and everything that may go wrong
// with them, one after another. In each cell a trader opens a position before the fault; at the end all positions settle at expiry, and everybody is paid on L1. --write keeps what was seen
// in snapshots/faults.json, from which docs/fault-matrix.md is made. Without root, what needs namespaces, mounts or another clock is skipped, and it says so.
// Status 1 when something was seen that was not expected.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as Engine from "../../src/ordering/comet/Engine.ts";
import { CELLS } from "./faults/cells.ts";
import type { Cell } from "./faults/cells.ts";
import type { Claim } from "./faults/Claim.ts";
import { obstacle } from "./faults/Network.ts";
import { play, ruined } from "./faults/play.ts";
import type { Played } from "./faults/play.ts";
import { summary } from "./faults/summary.ts";
import { Stage } from "./faults/Stage.ts";

const { values } = parseArgs({
	options: {
		json: { type: "boolean", default: false },
		cells: { type: "string" },
		times: { type: "string", default: "1" },
		list: { type: "boolean", default: false },
		write: { type: "boolean", default: false },
	},
});
const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

function fail(sentence: string): never {
	say(sentence);
	process.exit(2);
}

const wanted = values.cells?.split(",");
for (const name of wanted ?? []) if (!CELLS.some((cell) => cell.name === name)) fail(`There is no cell ${name}: --list names them.`);
const times = Number(values.times);
if (!Number.isSafeInteger(times) || times < 1) fail(`--times must be a whole number above 0, not "${values.times}".`);
if (values.list) {
	for (const { name, component, fault, expected } of CELLS) console.log(`${name.padEnd(20)} ${component}: ${fault} (${expected})`);
	process.exit(0);
}
if (!Engine.isBuilt()) fail("CometBFT is not built here: run `npm run comet:build`, which needs Go.");

const noNetwork = obstacle();
const isRoot = process.getuid?.() === 0;
const lacking = ({ needs }: Cell): string | undefined => {
	if (needs === "network") return noNetwork;
	if (needs === "root") return isRoot ? undefined : "a mount of its own needs root";
	if (needs === "faketime") return Stage.faketime ? undefined : "libfaketime is not installed";
	return undefined;
};
const chosen = CELLS.filter(({ name }) => wanted?.includes(name) ?? true);
const skipped = chosen.flatMap((cell) => {
	const why = lacking(cell);
	return why === undefined ? [] : [{ name: cell.name, why }];
});
for (const { name, why } of skipped) say(`${name} is skipped: ${why}.`);
const cells = chosen.filter((cell) => lacking(cell) === undefined);
const played: Played[] = [];
let oracleDifference = 0;
/** On SIGUSR1: no further cells, but what was played is settled and reported. */
let isEnough = false;
process.on("SIGUSR1", () => (isEnough = true));

/** Each with a committee of its own: two cells that take a stake leave half of four members, and that is another fault. */
const stages: (readonly Cell[])[] = [];
const [first, ...further] = cells.filter(({ expected }) => expected === "slashed");
const others = cells.filter(({ expected }) => expected !== "slashed");
if (cells.length > 0) stages.push(first ? [...others, first] : others);
for (const cell of further) stages.push([cell]);

for (const scene of Array.from({ length: times }, () => stages).flat()) {
	if (isEnough) break;
	const stage = await Stage.start({ hasNetwork: noNetwork === undefined, claims: scene.length, say }).catch((error: Error) => {
		say(`no exchange to play with: ${error.message}`);
		played.push(...scene.map((cell) => ruined(cell, error.message)));
	});
	if (!stage) continue;
	let isOver = false;
	process.once("SIGINT", () => {
		if (isOver) return;
		stage.isDone = true;
		void stage.end().then(() => process.exit(130));
	});
	try {
		const claims: { readonly claim: Claim; readonly result: Played }[] = [];
		for (const cell of scene) {
			if (isEnough) break;
			const [claim, result] = await play(stage, cell, say);
			played.push(result);
			if (claim) claims.push({ claim, result });
			// What a cell leaves in ruins says nothing about the next one.
			if (!result.isRuined) continue;
			const isRepaired = await stage.repair().then(
				() => true,
				(error: Error) => say(error.message),
			);
			if (!isRepaired) break;
		}
		if (claims.length > 0) {
			try {
				const outcomes = await stage.settle(
					claims.map(({ claim }) => claim),
					say,
				);
				oracleDifference = Math.max(oracleDifference, stage.oracleDifference);
				for (const [i, { isRight, isPaid }] of outcomes.entries()) Object.assign(claims[i].result, { settledRight: isRight, paid: isPaid });
			} catch (error) {
				say(`settlement failed: ${(error as Error).message}`);
			}
		}
		stage.isDone = claims.length === scene.length && claims.every(({ result }) => result.settledRight && result.paid && !result.isRuined);
	} finally {
		isOver = true;
		await stage.end();
		if (!stage.isDone) say(`what the processes wrote stays in ${stage.directory}`);
	}
}

const report = summary(played, skipped, oracleDifference);
if (values.write)
	writeFileSync(join(import.meta.dirname, "..", "..", "snapshots", "faults.json"), `${JSON.stringify(report, undefined, "\t")}\n`);
if (values.json) console.log(JSON.stringify(report));
else for (const cell of report.cells) console.log(cell);
process.exit(report.unexpected === 0 ? 0 : 1);
