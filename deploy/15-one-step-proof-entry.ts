import { step } from "./Step.ts";

/** One contract would be larger than a chain allows: the entry hands a step to the family that executes it. */
export const oneStepProofEntry = step({
	name: "OneStepProofEntry",
	dependencies: [
		"Inbox",
		"SequencerInbox",
		"PlacingFamily",
		"MatchingFamily",
		"ProbingFamily",
		"AccountFamily",
		"ControlFamily",
		"LiquidationFamily",
		"BlockFamily",
		"MarketFamily",
	],
	arguments: (at) => [
		at.Inbox,
		at.SequencerInbox,
		at.PlacingFamily,
		at.MatchingFamily,
		at.ProbingFamily,
		at.AccountFamily,
		at.ControlFamily,
		at.LiquidationFamily,
		at.BlockFamily,
		at.MarketFamily,
	],
});
