import { MAX_REPORT_GAP_SECONDS, SECONDS_PER_DAY } from "../../machine/Constants.ts";
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

/** The longest slot: how often a report comes while all members are up. */
const SLOT_SECONDS = 10;

/** A slot of seconds, and the member who asks reporters for what they sign of them. */
export type Turn = { readonly start: number; readonly owner: string };

/** A slot as one member sees it. */
export type Slot = { readonly start: number; readonly isOwn: boolean };

/**
 * Seconds of a slot among so many members: ten up to ten members, fewer for more. Where a third of them and one more are down, all next to each other, the slots
 * beside theirs leave less than a minute, whichever seconds were reported in them.
 */
export function slotSeconds(members: number): number {
	const faulty = Math.floor((members - 1) / 3);
	return Math.max(1, Math.min(SLOT_SECONDS, Math.floor(MAX_REPORT_GAP_SECONDS / (faulty + 3))));
}

/**
 * Whose turn a second is, of the members in the order of their addresses; undefined while there are none. Slots go round: where f are down, no more than f in a row
 * stay empty, which no drawing of lots gives. Each day begins one place further, so that nobody opens every day's settlement window.
 */
export function turnAt(time: number, members: readonly string[]): Turn | undefined {
	if (members.length === 0) return undefined;
	const seconds = slotSeconds(members.length);
	const slot = Math.floor(time / seconds);
	const start = slot * seconds;
	const day = Math.floor(start / SECONDS_PER_DAY);
	return { start, owner: members[(slot + day) % members.length] };
}

/** The slot of a second as `own` sees it: nobody's while there are no members. */
export function slotAt(time: number, members: readonly string[], own: string): Slot {
	const turn = turnAt(time, members);
	return { start: turn?.start ?? time, isOwn: turn?.owner === own };
}
