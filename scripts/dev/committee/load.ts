// npm run committee -- --load [--validators 4|7] [--rate 1000] [--warm 3] [--seconds 20] [--kill 0] [--return ALL] [--json]: the order alone, measured: each member a process of its own with an engine of
// its own, ordering messages that its gateway makes. Messages are made once every member has decided a block, and counted when that has gone on for --warm seconds; they are made at the rate
// asked, however slow the order is, and each is timed from its making to being ordered and durable at its gateway. After --seconds none are made, and those on the way are waited for. Without
// --seconds it runs until it is stopped. With --kill, so many members are killed for the middle third of the time and so many of them (--return) then started again. The members order and do not execute. `load` is the
// machine's (1 minute) at the beginning and the end: beside other work every figure is worse.
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Engine from "../../../src/ordering/comet/Engine.ts";
import * as Home from "../../../src/ordering/comet/Home.ts";
import type { Phase, Plan, Report } from "./Plan.ts";

const { values } = (() => {
	try {
		return parseArgs({
			options: {
				load: { type: "boolean", default: true },
				validators: { type: "string", default: "4" },
				rate: { type: "string", default: "1000" },
				warm: { type: "string", default: "3" },
				seconds: { type: "string" },
				kill: { type: "string", default: "0" },
				return: { type: "string" },
				json: { type: "boolean", default: false },
			},
		});
	} catch (error) {
		return fail((error as Error).message);
	}
})();
const size = Number(values.validators);
const seconds = values.seconds === undefined ? Infinity : Number(values.seconds);
const warmUp = Number(values.warm);
const killed = Number(values.kill);
const returning = Number(values.return ?? killed);
/** Longer than any fault here lasts: what is not ordered by then is lost with the gateway that was killed. */
const PATIENCE_MILLISECONDS = 15_000;
const loadBefore = loadavg()[0];
if (!Engine.isBuilt()) fail("CometBFT is not built here: run `npm run comet:build`, which needs Go.");
if (!(
	size >= 1 &&
	size <= 13 &&
	killed >= 0 &&
	killed < size &&
	returning >= 0 &&
	returning <= killed &&
	seconds > 0 &&
	warmUp >= 0 &&
	Number(values.rate) > 0
))
	fail(
		"--validators is 1 to 13, --kill less than that, --return at most --kill, --seconds and --rate are above 0, and --warm not below it.",
	);

const root = mkdtempSync(join(tmpdir(), "sp-"));
const keys = Array.from({ length: size }, () => Home.freshKey());
const members = keys.map((key) => Home.memberOf(key));
const genesis = Home.genesisOf("strikeproof-committee", new Date(), members);
const FIRST_PORT = 26_600;
for (const place of keys.keys()) Home.found(join(root, String(place), "engine"));
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
const hasDecided: boolean[] = keys.map(() => false);
const latencies: number[] = [];
const blockTimes: number[] = [];
/** Blocks by the round in which they were decided. */
const rounds: number[] = [];
let phase: Phase | undefined;
let [made, slowed] = [0, 0];
let [countedFrom, lastOrderedAt, lastBlockAt] = [0, 0, 0];
let [returnedAt, afterReturn]: (number | undefined)[] = [];
let orderedInFault = 0;
let inFault = false;

function start(place: number): void {
	const child = fork(join(import.meta.dirname, "member.ts"), [planFile, String(place)], {
		stdio: ["ignore", "ignore", "inherit", "ipc"],
	});
	processes[place] = child;
	child.on("message", (report: Report) => {
		const now = performance.now();
		if (report.height > heights[place]) heights[place] = report.height;
		made += report.made;
		slowed += report.slowed;
		latencies.push(...report.latencies);
		if (report.latencies.length > 0) lastOrderedAt = now;
		if (inFault) orderedInFault += report.latencies.length;
		if (report.round === undefined) return;
		// Killed, it was told nothing of what the others do since.
		if (!hasDecided[place] && phase) child.send(phase);
		hasDecided[place] = true;
		if (place !== 0) return;
		if (lastBlockAt > 0 && (phase === "count" || phase === "end")) blockTimes.push(now - lastBlockAt);
		lastBlockAt = now;
		if (phase === "count" || phase === "end") rounds[report.round] = (rounds[report.round] ?? 0) + 1;
		if (returnedAt !== undefined) afterReturn ??= now - returnedAt;
	});
}

function enter(next: Phase): void {
	phase = next;
	for (const [place, child] of processes.entries()) if (hasDecided[place] && child?.connected) child.send(next);
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

for (let place = 0; place < size; place++) start(place);
const began = performance.now();
const watch = setInterval(() => {
	if (!values.json)
		console.log(
			`${String(Math.round((performance.now() - began) / 1000)).padStart(5)} s  ${phase ?? "starting"}  bundles at each member: ${heights.join(" ")}   counted messages ordered: ${latencies.length}`,
		);
}, 1_000);
process.once("SIGINT", () => void finish());
while (!hasDecided.every(Boolean)) await pause(50);
enter("warm");
await pause(1000 * warmUp);
countedFrom = performance.now();
enter("count");
if (Number.isFinite(seconds)) {
	if (killed > 0) {
		await pause((seconds * 1000) / 3);
		inFault = true;
		for (let place = size - killed; place < size; place++) {
			processes[place]?.kill("SIGKILL");
			hasDecided[place] = false;
		}
		await pause((seconds * 1000) / 3);
		inFault = false;
		returnedAt = performance.now();
		for (let place = size - killed; place < size - killed + returning; place++) start(place);
	}
	await pause(1000 * seconds - (performance.now() - countedFrom));
	enter("end");
	const patience = performance.now() + PATIENCE_MILLISECONDS;
	while (latencies.length < made - slowed && performance.now() < patience) await pause(50);
	await finish();
}

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
	const took = (Math.max(lastOrderedAt, countedFrom + 1) - countedFrom) / 1000;
	const figures = {
		validators: size,
		load: [loadBefore, loadavg()[0]].map((load) => Math.round(10 * load) / 10),
		warmUpSeconds: warmUp,
		messagesPerSecondAsked: Number(values.rate),
		messagesMade: made,
		messagesRefused: slowed,
		messagesOrdered: latencies.length,
		messagesPerSecond: Math.round(latencies.length / Math.max(took, Number.isFinite(seconds) ? seconds : 0)),
		orderedMillisecondsP50: percentile(latencies, 0.5),
		orderedMillisecondsP99: percentile(latencies, 0.99),
		blockMillisecondsP50: percentile(blockTimes, 0.5),
		blockMillisecondsP99: percentile(blockTimes, 0.99),
		blocksByRound: Array.from(rounds, (count = 0) => count),
		longestGapMilliseconds: percentile(blockTimes, 1),
		...(killed > 0 && {
			killed,
			orderedWhileKilled: orderedInFault,
			firstBlockAfterReturnMilliseconds: afterReturn === undefined ? null : Math.round(afterReturn),
		}),
	};
	console.log(values.json ? JSON.stringify(figures) : figures);
	process.exit(latencies.length > 0 ? 0 : 1);
}

function percentile(numbers: number[], share: number): number | null {
	const sorted = numbers.toSorted((a, b) => a - b);
	return sorted.length === 0 ? null : Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
}

function fail(sentence: string): never {
	console.error(sentence);
	process.exit(1);
}
