import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import type { Watched } from "../roles/challenger/Watcher.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { ROOT, does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { syncOption, whole } from "./parse.ts";

type Options = Common & {
	readonly data?: string;
	readonly dailyBudget?: bigint;
	readonly watch: boolean;
	readonly once: boolean;
	readonly port?: number;
	readonly syncFrom: readonly string[];
};

function etherOf(text: string): bigint {
	if (!/^\d+(\.\d{1,18})?$/.test(text)) throw new InvalidArgumentError("an amount of ether is needed, such as 0.5.");
	const [whole, fraction = ""] = text.split(".");
	return BigInt(whole + fraction.padEnd(18, "0"));
}

const OPINIONS = { agree: ExitCode.Ok, disagree: ExitCode.Disagrees, unknown: ExitCode.Unknown } as const;

/** Of --once: how often it looks before it says that it cannot know, and how long it waits in between. */
const MAX_LOOKS = 4;
const PAUSE_MS = 500;
const PROGRESS_MS = 10_000;

/** What a node says of how it begins. */
const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

const short = (hash: string): string => `${hash.slice(0, 10)}…`;

/** Looks once, or until it is told to stop, and says what it thinks. The worst that it saw is its exit code; a doubt that went away is none. */
async function watch(context: Context, options: Options): Promise<Answer> {
	const provider = await context.provider();
	const deployment = await context.deployment();
	const { WatcherNode } = await import("../node/WatcherNode.ts");
	const { SystemClock } = await import("../node/Clock.ts");
	const { countAlarms, openLog } = await import("../node/Log.ts");
	const { Monitor } = await import("../node/Monitor.ts");
	const { PrometheusMetrics } = await import("../node/Metrics.ts");
	const dataDirectory = options.data ?? join(ROOT, "data", options.network, "watcher");
	const log = openLog(join(dataDirectory, "watcher.log"));
	const metrics = new PrometheusMetrics();
	provider.watch(countAlarms(log, metrics), metrics);
	const node = await WatcherNode.open({
		provider,
		deployment,
		dataDirectory,
		blobs: context.blobUrls,
		syncFrom: options.syncFrom,
		say,
		clock: new SystemClock(),
		log,
		metrics,
	});
	const told = new Set<string>();
	let disagreed = false;
	const tell = ({ block, verdicts, doubt, opinion }: Watched): void => {
		const lines = verdicts.map(({ assertion, opinion: one, reason }) => ({
			assertion: assertion.id,
			verdict: one,
			status: assertion.status,
			reason,
			asserter: assertion.asserter,
			target_batch: assertion.targetBatch,
			block: assertion.createdAt,
		}));
		disagreed ||= opinion === "disagree";
		for (const line of lines) {
			const news = `${line.assertion}/${line.verdict}/${line.status}`;
			if (told.has(news)) continue;
			told.add(news);
			process.stdout.write(
				options.json
					? `${JSON.stringify(line)}\n`
					: `${line.verdict.padEnd(8)} ${line.status} assertion ${short(line.assertion)} of block ${line.block}: ${line.reason}\n`,
			);
		}
		if (doubt !== undefined && !options.json) process.stderr.write(`block ${block}: ${doubt}\n`);
	};
	try {
		let last: Watched | undefined;
		if (options.once) {
			// L1 goes on while it looks: what could not be known may be known a moment later.
			for (let looks = 0; looks < MAX_LOOKS && (last === undefined || last.opinion === "unknown"); looks++) {
				if (last) await pause(PAUSE_MS);
				last = await node.watcher.round();
			}
			if (last) tell(last);
		} else {
			const monitor = new Monitor({
				host: "127.0.0.1",
				port: options.port ?? 0,
				log,
				metrics,
				roles: { watcher: node.watcher },
				archive: node.archive,
				shelf: node.shelf,
			});
			const url = await monitor.listen();
			node.watcher.onLook(tell);
			process.stderr.write(
				`watching ${deployment.network} without a key; /metrics and /readyz are at ${url.replace("ws:", "http:")}, the log is ${join(dataDirectory, "watcher.log")}\n`,
			);
			// The first look waits for everything on L1 to be executed.
			const progress = setInterval(() => {
				if (node.watcher.last) clearInterval(progress);
				else say(`${node.derived.batchCount} batches are executed so far`);
			}, PROGRESS_MS);
			node.start();
			await stopped();
			clearInterval(progress);
			await monitor.close();
			last = node.watcher.last;
		}
		const opinion = disagreed ? "disagree" : (last?.opinion ?? "unknown");
		const count = last?.verdicts.length ?? 0;
		const said = {
			agree: `${count} assertions at block ${last?.block}: the machine does what each of them says`,
			disagree: "an assertion contradicts what the machine does on the same inputs",
			unknown: `nothing is certain: ${last?.doubt ?? "an assertion is about what is not executed here yet"}`,
		};
		return {
			text: said[opinion],
			json: {
				verdict: opinion,
				block: last?.block ?? null,
				assertions: count,
				batches: last?.batches ?? null,
				executed: last?.executed ?? null,
				doubt: last?.doubt ?? null,
			},
			exitCode: OPINIONS[opinion],
		};
	} finally {
		await node.stop();
	}
}

