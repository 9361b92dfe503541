import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import * as DealEncoding from "../../machine/step/DealEncoding.ts";
import * as Encoding from "../../machine/step/Encoding.ts";
import { HOUSE } from "../../machine/step/Treasury.ts";
import type { InboxReader, TransactionSender } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { InboxTransactions } from "../../ports/Inbox.ts";
import type { Log } from "../../ports/Log.ts";
import { Loop } from "../Loop.ts";
import type { LoopHealth } from "../Loop.ts";
import { decide } from "./decide.ts";
import type { Action } from "./decide.ts";
import { look } from "./view.ts";

export type KeeperPorts = {
	readonly live: LiveExecutor;
	readonly inbox: InboxReader;
	readonly transactions: InboxTransactions;
	readonly sender: TransactionSender;
	readonly clock: Clock;
	readonly log: Log;
	/** Sends a message to the exchange. */
	readonly submit: (payload: Uint8Array) => Promise<unknown>;
	/** How long something must be wanted before this keeper does it: others whose turn is before its own may. */
	readonly patienceMs?: number;
	readonly wanted: { readonly days: readonly number[]; readonly strikesPerSide: number };
};

const PAUSE_MS = 400;

/** Does what must happen and what anybody may do: lists, settles, liquidates, pays out fees, and includes L1 messages that a sequencer leaves lying. */
export class Keeper {
	readonly #ports: KeeperPorts;
	readonly #loop: Loop;
	/** What is wanted, as text, and since when. */
	#wanted = new Map<string, number>();

	constructor(ports: KeeperPorts) {
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
		const { live, inbox, clock, wanted, sender, transactions, log } = this.#ports;
		const messages: Promise<unknown>[] = [];
		let refusal: Error | undefined;
		// A sequencer that takes no messages must not keep what L1 takes from being done.
		const submit = (payload: Uint8Array): Promise<unknown> =>
			this.#ports.submit(payload).catch((error: unknown) => {
				refusal = error as Error;
			});
		for (const action of this.#due(decide(await look(live, inbox, clock, wanted)))) {
			if (action.type === "list") messages.push(submit(Encoding.list(action)));
			else if (action.type === "settle") messages.push(submit(Encoding.settle(action)));
			else if (action.type === "liquidate") messages.push(submit(DealEncoding.liquidate(action.account)));
			else if (action.type === "collect") messages.push(submit(DealEncoding.collect(HOUSE)));
			else {
				const outcome = await sender.send(transactions.forceInclude(action.l1End));
				if (outcome.status === "mined") log.info("included an L1 message without the sequencer", { l1End: action.l1End });
			}
		}
		await Promise.all(messages);
		if (refusal) throw new Error(`the exchange does not take messages (${refusal.message})`, { cause: refusal });
	}

	/** What nobody did for long enough. */
	#due(actions: readonly Action[]): Action[] {
		const { patienceMs = 0 } = this.#ports;
		if (patienceMs === 0) return [...actions];
		const now = performance.now();
		const before = this.#wanted;
		this.#wanted = new Map(actions.map((action) => [JSON.stringify(action), before.get(JSON.stringify(action)) ?? now]));
		return actions.filter((action) => now - (this.#wanted.get(JSON.stringify(action)) ?? now) >= patienceMs);
	}
}
