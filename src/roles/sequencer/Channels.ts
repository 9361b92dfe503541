import type { Event } from "../../executor/Events.ts";
import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import type { Peer } from "../../ports/Transport.ts";
import { nameOf, seriesOf } from "../../wire/Names.ts";
import { Code, RpcError } from "../../wire/RpcError.ts";
import * as Views from "./Views.ts";

/** LIMIT: channels of one connection. */
const MAX_CHANNELS = 500;

/**
 * Subscriptions: book.NAME (a snapshot, then changes; each carries `change_id` and the one before, so that a gap shows), trades.NAME, orders.ACCOUNT.
 */
export class Channels {
	readonly #live: LiveExecutor;
	readonly #peers = new Map<number, { peer: Peer; channels: Set<string> }>();
	readonly #changeIds = new Map<string, number>();

	constructor(live: LiveExecutor) {
		this.#live = live;
		live.onEvents((events) => {
			if (this.#peers.size > 0) for (const event of events) this.#tell(event);
		});
	}

	subscribe(peer: Peer, channels: readonly string[]): readonly string[] {
		if (peer.id === 0) throw new RpcError(Code.InvalidRequest, "subscriptions need a WebSocket");
		const entry = this.#peers.get(peer.id) ?? { peer, channels: new Set<string>() };
		for (const channel of channels) {
			if (!isChannel(channel))
				throw new RpcError(Code.InvalidParams, `channels: ${channel} is not book.NAME, trades.NAME or orders.ACCOUNT`);
			if (entry.channels.size >= MAX_CHANNELS) throw new RpcError(Code.LimitReached, `a connection has at most ${MAX_CHANNELS} channels`);
			entry.channels.add(channel);
		}
		this.#peers.set(peer.id, entry);
		for (const channel of channels) {
			const series = channel.startsWith("book.") ? seriesOf(channel.slice(5)) : undefined;
			if (series !== undefined)
				peer.notify(channel, {
					type: "snapshot",
					change_id: this.#changeIds.get(channel) ?? 0,
					...Views.orderBook(this.#live.queries, series, 64),
				});
		}
		return [...entry.channels];
	}

	unsubscribe(peerId: number, channels: readonly string[]): readonly string[] {
		const entry = this.#peers.get(peerId);
		for (const channel of channels) entry?.channels.delete(channel);
		return [...(entry?.channels ?? [])];
	}

	forget(peerId: number): void {
		this.#peers.delete(peerId);
	}

	#tell(event: Event): void {
		switch (event.type) {
			case "BookChanged": {
				const channel = `book.${nameOf(event.series)}`;
				const previous = this.#changeIds.get(channel) ?? 0;
				this.#changeIds.set(channel, event.number);
				const level = [Views.price(event.series, event.price), Views.amount(event.series, event.size)];
				this.#publish(channel, {
					type: "change",
					change_id: event.number,
					prev_change_id: previous,
					side: event.side === 0 ? "bid" : "ask",
					level,
				});
				return;
			}
			case "Traded":
				this.#publish(`trades.${nameOf(event.series)}`, {
					...event,
					price: Views.price(event.series, event.price),
					amount: Views.amount(event.series, event.size),
				});
				this.#publish(`orders.${event.taker}`, event);
				if (event.maker !== event.taker) this.#publish(`orders.${event.maker}`, event);
				return;
			default:
				if ("account" in event) this.#publish(`orders.${event.account}`, event);
		}
	}

	#publish(channel: string, data: unknown): void {
		for (const { peer, channels } of this.#peers.values()) if (channels.has(channel)) peer.notify(channel, data);
	}
}

function isChannel(channel: string): boolean {
	if (channel.startsWith("book.")) return seriesOf(channel.slice(5)) !== undefined;
	if (channel.startsWith("trades.")) return seriesOf(channel.slice(7)) !== undefined;
	return /^orders\.\d{1,8}$/.test(channel);
}
