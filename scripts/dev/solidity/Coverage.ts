// Which statements of the Solidity machine are executed. Every statement of the machine and of its families sends a mark that the chain in this process collects; Hardhat's own
// instrumentation writes them, and nothing of the deployed contracts has them. Its own way to send them is by a pointer to a function, behind which the compiler finds the stack of some
// functions too deep; a plain call does the same, and then no function is pure.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { filesUnder, lineAt, ROOT } from "../../checks/files.ts";
import { Evm, FAMILIES } from "../lockstep/Evm.ts";
import { compile } from "./Compiler.ts";

type Instrumentation = {
	readonly source: string;
	readonly metadata: readonly { readonly kind: string; readonly tag: Uint8Array; readonly startUtf16: number; readonly endUtf16: number }[];
};
type Edr = {
	addStatementCoverageInstrumentation(source: string, name: string, version: string): Instrumentation;
	latestSupportedSolidityVersion(): string;
};
/** Hardhat's chain, which Hardhat alone depends on. */
const ofHardhat = createRequire(createRequire(import.meta.url).resolve("hardhat/package.json"));
const edr = ofHardhat("@nomicfoundation/edr") as Edr;

const ROOMS = ["contracts/machine", "contracts/prover"];
/** Rooms whose functions are no longer pure when what they call sends marks. */
const RELAXED = ["contracts/protocol"];
/** Larger than what the compiler would write out at every mark: the arguments of the call would lie on stacks that are full. */
const MARK = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

library __NomicFoundationCoverage {
    function sendHit(uint256 mark) internal view {
        assembly ("memory-safe") {
            mstore(0, mark)
            switch staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, 0, 32, 0, 0)
            case 0 { mstore(32, add(mload(0), mload(32))) }
            default { mstore(32, xor(mload(0), mload(32))) }
        }
    }
}
`;

const SEND = /__NomicFoundationCoverage\.sendHit\(0x([0-9a-f]{64})\);/;

/**
 * The source with the first mark alone of statements that follow each other in one block: the others are executed when it is. `heads` says of every mark which one stands for it. With all of them the stack of some
 * functions is too deep.
 */
function thinned(source: string, heads: Map<string, string>): string {
	const [first, ...rest] = source.split(SEND);
	let text = first;
	let head: string | undefined;
	for (let i = 0; i < rest.length; i += 2) {
		const [tag, behind] = [rest[i], rest[i + 1]];
		if (head === undefined) text += `__NomicFoundationCoverage.sendHit(0x${tag});`;
		head ??= tag;
		heads.set(tag, head);
		text += behind;
		if (/[{}]|\b(return|break|continue|revert)\b/.test(behind)) head = undefined;
	}
	return text;
}

function relaxed(text: string): string {
	return text.replace(/\bpure\b/g, "view");
}

export type Statement = { readonly file: string; readonly line: number; readonly text: string };

export class Coverage {
	readonly statements = new Map<string, Statement>();
	readonly #sources = new Map<string, string>();
	readonly #heads = new Map<string, string>();
	readonly #hits = new Set<string>();

	constructor() {
		const version = edr.latestSupportedSolidityVersion();
		for (const file of ROOMS.flatMap((room) => filesUnder(room, ".sol"))) {
			const text = readFileSync(join(ROOT, file), "utf8");
			const { source, metadata } = edr.addStatementCoverageInstrumentation(text, file, version);
			this.#sources.set(
				file,
				relaxed(thinned(source, this.#heads)).replace(
					/import "__NomicFoundationCoverage[^"]*";/,
					`import {__NomicFoundationCoverage} from "contracts/Mark.sol";`,
				),
			);
			for (const { kind, tag, startUtf16, endUtf16 } of metadata) {
				if (kind !== "statement") continue;
				const statement = text.slice(startUtf16, endUtf16);
				const start = startUtf16 + statement.length - statement.trimStart().length;
				const [first] = statement.trim().split("\n");
				this.statements.set(Buffer.from(tag).toString("hex"), { file, line: lineAt(text, start), text: first });
			}
		}
		for (const file of RELAXED.flatMap((room) => filesUnder(room, ".sol")))
			this.#sources.set(file, relaxed(readFileSync(join(ROOT, file), "utf8")));
		this.#sources.set("contracts/Mark.sol", MARK);
	}

	/** The entry with its families, compiled with their marks. */
	async start(): Promise<Evm> {
		const { default: hre } = await import("hardhat");
		hre.hooks.registerHandlers("network", {
			onCoverageData: async (_, tags) => {
				for (const tag of tags) this.#hits.add(tag);
			},
		});
		const names = [...FAMILIES, "OneStepProofEntry"];
		return Evm.start(
			compile(
				names.map((name) => `contracts/prover/${name}.sol`),
				this.#sources,
			),
		);
	}

	/** Statements that nothing has executed since the start, in order of file and line. */
	uncovered(): Statement[] {
		const left = [...this.statements].filter(([tag]) => !this.#hits.has(this.#heads.get(tag) ?? tag)).map(([, statement]) => statement);
		return left.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
	}
}
