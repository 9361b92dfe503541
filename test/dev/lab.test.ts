import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, Readable, Writable } from "node:stream";
import { after, before, describe, it } from "node:test";
import type { z } from "zod";
import { LabChain } from "../../scripts/dev/lab/LabChain.ts";
import * as Lines from "../../scripts/dev/lab/Lines.ts";
import { draw } from "../../scripts/dev/lab/Points.ts";
import * as Portfolios from "../../scripts/dev/lab/Portfolios.ts";
import * as Quotes from "../../scripts/dev/lab/Quotes.ts";
import * as Twins from "../../scripts/dev/lab/Twins.ts";
import { ROOT } from "../../scripts/checks/files.ts";
import { withSettings } from "../../scripts/dev/lab/Variants.ts";
import { ONE } from "../../src/machine/math/FixedPoint.ts";
import { Random } from "../../src/market/Random.ts";
import * as Exact from "../machine/math/exact.ts";

type Twins = { readonly typescript: Record<string, unknown>; readonly solidity: Record<string, unknown> };
type Answer = {
	readonly line: number;
	readonly id?: string;
	readonly error?: { readonly name: string; readonly sentence: string };
} & Twins;

async function through<S extends z.ZodType, T>(
	text: string,
	schema: S,
	prepare: (value: z.infer<S>) => T,
	answer: (values: readonly T[]) => Promise<object[]>,
): Promise<Answer[]> {
	let written = "";
	const output = new Writable({
		write(chunk, _, done) {
			written += String(chunk);
			done();
		},
	});
	await Lines.run(Readable.from([text]), output, schema, prepare, answer);
	return written
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as Answer);
}

