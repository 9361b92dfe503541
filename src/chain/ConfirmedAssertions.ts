import { ZeroHash, getBytes } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { codecOf } from "./Contracts.ts";
import type { Deployment } from "./Deployment.ts";
import { DEVELOPMENT_CHAIN_ID } from "./Networks.ts";

/** As the contract counts them. */
const PENDING = 1;
const WINNER = 2;
const CONFIRMED = 3;

/** What L1 says of an assertion: the hash of the machine's preimage at its end, if it is confirmed beyond any reorganisation, or why that hash may not be relied on. */
export type Confirmation = { readonly finalLeaf: Uint8Array } | { readonly reason: string };

/** Asks in L1's last final block; a development chain has one miner and does not reorganise by itself, so there it is the latest. */
export async function confirmationOf(provider: JsonRpcProvider, deployment: Deployment, assertion: string): Promise<Confirmation> {
	const codec = codecOf("AssertionChain");
	const blockTag = deployment.chainId === DEVELOPMENT_CHAIN_ID ? "latest" : "finalized";
	const data = codec.encodeFunctionData("assertions", [assertion]);
	const answer = await provider.call({ to: deployment.contracts.AssertionChain, data, blockTag });
	const [view] = codec.decodeFunctionResult("assertions", answer) as unknown as [{ finalLeaf: string; status: bigint }];
	const status = Number(view.status);
	if (status === PENDING || status === WINNER) return { reason: "its assertion is not confirmed on L1 yet" };
	if (status !== CONFIRMED || view.finalLeaf === ZeroHash) {
		const known = blockTag === "latest" ? "L1" : "L1's last final block";
		return { reason: `${known} knows no confirmed assertion ${assertion}` };
	}
	return { finalLeaf: getBytes(view.finalLeaf) };
}
