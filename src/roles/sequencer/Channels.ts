import type { Event } from "../../executor/Events.ts";
import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import type { Trade } from "../../executor/Trades.ts";
import type { Peer } from "../../ports/Transport.ts";
import * as Series from "../../machine/types/Series.ts";
import type { Channel } from "../../wire/channels.ts";
import { channelOf } from "../../wire/channels.ts";
import { nameOf } from "../../wire/Names.ts";
import { Code, RpcError } from "../../wire/RpcError.ts";
import type { Answer } from "../../wire/schema.ts";
import * as AccountViews from "./AccountViews.ts";
import { BookFeed } from "./BookFeed.ts";
import * as DealViews from "./DealViews.ts";
import type { Requests } from "./Requests.ts";
import * as Views from "./Views.ts";

/** LIMIT: channels of one connection. */
const MAX_CHANNELS = 500;
/** Changes of a book within a tick are told as one. */
const TICK_MS = 50;
/** Ticks between messages of a ticker, which is dear to compute and changes with every order. */
const TICKER_TICKS = 2;
/** Ticks between looks at what changes with time alone: orders expire, options lose value. */
const SLOW_TICKS = 20;
/** For so long channels are looked at, at a stretch, before orders have their turn. */
const LOOKING_MS = 1;
const SNAPSHOT_TRADES = 20;
/** LIMIT: books that nobody follows and somebody asked for. One that is forgotten begins again with a greater change_id. */
const MAX_ASKED = 1000;
/** What changes with time alone, or with L1. */
const TIMED: ReadonlySet<Channel["kind"]> = new Set(["book", "auctions", "finality"] as const);
/** Channels that are told whole, whenever the whole is another. */
const WHOLE: ReadonlySet<Channel["kind"]> = new Set(["ticker", "user.portfolio", "rfqs", "auctions", "finality"] as const);
/** What begins, changes or ends an auction. */
const AUCTIONED: ReadonlySet<Event["type"]> = new Set(["AuctionStarted", "AuctionEnded", "PortfolioSold", "DebtWrittenOff"] as const);

/** How far messages came on L1. */
export type Progress = { readonly posted_below: number; readonly confirmed_below: number; readonly assertion: string | null };

type Subscriber = { readonly peer: Peer; readonly channels: Set<string>; readonly behind: Set<string> };
/** A channel that somebody follows, or a book that somebody asked for. `changeId` is that of its last message. */
type Feed = {
	readonly channel: Channel;
	readonly followers: Set<Subscriber>;
	changeId: number;
	readonly book: BookFeed | undefined;
	last: string;
};

/**
 * Subscriptions (docs/api/asyncapi.json). Every message of a channel carries `change_id` and that of the message before, so that a gap shows. Whoever
 * reads too slowly is told nothing more until he has read, and then the whole anew.
 */
export class Channels {
	readonly #live: LiveExecutor;
	readonly #requests: Requests;
	readonly #progress: () => Progress;
	readonly #subscribers = new Map<number, Subscriber>();
	readonly #feeds = new Map<string, Feed>();
	/** Books that nobody follows, so that who asks twice, or follows afterwards, sees whether something changed. The oldest is the first. */
	readonly #asked = new Map<string, Feed>();
	/** Names of feeds whose state may have changed since the last tick. */
	readonly #dirty = new Set<string>();
	readonly #timer: NodeJS.Timeout;
	#ticks = 0;
	#changeId = 0;

