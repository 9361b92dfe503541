import { step } from "./Step.ts";

export const controlFamily = step({
	name: "ControlFamily",
	dependencies: ["NormalTable"],
	arguments: (at) => [at.NormalTable],
});
