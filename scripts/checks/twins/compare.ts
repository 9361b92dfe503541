import type { Finding } from "../Finding.ts";
import { type Constants, evaluate, type Group, type Named, type Wing } from "./Wing.ts";

export const EXCEPTIONS_FILE = "scripts/checks/twins.exceptions.json";

/** A finding about one thing of a pair, named so that an exception can name it too. */
export type Difference = Finding & { pair: string; name: string };

export const ADVICE = `change its twin too, or state why not in ${EXCEPTIONS_FILE}.`;

/** Every constant of a wing, to resolve the names in their values. */
export function constantsOf(wings: Iterable<Wing>): Constants {
	const table = new Map<string, Map<string, Wing["constants"][number]["value"]>>();
	for (const wing of wings) {
		const name = (wing.file.split("/").at(-1) ?? "").replace(/\.\w+$/, "");
		// Files of one name in two rooms share a table: constants are capitals with a meaning of their own.
		const constants = table.get(name) ?? new Map();
		for (const { name: constant, value } of wing.constants) constants.set(constant, value);
		table.set(name, constants);
	}
	return table;
}

/** Compares one pair of files; each difference names the thing that differs, so that an exception can. */
export function compare(
	pair: string,
	solidity: Wing,
	typescript: Wing,
	tables: { solidity: Constants; typescript: Constants },
): Difference[] {
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
	both("constant", (wing) => wing.constants);
	both("enum", (wing) => wing.enums);
	both("struct", (wing) => wing.structs);

	const base = pair.split("/").at(-1) as string;
	for (const { name, line, value } of solidity.constants) {
		const twin = typescript.constants.find((other) => other.name === name);
		if (!twin) continue;
		const mine = evaluate(value, base, tables.solidity);
		const theirs = evaluate(twin.value, base, tables.typescript);
		if (mine === undefined || theirs === undefined) report(solidity, line, name, `constant ${name} cannot be compared by this program`);
		else if (mine !== theirs)
			report(solidity, line, name, `constant ${name} is ${mine} here and ${theirs} in ${typescript.file}:${twin.line}`);
	}
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
