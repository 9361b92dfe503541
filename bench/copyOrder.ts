// How fast a member that lost everything copies the order: four engines in one process with their applications, the fourth closed while the others order, then opened
// on an empty folder while they go on.
//   node scripts/dev/run.mjs bench/copyOrder.ts [--seconds 60]

import { rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as Engine from "../src/ordering/comet/Engine.ts";
import { bundleOf, startCommittee, until } from "../test/ordering/comet/committee.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
const seconds = Number(values.seconds);
if (!(seconds > 0)) fail(`--seconds must be above 0, not "${values.seconds}".`);
if (!Engine.isBuilt()) fail("CometBFT is not built here: run `npm run comet:build`, which needs Go.");

function fail(sentence: string): never {
	console.error(sentence);
	process.exit(2);
}

/** Records in a bundle. */
const RECORDS = 60;
/** One after the other, so that every block holds one or none. */
let isOrdering = true;
async function order(): Promise<void> {
	for (let i = 0; isOrdering; i++) await committee.members[0].orderer.submit(bundleOf(`bundle ${i}`, RECORDS));
}

const committee = await startCommittee(4);
try {
	const [first, , , lost] = committee.members;
	await until("four members decide a block", () => committee.members.every(({ orderer }) => orderer.application.decided.blockHeight > 0));
	await lost.orderer.close("SIGKILL");
	const ordering = order();
	await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

	for (const folder of ["log", join("engine", "data")]) rmSync(join(lost.directory, folder), { recursive: true, force: true });
	lost.loseStore();
	const [began, cpu, load] = [performance.now(), process.cpuUsage(), loadavg()[0]];
	const orderer = await lost.open();
	await until("its first block comes", () => orderer.application.decided.blockHeight > 0, 60);
	const firstAfter = performance.now() - began;
	await until(
		"it has what the others have",
		() => orderer.application.decided.blockHeight >= first.orderer.application.decided.blockHeight - 1,
		60 + 10 * seconds,
	);
	const took = (performance.now() - began) / 1000;
	const { blockHeight, height } = orderer.application.decided;
	const used = process.cpuUsage(cpu);
	isOrdering = false;
	await ordering;
	console.log(
		JSON.stringify({
			load: [load, loadavg()[0]].map((one) => Math.round(10 * one) / 10),
			blocks: blockHeight,
			bundles: height,
			recordsOfBundle: RECORDS,
			seconds: Math.round(10 * took) / 10,
			firstBlockMilliseconds: Math.round(firstAfter),
			blocksPerSecond: Math.round(blockHeight / took),
			/** Of this process: the four applications. */
			cpuSeconds: Math.round((used.user + used.system) / 1e5) / 10,
		}),
	);
} finally {
	isOrdering = false;
	await committee.close();
}
process.exit();
