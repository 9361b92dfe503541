// Gas and proof bytes of the machine on chain, held against snapshots/gas/machine.json, from which docs/gas.md is made. STRIKEPROOF_UPDATE_GAS=1 writes what is measured.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { GAS_SNAPSHOT } from "../../scripts/checks/gas.ts";
import type { MachineGas } from "../../scripts/checks/gas.ts";
import { ROOT, read } from "../../scripts/checks/files.ts";
import { LabChain } from "../../scripts/dev/lab/LabChain.ts";
import * as Portfolios from "../../scripts/dev/lab/Portfolios.ts";
import * as Quotes from "../../scripts/dev/lab/Quotes.ts";
import { Evm } from "../../scripts/dev/lockstep/Evm.ts";
import { STEP_KINDS, kindOf } from "../../scripts/dev/lockstep/Referee.ts";
import { worstCases } from "../../scripts/dev/lockstep/WorstCases.ts";
import { MAX_POSITIONS } from "../../src/machine/Constants.ts";
import * as Margin from "../../src/machine/risk/Margin.ts";
import * as Parameters from "../../src/machine/risk/Parameters.ts";

const MAX_GAS = 10_000_000;
const MAX_PROOF_BYTES = 100_000;
/** Of an account of 64 positions in one market's eight expiries, without opening its cells. */
const MAX_MARGIN_GAS = 2_500_000;
/** In the innermost loop: one series in one scenario. */
const MAX_VALUATION_GAS = 1000;
/** So much may differ before the snapshot is made anew. */
const TOLERANCE = 0.01;
const UPDATE = process.env.STRIKEPROOF_UPDATE_GAS === "1";

/** An ETH option every strike, in turn call and put, over so many expiries, in turn short and long. */
function portfolio(positions: number, expiries: number): Portfolios.Prepared {
	const time = 1_795_000_000;
	const day = (i: number): string => new Date((time + (i + 2) * 7 * 86_400) * 1000).toISOString().slice(0, 10);
	const surface = { a: "0.02", b: "0.05", rho: "-0.3", m: "0", sigma: "0.2" };
	return Portfolios.prepare(
		Portfolios.Schema.parse({
			time,
			indices: { ETH: { price: "3000" } },
			expiries: Array.from({ length: expiries }, (_, i) => ({ underlying: "ETH", day: day(i), forward: "3010.5", surface, rate: "0.03" })),
			positions: Array.from({ length: positions }, (_, i) => ({
				underlying: "ETH",
				day: day(Math.floor((i * expiries) / positions)),
				strike: String(2000 + 25 * i),
				kind: i % 2 === 0 ? "call" : "put",
				size: i % 3 === 0 ? "-1.5" : "1",
			})),
		}),
	);
}

describe("given what steps take on chain", () => {
	const measured: MachineGas = { steps: {}, margins: {}, position: 0, valuation: 0 };
	let evm: Evm;
	let chain: LabChain;

	before(async () => {
		[evm, chain] = [await Evm.start(), await LabChain.start()];
	});
	after(async () => {
		await evm.close();
		await chain.close();
	});

	const cases = worstCases();
	for (const { name, recorded } of cases) {
		it(`proves "${name}" at its worst within the budget of a step`, async () => {
			const [trace] = await evm.run([recorded.evm]);
			assert.equal(trace?.error, undefined);
			assert.equal(trace.commitment, recorded.commitment);
			const proofBytes = recorded.evm.proof.length;
			measured.steps[name] = { kind: kindOf(recorded.input), gas: trace.gasUsed, proofBytes };
			assert.ok(trace.gasUsed <= MAX_GAS, `${trace.gasUsed} gas`);
			assert.ok(proofBytes <= MAX_PROOF_BYTES, `${proofBytes} bytes`);
		});
	}

	it("has a worst case of every kind of step", () => {
		const kinds = new Set(cases.map(({ recorded }) => kindOf(recorded.input)));
		assert.deepEqual(
			STEP_KINDS.filter((kind) => !kinds.has(kind)),
			[],
		);
	});

	it("assesses an account of 64 positions in 33 scenarios for 2,500,000 gas, a valuation for 1,000", async () => {
		const gasOf = (positions: number, expiries: number): ReturnType<LabChain["gasOfMargin"]> =>
			chain.gasOfMargin(Portfolios.portfolioOf({ Margin }, portfolio(positions, expiries)));
		measured.margins[`${MAX_POSITIONS} positions in 8 expiries`] = await gasOf(MAX_POSITIONS, 8);
		measured.margins[`${MAX_POSITIONS} positions in one expiry`] = await gasOf(MAX_POSITIONS, 1);
		measured.margins[`${MAX_POSITIONS / 2} positions in one expiry`] = await gasOf(MAX_POSITIONS / 2, 1);
		const [spread, full, half] = Object.values(measured.margins);
		measured.position = (full.assessment - half.assessment) / (MAX_POSITIONS / 2);
		assert.ok(spread.assessment <= MAX_MARGIN_GAS, `${spread.assessment} gas`);
		const fields = { forward: "3010.5", strike: "3000", volatility: "0.6", time: "0.1", rate: "0.03", kind: "put" } as const;
		const quote = Quotes.quoteOf(fields);
		const [many, one] = [await chain.gasOfLoop(quote, Parameters.SCENARIOS), await chain.gasOfLoop(quote, 1)];
		measured.valuation = Math.round((many - one) / (Parameters.SCENARIOS - 1));
		assert.ok(measured.valuation <= MAX_VALUATION_GAS, `${measured.valuation} gas a valuation`);
	});

	it("takes what snapshots/gas/machine.json says", () => {
		if (UPDATE) {
			const path = join(ROOT, GAS_SNAPSHOT);
			mkdirSync(dirname(path), { recursive: true });
			writeFileSync(path, `${JSON.stringify(measured, null, "\t")}\n`);
		}
		const committed = JSON.parse(read(GAS_SNAPSHOT)) as MachineGas;
		assert.deepEqual(Object.keys(measured.steps), Object.keys(committed.steps));
		const near = (name: string, now: number, before: number): void =>
			assert.ok(
				Math.abs(now - before) <= TOLERANCE * before,
				`${name}: ${now}, committed ${before}; run it with STRIKEPROOF_UPDATE_GAS=1 if that is meant`,
			);
		for (const [name, { gas, proofBytes }] of Object.entries(measured.steps)) {
			near(`${name}, gas`, gas, committed.steps[name].gas);
			near(`${name}, bytes`, proofBytes, committed.steps[name].proofBytes);
		}
		for (const [name, { opening, assessment }] of Object.entries(measured.margins)) {
			near(`opening ${name}`, opening, committed.margins[name].opening);
			near(`assessing ${name}`, assessment, committed.margins[name].assessment);
		}
		near("a position", measured.position, committed.position);
		near("a valuation", measured.valuation, committed.valuation);
	});
});
