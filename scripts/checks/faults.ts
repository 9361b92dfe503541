// docs/fault-matrix.md is made from snapshots/faults.json, which `npm run faults -- --write` keeps of a run.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CELLS, NOT_PLAYED } from "../dev/faults/cells.ts";
import { isAsExpected } from "../dev/faults/summary.ts";
import type { CellReport, Report } from "../dev/faults/summary.ts";
import type { Finding } from "./Finding.ts";
import { ROOT, read } from "./files.ts";

const RUN = "snapshots/faults.json";
const DOCUMENT = "docs/fault-matrix.md";

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

function row(report: CellReport): string {
	const cell = CELLS.find(({ name }) => name === report.cell);
	const recovery = `${seconds(report.firstBlockMs)} / ${seconds(report.recoveryMs)} / ${seconds(report.healthyMs)}`;
	const returned = report.returnedMs === undefined ? "" : ` (answers again after ${seconds(report.returnedMs)})`;
	const columns = [
		`\`${report.cell}\``,
		cell?.component ?? "",
		cell?.fault ?? "",
		report.expected,
		isAsExpected(report) ? report.observed : `**${report.observed}**`,
		String(report.acknowledgedDuring),
		`${recovery}${returned}`,
		`${report.lost} / ${report.wrongStates}`,
		report.slashed === 0 ? "0" : `${report.slashed} ETH`,
		`${report.settledRight} of ${report.times} / ${report.paid} of ${report.times}`,
	];
	return `| ${columns.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
}

export function matrix(report: Report): string {
	const notes = report.cells.filter(({ note }) => note !== undefined).map(({ cell, note }) => `- \`${cell}\`: ${note}.`);
	const skipped = report.skipped.map(({ name, why }) => `- \`${name}\`: ${why}.`);
	return `# Fault matrix

Made by \`npm run docs\` from \`${RUN}\`, which \`npm run faults -- --write\` keeps of a run. \`npm run faults -- --list\` names the cells, \`--cells\` chooses some, \`--times\` plays each several times. It needs CometBFT (\`npm run comet:build\`) and, for
namespaces, mounts and another clock, root; without root it plays the others and says which it skips.

Four members on CometBFT, each a process (\`strikeproof node --role sequencer --engine comet\`) with its gateway, executors, batcher and engine, and a network namespace of its own; four reporters of whom three are a quorum; a proposer and a challenger; an L1 reached through proxies.
Orders go to every gateway all the time. In each cell a trader of its own buys an option before the fault. At the end L1's time moves through the expiry: his position must settle for the right amount, computed anew from the settlement price that all members show and the terms of the series, and his
withdrawal of everything must arrive in his wallet on L1.

- *expected*, *observed*: whether orders sent during the fault are acknowledged during it; with reporters, whether prices go on.
- *orders*: sent and acknowledged during the fault, the first three seconds left out.
- *recovery*: seconds from the end of the fault to the next block / to the acknowledgement of an order sent after it / until every member votes again and stands where the others stand. What was killed is started again at the end of the fault, so starting a process is part of it.
- *lost*: orders that were acknowledged and that some member does not know, or knows under another number. *wrong*: heights at which members showed different roots.
- *slashed*: what the members' stake lost. Watchers of other members found the contradiction, and showed it to L1.
- *right*, *paid*: runs in which the position settled for the right amount, and in which the trader was paid.

${report.played} runs, each cell as often as its last column says: ${report.lost} acknowledged orders lost, ${report.wrongStates} wrong states, ${report.paid} traders paid, ${report.unexpected} cells not as expected. The machine's settlement price and that of L1's own oracle were ${(report.oracleDifference / 1e6).toFixed(6)} USDC apart at most ([what may set them apart](decisions/0004-settlement-waits.md)). Where a cell was played more than once, orders are the fewest and times the longest. Times are of a machine of two cores, which all members, roles and traders share.

Seen in earlier runs and not since: \`power-cut\` counted one acknowledged order as lost (members get time to execute it now; whether it was late or lost was not seen); a settlement window without prices, twice, of which a cause is gone since; an exchange without listings for 300 s on a machine of load 20.

| cell | component | fault | expected | observed | orders | recovery, s | lost / wrong | slashed | right / paid |
|---|---|---|---|---|---:|---:|---:|---:|---:|
${report.cells.map(row).join("\n")}
${notes.length > 0 ? `\nWhat was seen besides:\n\n${notes.join("\n")}\n` : ""}${skipped.length > 0 ? `\nSkipped in that run:\n\n${skipped.join("\n")}\n` : ""}
## Not played

${NOT_PLAYED.map(({ component, fault, why }) => `- **${component}, ${fault}.** ${why}`).join("\n")}
- **A lying proposer** is played with real processes and kills of the challenger and the node by \`test/scenarios/killedRolesResume.test.ts\`, and in every seed's game by the [simulation](simulation.md).
`;
}

export function faultDocuments(update: boolean): Finding[] {
	if (!existsSync(join(ROOT, RUN))) return [];
	const wanted = matrix(JSON.parse(read(RUN)) as Report);
	if (existsSync(join(ROOT, DOCUMENT)) && read(DOCUMENT) === wanted) return [];
	if (!update) return [{ file: DOCUMENT, message: `is not what ${RUN} gives: run \`npm run docs\`.` }];
	writeFileSync(join(ROOT, DOCUMENT), wanted);
	return [];
}
