// Mutants of the TypeScript twin: one operator or one number changed, found in the syntax tree.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { filesUnder, ROOT } from "../../checks/files.ts";
import { OPERATORS } from "./Mutant.ts";
import type { Mutant } from "./Mutant.ts";

/** Where in the file the change stands, and what the file says there then. */
export type Edit = { readonly mutant: Mutant; readonly start: number; readonly end: number; readonly text: string };

/** Where the rules are. Cells and proofs (state) are the witness's business. */
const ROOMS = ["src/machine/step", "src/machine/risk", "src/machine/types", "src/machine/math"];
/** What only encodes for traders, or makes hashing fast, is no rule; the kernel's coefficients have their exact functions. */
const LEFT_OUT = /Encoding|Keccak|NormalTable|Merkle/;

/** Every mutant of the machine's TypeScript, in the order of files and places. */
export function mutants(): Edit[] {
	const files = ["src/machine/Constants.ts", ...ROOMS.flatMap((room) => filesUnder(room, ".ts"))].filter((file) => !LEFT_OUT.test(file));
	return files.flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), "utf8")));
}

function mutantsOf(file: string, text: string): Edit[] {
	const edits: Edit[] = [];
	const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
	const add = (within: ts.Node, node: ts.Node, changed: string): void => {
		const [start, end] = [node.getStart(source), node.getEnd()];
		const [from, to] = [within.getStart(source), within.getEnd()];
		const line = source.getLineAndCharacterOfPosition(start).line + 1;
		const after = text.slice(from, start) + changed + text.slice(end, to);
		edits.push({ mutant: { file, line, before: text.slice(from, to), after }, start, end, text: changed });
	};
	const visit = (node: ts.Node): void => {
		if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
		if (ts.isBinaryExpression(node)) {
			const operator = node.operatorToken.getText(source);
			const strict = /^[!=]==$/.test(operator);
			for (const changed of OPERATORS[strict ? operator.slice(0, 2) : operator] ?? [])
				add(node, node.operatorToken, strict ? `${changed}=` : changed);
		} else if (ts.isNumericLiteral(node)) add(node.parent, node, String(Number(node.text) + 1));
		else if (ts.isBigIntLiteral(node)) add(node.parent, node, `${BigInt(node.text.slice(0, -1)) + 1n}n`);
		ts.forEachChild(node, visit);
	};
	visit(source);
	return edits;
}
