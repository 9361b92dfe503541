// npm run lab -- accuracy [--points N] [--climb K] [--seed S] [--json]: the pricing kernel against exact functions.
// npm run lab -- twins [--points N] [--seed S] [--json]: the kernel's values, deltas and volatilities in both twins, bit for bit.
// npm run lab -- price < lines, npm run lab -- margin < lines: JSON lines through both twins of the machine.
// npm run lab -- derive --data FILE [--json]: portfolios with Derive's margins through both twins, and every difference explained.
// docs/lab.md says what the lines hold. Status 1 when the kernel breaks its bound, the twins differ or a margin is not explained, 2 when the command is wrong; a bad line is answered by an error and changes no status.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measure } from "./lab/Accuracy.ts";
import * as Derive from "./lab/Derive.ts";
import { LabChain } from "./lab/LabChain.ts";
import * as Lines from "./lab/Lines.ts";
import * as Portfolios from "./lab/Portfolios.ts";
import * as Quotes from "./lab/Quotes.ts";
import * as Twins from "./lab/Twins.ts";

const USAGE =
	"npm run lab -- accuracy [--points N] [--climb K] [--seed S] [--json] | twins [--points N] [--seed S] [--json] | price < lines | margin < lines | derive --data FILE [--json]";

function refuse(sentence: string): never {
	console.error(sentence);
	process.exit(2);
}

/** The options of a command; an option that it does not have ends it with the usage. */
const options: typeof parseArgs = (config) => {
	try {
		return parseArgs(config);
	} catch (error) {
		return refuse(`${(error as Error).message}\nUsage: ${USAGE}`);
	}
};

function whole(name: string, text: string): number {
	const value = Number(text);
	return Number.isSafeInteger(value) && value > 0 ? value : refuse(`--${name} must be a whole number above 0, not "${text}".`);
}

function accuracy(args: string[]): void {
	const { values } = options({
		args,
		options: {
			points: { type: "string", default: "20000" },
			climb: { type: "string" },
			seed: { type: "string", default: "1" },
			json: { type: "boolean", default: false },
		},
	});
	const points = whole("points", values.points);
	const climb = values.climb === undefined ? Math.ceil(points / 10) : whole("climb", values.climb);
	const report = measure(points, climb, whole("seed", values.seed), (done) => {
		if (!values.json && done % 100_000 === 0) console.error(`${done} points …`);
	});
	console.log(JSON.stringify(report));
	process.exitCode = report.holds ? 0 : 1;
}

async function twins(args: string[]): Promise<void> {
	const { values } = options({
		args,
		options: {
			points: { type: "string", default: "20000" },
			seed: { type: "string", default: "1" },
			json: { type: "boolean", default: false },
		},
	});
	const [points, seed] = [whole("points", values.points), whole("seed", values.seed)];
	const chain = await LabChain.start();
	const report = await Twins.compare(chain, points, seed, (done) => {
		if (!values.json && done % 100_000 === 0) console.error(`${done} points …`);
	});
	await chain.close();
	console.log(JSON.stringify(report, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)));
	process.exitCode = report.differences === 0 ? 0 : 1;
}

async function price(args: string[]): Promise<void> {
	options({ args });
	const chain = await LabChain.start();
	await Lines.run(process.stdin, process.stdout, Quotes.Schema, Quotes.quoteOf, (quotes) => Quotes.answer(chain, quotes));
	await chain.close();
}

async function margin(args: string[]): Promise<void> {
	options({ args });
	const bench = new Portfolios.Bench();
	await Lines.run(process.stdin, process.stdout, Portfolios.Schema, Portfolios.prepare, (lines) => bench.answer(lines));
	await bench.close();
}

async function derive(args: string[]): Promise<void> {
	const { values } = options({ args, options: { data: { type: "string" }, json: { type: "boolean", default: false } } });
	if (!values.data || !existsSync(values.data)) refuse(`--data must name the file of Derive's portfolios, not "${values.data ?? ""}".`);
	const bench = new Portfolios.Bench();
	const comparisons = await Derive.compareAll(readFileSync(values.data, "utf8"), async (lines) => {
		const reports = await bench.reports(lines);
		for (const { typescript, solidity } of reports) assert.deepEqual(solidity, typescript, "The twins report different margins.");
		return { reports: reports.map(({ typescript }) => typescript), twins: await Promise.all(lines.map((line) => bench.twin(line))) };
	});
	await bench.close();
	const holds = comparisons.every((one) => one.holds);
	for (const one of comparisons) if (!values.json) console.log(`${Derive.shown(one)}\n`);
	const reproduced = comparisons.filter((one) => one.holds).length;
	console.log(
		values.json ? JSON.stringify({ cases: comparisons, reproduced, holds }) : `${reproduced} of ${comparisons.length} reproduced`,
	);
	process.exitCode = holds ? 0 : 1;
}

// Whoever has read enough, as `head` does, closes the pipe: then nothing is left to do.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code !== "EPIPE") throw error;
	process.exit(0);
});

const [command, ...rest] = process.argv.slice(2);
if (command === "accuracy") accuracy(rest);
else if (command === "twins") await twins(rest);
else if (command === "price") await price(rest);
else if (command === "margin") await margin(rest);
else if (command === "derive") await derive(rest);
else refuse(`Usage: ${USAGE}`);
