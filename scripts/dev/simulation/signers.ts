// Signatures are not what a run looks for, and took a fifth of its time. Here a signature is two hashes, and whoever asks for its signer is told who made it;
// what nobody here made is recovered as ever, so that forgeries fail. Both are functions of what they are given: a run is the same with the same seed.

import secp256k1 from "secp256k1";
import * as Keccak from "../../../src/machine/math/Keccak.ts";

/** SAFETY: emptied between runs only: what is forgotten in the middle of one was signed by nobody any more. */
const known = new Map<string, { readonly digest: Uint8Array; readonly signer: Uint8Array }>();
const publicKeys = new Map<string, Uint8Array>();

function nameOf(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function publicKeyOf(secret: Uint8Array): Uint8Array {
	const name = nameOf(secret);
	const found = publicKeys.get(name);
	if (found) return found;
	const made = secp256k1.publicKeyCreate(secret, false);
	publicKeys.set(name, made);
	return made;
}

/** Before a run. */
export function forgetSignatures(): void {
	known.clear();
}

export function imitateSigners(): void {
	const { ecdsaRecover } = secp256k1;
	secp256k1.ecdsaSign = (digest: Uint8Array, secret: Uint8Array) => {
		const signature = new Uint8Array(64);
		const r = Keccak.hashPair(digest, secret);
		// Both stay below half the order of the curve.
		signature.set(r.subarray(1), 1);
		signature.set(Keccak.hash(r).subarray(1), 33);
		known.set(nameOf(signature), { digest: digest.slice(), signer: publicKeyOf(secret) });
		return { signature, recid: 0 };
	};
	secp256k1.ecdsaRecover = ((signature: Uint8Array, recovery: number, digest: Uint8Array, isCompressed: boolean) => {
		const made = known.get(nameOf(signature));
		if (made && recovery === 0 && Buffer.compare(made.digest, digest) === 0) return made.signer.slice();
		return ecdsaRecover(signature, recovery, digest, isCompressed);
	}) as typeof ecdsaRecover;
}
