import { Command } from "commander";
import type { EscapeAccount, EscapeDeposit } from "../node/Escape.ts";
import { nameOf } from "../wire/Names.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { dollars } from "./parse.ts";

type Options = Common & { readonly list: boolean };

const accountJson = ({ account, owner, cash, positions, isRegistered, claim }: EscapeAccount): object => ({
	account,
	owner,
	cash,
	positions: positions.map(({ series, size }) => ({ instrument: nameOf(series), lots: size })),
	registered: isRegistered,
	claim,
});

const depositJson = ({ index, account, owner, amount, isReturned }: EscapeDeposit): object => ({
	message: index,
	account,
	owner,
	amount,
	returned: isReturned,
});

/** Everything from L1 alone: the exchange may be gone. */
async function run(context: Context, options: Options): Promise<Answer> {
	const { account } = options;
	if (!options.list && account === undefined)
		throw new Failure(ExitCode.Usage, "Give --list to see every claim, or --account N to submit what is due for one account.");
	// Loaded when it runs: every other command starts without the machine.
	const { Escape } = await import("../node/Escape.ts");
	const escape = await Escape.open(await context.provider(), await context.deployment(), context.blobUrls, (message, fields) =>
		process.stderr.write(`${message}: ${JSON.stringify(fields)}\n`),
	);
	try {
		if (!options.list) {
			const steps = await escape.submit(await context.wallet(), account as number);
			return {
				text:
					steps.length === 0 ? `Nothing is due for account ${account}.` : steps.map(({ step, sent }) => `${step}: ${sent.hash}`).join("\n"),
				json: { account, steps: steps.map(({ step, sent }) => ({ step, transaction: sent.hash, gas: Number(sent.gasUsed) })) },
			};
		}
		const list = await escape.list();
		const accounts = list.accounts.filter((one) => account === undefined || one.account === account);
		const deposits = list.deposits.filter((one) => account === undefined || one.account === account);
		return {
			text: [
				`The rollup is ${list.phase === "alive" ? "not frozen" : `frozen: ${list.phase}, registration ends at ${new Date(list.registrationEndsAt * 1000).toISOString()}`}.`,
				...accounts.map(
					(one) =>
						`  account ${one.account}  ${one.owner}  ${dollars(one.cash)} and ${one.positions.length} positions${one.isRegistered ? `, registered: ${dollars(one.claim)} to be paid` : ""}`,
				),
				...deposits.map(
					(one) => `  deposit ${one.index}  ${one.owner}  ${dollars(one.amount)}, never executed${one.isReturned ? ", returned" : ""}`,
				),
			].join("\n"),
			json: {
				phase: list.phase,
				registration_ends_at: list.registrationEndsAt,
				accounts: accounts.map(accountJson),
				deposits: deposits.map(depositJson),
			},
		};
	} finally {
		await escape.close();
	}
}

export function escapeCommand(): Command {
	return does(
		new Command("escape")
			.description("the way out of a dead exchange, from L1 alone: freezes it, and registers, returns and pays what is owed to --account")
			.option("--list", "list every account's claim and every deposit that was never executed", false),
		run,
	);
}