describe("given lines for npm run lab -- price", () => {
	let chain: LabChain;
	before(async () => {
		chain = await LabChain.start();
	});
	after(() => chain.close());
	const price = (text: string): Promise<Answer[]> => through(text, Quotes.Schema, Quotes.quoteOf, (quotes) => Quotes.answer(chain, quotes));
	const GOOD = { forward: "3010.5", strike: "3000", volatility: "0.6", time: "0.1", rate: "0.03", kind: "call" };

	it("names what is wrong with a line, and answers the rest", async () => {
		const bad = [
			"no JSON",
			JSON.stringify([]),
			JSON.stringify({ ...GOOD, id: "kind", kind: "future" }),
			JSON.stringify({ ...GOOD, strike: 3000 }),
			JSON.stringify({ ...GOOD, sigma: "1" }),
			JSON.stringify({ ...GOOD, forward: "0" }),
			JSON.stringify({ ...GOOD, strike: "1e15" }),
			JSON.stringify({ ...GOOD, rate: "99", time: "1" }),
		];
		const answers = await price([...bad, "", JSON.stringify({ ...GOOD, id: "good" })].join("\n"));
		const names = answers.map(({ error }) => error?.name);
		assert.deepEqual(names, ["NotJson", "BadLine", "BadLine", "BadLine", "BadLine", "OutOfRange", "OutOfRange", "OutOfRange", undefined]);
		assert.equal(answers[2].id, "kind");
		assert.deepEqual([answers[8].line, answers[8].id], [10, "good"]);
	});

	it("takes decimals as other programs write them, a mark before the first line, and lines that end as Windows ends them", async () => {
		const same = ["+3010.5", "3010.50", "3.0105e3", "30105E-1", "03010.5"];
		const lines = [...same.map((forward) => ({ ...GOOD, forward })), { ...GOOD, volatility: ".6" }, { ...GOOD, strike: "3000." }];
		const answers = await price(`\uFEFF${lines.map((line) => JSON.stringify(line)).join("\r\n")}\r\n\r\n`);
		assert.equal(answers.length, lines.length);
		for (const { typescript, solidity } of answers) {
			assert.deepEqual(typescript, answers[0].typescript);
			assert.deepEqual(solidity, typescript);
		}
	});

	it("says of a number that is missing, or is no string, or too long, what it must be", async () => {
		const lines = ["", ".", "-", "1e", "1e100", "0x10", "1,000", "NaN", "Infinity", "9".repeat(61), undefined, 3010.5, null];
		const answers = await price(lines.map((forward) => JSON.stringify({ ...GOOD, forward })).join("\n"));
		assert.equal(answers.length, lines.length);
		for (const { error } of answers) assert.equal(error?.name, "BadLine");
		const sentences = answers.map(({ error }) => error?.sentence ?? "");
		for (const sentence of sentences.slice(0, 10)) assert.match(sentence, /^forward: must be a decimal string: at most 60 digits/);
		assert.deepEqual(sentences.slice(10), [
			"forward: is missing",
			'forward: must be a decimal string, such as "3010.5", not a number',
			'forward: must be a decimal string, such as "3010.5", not null',
		]);
	});

	it("gives back a string or a number that names the line, and says of anything else what it must be", async () => {
		const lines = ['"a\\u0000"', "-0.5", "1e400", "true", "{}", "null"].map((id) => JSON.stringify(GOOD).replace("{", `{"id":${id},`));
		const answers = await price(lines.join("\n"));
		assert.deepEqual(
			answers.map(({ id }) => id),
			["a\u0000", -0.5, undefined, undefined, undefined, undefined],
		);
		for (const { error } of answers.slice(2)) assert.equal(error?.sentence, "id: must be a string or a number");
	});

	it("answers a line while more may come: somebody may wait for it before he writes the next", { timeout: 60_000 }, async () => {
		const [input, output] = [new PassThrough(), new PassThrough()];
		const done = Lines.run(input, output, Quotes.Schema, Quotes.quoteOf, (quotes) => Quotes.answer(chain, quotes));
		for (const id of ["first", "second"]) {
			input.write(`${JSON.stringify({ ...GOOD, id })}\n`);
			const [text] = (await once(output, "data")) as [Buffer];
			assert.equal((JSON.parse(String(text)) as Answer).id, id);
		}
		input.end();
		assert.deepEqual(await done, { lines: 2, errors: 0 });
	});

	it("ends without a word when whoever reads has read enough", { timeout: 120_000 }, async () => {
		const lab = spawn(process.execPath, ["scripts/dev/run.mjs", "scripts/dev/lab.ts", "price"], { cwd: ROOT });
		let complaint = "";
		lab.stderr.on("data", (chunk) => (complaint += String(chunk)));
		lab.stdin.on("error", () => {});
		lab.stdin.end(`${JSON.stringify(GOOD)}\n`.repeat(6000));
		const ended = once(lab, "close");
		await once(lab.stdout, "data");
		lab.stdout.destroy();
		assert.deepEqual(await ended, [0, null]);
		assert.equal(complaint, "");
	});

	it("answers ten thousand lines in their order", async () => {
		const lines = Array.from({ length: 10_000 }, (_, i) => JSON.stringify({ ...GOOD, id: i, strike: String(2000 + (i % 2000)) }));
		const answers = await price(lines.join("\n"));
		assert.deepEqual(
			answers.map(({ id }) => id),
			lines.map((_, i) => i),
		);
		assert.ok(answers.every(({ error }) => error === undefined));
	});

	it("gives one value and delta in both twins, within 2e-13 (F + K) of the exact ones", async () => {
		const random = new Random(20_261_124);
		const lines = Array.from({ length: 400 }, () => {
			const { forward, strike, isPut } = draw(random);
			const volatility = Math.exp(Math.log(0.01) + Math.log(500) * random.next()).toFixed(8);
			return {
				forward: `${forward}e-6`,
				strike: `${strike}e-6`,
				volatility,
				time: (0.001 + 0.9 * random.next()).toFixed(8),
				rate: (0.3 * random.next() - 0.1).toFixed(6),
				kind: isPut ? "put" : "call",
			};
		});
		const answers = await price(lines.map((line) => JSON.stringify(line)).join("\n"));
		for (const [i, line] of lines.entries()) {
			const { typescript, solidity } = answers[i];
			assert.deepEqual(solidity, typescript, JSON.stringify(line));
			const [forward, strike, sigma, time, rate] = [line.forward, line.strike, line.volatility, line.time, line.rate].map(
				Exact.fromDecimal,
			);
			const total = Exact.mul(sigma, Exact.sqrt(time));
			if (total < Exact.ONE / 10_000n || total > 5n * Exact.ONE) continue;
			const exact = Exact.black76({
				forward,
				strike,
				volatility: total,
				discount: Exact.exp(-Exact.mul(rate, time)),
				isPut: line.kind === "put",
			});
			const error = (text: unknown, value: bigint): number => Math.abs(Exact.toDouble(Exact.fromDecimal(text as string) - value));
			// The last 2^-60 is the input's rounding, of a forward below 1 too.
			assert.ok(
				error(typescript.value, exact.value) <= 2e-13 * Exact.toDouble(forward + strike) + 4 / Number(ONE),
				JSON.stringify([line, typescript]),
			);
			assert.ok(
				error(typescript.delta, exact.delta) <= 2e-13 * (1 + Exact.toDouble(Exact.div(strike, forward))) + 1e-13,
				JSON.stringify([line, typescript]),
			);
		}
	});
});

