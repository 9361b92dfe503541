import { step } from "./Step.ts";

export const marketFamily = step({
	name: "MarketFamily",
	dependencies: ["NormalTable"],
	arguments: (at) => [at.NormalTable],
});
