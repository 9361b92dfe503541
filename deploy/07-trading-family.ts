import { step } from "./Step.ts";

export const tradingFamily = step({
	name: "TradingFamily",
	dependencies: ["NormalTable"],
	arguments: (at) => [at.NormalTable],
});