describe("given random points for npm run lab -- twins", () => {
	let chain: LabChain;
	before(async () => {
		chain = await LabChain.start();
	});
	after(() => chain.close());

	it("finds both twins the same, bit for bit", async () => {
		const report = await Twins.compare(chain, 1200, 20_261_126);
		assert.deepEqual([report.points, report.differences, report.first], [1200, 0, []]);
	});

	it("tells every point at which one bit differs, and shows the first", async () => {
		const spoilt = {
			priceOnSurface: async (points: Parameters<LabChain["priceOnSurface"]>[0]) => {
				const values = await chain.priceOnSurface(points);
				return values.map((one, i) => {
					if (i % 100 !== 7) return one;
					const field = (["value", "delta", "volatility"] as const)[Math.floor(i / 100) % 3];
					return { ...one, [field]: one[field] ^ 1n };
				});
			},
		};
		const report = await Twins.compare(spoilt, 700, 3);
		assert.equal(report.differences, 7);
		assert.equal(report.first.length, 5);
		for (const { point, typescript, solidity } of report.first) {
			assert.deepEqual(Twins.valuedAt(point), typescript);
			assert.notDeepEqual(solidity, typescript);
		}
	});
});

const MARKET = {
	time: 1_795_000_000,
	indices: { ETH: { price: "3000", confidence: "0.9" }, BTC: { price: "90000" } },
	expiries: ["ETH", "BTC"].map((underlying) => ({
		underlying,
		day: "2026-12-25",
		forward: underlying === "ETH" ? "3010.5" : "90210.25",
		surface: { a: "0.02", b: "0.05", rho: "-0.3", m: "0", sigma: "0.2" },
		rate: "0.03",
	})),
	cash: "1000",
};
const SHORT_CALL = { underlying: "ETH", day: "2026-12-25", strike: "3000", kind: "call", size: "-1.5" };
const SHORT_FUTURE = { underlying: "ETH", day: "2026-12-25", kind: "future", size: "-2" };
const LONG_PUT = { underlying: "BTC", day: "2026-12-25", strike: "85000", kind: "put", size: "0.125" };

