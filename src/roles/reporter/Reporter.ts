import * as Bytes from "../../machine/math/Bytes.ts";
import * as DealMessages from "../../machine/step/DealMessages.ts";
import * as Encoding from "../../machine/step/Encoding.ts";
import * as Messages from "../../machine/step/Messages.ts";
import type { MarketQuote, PriceSource } from "../../ports/PriceSource.ts";
import type { Signer } from "../../ports/Signer.ts";
import type { Store } from "../../ports/Store.ts";
import type { Standing } from "./Attestations.ts";
import { agrees } from "./quotes.ts";

export type ReporterPorts = {
	/** Its place among the reporters: its bit in a report. */
	readonly place: number;
	readonly signer: Signer;
	readonly source: PriceSource;
	readonly store: Store;
	readonly domainSeparator: Uint8Array;
	/** Whether the exchange's state had this root at this machine time, as this reporter executed it itself. */
	readonly wasAt: (time: number, root: Uint8Array) => boolean;
};

/** A reporter as the circle meets it, in this process or elsewhere. */
export interface Seat {
	/** Its place among the reporters: its bit in a report. */
	readonly place: number;
	/** What it sees; undefined when it has no price for that time. May reject. */
	see(underlying: number, time: number, days: readonly number[]): Promise<MarketQuote | undefined>;
	/** Its signature under a proposal that agrees with its own view, else undefined. May reject. */
	sign(proposal: MarketQuote): Promise<Uint8Array | undefined>;
	/** Its signature under a state that it derived itself, else undefined. May reject. */
	attest(standing: Standing): Promise<Uint8Array | undefined>;
}

/** One independent reporter: sees prices for itself, and signs only what it sees. */
export class Reporter implements Seat {
	readonly #ports: ReporterPorts;
	/** What is being made durable: the store does not show it yet. */
	readonly #promised = new Map<string, { readonly value: Uint8Array; readonly isDurable: Promise<void> }>();

	constructor(ports: ReporterPorts) {
		this.#ports = ports;
	}

	get place(): number {
		return this.#ports.place;
	}

	see(underlying: number, time: number, days: readonly number[]): Promise<MarketQuote | undefined> {
		return this.#ports.source.quote(underlying, time, days);
	}

	/**
	 * Signs a proposal that agrees with its own view, else undefined. SAFETY: it signs one report for one underlying and time for ever, and what it signed is
	 * durable before the signature leaves.
	 */
	async sign(proposal: MarketQuote): Promise<Uint8Array | undefined> {
		const { signer, domainSeparator } = this.#ports;
		const { underlying, time, surfaces } = proposal;
		const own = await this.see(
			underlying,
			time,
			surfaces.map(({ day }) => day),
		);
		if (!own || !agrees(proposal, own)) return undefined;
		const digest = proposalDigest(domainSeparator, proposal);
		if (!(await this.#promise(`signed/${underlying}/${time}`, digest))) return undefined;
		return signer.sign(digest);
	}

	/**
	 * Resolves, once it is durable, with whether this is what is signed under the key for ever. SAFETY: between the question and the promise nothing is waited for,
	 * so of two calls at once one finds the other's.
	 */
	async #promise(key: string, value: Uint8Array): Promise<boolean> {
		const { store } = this.#ports;
		const promised = this.#promised.get(key);
		const before = promised?.value ?? store.get(key);
		if (before && !Bytes.equal(before, value)) return false;
		if (before) {
			await promised?.isDurable;
			return true;
		}
		const isDurable = store.commit([{ key, value }]);
		this.#promised.set(key, { value, isDurable });
		// Where it failed, nobody knows what the disk holds: then it stays promised.
		await isDurable;
		this.#promised.delete(key);
		return true;
	}

	/** Signs a state that is the one it derived itself, else undefined. SAFETY: one root for one time for ever, durable before the signature leaves. */
	async attest({ time, root }: Standing): Promise<Uint8Array | undefined> {
		const { signer, domainSeparator, wasAt } = this.#ports;
		if (!wasAt(time, root) || !(await this.#promise(`attested/${time}`, root))) return undefined;
		return signer.sign(attestationDigest(domainSeparator, { time, root }));
	}
}

/** A proposal as a report under these signatures, in order of the signers' bits. */
export function reportOf(quote: MarketQuote, signers: number, signatures: Uint8Array[]): Messages.Report {
	const surfaces = quote.surfaces.map((surface) => ({ ...surface }));
	const { underlying, time, indexPrice, confidence } = quote;
	return { underlying, time, indexPrice, confidence, surfaces, surfaceBytes: Encoding.surfaces(surfaces), signers, signatures };
}

/** What a reporter signs of a proposal. */
export function proposalDigest(domainSeparator: Uint8Array, proposal: MarketQuote): Uint8Array {
	return Messages.reportDigest(domainSeparator, reportOf(proposal, 0, []));
}

/** What a reporter signs of a state. */
export function attestationDigest(domainSeparator: Uint8Array, { time, root }: Standing): Uint8Array {
	return DealMessages.attestDigest(domainSeparator, { time, root, signers: 0, signatures: [] });
}
