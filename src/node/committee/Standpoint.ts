import type { HonestChain, Link } from "../../executor/HonestChain.ts";
import * as Chain from "../../executor/HonestChain.ts";
import * as Bytes from "../../machine/math/Bytes.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { GameReader } from "../../ports/Game.ts";
import type { Histories } from "../../ports/History.ts";
import type { Log } from "../../ports/Log.ts";
import type { StateVote } from "../../protocol/Checkpoint.ts";
import type { LoopHealth } from "../../roles/Loop.ts";
import { Loop } from "../../roles/Loop.ts";
import type { Game } from "../../roles/watcher/States.ts";

export type StandpointPorts = {
	readonly game: GameReader;
	/** From L1 alone. */
	readonly histories: Histories;
	readonly clock: Clock;
	readonly log: Log;
};

/** Games go on by L1's blocks. */
const PAUSE_MS = 1_000;

/** What a member derived of the games on L1: the state that it stands behind, and what it holds others' states against. */
export class Standpoint {
	readonly #ports: StandpointPorts;
	readonly #loop: Loop;
	#chain: HonestChain = { links: [], isComplete: false };
	#state: StateVote | undefined;
	#isSilent = false;

	constructor(ports: StandpointPorts) {
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
		const { game, histories } = this.#ports;
		const batchCount = Math.min(await game.batchCount(), histories.batchCount);
		this.#chain = await Chain.follow(await game.look(), histories, game.parameters.height, batchCount, (parent, accumulator) =>
			game.gameId(parent, accumulator),
		);
		this.#state = this.#atTheEnd();
	}

	/** The state at the end of the last game whose inputs are all on L1 and executed: what an assertion of it has to say. */
	get state(): StateVote | undefined {
		return this.#isSilent ? undefined : this.#state;
	}

	/** SAFETY: live execution and L1 disagree, so one of the two is wrong: no state is signed any more. */
	silence(): void {
		this.#isSilent = true;
	}

	/** What others' states are held against. */
	get games(): readonly Game[] {
		const confirmed = ({ honest }: Link): string | undefined => (honest?.status === "confirmed" ? honest.id : undefined);
		return this.#chain.links.map((link) => ({ gameId: link.gameId, history: link.history, confirmed: confirmed(link) }));
	}

	#atTheEnd(): StateVote | undefined {
		const link = this.#chain.links.at(-1);
		if (!link) return undefined;
		const step = Math.max(1, link.history.stepCount);
		return { gameId: Bytes.fromHex(link.gameId), step, commitment: link.history.leaf(step) };
	}
}
