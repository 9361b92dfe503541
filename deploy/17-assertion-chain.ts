import { step } from "./Step.ts";

export const assertionChain = step({
	name: "AssertionChain",
	dependencies: ["OneStepProofEntry", "ChallengeManager", "SequencerInbox", "Outbox"],
	arguments: (at, { genesis, treasury, parameters }) => {
		const { height, challengePeriodBlocks, gracePeriodBlocks, minimumPeriodBlocks } = parameters;
		const bond = BigInt(parameters.bond);
		const refundCap = BigInt(parameters.refundCap);
		const verifier = at.OneStepProofEntry;
		const config = { verifier, height, challengePeriodBlocks, gracePeriodBlocks, minimumPeriodBlocks, bond, refundCap };
		const budget = { censorshipBlocks: parameters.censorshipBudgetBlocks, delayBlocks: parameters.delayBlocks };
		return [at.ChallengeManager, at.SequencerInbox, at.Outbox, treasury, config, budget, genesis];
	},
});
