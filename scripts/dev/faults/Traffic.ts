// Orders through every gateway, without pause, from one account: what is acknowledged, and when. They rest nowhere, because an account may have so many orders only. An order that a gateway does not answer is not sent again; the next
// one takes its place, so that a gateway that comes back is noticed at once.

import type { ChainWallet } from "../../../src/chain/Bridge.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import { Connection, Trader, isExecuted } from "../../../src/sdk/index.ts";
import type { Acknowledgement } from "../../../src/sdk/index.ts";
import type { Cluster } from "../committee/Cluster.ts";

const PAUSE_MS = 150;

const ATTEMPTS = 6;
/** How long a member may take to execute what another gateway has acknowledged, until that is called lost. */
const CATCH_UP_MS = 30_000;

/** Asks again for a few seconds: a busy machine cuts calls off. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await ask();
		} catch (error) {
			if (attempt === ATTEMPTS) throw error;
			await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
		}
	}
}

/** Times are milliseconds of this process. */
export type Acknowledged = {
	readonly sentAt: number;
	readonly at: number;
	readonly member: number;
	readonly nonce: number;
	readonly sequence: number;
};

export class Traffic {
	readonly acknowledged: Acknowledged[] = [];
	readonly #cluster: Cluster;
	readonly #trader: Trader;
	readonly #series: number;
	readonly #lanes: Promise<void>[] = [];
	#isOver = false;
	/** What gateways said when they refused, with how often. */
	readonly refusals = new Map<string, number>();

	private constructor(cluster: Cluster, trader: Trader, series: number) {
		this.#cluster = cluster;
		this.#trader = trader;
		this.#series = series;
	}

	static async begin(cluster: Cluster, wallet: ChainWallet, account: number, series: number): Promise<Traffic> {
		const connection = await Connection.open(cluster.api(0).replace("http", "ws"));
		const traffic = new Traffic(cluster, await Trader.open(connection, wallet, account), series);
		connection.close();
		for (let member = 0; member < cluster.options.validators; member++) traffic.#lanes.push(traffic.#lane(member));
		return traffic;
	}

	/** Resolves when nothing is on its way any more. */
	async end(): Promise<void> {
		this.#isOver = true;
		await Promise.all(this.#lanes);
	}

	get account(): number {
		return this.#trader.account;
	}

	async #lane(member: number): Promise<void> {
		for (; !this.#isOver; await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))) {
			const nonce = this.#trader.takeNonce();
			const sentAt = performance.now();
			try {
				const payload = await this.#trader.encodeOrder({
					series: this.#series,
					side: 0,
					price: 1 + (nonce % 7),
					size: 1,
					nonce,
					immediateOrCancel: true,
				});
				const ack = await this.#cluster.call<Acknowledgement>(member, "public/submit", { payload: Bytes.toHex(payload) });
				if (isExecuted(ack)) this.acknowledged.push({ sentAt, at: performance.now(), member, nonce, sequence: ack.sequence });
				else this.#refused(ack.result);
			} catch (error) {
				this.#refused((error as Error).message);
			}
		}
	}

	#refused(why: string): void {
		const short = why.slice(0, 80);
		this.refusals.set(short, (this.refusals.get(short) ?? 0) + 1);
	}

	/** Acknowledged ones that one of the members knows otherwise, or does not know in the end either: must be none. */
	async lost(since: number, members: readonly number[]): Promise<number> {
		const lost = new Set<number>();
		const checked = this.acknowledged.filter(({ at }) => at >= since);
		const late = performance.now() + CATCH_UP_MS;
		for (const member of members)
			for (const { nonce, sequence } of checked)
				for (;;) {
					const asked = { account: this.account, order: nonce };
					const state = await patiently(() =>
						this.#cluster.call<{ state: string; sequence?: number }>(member, "private/get_order_state", asked),
					);
					if (state.state !== "unknown" && state.sequence === sequence) break;
					// What one gateway has just acknowledged another member executes a moment later.
					if (state.state === "unknown" && performance.now() < late) {
						await new Promise((resolve) => setTimeout(resolve, 300));
						continue;
					}
					process.stderr.write(`Member ${member} knows order ${nonce}, acknowledged as number ${sequence}, as ${JSON.stringify(state)}.\n`);
					lost.add(nonce);
					break;
				}
		const twice = checked.length - new Set(checked.map(({ sequence }) => sequence)).size;
		if (twice > 0) process.stderr.write(`${twice} numbers were given to two orders.\n`);
		return lost.size + twice;
	}
}