function stopped(): Promise<void> {
	return new Promise((resolve) => {
		process.once("SIGINT", resolve);
		process.once("SIGTERM", resolve);
	});
}

/** Runs until it is told to stop. Each move is a line as it is mined. */
async function run(context: Context, options: Options): Promise<Answer> {
	if (options.watch) return watch(context, options);
	if (options.once) throw new Failure(ExitCode.Usage, "--once is of --watch: a challenger that plays must stay.");
	const provider = await context.provider();
	const deployment = await context.deployment();
	const wallet = await context.signer();
	// Loaded when it runs: every other command starts without the node.
	const { ChallengerNode } = await import("../node/ChallengerNode.ts");
	const { SystemClock } = await import("../node/Clock.ts");
	const { openLog } = await import("../node/Log.ts");
	const data = options.data ?? join(ROOT, "data", "challenger");
	const log = openLog(join(data, "challenger.log"));
	provider.watch(log);
	const node = await ChallengerNode.open({
		provider,
		deployment,
		wallet,
		dataDirectory: data,
		blobs: context.blobUrls,
		syncFrom: options.syncFrom,
		say,
		dailyBudget: options.dailyBudget,
		clock: new SystemClock(),
		log,
	});
	let moves = 0;
	node.challenger.onMove(({ action, outcome }) => {
		if (outcome.status !== "mined") return;
		moves += 1;
		const line = { action, transaction: outcome.hash, block: outcome.block, gas: Number(outcome.gasUsed) };
		process.stdout.write(
			options.json ? `${JSON.stringify(line)}\n` : `${action} in block ${line.block}, ${line.gas} gas: ${line.transaction}\n`,
		);
	});
	process.stderr.write(
		`watching ${deployment.network} from ${wallet.address}, ${node.derived.stepCount} steps known; the log is ${join(data, "challenger.log")}\n`,
	);
	node.start();
	await stopped();
	await node.stop();
	return { text: `stopped after ${moves} moves`, json: { stopped: true, moves } };
}

export function challengerCommand(): Command {
	return does(
		new Command("challenger")
			.description("derives the exchange from L1 alone and disputes every wrong assertion, until it is stopped")
			.option(
				"--data <folder>",
				"folder of its store, which it resumes from (default: data/challenger, and data/<network>/watcher with --watch)",
			)
			.option("--watch", "only says what it thinks of every assertion: agree, disagree or unknown; needs no key and sends nothing", false)
			.option("--once", "with --watch: looks once and ends, with 0 when it agrees, 7 when it disagrees, 8 when it cannot know", false)
			.option("--port <number>", "with --watch: port of /metrics and /readyz on this machine (default: any)", whole(0, 65_535))
			.addOption(syncOption())
			.option(
				"--daily-budget <ether>",
				"what it may spend on gas in a day of UTC; beyond it nothing is sent and BudgetSpent is raised",
				etherOf,
			),
		run,
	);
}
