import { getBytes, isHexString } from "ethers";
import { isNamed } from "../../kzg/Kzg.ts";
import { ELEMENTS } from "../../protocol/Blob.ts";
import type { BlobPlace, BlobSource } from "../../ports/Blobs.ts";

const TIMEOUT_MS = 10_000;
const BLOB_BYTES = 32 * ELEMENTS;
/** LIMIT: of a beacon node's answer: 21 blobs in hexadecimal with their proofs. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Another node's archive, by the address of its API: GET /archive/blobs/HASH answers the bytes as they are. */
export class HttpArchive implements BlobSource {
	readonly name: string;
	readonly #url: string;

	constructor(url: string) {
		this.#url = url.replace(/^ws/, "http").replace(/\/+$/, "");
		this.name = `the archive at ${hostOf(url)}`;
	}

	async blob({ versionedHash }: BlobPlace): Promise<Uint8Array | undefined> {
		const answer = await get(`${this.#url}/archive/blobs/${versionedHash}`, BLOB_BYTES);
		return answer?.length === BLOB_BYTES ? answer : undefined;
	}
}

type Clock = { readonly genesis: number; readonly slotSeconds: number };

/** A beacon node, which has blobs of the last 18 days by the slot of their block. */
export class Beacon implements BlobSource {
	readonly name: string;
	readonly #url: string;
	#clock: Promise<Clock | undefined> | undefined;

	constructor(url: string) {
		this.#url = url.replace(/\/+$/, "");
		this.name = `the beacon node at ${hostOf(url)}`;
	}

	async blob({ versionedHash, block, blockTime }: BlobPlace): Promise<Uint8Array | undefined> {
		this.#clock ??= this.#readClock();
		const clock = await this.#clock.catch((error: unknown) => {
			this.#clock = undefined;
			throw error;
		});
		const slot = clock ? Math.floor(((await blockTime()) - clock.genesis) / clock.slotSeconds) : block;
		// The endpoint since Fulu gives the blobs alone; the one before it, sidecars.
		const blobs = await this.#data(`/eth/v1/beacon/blobs/${slot}?versioned_hashes=${versionedHash}`);
		const candidates = blobs ?? (await this.#data(`/eth/v1/beacon/blob_sidecars/${slot}`)) ?? [];
		return candidates.map(bytesOf).find((bytes) => bytes !== undefined && isNamed(bytes, versionedHash));
	}

	/** When slots are; undefined of a development chain that has none, and is asked by its blocks' numbers. */
	async #readClock(): Promise<Clock | undefined> {
		const [genesis, spec] = await Promise.all([this.#json("/eth/v1/beacon/genesis"), this.#json("/eth/v1/config/spec")]);
		if (spec === undefined) return undefined;
		const time = Number((genesis as { data?: { genesis_time?: string } } | undefined)?.data?.genesis_time);
		const seconds = Number((spec as { data?: { SECONDS_PER_SLOT?: string } } | undefined)?.data?.SECONDS_PER_SLOT);
		if (!Number.isSafeInteger(time) || !(seconds > 0)) throw new Error(`${this.name} does not say when its slots are`);
		return { genesis: time, slotSeconds: seconds };
	}

	async #data(path: string): Promise<readonly unknown[] | undefined> {
		const data = ((await this.#json(path)) as { data?: unknown } | undefined)?.data;
		return Array.isArray(data) ? (data as unknown[]) : undefined;
	}

	async #json(path: string): Promise<unknown> {
		const answer = await get(this.#url + path, MAX_ANSWER_BYTES);
		return answer && answer.length > 0 ? (JSON.parse(new TextDecoder().decode(answer)) as unknown) : undefined;
	}
}

/** A blob in an answer: the bytes in hexadecimal, or a sidecar around them. */
function bytesOf(item: unknown): Uint8Array | undefined {
	const text = typeof item === "string" ? item : (item as { blob?: unknown } | null)?.blob;
	return isHexString(text, BLOB_BYTES) ? getBytes(text) : undefined;
}

/** The body of an answer, or undefined when there is nothing under this address. Throws an Error with one sentence otherwise. */
async function get(url: string, maxBytes: number): Promise<Uint8Array | undefined> {
	const response = await fetch(url, {
		signal: AbortSignal.timeout(TIMEOUT_MS),
		headers: { accept: "application/json, application/octet-stream" },
	});
	if (response.status === 404) return undefined;
	if (!response.ok) throw new Error(`it answered ${response.status}`);
	const parts: Uint8Array[] = [];
	let length = 0;
	for await (const part of response.body ?? []) {
		length += part.length;
		if (length > maxBytes) throw new Error(`it answered more than ${maxBytes} bytes`);
		parts.push(part);
	}
	return new Uint8Array(Buffer.concat(parts));
}

/** Where a source is, without what may be secret in its address. */
function hostOf(url: string): string {
	return new URL(url).host;
}
