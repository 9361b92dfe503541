// The action of every task in tasks.ts: runs the command line as a process of its own.

import { spawn } from "node:child_process";
import { join } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { KEY_VARIABLE, NETWORKS } from "../src/chain/Networks.ts";
import { COMMANDS } from "./tasks.ts";

const PROGRAM = join(import.meta.dirname, "..", "src", "cli", "strikeproof.mjs");
/** Hardhat's and Anvil's first account, which scripts use too. */
const FIRST_TEST_KEY = "test/0";

/** Ends with the command's own exit code (docs/cli.md). */
export default async function run({ words }: { words: string[] }, hre: HardhatRuntimeEnvironment): Promise<void> {
	// Hardhat tells an action what it was given, and not by which name: that is the first word that is one.
	const name = process.argv.slice(2).find((word) => Object.hasOwn(COMMANDS, word));
	const network = hre.globalOptions.network ?? "localhost";
	if (name === undefined) throw new Error("The task's name is not in the command line.");
	if (!Object.hasOwn(NETWORKS, network)) throw new Error(`Name a network with --network: ${Object.keys(NETWORKS).join(", ")}.`);
	const env = { ...process.env };
	const isLocal = NETWORKS[network].url !== undefined;
	if (isLocal && !env.STRIKEPROOF_KEY && !env[KEY_VARIABLE]) env.STRIKEPROOF_KEY = FIRST_TEST_KEY;
	const child = spawn(process.execPath, [PROGRAM, ...COMMANDS[name][1], ...words, "--network", network], { stdio: "inherit", env });
	// A terminal sends its interrupt to the whole group, so the command has it already; whoever ends this process alone means the command.
	const interrupt = (): boolean => process.stdin.isTTY || child.kill("SIGINT");
	const end = (signal: NodeJS.Signals): boolean => child.kill(signal);
	process.on("SIGINT", interrupt).on("SIGTERM", end).on("SIGHUP", end);
	process.exitCode = await new Promise<number>((resolve, reject) => {
		child.once("error", reject);
		child.once("exit", (code) => resolve(code ?? 1));
	});
	process.off("SIGINT", interrupt).off("SIGTERM", end).off("SIGHUP", end);
}
