import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";

const ENTRY = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

export type Ended = { readonly code: number; readonly out: string; readonly error: string; readonly json: Record<string, unknown> };

/** What a process said, and how it ended. */
export async function ended(child: ChildProcessWithoutNullStreams, input = ""): Promise<Ended> {
	let [out, error] = ["", ""];
	child.stdout.on("data", (chunk) => (out += String(chunk)));
	child.stderr.on("data", (chunk) => (error += String(chunk)));
	child.stdin.on("error", () => undefined);
	child.stdin.end(input);
	const code = await new Promise<number>((resolve) => child.on("close", (status) => resolve(status ?? -1)));
	const last = out.trimEnd().split("\n").at(-1) ?? "";
	return { code, out, error, json: last.startsWith("{") || last.startsWith("[") ? (JSON.parse(last) as Record<string, unknown>) : {} };
}

/** Runs the command line as a process of its own, with this environment and nothing of the tests' own keys. */
export function strikeproof(args: readonly string[], environment: Readonly<Record<string, string>> = {}, input = ""): Promise<Ended> {
	const env = { PATH: process.env.PATH, HOME: "/nonexistent", ...environment };
	return ended(spawn(process.execPath, [ENTRY, ...args], { env }), input);
}
