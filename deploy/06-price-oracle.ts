import { step } from "./Step.ts";

/** It hears the same reporters in the same domain as the machine, so that one report serves both. */
export const priceOracle = step({
	name: "PriceOracle",
	dependencies: [],
	arguments: (_at, { domainSeparator, reporters, quorum }) => [domainSeparator, reporters, quorum],
});
