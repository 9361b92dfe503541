import type { TransactionSender } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { GameReader, GameTransactions } from "../../ports/Game.ts";
import type { Histories } from "../../ports/History.ts";
import type { Log } from "../../ports/Log.ts";
import { Loop } from "../Loop.ts";
import type { LoopHealth } from "../Loop.ts";
import { decide, lineageOf } from "./decide.ts";
import { look } from "./view.ts";

export type ProposerPorts = {
	readonly game: GameReader & GameTransactions;
	readonly sender: TransactionSender;
	readonly clock: Clock;
	readonly log: Log;
	readonly sync: () => Promise<unknown>;
	readonly histories: Histories;
};

const PAUSE_MS = 250;

/** Posts bonded assertions about what the inbox makes of the machine. */
export class Proposer {
	readonly #ports: ProposerPorts;
	readonly #loop: Loop;

	constructor(ports: ProposerPorts) {
		this.#ports = ports;
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.round());
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	async round(): Promise<void> {
		const { game, sender, histories, log, sync } = this.#ports;
		await sync();
		const view = await look(game, histories, sender.address);
		const link = decide(view);
		if (!link) return;
		const { history } = link;
		const stake = view.snapshot.stakes.get(view.self);
		const outcome = await sender.send(
			game.createAssertion({
				parent: link.parent.id,
				historyRoot: history.root(history.height, 0),
				finalState: await history.finalState(),
				rightPath: history.path(2 ** history.height - 1),
				lineage: lineageOf(view, link),
				expectedId: link.honestId,
				stake: stake && stake.amount >= view.parameters.bond ? 0n : view.parameters.bond,
			}),
		);
		if (outcome.status === "mined") log.info("asserted", { assertion: link.honestId, steps: history.stepCount, block: outcome.block });
		else log.debug("the assertion was not needed any more", { error: outcome.error });
	}
}