describe("given lines for npm run lab -- margin", () => {
	const bench = new Portfolios.Bench();
	after(() => bench.close());
	const margin = (lines: readonly object[]): Promise<Answer[]> =>
		through(lines.map((line) => JSON.stringify(line)).join("\n"), Portfolios.Schema, Portfolios.prepare, (prepared) =>
			bench.answer(prepared),
		);

	it("names what is wrong with a line", async () => {
		const [expiry] = MARKET.expiries;
		const answers = await margin([
			{ ...MARKET },
			{ ...MARKET, positions: [{ ...SHORT_CALL, strike: "3000.05" }] },
			{ ...MARKET, positions: [{ ...SHORT_CALL, size: "0" }] },
			{ ...MARKET, positions: [], expiries: [{ ...expiry, surface: { ...expiry.surface, rho: "1" } }] },
			{ ...MARKET, positions: [], time: 1_799_000_000 },
			{ ...MARKET, positions: [], expiries: [expiry, expiry] },
			{ ...MARKET, positions: [SHORT_CALL], indices: {} },
			{ ...MARKET, positions: [{ ...SHORT_CALL, day: "2026-12-26" }] },
			{ ...MARKET, positions: [SHORT_CALL, SHORT_CALL] },
			{ ...MARKET, positions: [], parameters: { spotRangeEth: "0.180001" } },
			{ ...MARKET, positions: Array.from({ length: 65 }, (_, i) => ({ ...SHORT_CALL, strike: String(1000 + 25 * i) })) },
		]);
		const names = [
			"BadLine",
			"TooFine",
			"OutOfRange",
			"BadSurface",
			"BadTime",
			"SlotTaken",
			"NoIndex",
			"NoExpiry",
			"Duplicate",
			"TooFine",
			"TooMany",
		];
		assert.deepEqual(
			answers.map(({ error }) => error?.name),
			names,
		);
	});

	it("takes margin apart, the same in both twins: the worst scenario and the charges add up to it", async () => {
		const [none, both] = await margin([
			{ ...MARKET, positions: [] },
			{ ...MARKET, positions: [LONG_PUT, SHORT_FUTURE, SHORT_CALL] },
		]);
		assert.deepEqual(none.typescript, { equity: "1000", initial: "0", maintenance: "0", underlyings: {} });
		for (const answer of [none, both]) assert.deepEqual(answer.solidity, answer.typescript);
		type Parts = Record<string, { mark: string; scenarios: string[]; netShort: string; doubt: string }>;
		const { initial, equity, maintenance, underlyings } = both.typescript as {
			initial: string;
			equity: string;
			maintenance: string;
			underlyings: Parts;
		};
		const micro = (text: string): number => Number((Exact.fromDecimal(text) * 1_000_000n) >> 255n) / 2;
		const parts = Object.values(underlyings);
		const required = parts.map(({ scenarios, netShort, doubt }) => micro(netShort) + micro(doubt) - Math.min(0, ...scenarios.map(micro)));
		assert.equal(Math.round(micro(initial)), Math.round(required[0] + required[1]));
		assert.equal(Math.round(micro(equity)), Math.round(1e9 + micro(parts[0].mark) + micro(parts[1].mark)));
		assert.equal(Math.round(micro(maintenance)), Math.ceil(0.8 * Math.round(micro(initial))));
		// 1 % of 3000 for 1.5 units of options short; half of 3000 for 3.5 units at a tenth missing.
		assert.deepEqual([underlyings.ETH.netShort, underlyings.ETH.doubt, underlyings.BTC.netShort], ["45", "525", "0"]);
	});

	it("runs both twins under the parameters of a line", async () => {
		const parameters = {
			spotRangeEth: "0.2",
			spotRangeBtc: "0.1",
			volatilityUp: "0.45",
			netShortRate: "0.02",
			confidenceRate: "0.25",
			maintenanceRate: "0.7",
		};
		const [standard, other] = await margin([
			{ ...MARKET, positions: [SHORT_CALL] },
			{ ...MARKET, positions: [SHORT_CALL], parameters },
		]);
		assert.deepEqual(other.solidity, other.typescript);
		const parts = other.typescript.underlyings as Record<string, { netShort: string; doubt: string }>;
		assert.deepEqual([parts.ETH.netShort, parts.ETH.doubt], ["90", "112.5"]);
		assert.equal(other.typescript.equity, standard.typescript.equity);
		assert.notEqual(other.typescript.initial, standard.typescript.initial);
	});

	it("does not take the name of a constant that is not there", () => {
		assert.throws(() => withSettings("export const OTHER = 1;", { volatilityUp: 1 }), /VOLATILITY_UP/);
	});
});
