import { step } from "./Step.ts";

export const blockFamily = step({
	name: "BlockFamily",
	dependencies: ["NormalTable"],
	arguments: (at) => [at.NormalTable],
});
