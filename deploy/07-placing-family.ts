import { step } from "./Step.ts";

export const placingFamily = step({
	name: "PlacingFamily",
	dependencies: ["NormalTable"],
	arguments: (at) => [at.NormalTable],
});
