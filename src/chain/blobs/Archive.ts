import * as Kzg from "../../kzg/Kzg.ts";
import { concat, toHex } from "../../machine/math/Bytes.ts";
import type { BlobArchive, BlobPlace, BlobSource } from "../../ports/Blobs.ts";
import type { Store } from "../../ports/Store.ts";

/** A node's own archive: everything it posted or read, for ever, under the name that L1 has for it. */
export class Archive implements BlobArchive, BlobSource {
	readonly name = "this node's archive";
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	get(versionedHash: string): Uint8Array | undefined {
		return this.#store.get(`blob/${versionedHash}`);
	}

	async blob({ versionedHash }: BlobPlace): Promise<Uint8Array | undefined> {
		return this.get(versionedHash);
	}

	/** Made once, off this thread, and kept: anybody may ask. */
	async proof(versionedHash: string): Promise<Uint8Array | undefined> {
		const key = `proof/${versionedHash}`;
		const kept = this.#store.get(key);
		const blob = kept ?? this.get(versionedHash);
		if (kept || !blob) return kept;
		const commitment = Kzg.commit(blob);
		const value = concat(commitment, await Kzg.blobProof(blob, commitment));
		await this.#store.commit([{ key, value }]);
		return value;
	}

	async keep(blobs: readonly Uint8Array[]): Promise<void> {
		await Promise.all(blobs.map(Kzg.commitAside));
		const changes = blobs
			.map((value) => ({ key: `blob/${toHex(Kzg.versionedHash(Kzg.commit(value)))}`, value }))
			.filter(({ key }) => !this.#store.get(key));
		if (changes.length > 0) await this.#store.commit(changes);
	}
}
