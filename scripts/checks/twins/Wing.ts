/** What the twin check compares of one file of machine/ or protocol/, the same for both languages. */
export type Wing = {
	file: string;
	functions: Named[];
	constants: Constant[];
	/** Enums, and in TypeScript the constant objects that stand for them. */
	enums: Group[];
	structs: Group[];
};

export type Named = {
	name: string;
	line: number;
	/** Whether other files can see it. */
	shown: boolean;
};

export type Constant = Named & { value: Expression };

/** A name with its members in order. */
export type Group = Named & { members: string[] };

/**
 * A constant's value as far as both languages can say it. `name` is resolved in the file, then in the wing; `opaque` is what only a person can compare.
 */
export type Expression =
	| { kind: "number"; value: bigint }
	| { kind: "text"; value: string }
	| { kind: "name"; file?: string; name: string }
	| { kind: "operation"; operator: string; left: Expression; right: Expression }
	| { kind: "opaque" };

export const OPAQUE: Expression = { kind: "opaque" };

/** The name without the underscores that Solidity needs around private and reserved words. */
export function plain(name: string): string {
	return name.replace(/^_+|_+$/g, "");
}

/** A number in the notation of either language: `8_388_607`, `0xff`, `1e18`, `10n`. */
export function numberOf(text: string): Expression {
	const digits = text.replaceAll("_", "").replace(/n$/, "");
	const scientific = /^(\d+)(?:\.(\d+))?[eE](\d+)$/.exec(digits);
	if (scientific) {
		const [, whole = "", fraction = "", exponent = ""] = scientific;
		const shift = Number(exponent) - fraction.length;
		return shift < 0 ? OPAQUE : { kind: "number", value: BigInt(whole + fraction) * 10n ** BigInt(shift) };
	}
	return /^(\d+|0x[0-9a-fA-F]+)$/.test(digits) ? { kind: "number", value: BigInt(digits) } : OPAQUE;
}

/** A folder of one wing, by file name without ending and by constant. */
export type Constants = ReadonlyMap<string, ReadonlyMap<string, Expression>>;

/** The value as text that equals the twin's exactly when the values are equal, or nothing when a program cannot say. */
export function evaluate(expression: Expression, file: string, constants: Constants, depth = 0): string | undefined {
	const number = evaluateNumber(expression, file, constants, depth);
	if (number !== undefined) return String(number);
	if (expression.kind === "text") return JSON.stringify(expression.value);
	if (expression.kind !== "name" || depth > 20) return undefined;
	const found = resolve(expression, file, constants);
	return found && evaluate(found.expression, found.file, constants, depth + 1);
}

function resolve(
	reference: { file?: string; name: string },
	file: string,
	constants: Constants,
): { file: string; expression: Expression } | undefined {
	for (const candidate of reference.file === undefined ? [file, ...constants.keys()] : [reference.file]) {
		const expression = constants.get(candidate)?.get(plain(reference.name));
		if (expression) return { file: candidate, expression };
	}
	return undefined;
}

function evaluateNumber(expression: Expression, file: string, constants: Constants, depth: number): bigint | undefined {
	if (depth > 20) return undefined;
	if (expression.kind === "number") return expression.value;
	if (expression.kind === "name") {
		const found = resolve(expression, file, constants);
		return found && evaluateNumber(found.expression, found.file, constants, depth + 1);
	}
	if (expression.kind !== "operation") return undefined;
	const left = evaluateNumber(expression.left, file, constants, depth);
	const right = evaluateNumber(expression.right, file, constants, depth);
	return left === undefined || right === undefined ? undefined : apply(expression.operator, left, right);
}

function apply(operator: string, left: bigint, right: bigint): bigint | undefined {
	switch (operator) {
		case "+":
			return left + right;
		case "-":
			return left - right;
		case "*":
			return left * right;
		case "/":
			return right === 0n ? undefined : left / right;
		case "%":
			return right === 0n ? undefined : left % right;
		case "**":
			return right < 0n ? undefined : left ** right;
		case "<<":
			return left << right;
		case ">>":
			return left >> right;
		case "|":
			return left | right;
		case "&":
			return left & right;
		default:
			return undefined;
	}
}
