import * as Bytes from "../../machine/math/Bytes.ts";
import * as Signature from "../../machine/math/Signature.ts";
import type { MarketQuote } from "../../ports/PriceSource.ts";
import { callHttp } from "../../wire/callHttp.ts";
import { REPORTING } from "../../wire/reporting.ts";
import type { Ask, Asker } from "./asking.ts";
import type { Standing } from "./Attestations.ts";
import type { Seat } from "./Reporter.ts";
import { attestationDigest, proposalDigest } from "./Reporter.ts";

/** A reporter that runs somewhere else. Whatever it answers is checked for its shape, and its signature for being its own: one that is not would spoil a report. */
export class RemoteReporter implements Seat {
	readonly place: number;
	readonly #address: string;
	readonly #url: string;
	readonly #domainSeparator: Uint8Array;
	readonly #asker: Asker;

	/** @param place the bit that is its own; @param address whose signatures these are, as the deployment has it; @param url where it answers, such as http://10.0.0.7:8548; @param asker signs in a member's name */
	constructor(place: number, address: string, url: string, domainSeparator: Uint8Array, asker: Asker) {
		this.place = place;
		this.#address = address.toLowerCase();
		this.#url = url;
		this.#domainSeparator = domainSeparator;
		this.#asker = asker;
	}

	async see(underlying: number, time: number, days: readonly number[]): Promise<MarketQuote | undefined> {
		const answer = REPORTING["reporter/see"].result.parse(await callHttp(this.#url, "reporter/see", { underlying, time, days }));
		return answer ?? undefined;
	}

	async sign(proposal: MarketQuote): Promise<Uint8Array | undefined> {
		const digest = proposalDigest(this.#domainSeparator, proposal);
		return this.#signature("reporter/sign", digest, { proposal });
	}

	async attest(standing: Standing): Promise<Uint8Array | undefined> {
		const digest = attestationDigest(this.#domainSeparator, standing);
		return this.#signature("reporter/attest", digest, { time: standing.time, root: Bytes.toHex(standing.root) });
	}

	/** Its signature of a digest, undefined where it refuses. Rejects as `callHttp` does, and where the signature is another's. */
	async #signature(method: "reporter/sign" | "reporter/attest", digest: Uint8Array, about: object): Promise<Uint8Array | undefined> {
		const ask = await this.#asker(digest);
		const answer = REPORTING[method].result.parse(await callHttp(this.#url, method, { ...about, ...wired(ask) }));
		if (answer === null) return undefined;
		const signature = Bytes.fromHex(answer);
		if (Signature.recover(digest, signature) !== this.#address)
			throw new Error(
				`reporter ${this.place} at ${this.#url} does not sign as ${this.#address}: are the reporters named in the order of their bits?`,
			);
		return signature;
	}
}

function wired({ at, signature }: Ask): { at: number; signature: string } {
	return { at, signature: Bytes.toHex(signature) };
}
