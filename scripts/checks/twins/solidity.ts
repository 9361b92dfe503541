import { parse, visit } from "@solidity-parser/parser";
import type { ASTNode } from "@solidity-parser/parser/dist/src/ast-types.js";
import { type Expression, numberOf, OPAQUE, plain, type Wing } from "./Wing.ts";

const SECONDS: Readonly<Record<string, bigint>> = {
	seconds: 1n,
	minutes: 60n,
	hours: 3600n,
	days: 86_400n,
	weeks: 604_800n,
	wei: 1n,
	gwei: 10n ** 9n,
	ether: 10n ** 18n,
};

function limitOf(type: string, end: string): Expression {
	const match = /^(u?)int(\d*)$/.exec(type);
	if (!match) return OPAQUE;
	const bits = BigInt(match[2] || 256);
	const [low, high] = match[1] ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
	return { kind: "number", value: end === "max" ? high : low };
}

function expressionOf(node: ASTNode | null | undefined): Expression {
	switch (node?.type) {
		case "NumberLiteral": {
			const number = numberOf(node.number);
			if (!node.subdenomination || number.kind !== "number") return number;
			return { kind: "number", value: number.value * (SECONDS[node.subdenomination] ?? 1n) };
		}
		case "StringLiteral":
			return { kind: "text", value: node.value };
		case "HexLiteral":
			return { kind: "text", value: node.parts.join("") };
		case "Identifier":
			return { kind: "name", name: node.name };
		case "TupleExpression":
			return node.components.length === 1 ? expressionOf(node.components[0] as ASTNode | null) : OPAQUE;
		case "UnaryOperation":
			return node.operator === "-"
				? { kind: "operation", operator: "-", left: { kind: "number", value: 0n }, right: expressionOf(node.subExpression) }
				: OPAQUE;
		case "BinaryOperation":
			return { kind: "operation", operator: node.operator, left: expressionOf(node.left), right: expressionOf(node.right) };
		case "MemberAccess": {
			const { expression, memberName } = node;
			if (expression.type === "Identifier") return { kind: "name", file: expression.name, name: memberName };
			const [type] = expression.type === "FunctionCall" ? expression.arguments : [];
			const name = type && "name" in type && typeof type.name === "string" ? type.name : "";
			return limitOf(name, memberName);
		}
		case "FunctionCall": {
			// A conversion, or a hash of a text: int256(x), bytes32(x), keccak256("x").
			const [argument, second] = node.arguments;
			const called = node.expression.type === "Identifier" ? node.expression.name : node.expression.type;
			return argument && !second && (called === "ElementaryTypeName" || called === "keccak256" || called === "TypeNameExpression")
				? expressionOf(argument)
				: OPAQUE;
		}
		default:
			return OPAQUE;
	}
}

/** Reads a Solidity twin: what stands in the file itself and in its libraries. Overloads count once. */
export function readSolidity(file: string, text: string): Wing {
	const wing: Wing = { file, functions: [], constants: [], enums: [], structs: [] };
	const at = (node: ASTNode) => node.loc?.start.line ?? 1;
	visit(parse(text, { loc: true, range: true }), {
		FunctionDefinition(node) {
			if (!node.name) return;
			const name = plain(node.name);
			if (!wing.functions.some((other) => other.name === name))
				wing.functions.push({ name, line: at(node), shown: node.visibility !== "private" });
		},
		FileLevelConstant(node) {
			wing.constants.push({ name: plain(node.name), line: at(node), shown: true, value: expressionOf(node.initialValue) });
		},
		StateVariableDeclaration(node) {
			for (const variable of node.variables) {
				if (!variable.isDeclaredConst || !variable.name) continue;
				wing.constants.push({
					name: plain(variable.name),
					line: at(node),
					shown: variable.visibility !== "private",
					value: expressionOf(node.initialValue ?? variable.expression),
				});
			}
		},
		EnumDefinition(node) {
			wing.enums.push({ name: plain(node.name), line: at(node), shown: true, members: node.members.map(({ name }) => plain(name)) });
		},
		StructDefinition(node) {
			wing.structs.push({
				name: plain(node.name),
				line: at(node),
				shown: true,
				members: node.members.map(({ name }) => plain(name ?? "")),
			});
		},
	});
	return wing;
}
