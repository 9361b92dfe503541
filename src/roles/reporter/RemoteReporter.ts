import * as Bytes from "../../machine/math/Bytes.ts";
import type { MarketQuote } from "../../ports/PriceSource.ts";
import { callHttp } from "../../wire/callHttp.ts";
import { REPORTING } from "../../wire/reporting.ts";
import type { Standing } from "./Attestations.ts";
import type { Seat } from "./Reporter.ts";

/** A reporter that runs somewhere else. Whatever it answers is checked for its shape; that its signature is its own, the machine checks. */
export class RemoteReporter implements Seat {
	readonly place: number;
	readonly #url: string;

	/** @param place the bit that is its own; @param url where it answers, such as http://10.0.0.7:8548 */
	constructor(place: number, url: string) {
		this.place = place;
		this.#url = url;
	}

	async see(underlying: number, time: number, days: readonly number[]): Promise<MarketQuote | undefined> {
		const answer = REPORTING["reporter/see"].result.parse(await callHttp(this.#url, "reporter/see", { underlying, time, days }));
		return answer ?? undefined;
	}

	async sign(proposal: MarketQuote): Promise<Uint8Array | undefined> {
		const answer = REPORTING["reporter/sign"].result.parse(await callHttp(this.#url, "reporter/sign", { proposal }));
		return answer === null ? undefined : Bytes.fromHex(answer);
	}

	async attest({ time, root }: Standing): Promise<Uint8Array | undefined> {
		const answer = REPORTING["reporter/attest"].result.parse(
			await callHttp(this.#url, "reporter/attest", { time, root: Bytes.toHex(root) }),
		);
		return answer === null ? undefined : Bytes.fromHex(answer);
	}
}
