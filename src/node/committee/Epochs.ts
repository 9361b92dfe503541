import type { Staking } from "../../chain/Staking.ts";
import type { SeenMember } from "../../ordering/comet/Extension.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { Log } from "../../ports/Log.ts";
import { Loop } from "../../roles/Loop.ts";
import type { LoopHealth } from "../../roles/Loop.ts";
import { WEI_PER_VOTE } from "./Roster.ts";

const PAUSE_MS = 2_000;

/**
 * The committee as L1 has it: it changes between epochs, and when somebody is slashed. What was the same twice in a row counts, so that a block that L1 takes
 * back at once moves nobody.
 */
export class Epochs {
	readonly #loop: Loop;
	#last = "";
	#members: readonly SeenMember[] | undefined;
	#addresses: readonly string[] | undefined;

	constructor(staking: Pick<Staking, "committee">, clock: Clock, log: Log, pauseMs = PAUSE_MS) {
		this.#loop = new Loop(clock, log, pauseMs, async () => {
			const committee = await staking.committee();
			const members = committee
				.map(({ address, power }) => ({ address, power: Number(power / WEI_PER_VOTE) }))
				.filter(({ power }) => power > 0);
			const addresses = committee.map(({ address }) => address);
			const text = JSON.stringify([members, addresses]);
			if (text === this.#last) [this.#members, this.#addresses] = [members, addresses];
			this.#last = text;
		});
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	/** Ascending by address, in votes; undefined while nothing was seen twice. */
	get members(): readonly SeenMember[] | undefined {
		return this.#members;
	}

	/** Everybody with power on L1, ascending, also who has too little for a vote; undefined while nothing was seen twice. */
	get addresses(): readonly string[] | undefined {
		return this.#addresses;
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}
}
