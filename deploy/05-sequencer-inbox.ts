import { step } from "./Step.ts";

export const sequencerInbox = step({
	name: "SequencerInbox",
	dependencies: ["Inbox", "StakeRegistry"],
	arguments: (at, { parameters }) => {
		const { forceDelaySeconds, lateAfterSeconds, replenishSeconds } = parameters;
		return [at.Inbox, at.StakeRegistry, forceDelaySeconds, lateAfterSeconds, replenishSeconds];
	},
});
