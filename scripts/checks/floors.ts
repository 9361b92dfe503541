import { existsSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, posix } from "node:path";
import ts from "typescript";
import type { Check, Finding } from "./Finding.ts";
import { filesUnder, lineAt, read, ROOT } from "./files.ts";

type Room = {
	floor: number;
	/** Packages from npm that it may import. */
	packages: readonly string[];
	/** Whether it may import Node's own modules. */
	node: boolean;
};

/**
 * The house in src/, from the ground up: imports go to a lower floor or stay inside the room. A folder of src/roles is a room of its own, and the files
 * directly in src/roles are what all roles share.
 */
const ROOMS: Readonly<Record<string, Room>> = {
	// hash-wasm and secp256k1 are pure functions of bytes; that they agree with the EVM is what lockstep shows.
	machine: { floor: 0, packages: ["hash-wasm", "secp256k1"], node: false },
	protocol: { floor: 1, packages: [], node: false },
	// Commitments to blobs, by the library that keeps the ceremony's setup: pure functions of bytes too.
	kzg: { floor: 2, packages: ["@crate-crypto/node-eth-kzg", "@noble/hashes"], node: false },
	ports: { floor: 2, packages: [], node: false },
	chain: { floor: 3, packages: ["ethers", "hardhat", "secp256k1"], node: true },
	store: { floor: 3, packages: ["lmdb"], node: true },
	wire: { floor: 3, packages: ["ws", "zod"], node: true },
	// cosmjs-types holds the messages between CometBFT and its application.
	ordering: { floor: 3, packages: ["cosmjs-types"], node: true },
	executor: { floor: 3, packages: [], node: true },
	market: { floor: 3, packages: [], node: true },
	roles: { floor: 4, packages: [], node: true },
	// A trader hands the SDK an ethers signer, so it knows that type.
	sdk: { floor: 4, packages: ["ethers", "ws"], node: false },
	node: { floor: 5, packages: ["esbuild", "marked", "pino", "prom-client", "zod"], node: true },
	cli: { floor: 6, packages: ["commander"], node: true },
};

