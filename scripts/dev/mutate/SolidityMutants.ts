// Mutants of the Solidity twin, all in one compilation ("mutant schemata"): each changed expression stands beside the original behind a question, `(mutant(7) ? changed :
// original)`. So hundreds of mutants cost one compilation. In the machine, whose calls change nothing, the answer is whether the call's gas price is 7. Contracts that keep state must
// behave the same for everybody in every block: there the answer is whether the library `Selected` was linked at the address 7, which is a constant of the code that is deployed.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import parser from "@solidity-parser/parser";
import { filesUnder, lineAt, ROOT } from "../../checks/files.ts";
import { OPERATORS } from "./Mutant.ts";
import type { Mutant } from "./Mutant.ts";

/** A place in a file with what may stand there instead; `start` = `end` for a statement that may be inserted. */
type Site = { readonly file: string; readonly start: number; readonly end: number; readonly mutant: number; readonly replacement: string };

type Node = { readonly type: string; readonly range: [number, number]; readonly [key: string]: unknown };

/** Which files are changed, and how a mutant is chosen. */
export type Scope = {
	readonly files: () => string[];
	/** Files whose functions are no longer pure when what they call asks which mutant is chosen. */
	readonly relaxed: readonly string[];
	/** The function `mutant(uint256 id)`. */
	readonly selector: string;
	/** Whether checks are left out too: `require` is how contracts refuse. */
	readonly dropsChecks: boolean;
};

/** Where the rules are. Proofs of cells (State, Merkle) are the witness's business, and the innermost loop is assembly: the exact functions watch that. */
const ROOMS = ["contracts/machine/step", "contracts/machine/risk", "contracts/machine/types", "contracts/machine/math"];
const LEFT_OUT = /\/(Merkle|NormalTable|Black76)\.sol$/;
/** Rooms whose functions are no longer pure when what they call asks for the gas price. */
const RELAXED = ["contracts/machine", "contracts/protocol", "contracts/prover"];

const HEAD = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;
`;

export const MACHINE: Scope = {
	files: () =>
		["contracts/machine/Constants.sol", ...ROOMS.flatMap((room) => filesUnder(room, ".sol"))].filter((file) => !LEFT_OUT.test(file)),
	relaxed: RELAXED,
	selector: `${HEAD}
function mutant(uint256 id) view returns (bool) {
    return tx.gasprice == id;
}
`,
	dropsChecks: false,
};

export const CONTRACTS: Scope = {
	files: () => ["assertions", "bridge", "inbox", "oracle", "staking"].flatMap((room) => filesUnder(`contracts/${room}`, ".sol")),
	relaxed: [],
	selector: `${HEAD}
library Selected {
    function nothing() external pure {}
}

