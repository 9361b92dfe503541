import { Command } from "commander";
import type { Acknowledgement } from "../sdk/index.ts";
import { isExecuted } from "../sdk/index.ts";
import { nameOf } from "../wire/Names.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { lots, series, ticks, whole } from "./parse.ts";

type OrderOptions = Common & { readonly price: string; readonly ioc: boolean; readonly postOnly: boolean };

/** What an order says, in the machine's units. */
export function orderOf(side: number, ofSeries: number, amount: string, options: { price: string; ioc?: boolean; postOnly?: boolean }) {
	return {
		series: ofSeries,
		side,
		price: ticks(ofSeries, options.price),
		size: lots(ofSeries, amount),
		immediateOrCancel: options.ioc === true,
		postOnly: options.postOnly === true,
	};
}

/** An acknowledgement as an answer: a message that the machine refused ends with its own code. */
export function answerOf(ack: Acknowledgement, done: string): Answer {
	const ok = isExecuted(ack);
	return {
		text: ok ? `${done} (sequence ${ack.sequence}).` : `The exchange refused it: ${ack.result} (sequence ${ack.sequence}).`,
		json: ack,
		exitCode: ok ? ExitCode.Ok : ExitCode.Refused,
	};
}

function order(side: number) {
	return async (context: Context, options: OrderOptions, instrument: unknown, amount: string): Promise<Answer> => {
		const ofSeries = instrument as number;
		const request = orderOf(side, ofSeries, amount, options);
		const trader = await context.trader();
		const ack = await trader.place(request);
		const verb = side === 0 ? "buys" : "sells";
		const rest =
			ack.remaining === 0 ? "" : `, ${ack.remaining} ${ack.final === "Rested" ? "stand in the book" : "do not (" + ack.final + ")"}`;
		return answerOf(
			ack,
			`Account ${trader.account} ${verb} ${amount} ${nameOf(ofSeries)} at ${options.price}: order ${ack.order}, ${ack.filled} lots filled${rest}`,
		);
	};
}

async function cancel(
	context: Context,
	options: Common & { all: boolean },
	instrument: unknown,
	direction?: string,
	number?: unknown,
): Promise<Answer> {
	if (options.all) return answerOf(await (await context.trader()).cancelAll(), "Every order of the account is cancelled");
	if (instrument === undefined || number === undefined || (direction !== "buy" && direction !== "sell"))
		throw new Failure(ExitCode.Usage, "Say which order: an instrument, buy or sell, and its number; or --all.");
	const trader = await context.trader();
	const ack = await trader.cancel(instrument as number, direction === "buy" ? 0 : 1, number as number);
	return answerOf(ack, `Order ${String(number)} is cancelled`);
}

export function tradeCommand(): Command {
	const trade = new Command("trade").description("places and cancels orders");
	for (const [side, name] of ["buy", "sell"].entries()) {
		const command = new Command(name)
			.description(`a limit order to ${name}`)
			.argument("<instrument>", "such as ETH-25DEC26-4000-C", series)
			.argument("<amount>", "units of the underlying")
			.requiredOption("--price <dollars>", "limit price of a unit")
			.option("--ioc", "what does not fill at once is cancelled", false)
			.option("--post-only", "refused rather than filled at once", false);
		trade.addCommand(does(command, order(side)));
	}
	const command = new Command("cancel")
		.description("cancels one order, or all of the account")
		.argument("[instrument]", "such as ETH-25DEC26-4000-C", series)
		.argument("[direction]", "buy or sell")
		.argument("[order]", "its number", whole(0, Number.MAX_SAFE_INTEGER))
		.option("--all", "every order of the account", false);
	trade.addCommand(does(command, cancel));
	return trade;
}
