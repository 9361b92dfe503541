import { Command } from "commander";
import type { Answer, Common, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { ExitCode, Failure } from "./ExitCode.ts";
import { address, dollars, series, usdc } from "./parse.ts";
import { orderOf } from "./trade.ts";

/** Sends a signed message through L1. Whether the machine accepts it is seen when it is executed. */
async function send(context: Context, payload: Uint8Array, what: string): Promise<Answer> {
	const bridge = await context.bridge();
	const sent = await bridge.force(await context.wallet(), payload);
	const delaySeconds = await bridge.forceDelay();
	return {
		text: `${what} is in L1's inbox: the sequencer takes it, or after ${delaySeconds} s at most anybody includes it ("strikeproof force include").`,
		json: { transaction: sent.hash, block: sent.block, force_delay_seconds: delaySeconds },
	};
}

async function withdraw(context: Context, options: Common & { to?: string }, amount: unknown): Promise<Answer> {
	const trader = await context.trader();
	const to = options.to ?? (await context.wallet()).address;
	return send(context, await trader.encodeWithdrawal(to, amount as number), `The withdrawal of ${dollars(amount as number)}`);
}

function order(side: number) {
	return async (
		context: Context,
		options: Common & { price: string; ioc: boolean },
		instrument: unknown,
		amount: string,
	): Promise<Answer> => {
		const request = orderOf(side, instrument as number, amount, options);
		const trader = await context.trader();
		return send(context, await trader.encodeOrder(request), "The order");
	};
}

async function include(context: Context): Promise<Answer> {
	const bridge = await context.bridge();
	const count = await bridge.messageCount();
	if (count === 0) throw new Failure(ExitCode.NotFound, "There is no message in L1's inbox.");
	const sent = await bridge.forceInclude(await context.wallet(), count);
	return { text: `Every message in L1's inbox is included: ${count}.`, json: { l1_end: count, transaction: sent.hash } };
}

export function forceCommand(): Command {
	const force = new Command("force").description("goes through L1 where the sequencer does not serve");
	force.addCommand(
		does(
			new Command("withdraw")
				.description("a withdrawal")
				.argument("<amount>", "USDC", usdc)
				.option("--to <address>", "who may claim them (default: the key's own address)", address),
			withdraw,
		),
	);
	for (const [side, name] of ["buy", "sell"].entries()) {
		const command = new Command(name)
			.description(`a limit order to ${name}`)
			.argument("<instrument>", "such as ETH-25DEC26-4000-C", series)
			.argument("<amount>", "units of the underlying")
			.requiredOption("--price <dollars>", "limit price of a unit")
			.option("--ioc", "what does not fill at once is cancelled", false);
		force.addCommand(does(command, order(side)));
	}
	force.addCommand(does(new Command("include").description("includes every message that is older than the delay"), include));
	return force;
}
