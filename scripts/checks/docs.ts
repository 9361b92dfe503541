import { existsSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { apiDocuments } from "./api.ts";
import { faultDocuments } from "./faults.ts";
import { gasDocuments } from "./gas.ts";
import type { Check, Finding } from "./Finding.ts";
import { filesUnder, lineAt, read, ROOT } from "./files.ts";
import { readTypeScript } from "./twins/typescript.ts";

const SPEC = "docs/spec/machine.md";
const RESULT = "src/machine/Result.ts";

/** The anchor that a heading gets on the usual forges. */
function slug(heading: string): string {
	return heading
		.trim()
		.toLowerCase()
		.replace(/[`*_[\]()]/g, (mark) => (mark === "_" ? "_" : ""))
		.replace(/[^\p{L}\p{N}\s_-]/gu, "")
		.replace(/\s/g, "-");
}

function anchorsOf(text: string): Set<string> {
	return new Set([...text.matchAll(/^#{1,6}\s+(.+)$/gm)].map(([, heading]) => slug(String(heading))));
}

/** Links must lead somewhere: to a file of the repository, and to a heading in it when they name one. */
function links(file: string, text: string): Finding[] {
	const found: Finding[] = [];
	const prose = text.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, " "));
	for (const match of prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)) {
		const target = String(match[1]);
		if (/^[a-z]+:/i.test(target)) continue;
		const [path = "", anchor] = target.split("#");
		const to = path === "" ? file : posix.normalize(posix.join(dirname(file), path));
		const line = lineAt(text, match.index);
		if (!existsSync(join(ROOT, to))) found.push({ file, line, message: `links to ${target}, which is not there.` });
		else if (anchor !== undefined && to.endsWith(".md") && !anchorsOf(read(to)).has(anchor))
			found.push({ file, line, message: `links to ${target}, but ${to} has no such heading.` });
	}
	return found;
}

/** Commands that a document shows must exist: npm scripts, and the files that `node` or `npx hardhat run` are given. */
function commands(file: string, text: string, scripts: ReadonlySet<string>): Finding[] {
	const found: Finding[] = [];
	const report = (index: number, message: string) => found.push({ file, line: lineAt(text, index), message });
	for (const match of text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)) {
		const script = match[1] ?? String(match[2]);
		if (!scripts.has(script)) report(match.index, `shows \`${match[0]}\`, but package.json has no script ${script}.`);
	}
	for (const match of text.matchAll(/\bnpx hardhat run ([\w./-]+)/g)) {
		if (!existsSync(join(ROOT, String(match[1])))) report(match.index, `shows \`${match[0]}\`, but there is no such file.`);
	}
	return found;
}

/** Paths that a document or a comment names in full must exist. Patterns, and files that only a running node or an open check-out has, are left alone. */
function paths(file: string, text: string): Finding[] {
	const found: Finding[] = [];
	const pattern = file.endsWith(".md")
		? /`((?:src|contracts|scripts|docs|test|bench|deploy|dashboard|snapshots)\/[\w./-]+)`/g
		: /\b(docs\/[\w./-]+\.md)\b/g;
	for (const match of text.matchAll(pattern)) {
		const path = String(match[1]).replace(/[./]+$/, "");
		const full = join(ROOT, path);
		if (!existsSync(full)) found.push({ file, line: lineAt(text, match.index), message: `names ${path}, which is not there.` });
		else if (path.endsWith(".md") && !statSync(full).isFile())
			found.push({ file, line: lineAt(text, match.index), message: `names ${path}, which is not a file.` });
	}
	return found;
}

/** A test that a document names by file and sentence must have the sentence, or what is quoted of it. */
export function tests(file: string, text: string, readTest: (path: string) => string): Finding[] {
	const found: Finding[] = [];
	for (const match of text.matchAll(/`(test\/[\w./-]+\.test\.ts)` "([^"\n]+)"/g)) {
		const [, path, sentence] = match.map(String);
		if (!readTest(path).includes(sentence))
			found.push({ file, line: lineAt(text, match.index), message: `names the test "${sentence}", which ${path} does not have.` });
	}
	return found;
}

