import { step } from "./Step.ts";

export const escapeHatch = step({
	name: "EscapeHatch",
	dependencies: ["AssertionChain", "Vault", "PriceOracle", "Inbox", "SequencerInbox"],
	arguments: (at, { parameters }) => [
		at.AssertionChain,
		at.Vault,
		at.PriceOracle,
		at.Inbox,
		at.SequencerInbox,
		parameters.deadAfterBlocks,
		parameters.unservedSeconds,
		parameters.registrationSeconds,
	],
});
