import { strikeGrid } from "../../machine/Constants.ts";
import * as rules from "./rules.ts";
import type { View } from "./view.ts";

export type Action =
	| { readonly type: "list"; readonly underlying: number; readonly day: number; readonly strike: number }
	| { readonly type: "settle"; readonly account: number }
	| { readonly type: "liquidate"; readonly account: number }
	| { readonly type: "collect" }
	| { readonly type: "forceInclude"; readonly l1End: number };

/** Strikes stand this many grid steps apart near the money: 2.5 % of ETH's and 2.8 % of BTC's present index. */
const GRID_STEPS: readonly number[] = [2, 4];

/** Everything that anybody may do and nobody must: pure. */
export function decide(view: View): Action[] {
	const actions: Action[] = [];
	const strikesOf = (underlying: number, day: number): readonly number[] | undefined =>
		view.listed.find((listed) => listed.underlying === underlying && listed.day === day)?.strikes;
	for (const [underlying, centre] of view.indexTicks.entries()) {
		for (const day of view.days) {
			if (!rules.isListable(day, view.now)) continue;
			const strikes = strikesOf(underlying, day);
			if (strikes === undefined) actions.push({ type: "list", underlying, day, strike: 0 });
			// Strikes are added around the first index once: a moving index finds its own strikes listed by whoever wants them.
			else if (strikes.length === 0 && centre !== undefined) {
				const step = strikeGrid(underlying) * GRID_STEPS[underlying];
				for (let i = -view.strikesPerSide; i <= view.strikesPerSide; i++)
					actions.push({ type: "list", underlying, day, strike: centre + i * step });
			}
		}
	}
	for (const account of view.unsettled) actions.push({ type: "settle", account });
	for (const account of view.distressed) actions.push({ type: "liquidate", account });
	if (view.fees >= rules.FEES_WORTH_COLLECTING) actions.push({ type: "collect" });
	if (view.waiting && rules.isOverdue(view.waiting)) actions.push({ type: "forceInclude", l1End: view.waiting.l1End });
	return actions;
}
