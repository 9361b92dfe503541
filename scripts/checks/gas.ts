// docs/gas.md is made from snapshots/gas/machine.json, which test/gas/machine.test.ts measures.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./Finding.ts";
import { ROOT, read } from "./files.ts";

export const GAS_SNAPSHOT = "snapshots/gas/machine.json";
const DOCUMENT = "docs/gas.md";

/** Gas and bytes of every step's constructed worst case by name; gas of opening an account's cells and of assessing its margin; of one position more, and of one valuation in the innermost loop. */
export type MachineGas = {
	readonly steps: Record<string, { readonly kind: string; readonly gas: number; readonly proofBytes: number }>;
	readonly margins: Record<string, { readonly opening: number; readonly assessment: number }>;
	position: number;
	valuation: number;
};

const number = (value: number): string => value.toLocaleString("en-US");

export function gasDocument({ steps, margins, position, valuation }: MachineGas): string {
	const dearest = Object.values(steps);
	const worst = { gas: Math.max(...dearest.map(({ gas }) => gas)), bytes: Math.max(...dearest.map(({ proofBytes }) => proofBytes)) };
	return `# Gas of the machine

Made by \`npm run docs\` from \`${GAS_SNAPSHOT}\`, which \`test/gas/machine.test.ts\` measures and compares (\`STRIKEPROOF_UPDATE_GAS=1\` writes it). What the rollup around the machine takes stands in
[its specification](spec/rollup.md).

## Steps

The dearest step of each kind that any state allows, constructed: accounts full of positions in as many expiries as there can be, full books, trees whose siblings are never zero, records that lie across chunks, every reporter's signature. A
dispute ends by executing one of these in one transaction. The limits are 10,000,000 gas and 100,000 bytes of proof; the most are ${number(worst.gas)} gas and ${number(worst.bytes)} bytes. Gas is of execution, without the transaction's calldata.

| step | kind | gas | proof bytes |
|---|---|---:|---:|
${Object.entries(steps)
	.sort(([, a], [, b]) => b.gas - a.gas)
	.map(([name, { kind, gas, proofBytes }]) => `| ${name} | ${kind} | ${number(gas)} | ${number(proofBytes)} |`)
	.join("\n")}

## Portfolio margin

One account in 33 scenarios: opening its cells by their proofs (with the table of the normal distribution), and assessing it with all of them open. In the innermost loop one valuation, a series in a
scenario, takes ${number(valuation)} gas; one position more, with its logarithm, its surface, its two square roots and its 33 valuations, takes ${number(Math.round(position))}, which is ${number(Math.round(position / 33))} a valuation.

| account | opening | assessment |
|---|---:|---:|
${Object.entries(margins)
	.map(([name, { opening, assessment }]) => `| ${name} | ${number(opening)} | ${number(assessment)} |`)
	.join("\n")}
| Derive's portfolio manager (PMRM), 64 options in 23 scenarios | | 12,800,000 |

Derive's figure is of one margin check of its on-chain manager; of 127 options it takes 25,700,000, which is more than a transaction may use (EIP-7825: 16,777,216).
`;
}

/** Writes the document when asked; otherwise says that it is not what the snapshot makes. */
export function gasDocuments(update: boolean): Finding[] {
	const text = gasDocument(JSON.parse(read(GAS_SNAPSHOT)) as MachineGas);
	const path = join(ROOT, DOCUMENT);
	if (existsSync(path) && read(DOCUMENT) === text) return [];
	if (update) {
		writeFileSync(path, text);
		return [];
	}
	return [{ file: DOCUMENT, message: `is not what ${GAS_SNAPSHOT} makes: run \`npm run docs\` and commit it.` }];
}
