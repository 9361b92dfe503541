// npm run lab -- accuracy [--points N] [--climb K] [--seed S] [--json]: the pricing kernel against exact functions.
// npm run lab -- price < lines, npm run lab -- margin < lines: JSON lines through both twins of the machine.
// docs/lab.md says what the lines hold. Status 1 when the kernel breaks its bound, 2 when the command is wrong; a bad line is answered by an error and changes no status.

import { parseArgs } from "node:util";
import { measure } from "./lab/Accuracy.ts";
import { LabChain } from "./lab/LabChain.ts";
import * as Lines from "./lab/Lines.ts";
import * as Portfolios from "./lab/Portfolios.ts";
import * as Quotes from "./lab/Quotes.ts";

const USAGE = "npm run lab -- accuracy [--points N] [--climb K] [--seed S] [--json] | price < lines | margin < lines";

function refuse(sentence: string): never {
	console.error(sentence);
	process.exit(2);
}

function whole(name: string, text: string): number {
	const value = Number(text);
	return Number.isSafeInteger(value) && value > 0 ? value : refuse(`--${name} must be a whole number above 0, not "${text}".`);
}

function accuracy(args: string[]): void {
	const { values } = parseArgs({
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

async function price(): Promise<void> {
	const chain = await LabChain.start();
	await Lines.run(process.stdin, process.stdout, Quotes.Schema, Quotes.quoteOf, (quotes) => Quotes.answer(chain, quotes));
	await chain.close();
}

async function margin(): Promise<void> {
	const bench = new Portfolios.Bench();
	await Lines.run(process.stdin, process.stdout, Portfolios.Schema, Portfolios.prepare, (lines) => bench.answer(lines));
	await bench.close();
}

const [command, ...rest] = process.argv.slice(2);
if (command === "accuracy") accuracy(rest);
else if (command === "price") await price();
else if (command === "margin") await margin();
else refuse(`Usage: ${USAGE}`);