/** Folders beside src/ that some rooms may import. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
	"typechain-types": ["chain"],
	artifacts: ["chain"],
	deploy: ["node", "cli"],
	// The command line starts under the Node that the packages bring.
	scripts: ["cli"],
};

export type Import = { target: string; offset: number; typeOnly: boolean };

/** Everything that a file imports, in whatever form. */
export function importsOf(file: string, text: string): Import[] {
	const found: Import[] = [];
	const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
	const visit = (node: ts.Node) => {
		if (
			(ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
			node.moduleSpecifier &&
			ts.isStringLiteral(node.moduleSpecifier)
		) {
			const typeOnly = ts.isImportDeclaration(node) ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword : node.isTypeOnly;
			found.push({ target: node.moduleSpecifier.text, offset: node.getStart(), typeOnly });
		} else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
			const target = node.arguments[0];
			if (target && ts.isStringLiteralLike(target)) found.push({ target: target.text, offset: node.getStart(), typeOnly: false });
		} else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
			found.push({ target: node.argument.literal.text, offset: node.getStart(), typeOnly: true });
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	return found;
}

/** The room of a file under src/: `machine`, `roles/proposer`, or `roles` for what stands directly in that folder. */
export function roomOf(file: string): string {
	const [, first = "", second = ""] = file.split("/");
	return first === "roles" && !second.includes(".") ? `roles/${second}` : first;
}

function specOf(room: string): Room | undefined {
	return ROOMS[room.split("/")[0] ?? ""];
}

/** Why `from` may not import the file `to`, or nothing. */
export function wrongArrow(from: string, to: string): string | undefined {
	const [top = ""] = to.split("/");
	const fromRoom = roomOf(from);
	if (top !== "src") {
		const allowed = OUTSIDE[top] ?? [];
		return allowed.includes(fromRoom)
			? undefined
			: `${fromRoom} may not import ${top}/${allowed.length > 0 ? `: only ${allowed.join(", ")} may` : ""}.`;
	}
	const toRoom = roomOf(to);
	const upper = specOf(fromRoom);
	const lower = specOf(toRoom);
	if (!upper || !lower || fromRoom === toRoom || (fromRoom.startsWith("roles/") && toRoom === "roles")) return undefined;
	if (lower.floor < upper.floor) return undefined;
	const how = lower.floor === upper.floor ? "sideways" : "upwards";
	return `${fromRoom} (floor ${upper.floor}) imports ${toRoom} (floor ${lower.floor}): ${how}; meet through a port in src/ports or move the shared part down.`;
}

/** Why a room may not import a package, or nothing. */
export function wrongPackage(room: string, target: string): string | undefined {
	const spec = specOf(room);
	if (!spec) return undefined;
	if (target.startsWith("node:") || builtinModules.includes(target)) {
		return spec.node ? undefined : `${room} may not import ${target}: it must run without Node's modules; take it through a port.`;
	}
	const name = target.split("/", target.startsWith("@") ? 2 : 1).join("/");
	if (spec.packages.includes(name)) return undefined;
	const owners = Object.keys(ROOMS).filter((other) => ROOMS[other]?.packages.includes(name));
	return `${room} may not import ${name}${owners.length > 0 ? `: only ${owners.join(", ")} may` : ""}; rooms and their packages are listed in scripts/checks/floors.ts.`;
}

/** Groups of files that import each other in a circle, by imports that exist at run time. */
export function cycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
	const order = new Map<string, number>();
	const low = new Map<string, number>();
	const stack: string[] = [];
	const found: string[][] = [];
	const visit = (file: string) => {
		order.set(file, order.size);
		low.set(file, order.get(file) as number);
		stack.push(file);
		for (const next of graph.get(file) ?? []) {
			if (!order.has(next)) visit(next);
			if (stack.includes(next)) low.set(file, Math.min(low.get(file) as number, low.get(next) as number));
		}
		if (low.get(file) !== order.get(file)) return;
		const group = stack.splice(stack.indexOf(file));
		if (group.length > 1) found.push(group.sort());
	};
	for (const file of graph.keys()) if (!order.has(file)) visit(file);
	return found;
}

function inspect(file: string, findings: Finding[]): string[] {
	const text = read(file);
	const room = file.startsWith("src/") ? roomOf(file) : "dashboard";
	const edges: string[] = [];
	for (const { target, offset, typeOnly } of importsOf(file, text)) {
		const report = (message: string | undefined) => message !== undefined && findings.push({ file, line: lineAt(text, offset), message });
		if (!target.startsWith(".")) {
			if (room !== "dashboard") report(wrongPackage(room, target));
			continue;
		}
		const to = posix.normalize(posix.join(dirname(file), target));
		if (room === "dashboard") {
			if (!to.startsWith("dashboard/") && !to.startsWith("src/sdk/")) report(`The dashboard imports the SDK only, not ${to}.`);
			continue;
		}
		if (!to.startsWith("typechain-types/") && !existsSync(join(ROOT, to))) report(`There is no ${to}.`);
		report(wrongArrow(file, to));
		if (!typeOnly && to.endsWith(".ts")) edges.push(to);
	}
	return edges;
}

export const floors: Check = {
	name: "floors",
	promise: "imports go down, never sideways or in circles",
	async run() {
		const findings: Finding[] = [];
		const graph = new Map<string, string[]>();
		for (const file of filesUnder("src", ".ts", ".mjs")) {
			if (!specOf(roomOf(file)))
				findings.push({ file, message: `is in no room of the house: add ${roomOf(file)} to scripts/checks/floors.ts or move it.` });
			graph.set(file, inspect(file, findings));
		}
		for (const file of filesUnder("dashboard", ".ts", ".tsx")) inspect(file, findings);
		for (const group of cycles(graph))
			findings.push({ file: String(group[0]), message: `is in a circle of imports: ${group.join(", ")}.` });
		return findings;
	},
};
