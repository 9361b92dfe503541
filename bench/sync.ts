// How long an empty node takes until it knows every assertion: from L1 alone, and from a snapshot, one after the other against a deployment that runs.
//   node scripts/dev/run.mjs bench/sync.ts --rpc http://127.0.0.1:8545 --deployment http://127.0.0.1:8547/deployment.json --sync-from http://127.0.0.1:8547

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as Deployments from "../src/chain/Deployment.ts";
import { connect } from "../src/chain/Networks.ts";
import { SystemClock } from "../src/node/Clock.ts";
import { openLog } from "../src/node/Log.ts";
import { WatcherNode } from "../src/node/WatcherNode.ts";

const { values } = parseArgs({
	options: {
		network: { type: "string", default: "localhost" },
		rpc: { type: "string", default: "http://127.0.0.1:8545" },
		deployment: { type: "string", default: "http://127.0.0.1:8547/deployment.json" },
		"sync-from": { type: "string", default: "http://127.0.0.1:8547" },
	},
});

const deployment = Deployments.parse(await (await fetch(values.deployment)).text(), values.deployment);

type Measured = {
	readonly seconds: number;
	readonly cpuSeconds: number;
	readonly steps: number;
	readonly batches: number;
	readonly verdicts: number;
};

/** Opens a node on an empty folder and looks until it knows what it thinks of everything. */
async function measure(syncFrom: readonly string[]): Promise<Measured> {
	const home = mkdtempSync(join(tmpdir(), "strikeproof-sync-"));
	const provider = await connect(values.network, [values.rpc]);
	const [began, cpu] = [performance.now(), process.cpuUsage()];
	const node = await WatcherNode.open({
		provider,
		deployment,
		dataDirectory: home,
		blobs: { archives: [new URL(values.deployment).origin] },
		syncFrom,
		clock: new SystemClock(),
		log: openLog(join(home, "log")),
	});
	if (syncFrom.length > 0 && node.derived.origin().assertion === undefined) throw new Error("The snapshot was refused: see the log.");
	let watched = await node.watcher.round();
	while (watched.opinion !== "agree") watched = await node.watcher.round();
	const used = process.cpuUsage(cpu);
	const measured = {
		seconds: (performance.now() - began) / 1000,
		cpuSeconds: (used.user + used.system) / 1e6,
		steps: node.derived.stepCount,
		batches: watched.executed,
		verdicts: watched.verdicts.length,
	};
	await node.stop();
	provider.destroy();
	rmSync(home, { recursive: true });
	return measured;
}

// The first look of a process compiles what both need.
await measure([values["sync-from"]]);
const fromL1 = await measure([]);
const fromSnapshot = await measure([values["sync-from"]]);
const ratio = fromL1.seconds / fromSnapshot.seconds;
process.stdout.write(`${JSON.stringify({ fromL1, fromSnapshot, ratio, cpuRatio: fromL1.cpuSeconds / fromSnapshot.cpuSeconds })}\n`);
process.exit(0);
