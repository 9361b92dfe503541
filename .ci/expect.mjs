// node .ci/expect.mjs LOG 'path==value' …: whether the JSON object on the log's last line is as expected. A path is keys joined by dots; `*` is every
// key, of which there must be one. Comparisons: == >= <=.
import { readFileSync } from "node:fs";

const [log, ...expectations] = process.argv.slice(2);
const last = readFileSync(log, "utf8").trimEnd().split("\n").at(-1) ?? "";
let report;
try {
	report = JSON.parse(last);
} catch {
	console.log(`The last line is not JSON: ${last.slice(0, 200)}`);
	process.exit(1);
}

function reach(value, keys, path) {
	if (keys.length === 0) return [{ path, value }];
	const [key, ...rest] = keys;
	const names = key === "*" ? Object.keys(value ?? {}) : [key];
	return names.flatMap((name) => reach(value?.[name], rest, path === "" ? name : `${path}.${name}`));
}

let wrong = 0;
for (const expectation of expectations) {
	const match = /^([\w.*]+)(==|>=|<=)(\w+)$/.exec(expectation);
	if (!match) {
		console.log(`Not understood: ${expectation}`);
		process.exit(2);
	}
	const [, path, comparison, wanted] = match;
	const found = reach(report, path.split("."), "");
	if (found.length === 0) console.log(`Expected ${expectation}, but there is no ${path}.`);
	const bad = found.filter(({ value }) =>
		comparison === "=="
			? String(value) !== wanted
			: value === undefined ||
				value === null ||
				(comparison === ">=" ? !(Number(value) >= Number(wanted)) : !(Number(value) <= Number(wanted))),
	);
	for (const one of bad) console.log(`Expected ${expectation}, but ${one.path} is ${JSON.stringify(one.value)}.`);
	wrong += bad.length + (found.length === 0 ? 1 : 0);
}
process.exitCode = wrong === 0 ? 0 : 1;
