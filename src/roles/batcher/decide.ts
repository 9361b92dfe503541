import type { BatchProposal } from "../../ports/Orderer.ts";
import * as rules from "./rules.ts";
import type { View } from "./view.ts";

/** The batch to ask the committee's signatures for, or undefined when it is not time. */
export function decide(view: View): BatchProposal | undefined {
	const { cut } = view;
	if (!cut) return undefined;
	const maxTime = Math.max(cut.clock, view.lastMaxTime);
	if (!rules.endsInTime(maxTime, view.l1Time)) return undefined;
	return {
		index: view.index,
		previousAccumulator: view.previousAccumulator,
		minTime: view.lastMaxTime,
		maxTime,
		l1End: cut.l1End,
		fromHeight: cut.fromHeight,
		toHeight: cut.toHeight,
	};
}
