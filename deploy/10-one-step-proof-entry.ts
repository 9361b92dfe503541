import { step } from "./Step.ts";

/** One contract would be larger than a chain allows: the entry hands a step to the family that executes it. */
export const oneStepProofEntry = step({
	name: "OneStepProofEntry",
	dependencies: ["Inbox", "SequencerInbox", "TradingFamily", "AccountFamily", "MarketFamily"],
	arguments: (at) => [at.Inbox, at.SequencerInbox, at.TradingFamily, at.AccountFamily, at.MarketFamily],
});
