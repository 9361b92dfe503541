import * as Bytes from "../../machine/math/Bytes.ts";
import type { MarketQuote } from "../../ports/PriceSource.ts";
import { callHttp } from "../../wire/callHttp.ts";
import { REPORTING } from "../../wire/reporting.ts";
import type { Ask, Asker } from "./asking.ts";
import type { Standing } from "./Attestations.ts";
import type { Seat } from "./Reporter.ts";
import { attestationDigest, proposalDigest } from "./Reporter.ts";

/** A reporter that runs somewhere else. Whatever it answers is checked for its shape; that its signature is its own, the machine checks. */
export class RemoteReporter implements Seat {
	readonly place: number;
	readonly #url: string;
	readonly #domainSeparator: Uint8Array;
	readonly #asker: Asker;

	/** @param place the bit that is its own; @param url where it answers, such as http://10.0.0.7:8548; @param asker signs in a member's name */
	constructor(place: number, url: string, domainSeparator: Uint8Array, asker: Asker) {
		this.place = place;
		this.#url = url;
		this.#domainSeparator = domainSeparator;
		this.#asker = asker;
	}

	async see(underlying: number, time: number, days: readonly number[]): Promise<MarketQuote | undefined> {
		const answer = REPORTING["reporter/see"].result.parse(await callHttp(this.#url, "reporter/see", { underlying, time, days }));
		return answer ?? undefined;
	}

	async sign(proposal: MarketQuote): Promise<Uint8Array | undefined> {
		const ask = await this.#asker(proposalDigest(this.#domainSeparator, proposal));
		return this.#signature("reporter/sign", { proposal, ...wired(ask) });
	}

	async attest(standing: Standing): Promise<Uint8Array | undefined> {
		const ask = await this.#asker(attestationDigest(this.#domainSeparator, standing));
		return this.#signature("reporter/attest", { time: standing.time, root: Bytes.toHex(standing.root), ...wired(ask) });
	}

	async #signature(method: "reporter/sign" | "reporter/attest", params: object): Promise<Uint8Array | undefined> {
		const answer = REPORTING[method].result.parse(await callHttp(this.#url, method, params));
		return answer === null ? undefined : Bytes.fromHex(answer);
	}
}

function wired({ at, signature }: Ask): { at: number; signature: string } {
	return { at, signature: Bytes.toHex(signature) };
}
