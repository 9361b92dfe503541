import { step } from "./Step.ts";

/** The deployer stakes for the whole committee. */
export const stakeRegistry = step({
	name: "StakeRegistry",
	dependencies: ["SlashingEvidence"],
	arguments: (at, { committee, parameters }) => [at.SlashingEvidence, parameters.unbondingSeconds, committee],
	value: ({ committee, parameters }) => BigInt(parameters.validatorStake) * BigInt(committee.length),
});
