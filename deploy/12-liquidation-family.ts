import { step } from "./Step.ts";

export const liquidationFamily = step({
	name: "LiquidationFamily",
	dependencies: ["NormalTable"],
	arguments: (at) => [at.NormalTable],
});
