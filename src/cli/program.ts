// Every command of `strikeproof`, with its arguments and options.

import { Command, Option } from "commander";
import { VERSION } from "../../deploy/deploy.ts";
import { NETWORKS } from "../chain/Networks.ts";
import { accountCommands } from "./account.ts";
import { backupCommands } from "./backup.ts";
import { challengerCommand } from "./challenger.ts";
import { committeeCommand } from "./committee.ts";
import { completionCommand } from "./completion.ts";
import { deployCommand } from "./deploy.ts";
import { disputeCommand } from "./dispute.ts";
import { doctorCommand } from "./doctor.ts";
import { escapeCommand } from "./escape.ts";
import { forceCommand } from "./force.ts";
import { fundsCommands } from "./funds.ts";
import { nodeCommand } from "./node.ts";
import { keysCommand } from "./keys.ts";
import { collect, urls, whole } from "./parse.ts";
import { poolCommand } from "./pool.ts";
import { snapshotCommand } from "./snapshot.ts";
import { stakeCommands } from "./stake.ts";
import { statusCommand } from "./status.ts";
import { tradeCommand } from "./trade.ts";
import { upCommand } from "./up.ts";

export const program = new Command("strikeproof")
	.description("An options exchange as a rollup: trade on it, move money in and out, watch it, deploy it.")
	.version(VERSION)
	.configureHelp({ showGlobalOptions: true })
	.addOption(new Option("--network <name>", "chain the exchange stands on").choices(Object.keys(NETWORKS)).default("localhost"))
	.option(
		"--rpc, --rpc-url <url>",
		"its node, instead of the network's own or the environment's; once for each, the preferred one first",
		collect,
	)
	.option("--deployment <file>", "file or address of the deployment's record (default: the one in deployments/ that stands on the chain)")
	.option(
		"--api, --api-url <url>",
		"the exchange's API (default: STRIKEPROOF_API_URL, or ws://127.0.0.1:8547); of several gateways once for each, the preferred one first",
		collect,
	)
	.option("--archive <url>", "a node that keeps blobs, once for each (default: STRIKEPROOF_ARCHIVE, or the exchange)", urls)
	.option("--beacon <url>", "a beacon node's API, once for each: it has blobs of the last 18 days (default: STRIKEPROOF_BEACON)", urls)
	.option("--key <name>", "name of a key in the keystore; on a development chain test/N is a public test key")
	.option("--signer <url>", "of a proposer, challenger, batcher or keeper: a service that signs by eth_signTransaction, instead of a key")
	.option("--account <number>", "account at the exchange (default: the key's first)", whole(1, 0xffffff))
	.option("--json", "print one JSON object", false)
	.option("--dry-run", "have the exchange or L1 say what would become of it, and send nothing", false);
for (const command of [
	upCommand("up"),
	deployCommand(),
	...fundsCommands(),
	tradeCommand(),
	...accountCommands(),
	forceCommand(),
	escapeCommand(),
	...stakeCommands(),
	poolCommand(),
	statusCommand(),
	doctorCommand(),
	disputeCommand(),
	nodeCommand(),
	committeeCommand(),
	...backupCommands(),
	snapshotCommand(),
	challengerCommand(),
	keysCommand(),
	completionCommand(() => program),
])
	program.addCommand(command.configureHelp({ showGlobalOptions: true }));
