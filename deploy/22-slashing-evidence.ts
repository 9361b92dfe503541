import { step } from "./Step.ts";

export const slashingEvidence = step({
	name: "SlashingEvidence",
	dependencies: ["StakeRegistry", "SequencerInbox", "AssertionChain"],
	arguments: (at, { domainSeparator }) => [at.StakeRegistry, at.SequencerInbox, at.AssertionChain, domainSeparator],
});
