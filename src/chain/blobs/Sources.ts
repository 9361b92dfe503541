import { isNamed } from "../../kzg/Kzg.ts";
import type { BlobArchive, BlobPlace, BlobSource } from "../../ports/Blobs.ts";
import type { Log } from "../../ports/Log.ts";
import { ChainError } from "../ChainError.ts";
import { Beacon, HttpArchive } from "./Http.ts";

/** Where a node looks for blobs besides its own archive. */
export type BlobUrls = {
	/** Archives of other nodes. */
	readonly archives?: readonly string[];
	/** APIs of beacon nodes. */
	readonly beacons?: readonly string[];
};

/** All the places where a blob may be, its own archive first. What is found elsewhere is checked and kept, so that the next who asks finds it here. */
export class Sources {
	readonly #archive: BlobArchive & BlobSource;
	readonly #others: readonly BlobSource[];
	readonly #warn: Log["warn"];

	constructor(archive: BlobArchive & BlobSource, others: readonly BlobSource[], warn: Log["warn"]) {
		this.#archive = archive;
		this.#others = others;
		this.#warn = warn;
	}

	static at(archive: BlobArchive & BlobSource, { archives = [], beacons = [] }: BlobUrls, warn: Log["warn"]): Sources {
		return new Sources(archive, [...beacons.map((url) => new Beacon(url)), ...archives.map((url) => new HttpArchive(url))], warn);
	}

	/** The blob. Throws ChainError NO_BLOB, saying what each source said, when nobody has it: then nothing may be concluded, and whoever asked tries again. */
	async find(place: BlobPlace): Promise<Uint8Array> {
		const said: string[] = [];
		for (const source of [this.#archive, ...this.#others]) {
			try {
				const blob = await source.blob(place);
				if (blob && isNamed(blob, place.versionedHash)) {
					if (source !== this.#archive) await this.#archive.keep([blob]);
					return blob;
				}
				if (blob)
					this.#warn("a source gave another blob than the one it was asked for", { source: source.name, blob: place.versionedHash });
				said.push(`${source.name} ${blob ? "gave another one" : "does not have it"}`);
			} catch (error) {
				said.push(`${source.name} failed (${(error as Error).message})`);
			}
		}
		throw new ChainError(
			"NO_BLOB",
			`Blob ${place.versionedHash} cannot be had: ${said.join("; ")}. Name an archive that keeps it, with --archive.`,
		);
	}
}
