import { step } from "./Step.ts";

/** Anybody may mint it: for local chains and test networks. */
export const usdc = step({
	name: "MockUSDC",
	dependencies: [],
	arguments: () => [],
});
