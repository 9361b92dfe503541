import { step } from "./Step.ts";
import type { Facts } from "./Step.ts";

type Staking = Pick<Facts, "committee" | "reporters" | "parameters">;

/** The deployer stakes for the whole committee, and for the reporters: who signs two prices for one second has something to lose from the first day on. */
export const stakeRegistry = step({
	name: "StakeRegistry",
	dependencies: ["SlashingEvidence", "Timelock"],
	arguments: (at, facts) => [
		at.SlashingEvidence,
		at.Timelock,
		facts.parameters.unbondingSeconds,
		facts.parameters.epochSeconds,
		facts.committee,
		bondedOf(facts),
	],
	value: (facts) => stakesOf(facts),
});

/** Wei that the deployer stakes for members and reporters. */
export function stakesOf(facts: Staking): bigint {
	return BigInt(facts.parameters.validatorStake) * BigInt(facts.committee.length + bondedOf(facts).length);
}

/** Reporters who are not members besides. */
function bondedOf({ committee, reporters }: Staking): string[] {
	const members = committee.map((member) => member.toLowerCase());
	return reporters.filter((reporter) => !members.includes(reporter.toLowerCase()));
}
