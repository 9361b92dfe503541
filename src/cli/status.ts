import { Command } from "commander";
import type { Answer, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { dollars } from "./parse.ts";

type Status = {
	readonly height: number;
	readonly batches_agreed: number;
	readonly batches_derived: number;
	readonly sequence_posted: number;
	readonly sequence_confirmed: number;
};

async function status(context: Context): Promise<Answer> {
	const provider = await context.provider();
	const deployment = await context.deployment();
	const bridge = await context.bridge();
	const exchange = await (await context.connection()).call<Status>("public/get_status");
	const [block, vault, messages] = await Promise.all([provider.getBlockNumber(), bridge.vaultBalance(), bridge.messageCount()]);
	return {
		text: [
			`L1         chain ${deployment.chainId}, block ${block}, deployment ${deployment.network} of block ${deployment.deployBlock}`,
			`vault      ${dollars(vault)}, ${messages} L1 messages`,
			`exchange   ${context.apiUrl}, ${exchange.height} bundles ordered`,
			`posted     records below ${exchange.sequence_posted}, ${exchange.batches_agreed} of ${exchange.batches_derived} batches agreed with live execution`,
			`confirmed  records below ${exchange.sequence_confirmed}`,
		].join("\n"),
		json: { l1: { chain_id: deployment.chainId, block, vault: vault.toString(), messages, deployment: deployment.network }, exchange },
	};
}

export function statusCommand(): Command {
	return does(new Command("status").description("where the exchange and its chain stand"), status);
}
