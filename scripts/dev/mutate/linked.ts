// Loaded before tests (--import): contracts that were compiled with mutants stand in for the build's, linked so that the chosen one is changed.

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";

type Artifact = { readonly abi: unknown; readonly bytecode: string };

const { STRIKEPROOF_LINKED: path = "", STRIKEPROOF_MUTANT: mutant = "0" } = process.env;
const address = Number(mutant).toString(16).padStart(40, "0");
const artifacts = JSON.parse(fs.readFileSync(path, "utf8")) as Readonly<Record<string, Artifact>>;
const read = fs.readFileSync;

fs.readFileSync = ((file: fs.PathOrFileDescriptor, ...rest: unknown[]): unknown => {
	const name = typeof file === "string" && /artifacts.contracts.*\.json$/.test(file) ? basename(file, ".json") : "";
	if (!Object.hasOwn(artifacts, name)) return (read as (...args: unknown[]) => unknown)(file, ...rest);
	const { abi, bytecode } = artifacts[name];
	return JSON.stringify({ abi, bytecode: bytecode.replace(/__\$\w{34}\$__/g, address) });
}) as typeof fs.readFileSync;
syncBuiltinESMExports();
