import { step } from "./Step.ts";

export const outbox = step({
	name: "Outbox",
	dependencies: ["AssertionChain", "Vault", "EscapeHatch"],
	arguments: (at) => [at.AssertionChain, at.Vault, at.EscapeHatch],
});
