// Hardhat's tasks: what `strikeproof` does, on the network that Hardhat was run for. What stands behind `--` goes to the command as it is:
// npx hardhat --network localhost trade -- buy ETH-25DEC26-4000-C 1 --price 120

import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import type { TaskDefinition } from "hardhat/types/tasks";

/** Names of tasks, what each does, and the command that it is. */
export const COMMANDS: Readonly<Record<string, readonly [description: string, command: readonly string[]]>> = {
	deploy: ["Deploys every contract, or goes on where it stopped", ["deploy"]],
	faucet: ["Mints mock USDC", ["faucet"]],
	deposit: ["Moves USDC into an account at the exchange", ["deposit"]],
	trade: ["Places and cancels orders: buy, sell, cancel", ["trade"]],
	quote: ["A mark, its volatility and the book", ["quote"]],
	positions: ["An account", ["positions"]],
	withdraw: ["Takes USDC out of an account", ["withdraw"]],
	claim: ["Has the outbox pay what is confirmed", ["claim"]],
	force: ["Goes through L1: withdraw, buy, sell, include", ["force"]],
	escape: ["From L1 alone, what a dead exchange owes", ["escape"]],
	challenger: ["Disputes every wrong assertion until it is stopped", ["challenger"]],
	watch: ["Says of every assertion whether it is right, without a key", ["challenger", "--watch"]],
	dispute: ["Every assertion, and which are disputed", ["dispute", "status"]],
	stake: ["A stake on L1: add, leave, withdraw, show", ["stake"]],
	slash: ["Shows L1 evidence", ["slash"]],
	keys: ["Keys in encrypted files: new, import, address, list", ["keys"]],
	status: ["Where exchange and chain stand", ["status"]],
	doctor: ["Looks at everything that a command needs", ["doctor"]],
};

export const tasks: TaskDefinition[] = Object.entries(COMMANDS).map(([name, [description, command]]) =>
	// Hardhat keeps every --help for itself, behind -- too.
	task(name, `${description} (what it takes: npx strikeproof ${command[0]} --help)`)
		.addVariadicArgument({ name: "words", description: "what the command takes, behind --", type: ArgumentType.STRING, defaultValue: [] })
		.setAction(() => import("./task.ts"))
		.build(),
);
