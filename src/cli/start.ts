// `npm start`: a whole options exchange on one machine lives, is attacked, and pays out correctly.

import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { VERSION } from "../../deploy/deploy.ts";
import { Demonstration, dataDirectoryOf } from "../node/Demonstration.ts";
import type { Report } from "../node/Demonstration.ts";
import { openLog } from "../node/Log.ts";
import { claimsOf, reportText } from "./report.ts";

const root = join(import.meta.dirname, "..", "..");

function whole(lowest: number, highest: number): (text: string) => number {
	return (text) => {
		const value = Number(text);
		if (!/^\d+$/.test(text) || value < lowest || value > highest)
			throw new InvalidArgumentError(`a whole number from ${lowest} to ${highest} is needed.`);
		return value;
	};
}

const program = new Command("npm start --")
	.description(
		"Runs a whole options exchange on an embedded L1: a market, a lying proposer, a censoring sequencer, an expiry, and payment.",
	)
	.version(VERSION)
	.option("--once", "exit when the report is printed instead of staying up", false)
	.option("--json", "print the report as one JSON object, the last line of standard output", false)
	.option("--seed <number>", "what the market, the traders and the lie are drawn from", whole(0, 4_294_967_295), 1)
	.option("--port <number>", "port of the API on 127.0.0.1, 0 for any", whole(0, 65_535), 8547)
	.option("--l1-port <number>", "port of the embedded L1 on 127.0.0.1, 0 for any", whole(0, 65_535), 8545)
	.option("--data <folder>", "folder of the stores; emptied at the start", dataDirectoryOf(root))
	.allowExcessArguments(false);
program.parse();
const options = program.opts<{ once: boolean; json: boolean; seed: number; port: number; l1Port: number; data: string }>();

const began = Date.now();
const elapsed = (): number => Math.round((Date.now() - began) / 1000);
const isTerminal = process.stderr.isTTY === true;
let pending = false;

/** On a terminal a line that goes on is rewritten in place; elsewhere every sentence is a line. */
function say(chapter: number, sentence: string): void {
	const line = `${String(elapsed()).padStart(4)} s  ${chapter}  ${sentence}`;
	const goesOn = /^(deploying|\d+ orders, \d+ fills$|the challenger bisects)/.test(sentence);
	if (isTerminal) process.stderr.write(`\r\x1b[2K${line}${goesOn ? "" : "\n"}`);
	else process.stderr.write(`${line}\n`);
	pending = isTerminal && goesOn;
}

async function run(): Promise<void> {
	try {
		mkdirSync(join(options.data, ".."), { recursive: true });
		accessSync(join(options.data, ".."), constants.W_OK);
		accessSync(root, constants.W_OK);
	} catch (cause) {
		throw new Error(
			`The folder ${join(options.data, "..")} cannot be written (${(cause as NodeJS.ErrnoException).code}): choose another with --data.`,
			{ cause },
		);
	}
	const log = openLog(join(root, "data", "start.log"));
	const show = await Demonstration.begin({
		root,
		seed: options.seed,
		host: "127.0.0.1",
		port: options.once ? 0 : options.port,
		l1Port: options.once ? 0 : options.l1Port,
		dataDirectory: options.data,
		log,
		say,
	});
	await show.market();
	await show.dispute();
	await show.censorship();
	await show.settlement();
	await show.audit();
	const report = { ...(show.report as Report), seconds: elapsed() };
	const claims = claimsOf(report);
	const failed = claims.filter(({ holds }) => !holds);
	if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
	else process.stdout.write(reportText(report, claims, { api: show.exchange.url, l1: show.chain.url, stays: !options.once }));
	if (options.once) {
		await show.end();
		process.exit(failed.length === 0 ? 0 : 1);
	}
	const stop = (): void => {
		process.stderr.write("\nstopping …\n");
		void show.end().then(() => process.exit(failed.length === 0 ? 0 : 1));
	};
	process.once("SIGINT", stop);
	process.once("SIGTERM", stop);
}

run().catch((error: unknown) => {
	if (pending) process.stderr.write("\n");
	process.stderr.write(`${(error as Error).message}\n`);
	if (process.env.STRIKEPROOF_DEBUG) process.stderr.write(`${(error as Error).stack ?? ""}\n`);
	process.exit(1);
});
