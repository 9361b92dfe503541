import * as DealEncoding from "../../machine/step/DealEncoding.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import { Loop } from "../Loop.ts";
import type { Seat } from "./Reporter.ts";

/** A state of the exchange: its root after everything up to the machine's `time`. */
export type Standing = { readonly time: number; readonly root: Uint8Array };

export type AttestationPorts = {
	readonly reporters: readonly Seat[];
	readonly quorum: number;
	/** Where the exchange stands now, and the time of the last attestation that the machine took. */
	readonly look: () => { readonly standing: Standing; readonly attestedAt: number };
	readonly clock: Clock;
	readonly log: Log;
	/** Sends an attestation to the exchange; resolves with whether the machine took it. */
	readonly publish: (payload: Uint8Array) => Promise<boolean>;
	readonly intervalSeconds: number;
	/** Whether reporters attest a state of this second for whoever asks here; where nobody else does, they attest all. */
	readonly isOwn?: (time: number) => boolean;
};

const PAUSE_MS = 400;
/** After a quorum failed nobody is asked for so many seconds of the exchange. */
const AGAIN_SECONDS = 10;

/** Collects the reporters' signatures under the state, so that portfolios may be liquidated by it. It has no power: it can only delay. */
export class Attestations {
	readonly #ports: AttestationPorts;
	readonly #loop: Loop;
	#notBefore = 0;

	constructor(ports: AttestationPorts) {
		this.#ports = ports;
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.round());
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	async round(): Promise<void> {
		const { reporters, quorum, look, log, publish, intervalSeconds, isOwn = () => true } = this.#ports;
		const { standing, attestedAt } = look();
		if (standing.time === 0 || standing.time - attestedAt < intervalSeconds || standing.time < this.#notBefore) return;
		if (!isOwn(standing.time)) return;
		let signers = 0;
		const signatures: Uint8Array[] = [];
		for (const reporter of [...reporters].sort((x, y) => x.place - y.place)) {
			if (signatures.length === quorum) break;
			const signature = await reporter.attest(standing).catch(() => undefined);
			if (!signature) continue;
			signers |= 1 << reporter.place;
			signatures.push(signature);
		}
		if (signatures.length < quorum) {
			this.#notBefore = standing.time + AGAIN_SECONDS;
			log.alarm("NoStateQuorum", "too few reporters stand behind the state: nothing is liquidated until they agree", {
				signed: signatures.length,
				quorum,
			});
			return;
		}
		await publish(DealEncoding.attest({ ...standing, signers, signatures }));
	}
}
