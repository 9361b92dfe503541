// npm run lab -- derive --data FILE: the portfolios that Derive published with its portfolio manager (PMRM, first version), through this machine's margin engine under
// their parameters. Where the two models are one, the figures must be theirs; where they differ, each difference is a term with a reason, computed from this engine's
// own scenario values, and the terms must lead from our margin to theirs without a rest.

import { z } from "zod";
import { SETTLEMENT_WINDOW_SECONDS } from "../../../src/machine/Constants.ts";
import { ONE } from "../../../src/machine/math/FixedPoint.ts";
import * as State from "../../../src/machine/state/State.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import type { MarginReport } from "./LabChain.ts";
import * as Portfolios from "./Portfolios.ts";
import type { Prepared } from "./Portfolios.ts";
import type { Twin } from "./Variants.ts";

const numbers = z.array(z.number());
/** A case as it is published; money, prices, sizes and confidences times 1e18. Its keys are theirs. */
const Case = z.object({
	Scenario: z.object({
		OptionExpiries: numbers,
		OptionStrikes: numbers,
		OptionIsCall: numbers,
		OptionAmounts: numbers,
		OptionVolConfidences: numbers,
		SVIparams: numbers,
		Cash: z.number(),
		Perps: z.number(),
		Base: z.number(),
		SpotPrice: z.number(),
		SpotConfidence: z.number(),
		PerpPrice: z.number(),
		Forwards: numbers,
		ForwardConfidences: numbers,
		Rates: numbers,
		RateConfidences: numbers,
		StablePrice: z.number(),
		UnrealisedPerpPNL: z.number(),
		UnrealisedFunding: z.number(),
		VolShockUp: numbers,
		VolShockDown: numbers,
		ForwardsFixed: numbers,
		ForwardsVariable: numbers,
	}),
	Result: z.object({
		PerpContingency: z.number(),
		BaseContingency: z.number(),
		OptionContingency: z.number(),
		ForwardContingency: z.number(),
		OracleContingency: z.number(),
		MinSpan: z.number(),
		PortfolioMTM: z.number(),
		InitialMarginHand: z.number(),
		MaintenanceMarginHand: z.number(),
	}),
});
const Cases = z.record(z.string(), Case);
type Published = z.infer<typeof Case>;
type Line = z.input<typeof Portfolios.Schema>;

/** What this machine's parameters are set to. A quarter of the range is their spot step, 5 %; their maintenance margin is the whole of what the scenarios lose. */
const RANGE = 0.2;
const PARAMETERS = {
	volatilityUp: "0.45",
	volatilityDown: "0.3",
	netShortRate: "0.01",
	confidenceRate: "0.5",
	maintenanceRate: "1",
};
/** Spot steps of ours that are theirs: -15 % .. 15 %, not the ends of the range. Theirs have all three volatilities. */
const SHARED = Array.from({ length: 27 }, (_, scenario) => scenario).filter((scenario) => scenario % 9 > 0 && scenario % 9 < 8);
/** Scenarios of a spot 5 % lower and higher under unmoved volatility. */
const [DOWN, UP] = [12, 14];
/** Rules that only their model has, with the values it was deployed with. */
const HAIRCUT = { base: 0.95, rateFactor: 4, rateAddend: 0.05 };
const BASIS = { addend: 0.25, perYear: 0.01 };
const LOSS = { factor: 1.3, pegThreshold: 0.98, pegFactor: 2 };
const CONFIDENCE = { threshold: 0.6, rate: 0.5 };
const HELD_RATE = 0.02;
const NAKED_RATE = 0.01;

const YEAR = 31_536_000;
const DAY = 86_400;
/** A day whose 08:00 UTC is the first expiry of a line; perpetuals and coins are futures of days beyond every option's. */
const FIRST_DAY = 20_800;
const [PERPETUAL_DAY, COIN_DAY] = [FIRST_DAY + 300, FIRST_DAY + 301];

/** Options of one expiry, by their places in the case. `share` of the forward is not fixed yet; `quoted` is the forward by which strikes are placed on the surface. */
type Expiry = {
	readonly seconds: number;
	readonly options: readonly number[];
	readonly forward: number;
	readonly share: number;
	readonly quoted: number;
};

