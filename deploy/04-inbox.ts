import { step } from "./Step.ts";

/** Deposits come from the vault alone. */
export const inbox = step({
	name: "Inbox",
	dependencies: ["Vault"],
	arguments: (at) => [at.Vault],
});
