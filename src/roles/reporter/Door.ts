import * as Signature from "../../machine/math/Signature.ts";
import type { MarketQuote } from "../../ports/PriceSource.ts";
import { Code, RpcError } from "../../wire/RpcError.ts";
import type { Ask } from "./asking.ts";
import { askDigest, turnAt } from "./asking.ts";
import type { Standing } from "./Attestations.ts";
import type { Seat } from "./Reporter.ts";
import { attestationDigest, proposalDigest } from "./Reporter.ts";

export type DoorPorts = {
	readonly reporter: Seat;
	readonly domainSeparator: Uint8Array;
	/** Addresses of the committee's members as L1 has them, ascending; undefined while that is not known. */
	readonly members: () => readonly string[] | undefined;
	readonly now: () => number;
};

/** How far the clocks of who asks and who is asked may be apart. */
const ASKED_SECONDS = 30;
/** How far a report may be ahead of the reporter's clock. */
const AHEAD_SECONDS = 5;

/** A reporter's door: it signs for members of the committee alone, for each in the slots that are his, and nothing of a second that is still to come. */
export class Door {
	readonly #ports: DoorPorts;

	constructor(ports: DoorPorts) {
		this.#ports = ports;
	}

	/** As Reporter.sign. Rejects with RpcError NotTaken, whose `data.reason` is UnknownCommittee, StaleAsk, NotAMember, NotItsTurn or ReportFromFuture. */
	async sign(proposal: MarketQuote, ask: Ask): Promise<Uint8Array | undefined> {
		const { reporter, domainSeparator, now } = this.#ports;
		this.#admit(proposalDigest(domainSeparator, proposal), proposal.time, ask);
		if (proposal.time > now() + AHEAD_SECONDS)
			refuse("ReportFromFuture", `second ${proposal.time} is still to come: it is ${now()} here, so one of the two clocks is wrong`);
		return reporter.sign(proposal);
	}

	/** As Reporter.attest. Rejects as `sign` does. */
	async attest(standing: Standing, ask: Ask): Promise<Uint8Array | undefined> {
		const { reporter, domainSeparator } = this.#ports;
		this.#admit(attestationDigest(domainSeparator, standing), standing.time, ask);
		return reporter.attest(standing);
	}

	#admit(digest: Uint8Array, time: number, { at, signature }: Ask): void {
		const { domainSeparator, members, now } = this.#ports;
		const known = members();
		if (known === undefined) return refuse("UnknownCommittee", "this reporter has not read the committee from L1 yet: ask again");
		if (Math.abs(now() - at) > ASKED_SECONDS) return refuse("StaleAsk", `this was asked at ${at}, and it is ${now()} here`);
		const asker = Signature.recover(askDigest(domainSeparator, digest, at), signature);
		if (!known.includes(asker)) return refuse("NotAMember", `${asker} asks, who is no member of the committee on L1`);
		const owner = turnAt(time, known)?.owner;
		if (owner !== asker) return refuse("NotItsTurn", `second ${time} is the turn of ${owner}, and not of ${asker}`);
	}
}

function refuse(reason: string, message: string): never {
	throw new RpcError(Code.NotTaken, message, { reason });
}