const unit = (value: number): number => value / 1e18;
const micro = (value: number): string => value.toFixed(6);
const nano = (value: number): string => value.toFixed(9);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const dayText = (day: number): string => new Date(day * DAY * 1000).toISOString().slice(0, 10);

function expiriesOf({ Scenario: s }: Published): Expiry[] {
	const groups = Map.groupBy(s.OptionExpiries.keys(), (i) => s.OptionExpiries[i]);
	return [...groups.entries()]
		.sort(([a], [b]) => a - b)
		.map(([seconds, options]) => {
			const [fixed, variable] = [unit(s.ForwardsFixed[options[0]]), unit(s.ForwardsVariable[options[0]])];
			return { seconds, options, forward: fixed + variable, share: variable / (fixed + variable), quoted: unit(s.Forwards[options[0]]) };
		});
}

/** What of the forward moves in their model, as a part of what moves in this machine. */
function movingShareOf(expiry: Expiry | undefined): number {
	return expiry ? (expiry.share * SETTLEMENT_WINDOW_SECONDS) / Math.min(expiry.seconds, SETTLEMENT_WINDOW_SECONDS) : 1;
}

/** A line of `lab margin`: the options of these expiries, which must be whole days apart, and perhaps what the case holds beside options. */
function lineOf({ Scenario: s }: Published, expiries: readonly Expiry[], beside: boolean): Line {
	const [first] = expiries;
	const day = (seconds: number): string => dayText(FIRST_DAY + (seconds - (first?.seconds ?? 0)) / DAY);
	const [a, b, rho, m, sigma] = s.SVIparams;
	const line: Line & { expiries: object[]; positions: object[] } = {
		time: FIRST_DAY * DAY + 8 * 3600 - (first?.seconds ?? DAY),
		indices: { ETH: { price: micro(unit(s.SpotPrice)), confidence: micro(unit(s.SpotConfidence)) } },
		expiries: [],
		positions: [],
		cash: beside ? micro(unit(s.Cash + s.UnrealisedPerpPNL + s.UnrealisedFunding) - unit(s.Perps) * unit(s.PerpPrice)) : "0",
		// Of a forward that is partly fixed only the rest moves. Theirs says what is fixed, this machine reckons it by the seconds of the window that are left: the range makes up for the difference.
		parameters: { ...PARAMETERS, spotRangeEth: micro(4e-6 * Math.round((RANGE * movingShareOf(first)) / 4e-6)) },
	};
	for (const { seconds, options, forward, quoted } of expiries) {
		const years = seconds / YEAR;
		const confidences = options.flatMap((i) => [s.OptionVolConfidences[i], s.ForwardConfidences[i], s.RateConfidences[i]]);
		line.expiries.push({
			underlying: "ETH",
			day: day(seconds),
			forward: micro(forward),
			// Their surface is variance a year, ours is total variance. Their values are not discounted, so the rate is 0 here and enters their haircut only.
			surface: { a: nano(a * years), b: nano(b * years), rho: nano(rho), m: nano(m - Math.log(forward / quoted)), sigma: nano(sigma) },
			confidence: micro(unit(Math.min(...confidences))),
		});
		for (const i of options)
			line.positions.push({
				underlying: "ETH",
				day: day(seconds),
				strike: String(unit(s.OptionStrikes[i])),
				kind: s.OptionIsCall[i] === 1 ? "call" : "put",
				size: String(unit(s.OptionAmounts[i])),
			});
	}
	const futures = [
		{ at: PERPETUAL_DAY, size: unit(s.Perps), forward: unit(s.PerpPrice) },
		{ at: COIN_DAY, size: unit(s.Base), forward: unit(s.SpotPrice) / unit(s.StablePrice) },
	];
	for (const { at, size, forward } of futures) {
		if (!beside || size === 0) continue;
		const surface = { a: "0.01", b: "0", rho: "0", m: "0", sigma: "0.1" };
		line.expiries.push({ underlying: "ETH", day: dayText(at), forward: micro(forward), surface });
		line.positions.push({ underlying: "ETH", day: dayText(at), kind: "future", size: String(size) });
	}
	return line;
}