	constructor(live: LiveExecutor, requests: Requests, progress: () => Progress) {
		this.#live = live;
		this.#requests = requests;
		this.#progress = progress;
		live.onEvents((events) => {
			if (this.#feeds.size > 0) this.#take(events);
		});
		this.#timer = setInterval(() => this.#tick(), TICK_MS);
		this.#timer.unref();
	}

	close(): void {
		clearInterval(this.#timer);
		this.#feeds.clear();
		this.#asked.clear();
		this.#subscribers.clear();
	}

	/** All channels or, when one of them is none or there are too many, no new one. A channel that was followed already begins anew. */
	subscribe(peer: Peer, names: readonly string[]): Iterable<string> {
		if (peer.id === 0) throw new RpcError(Code.InvalidRequest, "subscriptions need a WebSocket");
		const wanted = new Map<string, Channel>();
		for (const name of names) {
			const channel = channelOf(name);
			if (!channel) throw new RpcError(Code.InvalidParams, `channels: ${name} is none: docs/api/README.md lists them`);
			if ((channel.kind === "book" || channel.kind === "ticker") && !this.#live.queries.isListed(channel.series))
				throw new RpcError(Code.NotFound, `channels: ${name} is of a series that is not listed`);
			wanted.set(name, channel);
		}
		const subscriber = this.#subscribers.get(peer.id) ?? { peer, channels: new Set<string>(), behind: new Set<string>() };
		const added = [...wanted.keys()].filter((name) => !subscriber.channels.has(name));
		if (subscriber.channels.size + added.length > MAX_CHANNELS)
			throw new RpcError(Code.LimitReached, `a connection has at most ${MAX_CHANNELS} channels`, { limit: "channels_of_connection" });
		this.#subscribers.set(peer.id, subscriber);
		for (const [name, channel] of wanted) {
			const feed = this.#feedOf(name, channel);
			this.#asked.delete(name);
			this.#feeds.set(name, feed);
			this.#begin(name, feed, subscriber);
			feed.followers.add(subscriber);
			subscriber.channels.add(name);
		}
		return subscriber.channels;
	}

	/** A book as its channel stands, with the change_id of that: the channel's next change names it as the one before. */
	book(series: number, depth: number): Answer<"public/get_order_book"> {
		const name = `book.${nameOf(series)}`;
		const feed = this.#feedOf(name, { kind: "book", series });
		this.#refreshBook(name, feed);
		if (!this.#feeds.has(name)) this.#keep(name, feed);
		return { ...Views.orderBook(this.#live.queries, series, depth), change_id: feed.changeId };
	}

	unsubscribe(peerId: number, names: readonly string[]): Iterable<string> {
		const subscriber = this.#subscribers.get(peerId);
		if (!subscriber) return [];
		for (const name of names) this.#leave(subscriber, name);
		return subscriber.channels;
	}

	forget(peerId: number): void {
		const subscriber = this.#subscribers.get(peerId);
		if (!subscriber) return;
		for (const name of [...subscriber.channels]) this.#leave(subscriber, name);
		this.#subscribers.delete(peerId);
	}

	#leave(subscriber: Subscriber, name: string): void {
		subscriber.channels.delete(name);
		subscriber.behind.delete(name);
		const feed = this.#feeds.get(name);
		feed?.followers.delete(subscriber);
		if (feed?.followers.size === 0) {
			this.#feeds.delete(name);
			this.#dirty.delete(name);
			if (feed.book) this.#keep(name, feed);
		}
	}

	#feedOf(name: string, channel: Channel): Feed {
		const book = channel.kind === "book" ? new BookFeed(channel.series) : undefined;
		return this.#feeds.get(name) ?? this.#asked.get(name) ?? { channel, followers: new Set(), changeId: ++this.#changeId, book, last: "" };
	}

	#keep(name: string, feed: Feed): void {
		this.#asked.delete(name);
		this.#asked.set(name, feed);
		const [oldest] = this.#asked.keys();
		if (this.#asked.size > MAX_ASKED) this.#asked.delete(oldest);
	}

	/** Tells one follower where the channel stands. What others were not told yet is told to them first, so that one change_id means one state. */
	#begin(name: string, feed: Feed, subscriber: Subscriber): void {
		const { channel } = feed;
		if (channel.kind === "book") this.#refreshBook(name, feed);
		const state = channel.kind === "book" ? feed.book?.snapshot(this.#live.queries) : this.#stateOf(channel);
		if (state) subscriber.peer.notify(name, { ...state, change_id: feed.changeId, prev_change_id: null });
	}

	/** The whole of a channel: what it begins with. */
	#stateOf(channel: Exclude<Channel, { kind: "book" }>): object | undefined {
		const { queries } = this.#live;
		switch (channel.kind) {
			case "ticker":
				return queries.isListed(channel.series) ? Views.ticker(queries, channel.series) : undefined;
			case "trades": {
				const trades =
					channel.series === undefined
						? queries.lastTradesOf(channel.underlying, undefined, SNAPSHOT_TRADES)
						: queries.lastTrades(channel.series, SNAPSHOT_TRADES);
				return { type: "snapshot", trades: trades.map(Views.trade) };
			}
			case "user.orders":
				return { type: "snapshot", orders: queries.openOrders(channel.account).map(AccountViews.order) };
			case "user.portfolio": {
				const account = queries.account(channel.account);
				if (!account) return undefined;
				const { cash, equity, initial_margin, maintenance_margin, available_funds, positions } = AccountViews.account(account);
				return { account: channel.account, cash, equity, initial_margin, maintenance_margin, available_funds, positions };
			}
			case "finality":
				return this.#progress();
			case "rfqs":
				return { rfqs: DealViews.rfqs(this.#requests, {}) };
			case "auctions":
				return { auctions: DealViews.auctions(queries) };
			case "user.trades":
				return { type: "snapshot", trades: [] };
			case "user.events":
				return undefined;
		}
	}

	/** Gathers a bundle's events: one message a channel, however many there were. */
	#take(events: readonly Event[]): void {
		const trades = new Map<string, Trade[]>();
		const orders = new Map<number, Set<number>>();
		const note = (account: number, order: number): void => {
			if (!this.#feeds.has(`user.orders.${account}`)) return;
			const own = orders.get(account) ?? new Set();
			orders.set(account, own.add(order));
		};
		for (const event of events) {
			if (event.type === "Traded") {
				const names = [
					`trades.${nameOf(event.series)}`,
					`trades.${Views.currencyOf(Series.underlyingOf(event.series))}`,
					...new Set([`user.trades.${event.taker}`, `user.trades.${event.maker}`]),
				];
				for (const name of names) if (this.#feeds.has(name)) trades.set(name, [...(trades.get(name) ?? []), event]);
				note(event.taker, event.takerOrder);
				note(event.maker, event.makerOrder);
				for (const account of new Set([event.taker, event.maker])) this.#tellEvent(account, event);
				this.#dirty.add(`ticker.${nameOf(event.series)}`);
			} else if (event.type === "BookChanged") {
				const name = nameOf(event.series);
				this.#dirty.add(`book.${name}`).add(`ticker.${name}`);
			} else if (event.type === "PriceReported" || event.type === "Rebased") {
				for (const [name, { channel }] of this.#feeds)
					if (channel.kind === "ticker" || channel.kind === "user.portfolio" || event.type === "Rebased") this.#dirty.add(name);
			} else if ("account" in event) {
				if ("order" in event) note(event.account, event.order);
				this.#tellEvent(event.account, event);
			}
			if (event.type === "Transferred") this.#tellEvent(event.recipient, event);
			if (AUCTIONED.has(event.type)) this.#dirty.add("auctions");
		}
		for (const [name, all] of trades) this.#publish(name, { type: "change", trades: all.map(Views.trade) });
		for (const [account, own] of orders) this.#publishOrders(account, own);
		// An auction may begin and be bid away between two ticks: whoever follows is told of both.
		if (this.#dirty.has("auctions")) this.#refreshNamed("auctions");
	}

	#tellEvent(account: number, event: Event): void {
		const name = `user.events.${account}`;
		if (this.#feeds.has(name)) this.#publish(name, event);
		this.#dirty.add(`user.portfolio.${account}`);
	}

	#publishOrders(account: number, nonces: ReadonlySet<number>): void {
		const orders = [...nonces].flatMap((nonce) => {
			const answer = this.#live.queries.order(account, nonce);
			return answer.status === "known" ? [AccountViews.order(answer.order)] : [];
		});
		if (orders.length > 0) this.#publish(`user.orders.${account}`, { type: "change", orders });
	}

	#tick(): void {
		this.#ticks += 1;
		const isSlow = this.#ticks % SLOW_TICKS === 0;
		const isTickers = this.#ticks % TICKER_TICKS === 0;
		// Nobody follows the rest: nothing is to be told of it.
		for (const name of this.#dirty) if (!this.#feeds.has(name)) this.#dirty.delete(name);
		const due = [...this.#dirty].filter((name) => {
			if (name.startsWith("ticker.")) return isTickers;
			return isSlow || !name.startsWith("user.portfolio.");
		});
		// Requests are of this node alone: no event tells of them.
		due.push("rfqs");
		if (isSlow) for (const [name, feed] of this.#feeds) if (TIMED.has(feed.channel.kind)) due.push(name);
		this.#look(due, 0);
		for (const subscriber of this.#subscribers.values()) {
			if (subscriber.behind.size === 0 || subscriber.peer.isSlow) continue;
			for (const name of [...subscriber.behind]) {
				this.#begin(name, this.#feeds.get(name) as Feed, subscriber);
				subscriber.behind.delete(name);
			}
		}
	}

	/** Refreshes channels from a place on, and lets orders in between. */
	#look(names: readonly string[], from: number): void {
		const began = performance.now();
		for (let i = from; i < names.length; i++) {
			this.#refreshNamed(names[i]);
			if (performance.now() - began < LOOKING_MS || i + 1 === names.length) continue;
			setImmediate(() => this.#look(names, i + 1));
			return;
		}
	}

	/** Tells what changed in a channel that has a state, if something did. */
	#refreshNamed(name: string): void {
		this.#dirty.delete(name);
		const feed = this.#feeds.get(name);
		if (!feed) return;
		const { channel } = feed;
		if (channel.kind === "book") this.#refreshBook(name, feed);
		else if (WHOLE.has(channel.kind)) {
			const state = this.#stateOf(channel);
			const text = JSON.stringify(state);
			if (!state || text === feed.last) return;
			feed.last = text;
			this.#publish(name, state);
		} else for (const follower of feed.followers) follower.behind.add(name);
	}

	#refreshBook(name: string, feed: Feed): void {
		const change = feed.book?.change(this.#live.queries);
		if (change) this.#tell(name, feed, change);
	}

	#publish(name: string, data: object): void {
		const feed = this.#feeds.get(name);
		if (feed) this.#tell(name, feed, data);
	}

	#tell(name: string, feed: Feed, data: object): void {
		const previous = feed.changeId;
		feed.changeId = ++this.#changeId;
		// The event's own fields come last: none of them is called change_id.
		const message = { change_id: feed.changeId, prev_change_id: previous, ...data };
		for (const follower of feed.followers) {
			if (follower.behind.has(name)) continue;
			if (follower.peer.isSlow) follower.behind.add(name);
			else follower.peer.notify(name, message);
		}
	}
}
