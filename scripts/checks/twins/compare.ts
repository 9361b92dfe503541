import type { Finding } from "../Finding.ts";
import { type Constants, evaluate, type Group, type Named, OPAQUE, type Wing } from "./Wing.ts";

export const EXCEPTIONS_FILE = "scripts/checks/twins.exceptions.json";

/** A finding about one thing of a pair, named so that an exception can name it too. */
export type Difference = Finding & { pair: string; name: string };

export const ADVICE = `change its twin too, or state why not in ${EXCEPTIONS_FILE}.`;

/** Every constant of a wing, to resolve the names in their values. */
function constantsOf(wings: readonly Wing[]): Constants {
	const table = new Map<string, Map<string, Wing["constants"][number]["value"]>>();
	for (const wing of wings) {
		const name = baseOf(wing);
		// Files of one name in two rooms share a table: constants are capitals with a meaning of their own.
		const constants = table.get(name) ?? new Map();
		for (const { name: constant, value } of wing.constants) constants.set(constant, value);
		table.set(name, constants);
	}
	return table;
}

/** The file's name without folder and ending. */
function baseOf(wing: Wing): string {
	return (wing.file.split("/").at(-1) ?? "").replace(/\.\w+$/, "");
}

/** Where the other wing has a constant of this name: in the twin file, or, when it is not there, wherever others can see it. */
function namesakes(name: string, twin: Wing, others: readonly Wing[]): Wing[] {
	if (twin.constants.some((constant) => constant.name === name)) return [twin];
	return others.filter((wing) => wing.constants.some((constant) => constant.name === name && constant.shown));
}

/** Both wings whole: a constant may stand in another file of the other wing. */
export type House = { solidity: readonly Wing[]; typescript: readonly Wing[] };

/** Compares one pair of files; each difference names the thing that differs, so that an exception can. */
export function compare(pair: string, solidity: Wing, typescript: Wing, house: House): Difference[] {
	const found: Difference[] = [];
	const report = (wing: Wing, line: number, name: string, message: string) =>
		found.push({ pair, name, file: wing.file, line, message: `${message}; ${ADVICE}` });

	const missing = (kind: string, from: Wing, those: readonly Named[], to: Wing, these: readonly Named[]) => {
		for (const { name, line, shown } of those) {
			if (shown && !these.some((other) => other.name === name)) report(from, line, name, `${kind} ${name} is not in ${to.file}`);
		}
	};
	const both = (kind: string, part: (wing: Wing) => readonly Named[]) => {
		missing(kind, solidity, part(solidity), typescript, part(typescript));
		missing(kind, typescript, part(typescript), solidity, part(solidity));
		const order = (mine: readonly Named[], others: readonly Named[]) =>
			mine.filter(({ name }) => others.some((other) => other.name === name));
		const left = order(part(solidity), part(typescript));
		const right = order(part(typescript), part(solidity));
		const place = left.findIndex(({ name }, i) => name !== right[i]?.name);
		if (place === -1) return;
		const here = left[place];
		report(
			solidity,
			here.line,
			here.name,
			`${kind} ${here.name} stands where ${typescript.file} has ${right[place]?.name ?? "nothing"}: the order differs`,
		);
	};
	both("function", (wing) => wing.functions);
	both("enum", (wing) => wing.enums);
	both("struct", (wing) => wing.structs);

	const tables = { solidity: constantsOf(house.solidity), typescript: constantsOf(house.typescript) };
	const constants = (mine: Wing, others: readonly Wing[], myTable: Constants, otherTable: Constants) => {
		for (const { name, line, shown, value } of mine.constants) {
			// What both files have is reported once; what only this TypeScript file sees is its own affair.
			if (mine === typescript && (!shown || solidity.constants.some((other) => other.name === name))) continue;
			const twins = namesakes(name, mine === solidity ? typescript : solidity, others);
			if (twins.length === 0) {
				if (shown) report(mine, line, name, `constant ${name} is nowhere in the other wing`);
				continue;
			}
			const here = evaluate(value, baseOf(mine), myTable);
			const there = twins.map((wing) =>
				evaluate(wing.constants.find((other) => other.name === name)?.value ?? OPAQUE, baseOf(wing), otherTable),
			);
			if (here === undefined || there.includes(undefined)) report(mine, line, name, `constant ${name} cannot be compared by this program`);
			else if (!there.includes(here)) report(mine, line, name, `constant ${name} is ${here} here and ${there[0]} in ${twins[0]?.file}`);
		}
	};
	constants(solidity, house.typescript, tables.solidity, tables.typescript);
	constants(typescript, house.solidity, tables.typescript, tables.solidity);

	const members = (kind: string, those: readonly Group[], these: readonly Group[]) => {
		for (const { name, line, members: mine } of those) {
			const theirs = these.find((other) => other.name === name)?.members;
			if (!theirs) continue;
			const place = mine.findIndex((member, i) => member !== theirs[i]);
			if (place === -1 && mine.length === theirs.length) continue;
			const at = place === -1 ? mine.length : place;
			report(
				solidity,
				line,
				name,
				`${kind} ${name} has ${mine[at] ?? "nothing"} at place ${at}, ${typescript.file} has ${theirs[at] ?? "nothing"}`,
			);
		}
	};
	members("enum", solidity.enums, typescript.enums);
	members("struct", solidity.structs, typescript.structs);
	return found;
}
