import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Ended } from "./strikeproof.ts";
import { ended } from "./strikeproof.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** Hardhat's command line, under the check-out's root. */
export const HARDHAT = "node_modules/hardhat/dist/src/cli.js";

/** Runs Hardhat as a process of its own, with this environment and nothing of the tests' own keys. */
export function hardhat(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
	const env = { PATH: process.env.PATH, HOME: process.env.HOME, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true", ...environment };
	return ended(spawn(process.execPath, [join(ROOT, HARDHAT), ...words], { cwd: ROOT, env }));
}
