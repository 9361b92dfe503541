import type { Check, Finding } from "./Finding.ts";
import { filesUnder, read } from "./files.ts";

/** LIMIT: a file is a noun that fits in the head. */
const MAX_LINES = 600;

const SOURCES = [".ts", ".mjs", ".sol", ".tsx", ".css"];

export const lengths: Check = {
	name: "length",
	promise: `no source is longer than ${MAX_LINES} lines`,
	async run() {
		return filesUnder(".", ...SOURCES)
			.map((file) => ({ file, lines: read(file).split("\n").length - 1 }))
			.filter(({ lines }) => lines > MAX_LINES)
			.map(({ file, lines }) => ({
				file,
				message: `has ${lines} lines, at most ${MAX_LINES} are allowed: find the second noun in it and give it its own file.`,
			}));
	},
};

type Rule = { pattern: RegExp; endings: readonly string[]; message: string };

/** Assembled, so that this file does not break its own rule. */
const UNFINISHED = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|")})\\b`);

const RULES: readonly Rule[] = [
	{ pattern: UNFINISHED, endings: [...SOURCES, ".md"], message: "marks unfinished work: finish it, or say in the issue what is missing." },
	{ pattern: /^\s*\/\/\s*[-=*#]{4,}/, endings: SOURCES, message: "is a banner: a new file separates better." },
	{ pattern: /\b(it|test|describe)\.only\(|\bonly: true\b/, endings: [".test.ts"], message: "leaves every other test out." },
	{ pattern: /@ts-(ignore|nocheck)/, endings: [".ts"], message: "silences the compiler: say the type instead." },
];

const NAMES: readonly { pattern: RegExp; message: string }[] = [
	{ pattern: /(^|\/)(\w*Utils?|\w*Helpers?|Misc)\.\w+$/i, message: "is named after nothing: name the noun that it holds." },
	{ pattern: /\w+\d\.(ts|sol)$/, message: "ends in a number: name what is different about it." },
];

/** Names that end in a number because the thing they name does. */
const NUMBERED = /(Black76|L1|Leb128|Keccak256|Erc20|Eip712|Q32)\.(test\.)?(ts|sol)$/i;

export const words: Check = {
	name: "words",
	promise: "no unfinished work, no names after nothing, licences stated, the lockfile without addresses",
	async run() {
		const findings: Finding[] = [];
		for (const file of filesUnder(".", ...SOURCES, ".md")) {
			const lines = read(file).split("\n");
			for (const { pattern, endings, message } of RULES) {
				if (!endings.some((ending) => file.endsWith(ending))) continue;
				lines.forEach((line, i) => pattern.test(line) && findings.push({ file, line: i + 1, message }));
			}
			for (const { pattern, message } of NAMES)
				if (!file.endsWith(".md") && pattern.test(file) && !NUMBERED.test(file)) findings.push({ file, message });
			if (file.endsWith(".sol") && lines[0] !== "// SPDX-License-Identifier: MIT")
				findings.push({ file, line: 1, message: "does not begin with `// SPDX-License-Identifier: MIT`." });
		}
		read("package-lock.json")
			.split("\n")
			.forEach((line, i) => {
				if (/"resolved":/.test(line))
					findings.push({
						file: "package-lock.json",
						line: i + 1,
						message: "holds a download address: install again with the committed .npmrc.",
					});
			});
		return findings;
	},
};
