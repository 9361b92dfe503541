import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import type { ChainProvider } from "../../chain/Bridge.ts";
import { confirmationOf } from "../../chain/ConfirmedAssertions.ts";
import type { Deployment } from "../../chain/Deployment.ts";
import * as ConfirmedState from "../../executor/ConfirmedState.ts";
import type { Log } from "../../ports/Log.ts";

export type ObtainOptions = {
	/** Nodes by the addresses of their APIs, or files, in the order in which they are tried. */
	readonly from: readonly string[];
	readonly provider: ChainProvider;
	readonly deployment: Deployment;
	readonly log: Log;
	/** Is told every refusal in a sentence. */
	readonly say?: ((sentence: string) => void) | undefined;
	/** LIMIT: of a snapshot; one with more is not read to its end. */
	readonly maxBytes?: number;
	/** LIMIT: a source that gives nothing for so long is left. */
	readonly idleMs?: number;
};

/** A state that is what L1 confirmed, and where it came from. */
export type Obtained = { readonly state: ConfirmedState.ConfirmedState; readonly source: string };

/** A gigabyte: some millions of accounts. */
const MAX_BYTES = 2 ** 30;
const MAX_LIST_BYTES = 65_536;
const IDLE_MS = 30_000;
const WHOLE_MS = 1_800_000;
/** LIMIT: snapshots of one source that are looked at. */
const MAX_LOOKED_AT = 3;

const LIST = z.object({ snapshots: z.array(z.object({ assertion: z.string().regex(/^0x[0-9a-f]{64}$/), bytes: z.number() })) });

/**
 * The first snapshot of the sources that L1 bears out: nobody is believed, and what is refused is said in the log, with the reason. Undefined when there is
 * none; rejects only when L1 does not answer.
 */
export async function obtain(options: ObtainOptions): Promise<Obtained | undefined> {
	const { from, log, say } = options;
	const warn = (sentence: string): void => {
		log.warn(sentence);
		say?.(sentence);
	};
	for (const source of from) {
		const refuse = (reason: string): void => warn(`the snapshot from ${nameOf(source)} is refused, because ${reason}`);
		const found = isUrl(source) ? await fromNode(source, options, refuse) : await fromFile(source, options, refuse);
		if (found) return { state: found, source: nameOf(source) };
	}
	return undefined;
}

type Refuse = (reason: string) => void;

async function fromNode(url: string, options: ObtainOptions, refuse: Refuse): Promise<ConfirmedState.ConfirmedState | undefined> {
	const base = url.replace(/^ws/, "http").replace(/\/+$/, "");
	let assertions: string[];
	try {
		const text = new TextDecoder().decode(await download(`${base}/snapshots`, MAX_LIST_BYTES, options.idleMs ?? IDLE_MS));
		assertions = LIST.parse(JSON.parse(text)).snapshots.map(({ assertion }) => assertion);
	} catch (error) {
		refuse(error instanceof z.ZodError || error instanceof SyntaxError ? "it answers with no list of snapshots" : (error as Error).message);
		return undefined;
	}
	if (assertions.length === 0) refuse("it has none yet");
	for (const assertion of assertions.slice(0, MAX_LOOKED_AT)) {
		// Before it is fetched: what L1 did not confirm need not be read.
		const confirmation = await confirmationOf(options.provider, options.deployment, assertion);
		if ("reason" in confirmation) {
			refuse(confirmation.reason);
			continue;
		}
		let bytes: Uint8Array;
		try {
			bytes = await download(`${base}/snapshots/${assertion}`, options.maxBytes ?? MAX_BYTES, options.idleMs ?? IDLE_MS);
		} catch (error) {
			refuse((error as Error).message);
			continue;
		}
		const state = await checked(bytes, options, refuse);
		if (state) return state;
	}
	return undefined;
}

async function fromFile(file: string, options: ObtainOptions, refuse: Refuse): Promise<ConfirmedState.ConfirmedState | undefined> {
	const maxBytes = options.maxBytes ?? MAX_BYTES;
	let bytes: Uint8Array;
	try {
		if ((await stat(file)).size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
		bytes = await readFile(file);
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		refuse(code === "ENOENT" ? "there is no such file" : message);
		return undefined;
	}
	return checked(bytes, options, refuse);
}

/** What the bytes hold, if L1 confirmed it. */
async function checked(
	bytes: Uint8Array,
	{ provider, deployment }: ObtainOptions,
	refuse: Refuse,
): Promise<ConfirmedState.ConfirmedState | undefined> {
	try {
		const state = ConfirmedState.decode(bytes);
		if (state.genesis !== deployment.genesis.toLowerCase()) {
			refuse(`it is of another deployment, whose first assertion is ${state.genesis}`);
			return undefined;
		}
		const confirmation = await confirmationOf(provider, deployment, state.assertion);
		if ("reason" in confirmation) {
			refuse(confirmation.reason);
			return undefined;
		}
		ConfirmedState.verify(state, confirmation.finalLeaf);
		return state;
	} catch (error) {
		if ((error as { code?: unknown }).code !== "REFUSED") throw error;
		refuse((error as Error).message);
		return undefined;
	}
}

/** The body under an address. Rejects with a reason that follows "because". */
async function download(url: string, maxBytes: number, idleMs: number): Promise<Uint8Array> {
	const idle = new AbortController();
	let timer = setTimeout(() => idle.abort(), idleMs);
	const parts: Uint8Array[] = [];
	let length = 0;
	try {
		const response = await fetch(url, { signal: AbortSignal.any([idle.signal, AbortSignal.timeout(WHOLE_MS)]) });
		if (response.status === 404) throw new Refusal("it serves none under that address");
		if (!response.ok) throw new Refusal(`it answered ${response.status}`);
		for await (const part of response.body ?? []) {
			clearTimeout(timer);
			timer = setTimeout(() => idle.abort(), idleMs);
			length += part.length;
			if (length > maxBytes) throw new Refusal(`it has more than ${maxBytes} bytes`);
			parts.push(part);
		}
		return Buffer.concat(parts);
	} catch (error) {
		if (error instanceof Refusal) throw error;
		if (idle.signal.aborted) throw new Error(`it gave nothing for ${idleMs / 1000} seconds`, { cause: error });
		const { message, cause } = error as Error & { cause?: Error };
		throw new Error(`it cannot be fetched (${cause?.message || message})`, { cause: error });
	} finally {
		clearTimeout(timer);
		// Whatever of it still comes is not wanted.
		idle.abort();
	}
}

class Refusal extends Error {}

function isUrl(source: string): boolean {
	return /^(https?|wss?):\/\//.test(source);
}

/** Where a source is, without what may be secret in its address. */
function nameOf(source: string): string {
	return isUrl(source) && URL.canParse(source) ? new URL(source).host : source;
}
