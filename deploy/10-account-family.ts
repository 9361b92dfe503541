import { step } from "./Step.ts";

export const accountFamily = step({
	name: "AccountFamily",
	dependencies: ["NormalTable"],
	arguments: (at) => [at.NormalTable],
});