/** Portfolios as lines: the case's expiries together wherever one line can hold them, and each alone, as their rules by expiry need them. */
type Prepares = { readonly name: string; readonly published: Published; readonly together: Prepared[]; readonly alone: Prepared[] };

/** Throws a ZodError when the text is not of that form, and LineError when the machine cannot hold a case. */
function prepare(text: string): Prepares[] {
	return Object.entries(Cases.parse(JSON.parse(text))).map(([name, published]) => {
		const expiries = expiriesOf(published);
		const groups = [...Map.groupBy(expiries, ({ seconds, share }) => `${seconds % DAY} ${micro(share)}`).values()];
		// What is held beside options moves by the whole range, so it goes with expiries that do.
		groups.sort((a, b) => b[0].share - a[0].share);
		if (groups.length === 0 || groups[0][0].share < 1) groups.unshift([]);
		const ready = (line: Line): Prepared => Portfolios.prepare(Portfolios.Schema.parse(line));
		return {
			name,
			published,
			together: groups.map((group, i) => ready(lineOf(published, group, i === 0))),
			alone: expiries.map((expiry) => ready(lineOf(published, [expiry], false))),
		};
	});
}

/** A figure of theirs, and what this engine makes of the same. */
export type Figure = { readonly name: string; readonly theirs: number; readonly ours: number };
/** A step from our margin to theirs, in USDC: what an account has above its margin changes by so much. */
export type Term = { readonly name: string; readonly amount: number; readonly why: string };
export type Comparison = {
	readonly name: string;
	readonly figures: readonly Figure[];
	/** What the account has above our initial margin; the terms that lead to what it has above their maintenance margin, then above their initial margin. */
	readonly excess: number;
	readonly maintenanceTerms: readonly Term[];
	readonly initialTerms: readonly Term[];
	/** USDC: how far figures may be apart for no other reason than the places that this machine's surfaces and parameters have. */
	readonly bound: number;
	readonly holds: boolean;
};

/** The factors of volatility of a line's first expiry, as the engine moves it. */
function shocksOf({ Scenarios }: Twin, { state }: Prepared): { up: number; down: number } {
	const expiry = State.expiry(state, Series.slotOf(0, FIRST_DAY));
	const { up, down } = Scenarios.shocksOf(expiry, Scenarios.spotMoves(0, SETTLEMENT_WINDOW_SECONDS));
	return { up: Number(up) / Number(ONE), down: Number(down) / Number(ONE) };
}

/** Options short that no option of the same strike and expiry covers, as their model counts them. */
function nakedOf({ Scenario: s }: Published): number {
	const strikes = Map.groupBy(s.OptionStrikes.keys(), (i) => `${s.OptionExpiries[i]} ${s.OptionStrikes[i]}`);
	return sum([...strikes.values()].map((places) => Math.max(0, -sum(places.map((i) => unit(s.OptionAmounts[i]))))));
}

/** What they charge for prices of too little confidence. */
function doubtOf({ Scenario: s }: Published, expiries: readonly Expiry[]): number {
	const charge = (confidence: number, count: number): number =>
		confidence < CONFIDENCE.threshold ? (1 - confidence) * CONFIDENCE.rate * count * unit(s.SpotPrice) : 0;
	const spot = unit(s.SpotConfidence);
	return (
		charge(spot, Math.abs(unit(s.Perps)) + unit(s.Base)) +
		sum(
			expiries.map(({ options }) => {
				const all = options.flatMap((i) => [s.OptionVolConfidences[i], s.ForwardConfidences[i], s.RateConfidences[i]].map(unit));
				return charge(Math.min(spot, ...all), sum(options.map((i) => Math.abs(unit(s.OptionAmounts[i])))));
			}),
		)
	);
}

/** Reports of lines by one twin, in their order, and the text of the TypeScript twin that goes with each. */
export type Engine = (lines: readonly Prepared[]) => Promise<{ readonly reports: MarginReport[]; readonly twins: readonly Twin[] }>;

