import { step } from "./Step.ts";

export const vault = step({
	name: "Vault",
	dependencies: ["MockUSDC", "Inbox", "Outbox", "EscapeHatch"],
	arguments: (at) => [at.MockUSDC, at.Inbox, at.Outbox, at.EscapeHatch],
});
