import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { InterfaceAbi } from "ethers";

export type Artifact = { readonly abi: InterfaceAbi; readonly bytecode: string };

const ROOMS: Readonly<Record<string, string>> = {
	MockUSDC: "mocks",
	StakeRegistry: "staking",
	SlashingEvidence: "staking",
	Inbox: "inbox",
	SequencerInbox: "inbox",
	PriceOracle: "oracle",
	PlacingFamily: "prover",
	MatchingFamily: "prover",
	AccountFamily: "prover",
	MarketFamily: "prover",
	OneStepProofEntry: "prover",
	ChallengeManager: "assertions",
	AssertionChain: "assertions",
	Vault: "bridge",
	Outbox: "bridge",
	EscapeHatch: "bridge",
};

const root = join(import.meta.dirname, "..", "..");
const read = new Map<string, Artifact>();

/** ABI and creation code of a contract, as compiled. Throws an Error with one sentence when it was not. */
export function of(name: string, room = ROOMS[name]): Artifact {
	let artifact = read.get(name);
	if (artifact) return artifact;
	const file = join(root, "artifacts", "contracts", room ?? "", `${name}.sol`, `${name}.json`);
	try {
		artifact = JSON.parse(readFileSync(file, "utf8")) as Artifact;
	} catch (cause) {
		throw new Error(`The contract ${name} is not compiled (${file} is missing): run "npm run build".`, { cause });
	}
	read.set(name, artifact);
	return artifact;
}
