import { step } from "./Step.ts";

export const slashingEvidence = step({
	name: "SlashingEvidence",
	dependencies: ["StakeRegistry", "SequencerInbox"],
	arguments: (at) => [at.StakeRegistry, at.SequencerInbox],
});
