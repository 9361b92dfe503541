import secp256k1 from "secp256k1";
import * as Bytes from "./Bytes.ts";
import * as Keccak from "./Keccak.ts";

/** Half the order of secp256k1: a valid s is at most this, as OpenZeppelin's ECDSA demands. */
const HALF_ORDER = Bytes.fromHex("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
const NOBODY = "0x0000000000000000000000000000000000000000";

export const LENGTH = 65;

function aboveHalfOrder(s: Uint8Array): boolean {
	for (let i = 0; i < 32; i++) {
		const difference = s[i] - HALF_ORDER[i];
		if (difference !== 0) return difference > 0;
	}
	return false;
}

/**
 * The address that signed `digest`, or the zero address when nobody did. `signature` is r 32 | s 32 | v 1. The set accepted is that of
 * OpenZeppelin's ECDSA.tryRecover over the ecrecover precompile: v 27 or 28, s at most half the order, r and s not zero, r a point.
 */
export function recover(digest: Uint8Array, signature: Uint8Array): string {
	const v = signature[64];
	if (signature.length !== LENGTH || (v !== 27 && v !== 28) || aboveHalfOrder(signature.subarray(32, 64))) return NOBODY;
	const known = memo.get(digest, signature);
	if (known !== undefined) return known;
	try {
		const key = secp256k1.ecdsaRecover(signature.subarray(0, 64), v - 27, digest, false);
		return Bytes.address(Keccak.hash(key.subarray(1)), 12);
	} catch {
		return NOBODY;
	}
}

/**
 * Signatures that this process recovered already, so that a node which checked one at its door does not check it again in the step.
 * It is a cache of a pure function: it can make `recover` faster, never different.
 */
const memo = {
	entries: new Map<string, string>(),
	key: (digest: Uint8Array, signature: Uint8Array): string => Bytes.toHex(digest) + Bytes.toHex(signature),
	get(digest: Uint8Array, signature: Uint8Array): string | undefined {
		if (memo.entries.size === 0) return undefined;
		const key = memo.key(digest, signature);
		const signer = memo.entries.get(key);
		if (signer !== undefined) memo.entries.delete(key);
		return signer;
	},
};

/** LIMIT: how many recovered signatures are remembered before the step has asked for them. */
const MEMO_LIMIT = 100_000;

/** Remembers what `recover(digest, signature)` gave, for one later call. */
export function remember(digest: Uint8Array, signature: Uint8Array, signer: string): void {
	if (memo.entries.size >= MEMO_LIMIT) memo.entries.clear();
	memo.entries.set(memo.key(digest, signature), signer);
}
