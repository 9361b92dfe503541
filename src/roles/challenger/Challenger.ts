import type { TransactionOutcome, TransactionSender } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { GameReader, GameTransactions } from "../../ports/Game.ts";
import type { Histories } from "../../ports/History.ts";
import type { Log } from "../../ports/Log.ts";
import type { Metrics } from "../../ports/Metrics.ts";
import { Loop } from "../Loop.ts";
import type { LoopHealth } from "../Loop.ts";
import type { Action } from "./decide.ts";
import { decide } from "./decide.ts";
import { prepare } from "./prepare.ts";
import { look } from "./view.ts";

export type ChallengerPorts = {
	readonly game: GameReader & GameTransactions;
	readonly sender: TransactionSender;
	readonly clock: Clock;
	readonly log: Log;
	readonly metrics: Metrics;
	/** Brings the histories up to L1's head: derived from L1 alone. */
	readonly sync: () => Promise<unknown>;
	readonly histories: Histories;
};

export type Move = { readonly action: Action["type"]; readonly outcome: TransactionOutcome };

const PAUSE_MS = 200;

/** Watches every assertion, and defeats each that the inbox contradicts. Its state is a function of L1: it may be killed at any point. */
export class Challenger {
	readonly #ports: ChallengerPorts;
	readonly #loop: Loop;
	readonly #listeners = new Set<(move: Move) => void>();

	constructor(ports: ChallengerPorts) {
		this.#ports = ports;
		this.#loop = new Loop(ports.clock, ports.log, PAUSE_MS, () => this.round());
	}

	onMove(listener: (move: Move) => void): void {
		this.#listeners.add(listener);
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

	/** One round: returns the number of moves made. */
	async round(): Promise<void> {
		await this.play();
	}

	/** Like a round, and says what was done. */
	async play(): Promise<Move[]> {
		const { game, sender, histories, metrics, log, sync } = this.#ports;
		await sync();
		const view = await look(game, histories, sender.address);
		metrics.set("challenger_view_complete", view.isComplete ? 1 : 0);
		for (const link of view.links) {
			if (link.wrong.some((assertion) => assertion.status === "pending"))
				log.alarm("WrongAssertion", "an assertion contradicts the inbox; it is being disputed", {
					parent: link.parent.id,
					wrong: link.wrong.length,
				});
		}
		const moves: Move[] = [];
		const carryOut = async (action: Action): Promise<void> => {
			const outcome = await sender.send(await prepare(game, view, action));
			if (outcome.status === "mined") metrics.add("challenger_moves", 1, { action: action.type });
			else log.debug("a move was made by somebody else, or came too early", { action: action.type, error: outcome.error });
			const move = { action: action.type, outcome };
			moves.push(move);
			for (const listener of this.#listeners) listener(move);
		};
		const actions = decide(view);
		// Moves do not depend on each other and go out together; timers and verdicts come after them, in order; burials and money need nothing of each other again.
		await Promise.all(actions.filter(isMove).map(carryOut));
		for (const action of actions) if (!isMove(action) && !isSettlement(action)) await carryOut(action);
		await Promise.all(actions.filter(isSettlement).map(carryOut));
		return moves;
	}
}

function isMove(action: Action): boolean {
	return action.type === "bisect" || action.type === "prove" || action.type === "assert";
}

function isSettlement(action: Action): boolean {
	return action.type === "reject" || action.type === "forfeit" || action.type === "refund";
}
