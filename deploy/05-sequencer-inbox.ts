import { step } from "./Step.ts";

export const sequencerInbox = step({
	name: "SequencerInbox",
	dependencies: ["Inbox", "StakeRegistry"],
	arguments: (at, { parameters }) => [at.Inbox, at.StakeRegistry, parameters.forceDelaySeconds],
});