function mutant(uint256 id) pure returns (bool) {
    return uint160(address(Selected)) == id;
}
`,
	dropsChecks: true,
};

function textOf(file: string): string {
	return readFileSync(join(ROOT, file), "utf8");
}

type Changed = readonly [mutant: number, change: string];
type Constants = { readonly free: Map<string, Changed>; readonly members: Map<string, Changed> };

/** Walks the syntax tree, but not into assembly nor into the values of constants, which must be known when compiled. */
function walk(node: unknown, visit: (node: Node, inFunction: boolean) => void, inFunction = false): void {
	if (Array.isArray(node)) {
		for (const one of node) walk(one, visit, inFunction);
		return;
	}
	if (typeof node !== "object" || node === null || typeof (node as Node).type !== "string") return;
	const one = node as Node;
	if (one.type === "InlineAssemblyStatement" || one.type === "StateVariableDeclaration" || one.type === "FileLevelConstant") return;
	const inside = inFunction || one.type === "FunctionDefinition";
	visit(one, inside);
	for (const [key, value] of Object.entries(one)) if (key !== "range") walk(value, visit, inside);
}

/** Every mutant of the machine's Solidity, and where each stands. A constant is changed at all its uses together. */
export class Catalogue {
	readonly mutants: Mutant[] = [];
	readonly #sites: Site[] = [];
	readonly #scope: Scope;

	constructor(scope: Scope = MACHINE) {
		this.#scope = scope;
		const files = scope.files();
		const trees = new Map(files.map((file) => [file, parser.parse(textOf(file), { range: true }) as unknown as Node]));
		const constants: Constants = { free: new Map(), members: new Map() };
		for (const [file, tree] of trees) this.#declare(file, tree, constants);
		for (const [file, tree] of trees) this.#collect(file, tree, constants);
	}

	#add(mutant: Mutant): number {
		return this.mutants.push(mutant) - 1;
	}

	#declare(file: string, tree: Node, { free, members }: Constants): void {
		const text = textOf(file);
		for (const [, name, start] of constantsIn(tree)) {
			const line = lineAt(text, start);
			const declared = text.slice(start, text.indexOf(";", start));
			const change = changeOf(declared);
			const mutant = this.#add({ file, line, before: declared, after: `${name} ${change}` });
			const library = /^library (\w+)/m.exec(text.slice(0, start))?.[1];
			if (library) members.set(`${library}.${name}`, [mutant, change]);
			else if (/^contract \w+/m.test(text.slice(0, start))) members.set(`${file}#${name}`, [mutant, change]);
			else free.set(name, [mutant, change]);
		}
	}

	#collect(file: string, tree: Node, constants: Constants): void {
		const text = textOf(file);
		const source = (node: Node): string => text.slice(node.range[0], node.range[1] + 1);
		const library = /^library (\w+)/m.exec(text)?.[1] ?? "";
		const site = (node: Node, mutant: number, replacement: string): void => {
			this.#sites.push({ file, start: node.range[0], end: node.range[1] + 1, mutant, replacement });
		};
		const fresh = (node: Node, after: string): number =>
			this.#add({ file, line: lineAt(text, node.range[0]), before: source(node), after });
		walk(tree, (node, inFunction) => {
			if (!inFunction) return;
			if (node.type === "BinaryOperation") {
				const [left, right] = [node.left as Node, node.right as Node];
				const middle = text.slice(left.range[1] + 1, right.range[0]);
				for (const operator of OPERATORS[node.operator as string] ?? []) {
					const changed = source(left) + middle.replace(node.operator as string, operator) + source(right);
					site(node, fresh(node, changed), `(${changed})`);
				}
			} else if (node.type === "NumberLiteral" && !node.subdenomination) {
				const changed = String(BigInt((node.number as string).replaceAll("_", "")) + 1n);
				site(node, fresh(node, changed), changed);
			} else if (node.type === "Identifier") {
				const name = node.name as string;
				const { members, free } = constants;
				const constant = members.get(`${library}.${name}`) ?? members.get(`${file}#${name}`) ?? free.get(name);
				if (constant) site(node, constant[0], `(${node.name as string} ${constant[1]})`);
			} else if (node.type === "MemberAccess") {
				const constant = constants.members.get(source(node));
				if (constant) site(node, constant[0], `(${source(node)} ${constant[1]})`);
			} else if (
				this.#scope.dropsChecks &&
				node.type === "ExpressionStatement" &&
				(node.range as unknown) &&
				/^require\b/.test(source(node))
			) {
				const mutant = fresh(node, "");
				const start = node.range[0];
				this.#sites.push({ file, start, end: start, mutant, replacement: `if (!mutant(${mutant + 1})) ` });
			} else if (node.type === "Block") this.#swaps(file, text, node);
		});
	}

	/** Two checks that follow each other, in the other order: the second is asked before the first. */
	#swaps(file: string, text: string, block: Node): void {
		const statements = block.statements as Node[];
		for (let i = 0; i + 1 < statements.length; i++) {
			const [first, second] = [statements[i], statements[i + 1]];
			if (
				![first, second].every(
					(one) => one.type === "IfStatement" && one.falseBody === null && (one.trueBody as Node).type === "ReturnStatement",
				)
			)
				continue;
			const [a, b] = [first, second].map((one) => text.slice(one.range[0], one.range[1] + 1));
			const condition = second.condition as Node;
			const body = second.trueBody as Node;
			const mutant = this.#add({ file, line: lineAt(text, first.range[0]), before: `${a} ${b}`, after: `${b} ${a}` });
			const asked = `if (mutant(${mutant + 1}) && (${text.slice(condition.range[0], condition.range[1] + 1)})) ${text.slice(body.range[0], body.range[1] + 1)} `;
			this.#sites.push({ file, start: first.range[0], end: first.range[0], mutant, replacement: asked });
		}
	}

	/**
	 * The changed sources by path, with these mutants in them. `signed` are the mutants of literals that are of a signed type. A mutant is asked for by its
	 * index and 1.
	 */
	render(chosen: ReadonlySet<number>, signed: ReadonlySet<number>): Map<string, string> {
		const sources = new Map<string, string>();
		for (const room of this.#scope.relaxed)
			for (const file of filesUnder(room, ".sol")) sources.set(file, textOf(file).replace(/\bpure\b/g, "view"));
		sources.set("contracts/Mutant.sol", this.#scope.selector);
		const byFile = Map.groupBy(
			this.#sites.filter(({ mutant }) => chosen.has(mutant)),
			({ file }) => file,
		);
		for (const [file, sites] of byFile) {
			const text = textOf(file);
			const rendered = renderRange(text, 0, text.length, sites, signed);
			const whole = this.#scope.relaxed.length > 0 ? rendered.replace(/\bpure\b/g, "view") : rendered;
			sources.set(file, whole.replace(/^pragma .*;$/m, '$&\nimport {mutant} from "contracts/Mutant.sol";'));
		}
		return sources;
	}
}

/** One more where the constant is a plain number; twice as much where it is a great one, of which one more changes no result. */
function changeOf(declaration: string): string {
	return /=\s*[\d_]{1,9}$/.test(declaration) ? "+ 1" : "* 2";
}

/** Integer constants of a file: their type, name and place. */
function constantsIn(tree: Node): [type: string, name: string, start: number][] {
	const found: [string, string, number][] = [];
	const note = (type: unknown, name: string, start: number): void => {
		const named = (type as { name?: string } | null)?.name ?? "";
		if (/^u?int/.test(named)) found.push([named, name, start]);
	};
	for (const child of tree.children as Node[]) {
		if (child.type === "FileLevelConstant") note(child.typeName, child.name as string, child.range[0]);
		if (child.type !== "ContractDefinition") continue;
		for (const part of child.subNodes as Node[]) {
			if (part.type !== "StateVariableDeclaration") continue;
			for (const variable of part.variables as { name: string; typeName: unknown; isDeclaredConst: boolean }[])
				if (variable.isDeclaredConst) note(variable.typeName, variable.name, part.range[0]);
		}
	}
	return found;
}

/** The text from `start` to `end` with every site's alternatives around it. Mutants hold the plain text of what is inside them: one is chosen at a time. */
function renderRange(text: string, start: number, end: number, sites: readonly Site[], signed: ReadonlySet<number>): string {
	let written = "";
	let at = start;
	while (at <= end) {
		// The next place, and of those that begin there the widest; insertions come before what they stand at.
		const next = sites
			.filter((site) => site.start >= at && site.end <= end && !(site.start === start && site.end === end && site.start !== site.end))
			.sort((a, b) => a.start - b.start || Number(a.end > a.start) - Number(b.end > b.start) || b.end - a.end)[0];
		if (!next) break;
		written += text.slice(at, next.start);
		const here = sites.filter((site) => site.start === next.start && site.end === next.end);
		if (next.start === next.end) {
			written += here.map(({ replacement }) => replacement).join("");
			const rest = sites.filter((site) => !here.includes(site));
			return written + renderRange(text, next.start, end, rest, signed);
		}
		const inner = renderRange(
			text,
			next.start,
			next.end,
			sites.filter((site) => !here.includes(site)),
			signed,
		);
		let expression = inner;
		for (const { mutant, replacement } of here) {
			const literal = /^\d+$/.test(replacement);
			const type = signed.has(mutant) ? "int256" : "uint256";
			const [changed, original] = literal
				? [`${type}(${replacement})`, expression === inner && /^[\d_]+$/.test(inner) ? `${type}(${inner})` : expression]
				: [replacement, expression];
			expression = `(mutant(${mutant + 1}) ? ${changed} : ${original})`;
		}
		written += expression;
		at = next.end;
	}
	return written + text.slice(at, end);
}
