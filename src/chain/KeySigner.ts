import { SigningKey, computeAddress, getBytes } from "ethers";
import type { Signer } from "../ports/Signer.ts";

/** Signs with a key in memory. */
export class KeySigner implements Signer {
	readonly address: string;
	readonly #key: SigningKey;

	constructor(privateKey: string) {
		this.#key = new SigningKey(privateKey);
		this.address = computeAddress(this.#key.publicKey).toLowerCase();
	}

	async sign(digest: Uint8Array): Promise<Uint8Array> {
		return getBytes(this.#key.sign(digest).serialized);
	}
}
