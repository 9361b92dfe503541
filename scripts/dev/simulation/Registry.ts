// Stakes as L1's contracts keep them, and evidence as they judge it (contracts/staking): two things of one kind and one place, signed by one key, that say different
// things. Whoever watches compares everything that anybody signed.

import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Signature from "../../../src/machine/math/Signature.ts";
import * as Checkpoint from "../../../src/protocol/Checkpoint.ts";

export type Signed<T> = { readonly of: T; readonly signature: Uint8Array };

export class Registry {
	readonly #domain: Uint8Array;
	readonly #stakes: Map<string, bigint>;
	/** What the watcher has seen, by kind, signer and place. */
	readonly #seen = new Map<string, { readonly digest: Uint8Array; readonly signature: Uint8Array }>();

	constructor(domain: Uint8Array, validators: readonly string[], stake: bigint) {
		this.#domain = domain;
		this.#stakes = new Map(validators.map((validator) => [validator, stake]));
	}

	/** Who has lost a stake. */
	get slashed(): readonly string[] {
		return [...this.#stakes].filter(([, stake]) => stake === 0n).map(([validator]) => validator);
	}

	receipt({ of, signature }: Signed<Checkpoint.Receipt>): void {
		// The contract compares what the receipts say of the message; when and behind what it was ordered is no promise.
		const said = Checkpoint.receiptDigest(this.#domain, { ...of, streamHash: new Uint8Array(32), time: 0 });
		this.#see(`receipt/${of.sequence}`, said, Checkpoint.receiptDigest(this.#domain, of), signature);
	}

	checkpoint({ of, signature }: Signed<Checkpoint.CheckpointVote>): void {
		const digest = Checkpoint.checkpointDigest(this.#domain, of);
		this.#see(`checkpoint/${of.height}`, digest, digest, signature);
	}

	/** `said` tells contradictions apart, `digest` is what was signed. */
	#see(place: string, said: Uint8Array, digest: Uint8Array, signature: Uint8Array): void {
		const signer = Signature.recover(digest, signature);
		const key = `${place}/${signer}`;
		const before = this.#seen.get(key);
		if (!before) this.#seen.set(key, { digest: said, signature });
		else if (!Bytes.equal(before.digest, said) && this.#stakes.has(signer)) this.#stakes.set(signer, 0n);
	}
}
