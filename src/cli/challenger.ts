import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { Answer, Common, Context } from "./Context.ts";
import { ROOT, does } from "./Context.ts";

type Options = Common & { readonly data: string; readonly dailyBudget?: bigint };

function etherOf(text: string): bigint {
	if (!/^\d+(\.\d{1,18})?$/.test(text)) throw new InvalidArgumentError("an amount of ether is needed, such as 0.5.");
	const [whole, fraction = ""] = text.split(".");
	return BigInt(whole + fraction.padEnd(18, "0"));
}

/** Runs until it is told to stop. Each move is a line as it is mined. */
async function run(context: Context, options: Options): Promise<Answer> {
	const provider = await context.provider();
	const deployment = await context.deployment();
	const wallet = await context.wallet();
	// Loaded when it runs: every other command starts without the node.
	const { ChallengerNode } = await import("../node/ChallengerNode.ts");
	const { SystemClock } = await import("../node/Clock.ts");
	const { openLog } = await import("../node/Log.ts");
	const log = openLog(join(options.data, "challenger.log"));
	provider.watch(log);
	const node = await ChallengerNode.open({
		provider,
		deployment,
		wallet,
		dataDirectory: options.data,
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
		`watching ${deployment.network} from ${wallet.address}, ${node.derived.stepCount} steps known; the log is ${join(options.data, "challenger.log")}\n`,
	);
	node.start();
	await new Promise<void>((resolve) => {
		process.once("SIGINT", resolve);
		process.once("SIGTERM", resolve);
	});
	await node.stop();
	return { text: `stopped after ${moves} moves`, json: { stopped: true, moves } };
}

export function challengerCommand(): Command {
	return does(
		new Command("challenger")
			.description("derives the exchange from L1 alone and disputes every wrong assertion, until it is stopped")
			.option("--data <folder>", "folder of its store, which it resumes from", join(ROOT, "data", "challenger"))
			.option(
				"--daily-budget <ether>",
				"what it may spend on gas in a day of UTC; beyond it nothing is sent and BudgetSpent is raised",
				etherOf,
			),
		run,
	);
}
