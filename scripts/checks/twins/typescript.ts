import ts from "typescript";
import { type Expression, numberOf, OPAQUE, plain, type Wing } from "./Wing.ts";

const OPERATORS: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
	[ts.SyntaxKind.PlusToken]: "+",
	[ts.SyntaxKind.MinusToken]: "-",
	[ts.SyntaxKind.AsteriskToken]: "*",
	[ts.SyntaxKind.SlashToken]: "/",
	[ts.SyntaxKind.PercentToken]: "%",
	[ts.SyntaxKind.AsteriskAsteriskToken]: "**",
	[ts.SyntaxKind.LessThanLessThanToken]: "<<",
	[ts.SyntaxKind.GreaterThanGreaterThanToken]: ">>",
	[ts.SyntaxKind.BarToken]: "|",
	[ts.SyntaxKind.AmpersandToken]: "&",
};

function expressionOf(node: ts.Expression): Expression {
	if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return expressionOf(node.expression);
	if (ts.isNumericLiteral(node) || ts.isBigIntLiteral(node)) return numberOf(node.getText());
	if (ts.isStringLiteralLike(node)) return { kind: "text", value: node.text.replace(/^0x/, "") };
	if (ts.isIdentifier(node)) return { kind: "name", name: node.text };
	if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
		if (node.getText() === "Number.MAX_SAFE_INTEGER") return { kind: "number", value: BigInt(Number.MAX_SAFE_INTEGER) };
		return { kind: "name", file: node.expression.text, name: node.name.text };
	}
	if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
		return { kind: "operation", operator: "-", left: { kind: "number", value: 0n }, right: expressionOf(node.operand) };
	}
	if (ts.isBinaryExpression(node)) {
		const operator = OPERATORS[node.operatorToken.kind];
		return operator === undefined
			? OPAQUE
			: { kind: "operation", operator, left: expressionOf(node.left), right: expressionOf(node.right) };
	}
	// A conversion, or a hash of a text: BigInt(x), Number(x), Keccak.hashText("x").
	const [argument, second] = ts.isCallExpression(node) ? node.arguments : [];
	if (ts.isCallExpression(node) && argument && !second) {
		const inner = expressionOf(argument);
		if (inner.kind === "text" || ["BigInt", "Number"].includes(node.expression.getText())) return inner;
	}
	return OPAQUE;
}

/** The members of an object type, or nothing when it promises behaviour (a method) and so is not a struct. */
function fieldsOf(members: ts.NodeArray<ts.TypeElement>): string[] | undefined {
	const fields: string[] = [];
	for (const member of members) {
		if (!ts.isPropertySignature(member) || (member.type && ts.isFunctionTypeNode(member.type))) return undefined;
		fields.push(plain(member.name.getText()));
	}
	return fields;
}

/** The keys of `{ A: 0, B: 1, … } as const`, which stands for an enum; nothing for any other object. */
function enumMembers(node: ts.Expression): string[] | undefined {
	const object = ts.isAsExpression(node) ? node.expression : node;
	if (!ts.isObjectLiteralExpression(object) || object.properties.length === 0) return undefined;
	const members: string[] = [];
	for (const property of object.properties) {
		if (!ts.isPropertyAssignment(property) || Number(property.initializer.getText()) !== members.length) return undefined;
		members.push(plain(property.name.getText()));
	}
	return members;
}

/** Reads a TypeScript twin. */
export function readTypeScript(file: string, text: string): Wing {
	const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
	const wing: Wing = { file, functions: [], constants: [], enums: [], structs: [] };
	for (const node of source.statements) {
		const shown = ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
		const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
		if (ts.isFunctionDeclaration(node) && node.name) wing.functions.push({ name: plain(node.name.text), line, shown });
		else if (ts.isInterfaceDeclaration(node) || (ts.isTypeAliasDeclaration(node) && ts.isTypeLiteralNode(node.type))) {
			const members = fieldsOf(ts.isInterfaceDeclaration(node) ? node.members : (node.type as ts.TypeLiteralNode).members);
			if (members) wing.structs.push({ name: plain(node.name.text), line, shown, members });
		} else if (ts.isVariableStatement(node) && node.declarationList.flags & ts.NodeFlags.Const) {
			for (const { name, initializer } of node.declarationList.declarations) {
				if (!ts.isIdentifier(name) || !initializer) continue;
				const members = enumMembers(initializer);
				if (members) wing.enums.push({ name: plain(name.text), line, shown, members });
				else if (/^[A-Z][A-Z0-9_]*$/.test(name.text))
					wing.constants.push({ name: plain(name.text), line, shown, value: expressionOf(initializer) });
			}
		}
	}
	return wing;
}
