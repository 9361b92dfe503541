import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Interface } from "ethers";
import type { Check, Finding } from "./Finding.ts";
import { filesUnder, read, ROOT } from "./files.ts";

/** EIP-170. */
const MAX_CODE_BYTES = 24_576;

type Artifact = {
	contractName: string;
	sourceName: string;
	abi: readonly { type: string; name?: string }[];
	deployedBytecode: string;
	buildInfoId: string;
	inputSourceName: string;
};

type StorageLayout = {
	storage: { label: string; offset: number; slot: string; type: string }[];
	types: Record<string, { label: string; numberOfBytes: string }> | null;
};

type BuildOutput = { output: { contracts: Record<string, Record<string, { storageLayout?: StorageLayout }>> } };

/** What is deployed anywhere but in a test: contracts with code of their own. Libraries whose functions are all inlined have none. */
function deployed(): Artifact[] {
	const found: Artifact[] = [];
	for (const source of filesUnder("contracts", ".sol")) {
		if (source.startsWith("contracts/mocks/")) continue;
		for (const file of artifactsOf(source)) {
			const artifact = JSON.parse(read(file)) as Artifact;
			const callable = artifact.abi.some(({ type }) => ["function", "constructor", "receive", "fallback"].includes(type));
			if (artifact.deployedBytecode.length > 2 && callable) found.push(artifact);
		}
	}
	return found.sort((a, b) => a.contractName.localeCompare(b.contractName));
}

function artifactsOf(source: string): string[] {
	return filesUnder(`artifacts/${source}`, ".json");
}

function abiOf(artifact: Artifact): string {
	return `${new Interface(artifact.abi).format().sort().join("\n")}\n`;
}

const outputs = new Map<string, BuildOutput>();

function layoutOf(artifact: Artifact): StorageLayout | undefined {
	const file = `artifacts/build-info/${artifact.buildInfoId}.output.json`;
	const output = outputs.get(file) ?? (JSON.parse(read(file)) as BuildOutput);
	outputs.set(file, output);
	return output.output.contracts[artifact.inputSourceName]?.[artifact.contractName]?.storageLayout;
}

function storageOf(artifact: Artifact): string {
	const layout = layoutOf(artifact);
	if (!layout || layout.storage.length === 0) return "no storage\n";
	const rows = layout.storage.map(({ label, offset, slot, type }) => {
		const known = layout.types?.[type];
		return `slot ${slot} byte ${offset}: ${known?.label ?? type} ${label} (${known?.numberOfBytes ?? "?"} bytes)`;
	});
	return `${rows.join("\n")}\n`;
}

/** Every committed snapshot that this program makes, by file. */
function generate(artifacts: readonly Artifact[]): Map<string, string> {
	const files = new Map<string, string>();
	const sizes = artifacts.map((artifact) => `${artifact.contractName} ${(artifact.deployedBytecode.length - 2) / 2}`);
	files.set("snapshots/code-size.txt", `${sizes.join("\n")}\n`);
	for (const artifact of artifacts) {
		files.set(`snapshots/abi/${artifact.contractName}.txt`, abiOf(artifact));
		files.set(`snapshots/storage/${artifact.contractName}.txt`, storageOf(artifact));
	}
	return files;
}

/** The first line in which two texts differ, from 1. */
function firstDifference(before: string, after: string): { line: number; before: string; after: string } {
	const [left, right] = [before.split("\n"), after.split("\n")];
	const at = left.findIndex((line, i) => line !== right[i]);
	const place = at === -1 ? left.length : at;
	return { line: place + 1, before: left[place] || "nothing", after: right[place] || "nothing" };
}

function write(file: string, text: string): void {
	mkdirSync(dirname(join(ROOT, file)), { recursive: true });
	writeFileSync(join(ROOT, file), text);
}

export const snapshots: Check = {
	name: "snapshots",
	promise: "ABI, storage layout and code size are as committed, and every contract fits in a transaction",
	async run({ update }) {
		const found: Finding[] = [];
		const artifacts = deployed();
		if (artifacts.length === 0) return [{ file: "artifacts", message: "hold no contract: run `npm run build`." }];
		for (const { contractName, sourceName, deployedBytecode } of artifacts) {
			const bytes = (deployedBytecode.length - 2) / 2;
			if (bytes > MAX_CODE_BYTES)
				found.push({
					file: sourceName,
					message: `${contractName} has ${bytes} bytes of code, at most ${MAX_CODE_BYTES} can be deployed: split it.`,
				});
		}
		const wanted = generate(artifacts);
		for (const [file, text] of wanted) {
			const present = existsSync(join(ROOT, file)) ? read(file) : "";
			if (present === text) continue;
			if (update) write(file, text);
			else {
				const { line, before, after } = firstDifference(present, text);
				found.push({
					file,
					line,
					message: `has \`${before}\`, now \`${after}\`: if that is meant, run \`npm run check -- --update\` and commit it.`,
				});
			}
		}
		for (const file of [...filesUnder("snapshots/abi"), ...filesUnder("snapshots/storage")]) {
			if (wanted.has(file)) continue;
			if (update) rmSync(join(ROOT, file));
			else found.push({ file, message: "is of a contract that is no longer there: run `npm run check -- --update` and commit it." });
		}
		return found;
	},
};
