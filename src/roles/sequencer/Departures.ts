import type { Metrics } from "../../ports/Metrics.ts";
import type { Peer } from "../../ports/Transport.ts";
import type { Answer } from "../../wire/schema.ts";
import { NotTaken } from "./Sequencer.ts";

/** LIMIT: accounts of one connection whose orders go with it. */
export const MAX_ACCOUNTS = 32;
/** A sequencer that has no room is asked again, so often at most, in this time. */
const ATTEMPTS = 60;
const PAUSE_MS = 500;

/** What was signed for the end of a connection. */
export type Departure = Answer<"private/get_cancel_on_disconnect">[number] & { readonly payload: Uint8Array };

/**
 * Cancel-on-disconnect: cancellations that owners signed beforehand, sent when their connection ends, however it does. They are in this process's memory alone:
 * one that is killed sends none. The dead-man switch stands in the state, and needs nobody.
 */
export class Departures {
	readonly #submit: (payload: Uint8Array) => Promise<unknown>;
	readonly #metrics: Metrics;
	readonly #held = new Map<number, Map<number, Departure>>();

	constructor(submit: (payload: Uint8Array) => Promise<unknown>, metrics: Metrics) {
		this.#submit = submit;
		this.#metrics = metrics;
	}

	/** Takes the place of what the connection held for this account. False when it holds for as many as it may. */
	hold(peer: Peer, departure: Departure): boolean {
		const held = this.#held.get(peer.id) ?? new Map<number, Departure>();
		if (!held.has(departure.account) && held.size >= MAX_ACCOUNTS) return false;
		this.#held.set(peer.id, held.set(departure.account, departure));
		return true;
	}

	/** False when nothing was held. */
	release(peer: Peer, account: number): boolean {
		return this.#held.get(peer.id)?.delete(account) ?? false;
	}

	of(peer: Peer): Departure[] {
		return [...(this.#held.get(peer.id)?.values() ?? [])];
	}

	/** The connection is gone. */
	depart(peer: number): void {
		const held = this.#held.get(peer);
		this.#held.delete(peer);
		for (const { payload } of held?.values() ?? []) void this.#send(payload, ATTEMPTS);
	}

	async #send(payload: Uint8Array, attempts: number): Promise<void> {
		try {
			await this.#submit(payload);
			this.#metrics.add("cancels_on_disconnect", 1, { outcome: "sent" });
		} catch (error) {
			const isFull = error instanceof NotTaken && (error.code === "overloaded" || error.code === "rate_limited");
			if (isFull && attempts > 1) setTimeout(() => void this.#send(payload, attempts - 1), PAUSE_MS).unref();
			else this.#metrics.add("cancels_on_disconnect", 1, { outcome: "failed" });
		}
	}
}
