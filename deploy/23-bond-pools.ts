import { step } from "./Step.ts";

export const bondPools = step({
	name: "BondPools",
	dependencies: ["AssertionChain"],
	arguments: (at) => [at.AssertionChain],
});
