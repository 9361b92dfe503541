import { step } from "./Step.ts";

export const challengeManager = step({
	name: "ChallengeManager",
	dependencies: ["AssertionChain"],
	arguments: (at) => [at.AssertionChain],
});
