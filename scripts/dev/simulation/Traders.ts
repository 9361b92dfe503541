// Who uses the exchange in a simulated run: traders who send to any gateway and send again when nobody answers, reporters who report every price in order, and
// somebody who sees to it that what L1 holds is included in time.

import type { LiveExecutor } from "../../../src/executor/LiveExecutor.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import { DEPOSIT as DEPOSIT_KIND, FORCED } from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import type { Acknowledgement } from "../../../src/roles/sequencer/Sequencer.ts";
import {
	DAYS,
	STRIKES,
	TRADERS,
	cancel,
	cancelAll,
	deposit,
	fairOf,
	ownerOf,
	place,
	report,
	withdraw,
} from "../../../test/executor/world.ts";
import type { SimulatedNode } from "./Node.ts";
import type { Chain } from "./Chain.ts";
import { PACE } from "./Process.ts";
import type { Scheduler } from "./Scheduler.ts";

const REPORT_SECONDS = 48;
/** Nobody waits longer for an acknowledgement before he sends to another gateway. */
const PATIENCE_MS = 2500;
const INDEX = 4_000_000_000;
const FAR = Series.make(0, DAYS[1], Series.CALL, STRIKES[1]);
const NEAR = Series.make(0, DAYS[0], Series.FUTURE, 0);

/** An acknowledgement, whose promise it is, and for which message. */
export type Promised = { readonly payload: Uint8Array; readonly ack: Acknowledgement; readonly signer: string };

export class Traders {
	readonly promised: Promised[] = [];
	/** Messages that were sent and have no acknowledgement yet. */
	readonly open = new Set<Uint8Array>();
	readonly #scheduler: Scheduler;
	readonly #nodes: readonly SimulatedNode[];
	readonly #chain: Chain;
	readonly #random: () => number;
	readonly #time: () => number;
	readonly #nonces = new Map<number, number>();
	#index = INDEX;
	/** Every report, by time. */
	readonly #reports: { readonly time: number; readonly payload: Uint8Array }[] = [];
	#isReporting = false;
	#isDone = false;

	constructor(scheduler: Scheduler, nodes: readonly SimulatedNode[], chain: Chain, random: () => number, time: () => number) {
		this.#scheduler = scheduler;
		this.#nodes = nodes;
		this.#chain = chain;
		this.#random = random;
		this.#time = time;
	}

	#below(bound: number): number {
		return Math.floor(this.#random() * bound);
	}

	/** Sends to some gateway, and to another one when it is not answered. Resolves with the acknowledgement. */
	send(bytes: Uint8Array): Promise<Acknowledgement> {
		// Sent twice, the same bytes are two messages: a late answer to the first must not be taken for the second's.
		const payload = bytes.slice();
		this.open.add(payload);
		return new Promise((resolve) => {
			const attempt = (): void => {
				if (!this.open.has(payload)) return;
				this.#scheduler.after(PATIENCE_MS, attempt);
				const node = this.#nodes[this.#below(this.#nodes.length)];
				const { running } = node;
				if (!running || running.process.isStopped) return;
				running.sequencer.submit(payload).then(
					(ack) => {
						this.promised.push({ payload, ack, signer: node.address });
						if (this.open.delete(payload)) resolve(ack);
					},
					// Refused at the door: a node that lags does not know the account yet. He tries another.
					() => undefined,
				);
			};
			attempt();
		});
	}

	/** Trades for so long, some of it through L1. */
	async trade(milliseconds: number): Promise<void> {
		const end = this.#scheduler.now + milliseconds;
		const next = (): void => {
			if (this.#scheduler.now >= end) return;
			this.#scheduler.after(200 + this.#below(700), next);
			void this.send(this.message());
			if (this.#random() < 0.08) this.#throughL1();
		};
		next();
	}

	message(): Uint8Array {
		const account = 1 + this.#below(TRADERS.length);
		const nonce = this.#nonces.get(account) ?? 1;
		this.#nonces.set(account, nonce + 1);
		const roll = this.#random();
		if (roll < 0.05) return cancelAll(account, nonce);
		if (roll < 0.12) return withdraw(account, 1 + this.#below(1_000_000), nonce);
		const side = this.#below(2);
		if (roll < 0.2) return cancel({ account, series: FAR, side, order: 1 + this.#below(nonce) });
		const series = this.#random() < 0.5 ? FAR : NEAR;
		const price = series === FAR ? fairOf(FAR) : Math.round(this.#index / 100_000);
		return place({ account, series, side, nonce, price: price + this.#below(21) - 10, size: 1 + this.#below(20) });
	}

	/** A deposit, or a withdrawal whose owner asks L1 for it. */
	#throughL1(): void {
		const account = 1 + this.#below(TRADERS.length);
		const time = this.#time();
		const { inbox } = this.#chain;
		const payload = this.#random() < 0.5 ? deposit(account, 1_000_000) : withdraw(account, 77, 1_000_000 + this.#below(200));
		this.#chain.submit(() => {
			if (payload.length > 100) inbox.send(FORCED, payload, time, ownerOf(account).address);
			else inbox.send(DEPOSIT_KIND, payload, time);
		});
	}

	/** Reports every 48 seconds of the exchange's time. As reporters do, they send the report behind the last that the state has taken, again if need be. Resolves with the first that is taken. */
	startReporting(): Promise<void> {
		const next = async (): Promise<void> => {
			if (this.#isDone) return;
			this.#scheduler.after((REPORT_SECONDS * 1000) / PACE, () => void next());
			this.#index = Math.round(this.#index * (1 + 0.002 * (this.#random() - 0.5)));
			const time = this.#time();
			const days = DAYS.filter((day) => Series.expiryTimeOf(day) > time);
			this.#reports.push({ time, payload: report(0, time, this.#index, days) });
			await this.#sendReports();
		};
		return next();
	}

	stopReporting(): void {
		this.#isDone = true;
	}

	/** The state that has come furthest: what reporters go by. */
	#furthest(): LiveExecutor | undefined {
		let furthest: LiveExecutor | undefined;
		for (const { running } of this.#nodes) {
			if (!running || running.process.isStopped) continue;
			if (!furthest || running.live.height > furthest.height) furthest = running.live;
		}
		return furthest;
	}

	async #sendReports(): Promise<void> {
		if (this.#isReporting) return;
		this.#isReporting = true;
		for (let sent = 0; ;) {
			const taken = this.#furthest()?.queries.underlying(0).time;
			const due = taken === undefined ? undefined : this.#reports.find(({ time }) => time > taken);
			if (!due || due.time === sent) break;
			sent = due.time;
			await this.send(due.payload);
		}
		this.#isReporting = false;
	}
}

/** The hash that a receipt for these bytes names. */
export function hashOf(payload: Uint8Array): string {
	return Bytes.toHex(Keccak.hash(payload));
}
