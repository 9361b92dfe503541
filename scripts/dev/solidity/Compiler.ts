// Compiles contracts of this repository with some of their sources changed, beside the build and without touching it: for mutants, and for margin under other
// parameters.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Artifact } from "../../../src/chain/Artifacts.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

type Solc = { compile(input: string, callbacks: { import: (path: string) => { contents: string } | { error: string } }): string };
type Message = {
	readonly severity: string;
	readonly formattedMessage: string;
	readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number };
};
type Output = {
	readonly errors?: readonly Message[];
	readonly contracts?: Record<string, Record<string, { abi: Artifact["abi"]; evm: { bytecode: { object: string } } }>>;
};

/** The sources do not compile. Places are in the changed texts, as offsets. */
export class CompilerErrors extends Error {
	readonly places: readonly { readonly file: string; readonly start: number; readonly end: number }[];

	constructor(messages: readonly Message[]) {
		super(messages.map(({ formattedMessage }) => formattedMessage).join("\n"));
		this.places = messages.flatMap(({ sourceLocation }) => (sourceLocation ? [sourceLocation] : []));
	}
}

/**
 * Artifacts of the contracts, named by file (`contracts/mocks/LabHarness.sol`), each file's contract being of its name. `changed` replaces sources by path.
 * Throws CompilerErrors.
 */
export function compile(files: readonly string[], changed: ReadonlyMap<string, string>): Map<string, Artifact> {
	const solc = createRequire(import.meta.url)("solc") as Solc;
	const input = {
		language: "Solidity",
		sources: Object.fromEntries(files.map((file) => [file, { content: changed.get(file) ?? readFileSync(join(ROOT, file), "utf8") }])),
		settings: {
			evmVersion: "osaka",
			// By way of the intermediate language, as what is deployed: without it the stack of some functions is too deep.
			viaIR: true,
			optimizer: { enabled: true, runs: 1000 },
			metadata: { bytecodeHash: "none" },
			outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
		},
	};
	const read = (path: string): { contents: string } | { error: string } => {
		const text = changed.get(path);
		if (text !== undefined) return { contents: text };
		const file = [join(ROOT, path), join(ROOT, "node_modules", path)].find(existsSync);
		return file ? { contents: readFileSync(file, "utf8") } : { error: `there is no ${path}` };
	};
	const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read })) as Output;
	const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
	if (errors.length > 0) throw new CompilerErrors(errors);
	return new Map(
		files.map((file) => {
			const name = file.slice(file.lastIndexOf("/") + 1, -".sol".length);
			const contract = output.contracts?.[file]?.[name];
			if (!contract) throw new Error(`${file} has no contract ${name}`);
			return [name, { abi: contract.abi, bytecode: `0x${contract.evm.bytecode.object}` }];
		}),
	);
}
