// Margin of positions that nobody holds, and the scenarios behind a margin: the machine's own functions, asked about another account.

import { lotsPerUnit, MAX_POSITIONS, MAX_POSITION_LOTS } from "../machine/Constants.ts";
import * as Margin from "../machine/risk/Margin.ts";
import * as Parameters from "../machine/risk/Parameters.ts";
import * as Scenarios from "../machine/risk/Scenarios.ts";
import * as Valuations from "../machine/risk/Valuations.ts";
import * as State from "../machine/state/State.ts";
import * as Accounts from "../machine/types/Account.ts";
import type { Account, Position } from "../machine/types/Account.ts";
import * as Series from "../machine/types/Series.ts";

/** Micro-USDC that the positions of one underlying gain in each scenario, undamped; `worst` is the one that decides, damped. */
export type Risk = {
	readonly underlying: number;
	readonly changes: readonly number[];
	readonly worst: number;
	readonly contingencies: number;
};

export type Portfolio = {
	readonly positions: readonly Position[];
	readonly assessment: Margin.Assessment;
	readonly risks: readonly Risk[];
};

/** Why there is no answer. */
export type Unanswerable = { readonly unanswerable: "too_many_positions" | "position_too_large" | "no_price"; readonly series: number };

/**
 * The portfolio of an account, or of nobody when it is undefined, with micro-USDC and signed lots by series added. Series must be listed. Requires nothing
 * of the account's margin: what may not be held can be asked about.
 */
export function simulate(
	state: State.Body,
	account: Readonly<Account> | undefined,
	cash: number,
	added: ReadonlyMap<number, number>,
): Portfolio | Unanswerable {
	const sizes = new Map((account?.positions ?? []).map(({ series, size }) => [series, size]));
	for (const [series, size] of added) sizes.set(series, (sizes.get(series) ?? 0) + size);
	const positions: Position[] = [];
	for (const [series, size] of [...sizes].sort(([a], [b]) => a - b)) {
		if (Math.abs(size) > MAX_POSITION_LOTS) return { unanswerable: "position_too_large", series };
		if (State.expiry(state, Series.expirySlotOf(series)).forward === 0) return { unanswerable: "no_price", series };
		if (size !== 0) positions.push({ series, size });
	}
	if (positions.length > MAX_POSITIONS) return { unanswerable: "too_many_positions", series: positions[MAX_POSITIONS].series };
	const asked = { ...(account ?? Accounts.empty()), cash: (account?.cash ?? 0) + cash, positions };
	return { positions, assessment: Margin.assess(state, asked), risks: risksOf(state, positions) };
}

/** The scenarios of each underlying in which there are positions. */
export function risksOf(state: State.Body, positions: readonly Position[]): Risk[] {
	const underlyings = [...new Set(positions.map(({ series }) => Series.underlyingOf(series)))];
	return underlyings.map((underlying) =>
		riskOf(
			state,
			underlying,
			positions.filter(({ series }) => Series.underlyingOf(series) === underlying),
		),
	);
}

function riskOf(state: State.Body, underlying: number, positions: readonly Position[]): Risk {
	const lots = lotsPerUnit(underlying);
	const highs = new Array<number>(Parameters.SCENARIOS).fill(0);
	const lows = new Array<number>(Parameters.SCENARIOS).fill(0);
	for (const { series, size } of positions) {
		const { high, low } = Valuations.of(state, series, State.expiry(state, Series.expirySlotOf(series)));
		for (let scenario = 0; scenario < Parameters.SCENARIOS; scenario++) {
			highs[scenario] += size * high[scenario];
			lows[scenario] += size * low[scenario];
		}
	}
	const changes = highs.map((high, scenario) => Margin.quotient(high, lows[scenario], lots));
	const worst = Math.min(0, ...changes.map((change, scenario) => Margin.damped(scenario, change)));
	// What the margin asks for beyond the worst scenario.
	const { initial } = Margin.assess(state, { ...Accounts.empty(), positions: [...positions] });
	return { underlying, changes, worst, contingencies: initial + worst };
}

/** The moves of a scenario: of the spot as a part of it, and of volatility by name. */
export function scenarioOf(underlying: number, scenario: number): { spot: number; volatility: "down" | "same" | "up"; isTail: boolean } {
	const tail = scenario - (Parameters.SCENARIOS - Parameters.TAILS);
	const spot = tail < 0 ? scenario % Parameters.SPOT_STEPS : Parameters.SPOT_STEPS + tail;
	const step = tail < 0 ? Math.floor(scenario / Parameters.SPOT_STEPS) : 2;
	const factor = Scenarios.spotFactor(underlying, spot);
	return { spot: (factor - 1_000_000) / 1_000_000, volatility: (["down", "same", "up"] as const)[step], isTail: tail >= 0 };
}
