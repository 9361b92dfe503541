// Who asserts, who lies and who disputes in a simulated run: the proposer and the challenger of production over a game in memory, and a liar who defends his lie.

import { DerivedExecutor } from "../../../src/executor/DerivedExecutor.ts";
import * as Genesis from "../../../src/executor/Genesis.ts";
import * as HonestChain from "../../../src/executor/HonestChain.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import { Liar } from "../../../src/node/Liar.ts";
import { LyingHistory } from "../../../src/node/LyingHistory.ts";
import type { Histories } from "../../../src/ports/History.ts";
import type { Log } from "../../../src/ports/Log.ts";
import type { Metrics } from "../../../src/ports/Metrics.ts";
import { Challenger } from "../../../src/roles/challenger/Challenger.ts";
import { Proposer } from "../../../src/roles/proposer/Proposer.ts";
import { GENESIS } from "../../../test/executor/world.ts";
import type { Chain } from "./Chain.ts";
import { PARAMETERS } from "./Game.ts";
import { Disk, LeafDisk, Process } from "./Process.ts";
import type { Scheduler } from "./Scheduler.ts";

export const CHALLENGER = "0x00000000000000000000000000000000000000c1";
export const LIAR = "0x00000000000000000000000000000000000000b1";
export const proposerOf = (place: number): string => `0x00000000000000000000000000000000000000a${place}`;

const LIAR_PAUSE_MS = 500;
const METRICS: Metrics = { set: () => undefined, add: () => undefined, observe: () => undefined };
const SILENT: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, alarm: () => undefined, child: () => SILENT };

/** A proposer beside a node's executor. */
export function propose(process: Process, chain: Chain, place: number, derived: DerivedExecutor): Proposer {
	const proposer = new Proposer({
		game: chain.gamePorts(process),
		sender: chain.sender(process, proposerOf(place)),
		clock: process,
		log: SILENT,
		sync: () => derived.sync(),
		histories: derived,
	});
	proposer.start();
	return proposer;
}

/** A challenger that derives everything from L1, dies and starts again. */
export class SimulatedChallenger {
	readonly #scheduler: Scheduler;
	readonly #chain: Chain;
	readonly #time: () => number;
	readonly #random: () => number;
	readonly #disk = new Disk();
	readonly #leafDisk = new LeafDisk();
	#process: Process | undefined;
	starts = 0;

	constructor(scheduler: Scheduler, chain: Chain, time: () => number, random: () => number) {
		this.#scheduler = scheduler;
		this.#chain = chain;
		this.#time = time;
		this.#random = random;
	}

	get isRunning(): boolean {
		return this.#process !== undefined;
	}

	async start(): Promise<void> {
		this.starts += 1;
		const process = new Process(this.#scheduler, this.#time);
		this.#process = process;
		const derived = await DerivedExecutor.open({
			store: this.#disk.open(process, () => 0),
			leafFile: "the leaves of the challenger",
			leaves: this.#leafDisk.open(process, this.#random),
			inbox: this.#chain.reader(process),
			genesis: Genesis.cells(GENESIS),
			snapshotSteps: 128,
		});
		const game = this.#chain.gamePorts(process);
		const sender = this.#chain.sender(process, CHALLENGER);
		new Challenger({ game, sender, clock: process, log: SILENT, metrics: METRICS, sync: () => derived.sync(), histories: derived }).start();
	}

	kill(): void {
		if (this.#process) this.#process.isAlive = false;
		this.#process = undefined;
	}
}

/** Lies once, at some step, as soon as there is a place for it, and defends the lie as well as anybody can. He knows what the machine does from a node. */
export class SimulatedLiar {
	readonly #chain: Chain;
	readonly #process: Process;
	readonly #random: () => number;
	readonly #histories: () => Histories | undefined;
	#liar: Liar | undefined;
	/** Whether L1 has taken his assertion. */
	hasLied = false;

	constructor(scheduler: Scheduler, chain: Chain, time: () => number, random: () => number, histories: () => Histories | undefined) {
		this.#chain = chain;
		this.#process = new Process(scheduler, time);
		this.#random = random;
		this.#histories = histories;
		const next = (): void => {
			this.#process.later(LIAR_PAUSE_MS, next);
			// What L1 has replaced under him he cannot defend any more.
			this.#round().catch(() => undefined);
		};
		next();
	}

	/** Id of the wrong assertion, empty before there is one. */
	get assertion(): string {
		return this.#liar?.assertion ?? "";
	}

	async #round(): Promise<void> {
		if (this.#liar) return void (await this.#liar.play());
		const histories = this.#histories();
		if (!histories) return;
		const game = this.#chain.gamePorts(this.#process);
		const count = Math.min(await game.batchCount(), histories.batchCount);
		const { links } = await HonestChain.follow(await game.look(), histories, PARAMETERS.height, count, (parent, accumulator) =>
			game.gameId(parent, accumulator),
		);
		const link = links.findLast(({ history, honest }) => history.stepCount > 4 && (honest === undefined || honest.status === "pending"));
		if (!link) return;
		const flavour = Math.floor(this.#random() * 1000);
		const lieStep = Math.floor(this.#random() * link.history.stepCount);
		const lie = await LyingHistory.tell(link.history, lieStep, flavour);
		const liar = new Liar(game, this.#chain.sender(this.#process, LIAR), lie, link.start, link.parent);
		this.#liar = liar;
		const { status } = await liar.lie();
		if (status === "mined") this.hasLied = true;
		else this.#liar = undefined;
	}
}

/** The machine's commitment one step after `preState`, by what the running nodes derived; undefined when none of them knows it. */
export function stepAfter(executors: readonly DerivedExecutor[], preState: Uint8Array, targetBatch: number): Uint8Array | undefined {
	for (const derived of executors) {
		const end = derived.batch(targetBatch - 1)?.endStep;
		if (end === undefined) continue;
		for (let step = end; step >= 0; step--)
			if (Bytes.equal(derived.leaf(step), preState)) return step === end ? preState : derived.leaf(step + 1);
	}
	return undefined;
}
