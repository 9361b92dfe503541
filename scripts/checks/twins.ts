import type { Check, Finding } from "./Finding.ts";
import { filesUnder, read } from "./files.ts";
import { readSolidity } from "./twins/solidity.ts";
import { readTypeScript } from "./twins/typescript.ts";
import { ADVICE, EXCEPTIONS_FILE, compare, type Difference } from "./twins/compare.ts";
import type { Wing } from "./twins/Wing.ts";

/** The two rooms that exist in both wings. */
const ROOMS = ["machine", "protocol"];

/** Differences that are meant: in `file` (machine/math/Bytes), of these names, or of the file as a whole (`*`). */
type Exception = { file: string; names: string[]; reason: string };

function readWing(folder: string, ending: string, reader: (file: string, text: string) => Wing): Map<string, Wing> {
	const wings = new Map<string, Wing>();
	for (const room of ROOMS) {
		for (const file of filesUnder(`${folder}/${room}`, ending))
			wings.set(file.slice(folder.length + 1, -ending.length), reader(file, read(file)));
	}
	return wings;
}

function differences(): Difference[] {
	const solidity = readWing("contracts", ".sol", readSolidity);
	const typescript = readWing("src", ".ts", readTypeScript);
	const house = { solidity: [...solidity.values()], typescript: [...typescript.values()] };
	const found: Difference[] = [];
	for (const pair of [...new Set([...solidity.keys(), ...typescript.keys()])].sort()) {
		const left = solidity.get(pair);
		const right = typescript.get(pair);
		if (left && right) found.push(...compare(pair, left, right, house));
		else
			found.push({
				pair,
				name: "*",
				file: (left ?? right)?.file ?? pair,
				message: `has no twin ${left ? `src/${pair}.ts` : `contracts/${pair}.sol`}; ${ADVICE}`,
			});
	}
	return found;
}

export const twins: Check = {
	name: "twins",
	promise: "both wings have the same files, functions, constants, enums and structs",
	async run() {
		const exceptions = JSON.parse(read(EXCEPTIONS_FILE)) as Exception[];
		const used = new Set<string>();
		const findings: Finding[] = differences().filter(({ pair, name }) => {
			const stated = exceptions.some(({ file, names }) => file === pair && names.includes(name));
			if (stated) used.add(`${name} of ${pair}`);
			return !stated;
		});
		for (const { file, names, reason } of exceptions) {
			for (const what of names.map((name) => `${name} of ${file}`)) {
				if (!used.has(what))
					findings.push({ file: EXCEPTIONS_FILE, message: `the exception for ${what} is not needed any more: remove it.` });
			}
			if (reason.split(" ").length < 4) findings.push({ file: EXCEPTIONS_FILE, message: `the exception for ${file} states no reason.` });
		}
		return findings.map(({ file, line, message }) => ({ file, ...(line === undefined ? {} : { line }), message }));
	},
};
