import { CommanderError } from "commander";
import type { Command } from "commander";
import { ExitCode, exitCodeOf } from "./ExitCode.ts";

/** Runs a program to its end: whatever goes wrong is one sentence on standard error and an exit code of docs/cli.md. */
export async function finish(program: Command): Promise<void> {
	for (const command of withChildren(program)) command.exitOverride();
	try {
		await program.parseAsync();
	} catch (error) {
		if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage);
		process.stderr.write(`${(error as Error).message}\n`);
		if (process.env.STRIKEPROOF_DEBUG) process.stderr.write(`${(error as Error).stack ?? ""}\n`);
		// What was opened and not closed must not hold the process.
		process.exit(exitCodeOf(error));
	}
}

function withChildren(command: Command): Command[] {
	return [command, ...command.commands.flatMap(withChildren)];
}
