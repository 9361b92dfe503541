import { SigningKey, computeAddress, getBytes } from "ethers";
import secp256k1 from "secp256k1";
import type { Signer } from "../ports/Signer.ts";

/** Signs with a key in memory. */
export class KeySigner implements Signer {
	readonly address: string;
	readonly #key: Uint8Array;

	constructor(privateKey: string) {
		this.#key = getBytes(privateKey);
		this.address = computeAddress(new SigningKey(privateKey).publicKey).toLowerCase();
	}

	async sign(digest: Uint8Array): Promise<Uint8Array> {
		// The library gives the lower of the two values of s, as every verifier here demands.
		const { signature, recid } = secp256k1.ecdsaSign(digest, this.#key);
		const bytes = new Uint8Array(65);
		bytes.set(signature, 0);
		bytes[64] = 27 + recid;
		return bytes;
	}
}
