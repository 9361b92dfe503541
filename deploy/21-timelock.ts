import { step } from "./Step.ts";

/** L1's slots. */
const SECONDS_PER_BLOCK = 12;

/** The treasury proposes, everybody executes what has waited (the zero address stands for everybody). */
export const timelock = step({
	name: "Timelock",
	dependencies: [],
	arguments: (_at, { treasury, parameters }) => {
		const { governanceDelaySeconds, challengePeriodBlocks, gracePeriodBlocks } = parameters;
		const disputeSeconds = SECONDS_PER_BLOCK * (challengePeriodBlocks + gracePeriodBlocks);
		return [governanceDelaySeconds, disputeSeconds, [treasury], [`0x${"00".repeat(20)}`]];
	},
});
