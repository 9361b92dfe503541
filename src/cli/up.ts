import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { VERSION } from "../../deploy/deploy.ts";
import type { Report } from "../node/Demonstration.ts";
import type { CarrierChoice } from "../roles/batcher/carrier.ts";
import { carrierOption, whole } from "./parse.ts";
import { claimsOf, reportText } from "./report.ts";

const root = join(import.meta.dirname, "..", "..");

type UpOptions = {
	readonly once: boolean;
	readonly json: boolean;
	readonly seed: number;
	readonly port: number;
	readonly l1Port: number;
	readonly data: string;
	readonly carrier: CarrierChoice;
};

let began = 0;
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

async function run(options: UpOptions): Promise<void> {
	began = Date.now();
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
	// Loaded when it runs: every other command starts without the node.
	const { Demonstration } = await import("../node/Demonstration.ts");
	const { openLog } = await import("../node/Log.ts");
	const log = openLog(join(root, "data", "start.log"));
	const show = await Demonstration.begin({
		root,
		seed: options.seed,
		host: "127.0.0.1",
		port: options.once ? 0 : options.port,
		l1Port: options.once ? 0 : options.l1Port,
		dataDirectory: options.data,
		carrier: options.carrier,
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

/** `npm start` and `strikeproof up`: a whole options exchange on one machine lives, is attacked, and pays out correctly. */
export function upCommand(name: string): Command {
	return new Command(name)
		.description("runs a whole exchange on an embedded L1: a market, a lying proposer, a censoring sequencer, an expiry, and payment")
		.version(VERSION)
		.option("--once", "exit when the report is printed instead of staying up", false)
		.option("--json", "print the report as one JSON object, the last line of standard output", false)
		.option("--seed <number>", "what the market, the traders and the lie are drawn from", whole(0, 4_294_967_295), 1)
		.option("--port <number>", "port of the API on 127.0.0.1, 0 for any", whole(0, 65_535), 8547)
		.option("--l1-port <number>", "port of the embedded L1 on 127.0.0.1, 0 for any", whole(0, 65_535), 8545)
		.addOption(carrierOption())
		.option("--data <folder>", "folder of the stores; emptied at the start", join(root, "data", "embedded"))
		.allowExcessArguments(false)
		.action(async (_: object, command: Command) => {
			try {
				// The program around it has --json too, and its value would cover this one's.
				await run({
					...command.opts<UpOptions>(),
					json: command.opts<UpOptions>().json || command.parent?.opts<UpOptions>().json === true,
				});
			} catch (error) {
				if (pending) process.stderr.write("\n");
				throw error;
			}
		});
}
