import { step } from "./Step.ts";

export const probingFamily = step({
	name: "ProbingFamily",
	dependencies: ["NormalTable"],
	arguments: (at) => [at.NormalTable],
});