/** Every case through an engine. */
export async function compareAll(text: string, engine: Engine): Promise<Comparison[]> {
	const cases = prepare(text);
	const { reports, twins } = await engine(cases.flatMap(({ together, alone }) => [...together, ...alone]));
	let at = 0;
	return cases.map((one) => {
		const [first, middle] = [at, at + one.together.length];
		at = middle + one.alone.length;
		return compare(one, reports.slice(first, middle), reports.slice(middle, at), twins.slice(middle, at));
	});
}

/** A comparison for the reader: their figure, ours, and the way from our margin to theirs. */
export function shown({ name, figures, excess, maintenanceTerms, initialTerms, bound, holds }: Comparison): string {
	const cell = (value: number): string => value.toFixed(6).padStart(16);
	const row = ({ name: what, theirs, ours }: Figure): string =>
		`  ${what.padEnd(28)}${cell(theirs)}${cell(ours)}${(ours - theirs).toExponential(1).padStart(10)}`;
	const terms = (list: readonly Term[]): string[] =>
		list
			.filter(({ amount }) => Math.abs(amount) > bound)
			.map((term) => `  ${`+ ${term.name}`.padEnd(28)}${" ".repeat(16)}${cell(term.amount)}  ${term.why}`);
	const figure = (what: string): Figure => figures.find((one) => one.name === what) as Figure;
	const [maintenance, initial] = [figure("maintenance margin"), figure("initial margin")];
	return [
		`${name}: ${holds ? "reproduced" : "NOT REPRODUCED"} within ${bound.toExponential(1)} USDC`,
		`  ${"".padEnd(28)}${"theirs".padStart(16)}${"ours".padStart(16)}${"rest".padStart(10)}`,
		...figures.filter((one) => one !== maintenance && one !== initial).map(row),
		`  ${"above our initial margin".padEnd(28)}${" ".repeat(16)}${cell(excess)}`,
		...terms(maintenanceTerms),
		row(maintenance),
		...terms(initialTerms),
		row(initial),
	].join("\n");
}

