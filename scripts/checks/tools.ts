import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Check, Finding } from "./Finding.ts";
import { filesUnder, ROOT } from "./files.ts";

type Ran = { status: number; output: string };

/** Runs a script of an installed package under this Node; `script` is its path inside node_modules. */
function runTool(script: string, args: readonly string[]): Promise<Ran> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [join(ROOT, "node_modules", script), ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.on("data", (chunk) => (output += String(chunk)));
		child.stderr.on("data", (chunk) => (output += String(chunk)));
		child.on("error", reject);
		child.on("close", (status) => resolve({ status: status ?? 1, output }));
	});
}

/** Findings of a tool's run: what `parse` understands of its output, or, when it failed without a word that was understood, all of it. */
function findingsOf(tool: string, ran: Ran, parse: (output: string) => Finding[]): Finding[] {
	const findings = parse(ran.output);
	if (ran.status !== 0 && findings.length === 0) findings.push({ file: tool, message: `failed:\n${ran.output.trim()}` });
	return findings;
}

export const format: Check = {
	name: "format",
	promise: "every source is as Prettier writes it",
	async run({ update }) {
		const ran = await runTool("prettier/bin/prettier.cjs", [
			update ? "--write" : "--list-different",
			"--cache",
			"--cache-location=cache/prettier",
			"**/*.{ts,tsx,mjs,js,sol,json,css,html}",
		]);
		return findingsOf("prettier", ran, (output) =>
			output
				.split("\n")
				.filter((line) => /^[^[\s]\S*\.\w+$/.test(line.trim()))
				.map((line) => ({ file: line.trim(), message: "is not formatted: run `npm run format`." })),
		);
	},
};

type EslintResult = { filePath: string; messages: { line: number; message: string; ruleId: string | null }[] };

export const lint: Check = {
	name: "lint",
	promise: "ESLint has nothing to say about the TypeScript",
	async run({ update }) {
		const ran = await runTool("eslint/bin/eslint.js", [".", "--format=json", ...(update ? ["--fix"] : [])]);
		return findingsOf("eslint", ran, (output) => {
			const start = output.indexOf("[{");
			if (start === -1) return [];
			return (JSON.parse(output.slice(start)) as EslintResult[]).flatMap(({ filePath, messages }) =>
				messages.map(({ line, message, ruleId }) => ({
					file: filePath.slice(ROOT.length + 1),
					line,
					message: `${message} (${ruleId ?? "syntax"})`,
				})),
			);
		});
	},
};

export const solidityLint: Check = {
	name: "solhint",
	promise: "solhint has nothing to say about the contracts",
	async run() {
		if (filesUnder("contracts", ".sol").length === 0) return [];
		const ran = await runTool("solhint/solhint.js", ["--disc", "--formatter=unix", "contracts/**/*.sol"]);
		return findingsOf("solhint", ran, (output) =>
			[...output.matchAll(/^(\S+\.sol):(\d+):\d+: (.+)$/gm)].map(([, file, line, message]) => ({
				file: String(file),
				line: Number(line),
				message: String(message),
			})),
		);
	},
};

export const types: Check = {
	name: "types",
	promise: "TypeScript agrees, and floors 0 and 1 name nothing of the world around them",
	async run() {
		const projects = [".", "src/machine", "src/protocol", "dashboard"];
		const found = await Promise.all(
			projects.map(async (project) => {
				const ran = await runTool("typescript/bin/tsc", ["--project", project, "--pretty", "false"]);
				return findingsOf("tsc", ran, (output) =>
					[...output.matchAll(/^([^\s(]+)\((\d+),\d+\): error (.+)$/gm)].map(([, file, line, message]) => ({
						file: String(file),
						line: Number(line),
						message:
							project === "." || project === "dashboard"
								? String(message)
								: `${message} (under ${project}/tsconfig.json, which has no ambient types)`,
					})),
				);
			}),
		);
		return found.flat();
	},
};
