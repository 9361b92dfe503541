import { step } from "./Step.ts";

/** The deployer stakes for the whole committee. */
export const stakeRegistry = step({
	name: "StakeRegistry",
	dependencies: ["SlashingEvidence", "Timelock"],
	arguments: (at, { committee, parameters }) => [
		at.SlashingEvidence,
		at.Timelock,
		parameters.unbondingSeconds,
		parameters.epochSeconds,
		committee,
	],
	value: ({ committee, parameters }) => BigInt(parameters.validatorStake) * BigInt(committee.length),
});