/** The comparison of a case. `together` and `alone` are what the engine reports of its lines, of which one twin's text is `twins` by line. */
function compare(
	{ name, published, alone: lines }: Prepares,
	together: readonly MarginReport[],
	alone: readonly MarginReport[],
	twins: readonly Twin[],
): Comparison {
	const { Scenario: s, Result: r } = published;
	const expiries = expiriesOf(published);
	const usdc = (value: number): number => value / 1e6;
	const parts = together.map(({ parts: [eth] }) => eth);
	const changes = parts[0].changes.map((_, scenario) => usdc(sum(parts.map((part) => part.changes[scenario]))));
	const equity = usdc(sum(together.map((report) => report.equity)));
	const [netShort, doubt] = [usdc(sum(parts.map((part) => part.netShort))), usdc(sum(parts.map((part) => part.doubt)))];
	const marks = alone.map((report) => usdc(report.parts[0].mark));
	const moved = (i: number, scenario: number): number => usdc(alone[i].parts[0].changes[scenario]);
	const worst = Math.min(0, ...changes);
	const shared = Math.min(...SHARED.map((scenario) => changes[scenario]));

	// They count less of what an expiry is worth in a scenario, where it is worth something.
	const haircuts = expiries.map(({ seconds, options }) => {
		const rate = HAIRCUT.rateFactor * unit(s.Rates[options[0]]) + HAIRCUT.rateAddend;
		return 1 - HAIRCUT.base * Math.exp((-rate * seconds) / YEAR);
	});
	const cut = (scenario: number): number =>
		changes[scenario] - sum(haircuts.map((haircut, i) => haircut * Math.max(0, marks[i] + moved(i, scenario))));
	const span = Math.min(...SHARED.map(cut));
	const basis = sum(
		expiries.map(({ seconds }, i) => Math.min(0, moved(i, DOWN), moved(i, UP)) * (BASIS.addend + (BASIS.perYear * seconds) / YEAR)),
	);
	const naked = nakedOf(published) * NAKED_RATE * unit(s.SpotPrice);
	const held = (Math.abs(unit(s.Perps)) + unit(s.Base)) * HELD_RATE * unit(s.SpotPrice);
	const loss = Math.min(span, basis) - naked - held;
	const factor = LOSS.factor + Math.max(0, LOSS.pegThreshold - unit(s.StablePrice)) * LOSS.pegFactor;
	const theirDoubt = doubtOf(published, expiries);

	const excess = equity + worst - netShort - doubt;
	const maintenanceTerms: Term[] = [
		{ name: "scenarios", amount: shared - worst, why: "ours go on to 20 % and to damped tails of 40 %, 60 % and 80 %" },
		{
			name: "haircut",
			amount: span - shared,
			why: "they count 95 % of an expiry's value in a scenario, discounted by four times the rate and 5 %",
		},
		{
			name: "basis",
			amount: Math.min(0, basis - span),
			why: "they let each expiry move alone by 5 %, at a quarter of its loss and 1 % a year",
		},
		{
			name: "netting",
			amount: netShort - naked,
			why: "they net options of one strike, of either kind; we net those of one kind, of any strike",
		},
		{ name: "held", amount: -held, why: "they charge 2 % of what is held in perpetuals and coins; here those are futures" },
		{ name: "doubt", amount: doubt, why: "their maintenance margin does not ask how confident prices are" },
	];
	const initialTerms: Term[] = [
		{
			name: "factor",
			amount: (factor - 1) * loss,
			why: "their initial margin is 1.3 times the loss, and more when the stable coin is below 0.98",
		},
		{
			name: "confidence",
			amount: -theirDoubt,
			why: "they charge for missing confidence from below 60 % on; we charge for all that is missing",
		},
	];
	const maintenance = excess + sum(maintenanceTerms.map(({ amount }) => amount));
	const initial = maintenance + sum(initialTerms.map(({ amount }) => amount));

	const figures: Figure[] = [
		{ name: "value of the portfolio", theirs: unit(r.PortfolioMTM), ours: equity },
		{ name: "worst scenario", theirs: unit(r.MinSpan), ours: span },
		{ name: "forward contingency", theirs: unit(r.ForwardContingency), ours: basis },
		{ name: "option contingency", theirs: unit(r.OptionContingency), ours: -naked },
		{ name: "held contingency", theirs: unit(r.PerpContingency + r.BaseContingency), ours: -held },
		{ name: "oracle contingency", theirs: unit(r.OracleContingency), ours: -theirDoubt },
		{ name: "maintenance margin", theirs: unit(r.MaintenanceMarginHand), ours: maintenance },
		{ name: "initial margin", theirs: unit(r.InitialMarginHand), ours: initial },
	];
	for (const [i, { options }] of expiries.entries()) {
		const { up, down } = shocksOf(twins[i], lines[i]);
		figures.push({ name: `volatility up, expiry ${i + 1}`, theirs: s.VolShockUp[options[0]], ours: up });
		figures.push({ name: `volatility down, expiry ${i + 1}`, theirs: s.VolShockDown[options[0]], ours: down });
	}
	const bound = boundOf(published, expiries);
	return {
		name,
		figures,
		excess,
		maintenanceTerms,
		initialTerms,
		bound,
		holds: figures.every((one) => Math.abs(one.theirs - one.ours) <= bound),
	};
}

/** USDC. Surfaces here have nine places and ranges are multiples of 4e-6: an option's value follows its total variance by forward * density / (2 volatility), and a partly fixed forward its range. */
function boundOf({ Scenario: s }: Published, expiries: readonly Expiry[]): number {
	const byExpiry = expiries.map(({ seconds, options, forward, share }) => {
		const volatility = Math.sqrt((s.SVIparams[0] * seconds) / YEAR);
		const surface = (forward * 0.4 * 3e-9) / (2 * volatility);
		const range = share < 1 ? forward * 3e-6 : 0;
		return sum(options.map((i) => Math.abs(unit(s.OptionAmounts[i])))) * (surface + range + 2e-6);
	});
	return LOSS.factor * 1.2 * (sum(byExpiry) + 1e-5);
}
