import * as Keccak from "../../machine/math/Keccak.ts";
import * as Messages from "../../machine/step/Messages.ts";
import type { Signer } from "../../ports/Signer.ts";

/** Who asks a reporter to sign something says so by a signature, and when (seconds since 1970): nobody can ask in his name later. */
export type Ask = { readonly at: number; readonly signature: Uint8Array };

/** Signs a question about what has this digest. */
export type Asker = (digest: Uint8Array) => Promise<Ask>;

const ASK_TYPE = Keccak.hashText("Ask(bytes32 digest,uint64 at)");

/** EIP-712, in the reporters' own domain: `digest` is of the report or the attestation that is asked for. */
export function askDigest(domainSeparator: Uint8Array, digest: Uint8Array, at: number): Uint8Array {
	return Messages.digestOf(domainSeparator, ASK_TYPE, [digest, at]);
}

/** Who asks with this key. */
export function askerOf(signer: Signer, domainSeparator: Uint8Array, now: () => number): Asker {
	return async (digest) => {
		const at = now();
		return { at, signature: await signer.sign(askDigest(domainSeparator, digest, at)) };
	};
}

/**
 * Whose turn a second is, of the members in the order of their addresses; undefined while there are none. A second has one signature of each reporter, for ever:
 * by turns nobody uses up another's, however early he asks, and with up to sixty members everybody has one in each minute.
 */
export function turnAt(time: number, members: readonly string[]): string | undefined {
	return members[time % members.length];
}
