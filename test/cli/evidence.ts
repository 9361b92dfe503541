import { TypedDataEncoder, getBytes, hexlify } from "ethers";
import type { Wallet, HDNodeWallet } from "ethers";
import type { Deployment } from "../../src/chain/Deployment.ts";
import * as Checkpoint from "../../src/protocol/Checkpoint.ts";

/** A checkpoint of height 9 with a root of this byte, as a member signed it, in the form of a file of evidence. */
export function signedCheckpoint(
	deployment: Deployment,
	member: Wallet | HDNodeWallet,
	byte: number,
): { readonly vote: { readonly height: number; readonly streamHash: string; readonly root: string }; readonly signature: string } {
	const { chainId, contracts } = deployment;
	const domain = getBytes(
		TypedDataEncoder.hashDomain({ name: "Strikeproof", version: "1", chainId, verifyingContract: contracts.SequencerInbox }),
	);
	const vote = { height: 9, streamHash: new Uint8Array(32), root: new Uint8Array(32).fill(byte) };
	const signature = member.signingKey.sign(Checkpoint.checkpointDigest(domain, vote)).serialized;
	return { vote: { ...vote, streamHash: hexlify(vote.streamHash), root: hexlify(vote.root) }, signature };
}