/** The table of Results in the specification and the enum in code must be the same, number by number. */
function results(): Finding[] {
	const spec = read(SPEC);
	const members = readTypeScript(RESULT, read(RESULT)).enums.find(({ name }) => name === "Result")?.members ?? [];
	const start = spec.indexOf("Names are the `Result` enum");
	const open = spec.indexOf("```\n", start);
	const table = start === -1 || open === -1 ? "" : spec.slice(open, spec.indexOf("\n```", open));
	const stated = new Map<number, string>();
	const found: Finding[] = [];
	for (const match of table.matchAll(/(?<=^|\s)(\d+) ([A-Z]\w+)/gm)) {
		const [number, name] = [Number(match[1]), String(match[2])];
		stated.set(number, name);
		if (members[number] !== name) {
			found.push({
				file: SPEC,
				line: lineAt(spec, open + match.index),
				message: `says Result ${number} is ${name}, ${RESULT} says ${members[number] ?? "nothing"}.`,
			});
		}
	}
	members.forEach(
		(name, number) =>
			stated.has(number) || found.push({ file: RESULT, message: `has ${name} = ${number}, which ${SPEC} does not describe.` }),
	);
	return found;
}

const RUNBOOKS = "docs/runbooks";
const RULES = "ops/prometheus/alerts.yml";

/** Every alarm that code raises has a runbook under its name, every runbook is of an alarm, and the overview links to each. */
export function runbooks(
	sources: readonly { readonly file: string; readonly text: string }[],
	books: readonly string[],
	overview: string,
	rules = "",
): Finding[] {
	const found: Finding[] = [];
	const raised = new Set<string>();
	for (const { file, text } of sources) {
		for (const match of text.matchAll(/\.alarm\(\s*([^\s,)]+)/g)) {
			const line = lineAt(text, match.index);
			const name = /^"(\w+)"$/.exec(String(match[1]))?.[1];
			if (name === undefined)
				found.push({ file, line, message: "raises an alarm whose name is not written there: name it, so that its runbook is found." });
			else if (!books.includes(name)) found.push({ file, line, message: `raises ${name}, which has no ${RUNBOOKS}/${name}.md.` });
			if (name !== undefined) raised.add(name);
		}
	}
	for (const match of rules.matchAll(/^\s*- alert: (\w+)$/gm)) {
		const name = String(match[1]);
		if (!books.includes(name))
			found.push({ file: RULES, line: lineAt(rules, match.index), message: `alerts on ${name}, which has no ${RUNBOOKS}/${name}.md.` });
		raised.add(name);
	}
	for (const name of books) {
		const file = `${RUNBOOKS}/${name}.md`;
		if (!raised.has(name)) found.push({ file, message: `is of no alarm that src raises, and of no alert.` });
		if (!overview.includes(`(${name}.md)`)) found.push({ file, message: `is not in ${RUNBOOKS}/README.md.` });
	}
	return found;
}

export const docs: Check = {
	name: "docs",
	promise:
		"links lead somewhere, commands exist, every Result is described, every alarm has a runbook, tests that documents name exist, the API's documents are current",
	async run({ update }) {
		const scripts = new Set(Object.keys((JSON.parse(read("package.json")) as { scripts: object }).scripts));
		const found = [...apiDocuments(update), ...gasDocuments(update), ...faultDocuments(update), ...results()];
		for (const file of filesUnder(".", ".md")) {
			const text = read(file);
			const readTest = (path: string): string => (existsSync(join(ROOT, path)) ? read(path) : "");
			found.push(...links(file, text), ...commands(file, text, scripts), ...paths(file, text), ...tests(file, text, readTest));
		}
		const sources = filesUnder("src", ".ts").map((file) => ({ file, text: read(file) }));
		const books = filesUnder(RUNBOOKS, ".md")
			.map((file) => posix.basename(file, ".md"))
			.filter((name) => name !== "README");
		found.push(...runbooks(sources, books, read(`${RUNBOOKS}/README.md`), read(RULES)));
		for (const folder of ["src", "contracts", "scripts", "deploy", "bench", "test"]) {
			for (const file of filesUnder(folder, ".ts", ".mjs", ".sol")) found.push(...paths(file, read(file)));
		}
		return found;
	},
};
