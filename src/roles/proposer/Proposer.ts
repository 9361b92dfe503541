import type { TransactionRequest, TransactionSender } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { BondPools, GameReader, GameTransactions } from "../../ports/Game.ts";
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
	/** With them the bond of every assertion is what others put together, and not the proposer's own. */
	readonly pools?: BondPools;
};

const PAUSE_MS = 250;

/** Posts bonded assertions about what the inbox makes of the machine. */
export class Proposer {
	readonly #ports: ProposerPorts;
	readonly #loop: Loop;
	#waitsFor = "";

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
		const { game, sender, histories, log, sync, pools } = this.#ports;
		await sync();
		const view = await look(game, histories, sender.address);
		const link = decide(view);
		if (!link) return;
		const { history } = link;
		const fields = {
			parent: link.parent.id,
			historyRoot: history.root(history.height, 0),
			finalState: await history.finalState(),
			rightPath: history.path(2 ** history.height - 1),
			expectedId: link.honestId,
		};
		const stake = view.snapshot.stakes.get(view.self);
		const request = pools
			? await this.#throughPool(pools, fields)
			: game.createAssertion({
					...fields,
					lineage: lineageOf(view, link),
					stake: stake && stake.amount >= view.parameters.bond ? 0n : view.parameters.bond,
				});
		if (!request) return;
		const outcome = await sender.send(request);
		if (outcome.status === "mined") log.info("asserted", { assertion: link.honestId, steps: history.stepCount, block: outcome.block });
		else log.debug("the assertion was not needed any more", { error: outcome.error });
	}

	/** The assertion with a pool's bond, once it is full. A pool is made when it is first needed, and told of once. */
	async #throughPool(pools: BondPools, fields: Parameters<BondPools["createAssertion"]>[1]): Promise<TransactionRequest | undefined> {
		const { sender, log } = this.#ports;
		const { expectedId } = fields;
		const pool = await pools.look(expectedId);
		if (!pool.exists) await sender.send(pools.create(expectedId));
		if (pool.exists && pool.missing === 0n && !pool.isInUse) return pools.createAssertion(pool.address, fields);
		if (this.#waitsFor !== expectedId) {
			this.#waitsFor = expectedId;
			log.info("waits for a pool to be full", { assertion: expectedId, pool: pool.address, missingWei: String(pool.missing) });
		}
		return undefined;
	}
}
