import type { JsonRpcError, JsonRpcPayload, JsonRpcResult } from "ethers";
import { EndpointError, isRateLimit } from "./endpointErrors.ts";

export type Answer = JsonRpcResult | JsonRpcError;

/** What the pool knows of a block. */
export type Anchor = { readonly number: number; readonly hash: string };

/** LIMIT: between two attempts at an endpoint that fails. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** LIMIT: an answer. A full range of logs is a few MiB. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/** One address at which an Ethereum node answers JSON-RPC over HTTP, and how it fares. It never waits and never tries again: the pool does. */
export class Endpoint {
	/** The address without its path, query and user, where providers put their customers' keys: what logs and messages name. */
	readonly name: string;
	readonly #url: string;
	readonly #timeoutMs: number;
	readonly #authorization: string | undefined;
	#takesBatches = true;
	/** Failures since it last served. */
	failures = 0;
	/** `performance.now()` before which it is left alone. */
	restsUntil = 0;
	/** The newest block that it was seen to have. */
	head: number | undefined;
	/** Whether its chain was compared since it last failed. */
	isAdmitted = false;
	/** Why it is of another chain; nothing is asked of it then. */
	foreign: string | undefined;
	lastFailure = "";

	constructor(url: string, timeoutMs: number) {
		const parsed = new URL(url);
		const { username, password } = parsed;
		// fetch refuses addresses that hold a name and a password.
		if (username || password)
			this.#authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")}`;
		parsed.username = parsed.password = "";
		this.#url = parsed.href;
		this.name = nameOf(url);
		this.#timeoutMs = timeoutMs;
	}

	get isResting(): boolean {
		return performance.now() < this.restsUntil;
	}

	/** Answers by the order of the calls, refusals by the chain among them. Throws EndpointError. */
	async call(payloads: readonly JsonRpcPayload[]): Promise<Answer[]> {
		if (payloads.length > 1 && !this.#takesBatches) return this.#oneByOne(payloads);
		const body = await this.#post(payloads.length === 1 ? payloads[0] : payloads);
		if (payloads.length > 1 && !Array.isArray(body) && isFault(body)) {
			if (isRateLimit(body.error)) throw new EndpointError("RATE_LIMITED", `${this.name} limits requests (${body.error.message})`);
			// Not every provider takes several calls in one request.
			this.#takesBatches = false;
			return this.#oneByOne(payloads);
		}
		const given = (Array.isArray(body) ? body : [body]) as Answer[];
		return payloads.map(({ id }) => {
			const answer = given.find((one) => typeof one === "object" && one !== null && one.id === id);
			if (!answer || !("result" in answer || isFault(answer)))
				throw new EndpointError("BAD_ANSWER", `${this.name} leaves a call without an answer`);
			if ("error" in answer && answer.error && isRateLimit(answer.error))
				throw new EndpointError("RATE_LIMITED", `${this.name} limits requests (${answer.error.message})`);
			return answer;
		});
	}

	async #oneByOne(payloads: readonly JsonRpcPayload[]): Promise<Answer[]> {
		const answers: Answer[] = [];
		for (const payload of payloads) answers.push(...(await this.call([payload])));
		return answers;
	}

	served(): void {
		this.failures = 0;
		this.restsUntil = 0;
	}

	/** Leaves it alone for a while, longer each time: a quarter of a second up to half a minute, and at least as long as it asks for. */
	failed(error: EndpointError): void {
		this.lastFailure = error.message;
		// A node that only lacks the newest block is well.
		if (error.code === "BEHIND") return;
		this.failures += 1;
		if (error.code !== "RATE_LIMITED") this.isAdmitted = false;
		const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.failures - 1, 10));
		// Many processes that were refused together must not come back together.
		const spread = pause * (0.75 + Math.random() / 2);
		this.restsUntil = performance.now() + Math.max(spread, Math.min(error.retryAfterMs ?? 0, LONGEST_PAUSE_MS));
	}

	async #post(body: unknown): Promise<unknown> {
		let status = 0;
		let text: string;
		let retryAfter: number | undefined;
		try {
			const response = await fetch(this.#url, {
				method: "POST",
				headers: { "content-type": "application/json", ...(this.#authorization ? { authorization: this.#authorization } : {}) },
				body: JSON.stringify(body),
				signal: AbortSignal.timeout(this.#timeoutMs),
			});
			status = response.status;
			const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
			retryAfter = Number.isFinite(seconds) ? seconds * 1000 : undefined;
			if (Number(response.headers.get("content-length") ?? 0) > MAX_ANSWER_BYTES)
				throw new Error(`it answers with more than ${MAX_ANSWER_BYTES} bytes`);
			text = await response.text();
		} catch (cause) {
			const { message, cause: inner } = cause as Error & { cause?: Error };
			throw new EndpointError("UNREACHABLE", `${this.name} cannot be reached (${inner?.message || message})`, undefined, cause);
		}
		if (status === 429) throw new EndpointError("RATE_LIMITED", `${this.name} limits requests (HTTP 429)`, retryAfter);
		let parsed: unknown;
		try {
			parsed = JSON.parse(text);
		} catch {
			const what = status === 200 ? "with what is no JSON" : `HTTP ${status}`;
			throw new EndpointError(status === 200 ? "BAD_ANSWER" : "UNREACHABLE", `${this.name} answers ${what}`, retryAfter);
		}
		// A refusal by the chain may come with any status; without one the status tells.
		const isSpoken = Array.isArray(parsed) || isFault(parsed) || (typeof parsed === "object" && parsed !== null && "result" in parsed);
		if (!isSpoken) throw new EndpointError("UNREACHABLE", `${this.name} answers HTTP ${status} without a result`, retryAfter);
		return parsed;
	}
}

function isFault(value: unknown): value is { readonly error: { readonly code: number; readonly message: string } } {
	return typeof value === "object" && value !== null && "error" in value && typeof value.error === "object" && value.error !== null;
}

/** An address without its path, query and user, where providers put their customers' keys. */
export function nameOf(url: string): string {
	try {
		const { protocol, host } = new URL(url);
		return `${protocol}//${host}`;
	} catch {
		return url;
	}
}
