import { step } from "./Step.ts";

/** The treasury proposes, everybody executes what has waited (the zero address stands for everybody). */
export const timelock = step({
	name: "Timelock",
	dependencies: [],
	arguments: (_at, { treasury, parameters }) => [parameters.governanceDelaySeconds, [treasury], [`0x${"00".repeat(20)}`]],
});
