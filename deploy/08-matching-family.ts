import { step } from "./Step.ts";

export const matchingFamily = step({
	name: "MatchingFamily",
	dependencies: ["NormalTable"],
	arguments: (at) => [at.NormalTable],
});
