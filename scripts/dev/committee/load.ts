// npm run committee -- --load [--validators 4|7] [--rate 1000] [--seconds 20] [--kill 0] [--json]: the order alone, measured: each member a process of its own with an engine of
// its own, ordering messages that its gateway makes. Without --seconds it runs until it is stopped. With --kill, so many members are killed for the middle third of the time and then
// started again. Figures are "made to ordered and durable at the gateway". The members order and do not execute.
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Engine from "../../../src/ordering/comet/Engine.ts";
import * as Home from "../../../src/ordering/comet/Home.ts";
import type { Plan, Report } from "./Plan.ts";

const { values } = parseArgs({
	options: {
		load: { type: "boolean", default: true },
		validators: { type: "string", default: "4" },
		rate: { type: "string", default: "1000" },
		seconds: { type: "string" },
		kill: { type: "string", default: "0" },
		json: { type: "boolean", default: false },
	},
});
const size = Number(values.validators);
const seconds = values.seconds === undefined ? Infinity : Number(values.seconds);
const killed = Number(values.kill);
if (!Engine.isBuilt()) fail("CometBFT is not built here: run `npm run comet:build`, which needs Go.");
if (!(size >= 1 && size <= 13 && killed >= 0 && killed < size && seconds > 0 && Number(values.rate) > 0))
	fail("--validators is 1 to 13, --kill less than that, --seconds and --rate are above 0.");

const root = mkdtempSync(join(tmpdir(), "sp-"));
const keys = Array.from({ length: size }, () => Home.freshKey());
const members = keys.map((key) => Home.memberOf(key));
const genesis = Home.genesisOf("strikeproof-committee", new Date(), members);
const FIRST_PORT = 26_600;
const ids = keys.map((key, place) => Home.write(join(root, String(place), "engine"), key, genesis));
const plan: Plan = {
	chainId: "strikeproof-committee",
	committee: members.map(({ address, power }) => [address, power]),
	members: keys.map((key, place) => ({
		privateKey: Bytes.toHex(key),
		directory: join(root, String(place)),
		socket: join(root, `${place}.sock`),
		network: {
			listen: `127.0.0.1:${FIRST_PORT + 2 * place}`,
			rpc: `127.0.0.1:${FIRST_PORT + 2 * place + 1}`,
			peers: ids.flatMap((id, other) => (other === place ? [] : [`${id}@127.0.0.1:${FIRST_PORT + 2 * other}`])),
		},
	})),
	messagesPerSecond: Number(values.rate) / size,
};
const planFile = join(root, "plan.json");
writeFileSync(planFile, JSON.stringify(plan), { mode: 0o600 });

const processes: (ChildProcess | undefined)[] = keys.map(() => undefined);
const heights: number[] = keys.map(() => 0);
const latencies: number[] = [];
const blockTimes: number[] = [];
let ordered = 0;
let slowed = 0;
let lastBlockAt = 0;
let longestGap = 0;
let afterReturn: number | undefined;
let returnedAt: number | undefined;
let ordersInFault = 0;
let inFault = false;

function start(place: number): void {
	const child = fork(join(import.meta.dirname, "member.ts"), [planFile, String(place)], {
		stdio: ["ignore", "ignore", "inherit", "ipc"],
	});
	processes[place] = child;
	child.on("message", (report: Report) => {
		if (report.height > heights[place]) heights[place] = report.height;
		ordered += report.latencies.length;
		slowed += report.slowed;
		latencies.push(...report.latencies);
		if (inFault) ordersInFault += report.latencies.length;
		if (report.blocked && place === 0) {
			const now = performance.now();
			if (lastBlockAt > 0) blockTimes.push(now - lastBlockAt);
			if (lastBlockAt > 0) longestGap = Math.max(longestGap, now - lastBlockAt);
			lastBlockAt = now;
			if (returnedAt !== undefined) afterReturn ??= now - returnedAt;
		}
	});
}

for (let place = 0; place < size; place++) start(place);
const began = performance.now();
const watch = setInterval(() => {
	if (!values.json)
		console.log(
			`${String(Math.round((performance.now() - began) / 1000)).padStart(5)} s  bundles at each member: ${heights.join(" ")}   messages ordered: ${ordered}`,
		);
}, 1_000);
if (Number.isFinite(seconds) && killed > 0) {
	setTimeout(
		() => {
			inFault = true;
			for (let place = size - killed; place < size; place++) processes[place]?.kill("SIGKILL");
		},
		(seconds * 1000) / 3,
	);
	setTimeout(
		() => {
			inFault = false;
			returnedAt = performance.now();
			for (let place = size - killed; place < size; place++) start(place);
		},
		(seconds * 2000) / 3,
	);
}
process.once("SIGINT", () => void finish());
if (Number.isFinite(seconds)) setTimeout(() => void finish(), seconds * 1000);

async function finish(): Promise<void> {
	clearInterval(watch);
	for (const child of processes) child?.kill("SIGTERM");
	await Promise.all(
		processes.map(
			(child) =>
				new Promise((resolve) =>
					child && child.exitCode === null && child.signalCode === null ? child.once("exit", resolve) : resolve(undefined),
				),
		),
	);
	rmSync(root, { recursive: true, force: true });
	const figures = {
		validators: size,
		messagesPerSecondAsked: Number(values.rate),
		messagesOrdered: ordered,
		messagesPerSecond: Math.round(ordered / ((performance.now() - began) / 1000)),
		timesSlowed: slowed,
		orderedMillisecondsP50: percentile(latencies, 0.5),
		orderedMillisecondsP99: percentile(latencies, 0.99),
		blockMillisecondsP50: percentile(blockTimes, 0.5),
		blockMillisecondsP99: percentile(blockTimes, 0.99),
		longestGapMilliseconds: Math.round(longestGap),
		...(killed > 0 && {
			killed,
			orderedWhileKilled: ordersInFault,
			firstBlockAfterReturnMilliseconds: afterReturn === undefined ? null : Math.round(afterReturn),
		}),
	};
	console.log(values.json ? JSON.stringify(figures) : figures);
	process.exit(ordered > 0 ? 0 : 1);
}

function percentile(numbers: number[], share: number): number | null {
	const sorted = numbers.toSorted((a, b) => a - b);
	return sorted.length === 0 ? null : Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
}

function fail(sentence: string): never {
	console.error(sentence);
	process.exit(1);
}
