import * as DealEncoding from "../../machine/step/DealEncoding.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import { Loop } from "../Loop.ts";
import type { Slot } from "./asking.ts";
import type { Seat } from "./Reporter.ts";
import { seenToPass } from "./rules.ts";

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
	/** Whose turn a second is: reporters attest a state of it for him. Where nobody else asks, they attest all. */
	readonly slotAt?: (time: number) => Slot;
};

const PAUSE_MS = 400;
/** After a quorum failed nobody is asked for so many seconds of the exchange: a state of another second is tried several times in a slot. */
const AGAIN_SECONDS = 2;
/** Seconds seen to pass in which no attestation that was due came, whoever's turn it was: liquidations stop two minutes later. */
const LATE_SECONDS = 120;

/** Collects the reporters' signatures under the state, so that portfolios may be liquidated by it. It has no power: it can only delay. */
export class Attestations {
	readonly #ports: AttestationPorts;
	readonly #loop: Loop;
	#notBefore = 0;
	#lastRound: number;
	/** The last attestation, and for how many seconds this process has seen the next one due. */
	#waits = { attestedAt: 0, seconds: 0 };

	constructor(ports: AttestationPorts) {
		this.#ports = ports;
		this.#lastRound = ports.clock.now();
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.round());
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	async round(): Promise<void> {
		const { reporters, quorum, look, log, publish, intervalSeconds, slotAt } = this.#ports;
		const { standing, attestedAt } = look();
		const isDue = standing.time !== 0 && standing.time - attestedAt >= intervalSeconds;
		this.#watch(isDue, attestedAt);
		if (!isDue || standing.time < this.#notBefore) return;
		if (slotAt && !slotAt(standing.time).isOwn) return;
		let signers = 0;
		const signatures: Uint8Array[] = [];
		// All at once: by the time that one after the other had caught up, the state would be another.
		const asked = [...reporters].sort((x, y) => x.place - y.place);
		const given = await Promise.all(asked.map((reporter) => reporter.attest(standing).catch(() => undefined)));
		for (const [i, reporter] of asked.entries()) {
			const signature = given[i];
			if (!signature || signatures.length === quorum) continue;
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

	/** Says so when none comes for long: where it is the turn of who is gone, nobody asks, and so nobody fails. */
	#watch(isDue: boolean, attestedAt: number): void {
		const now = this.#ports.clock.now();
		const passed = seenToPass(this.#lastRound, now);
		this.#lastRound = now;
		const isSame = isDue && this.#waits.attestedAt === attestedAt;
		this.#waits = { attestedAt, seconds: isSame ? this.#waits.seconds + passed : 0 };
		if (this.#waits.seconds < LATE_SECONDS) return;
		this.#waits = { attestedAt, seconds: 0 };
		this.#ports.log.alarm("NoStateQuorum", "no attestation of the state came, whoever's turn it was: soon nothing is liquidated", {
			attestedAt,
		});
	}
}
