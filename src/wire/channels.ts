// Channels: what each is called, and what it tells. The same schemas document (docs/api/asyncapi.json) and are tested against what is told.

import { z } from "zod";
import * as Fields from "./fields.ts";
import { auctionView, rfqView } from "./methods/deals.ts";
import { tickerView } from "./methods/market.ts";
import { seriesOf, UNDERLYINGS } from "./Names.ts";

const change = {
	change_id: z.int().describe("Grows from message to message"),
	prev_change_id: z.int().nullable().describe("change_id of the message before in this channel; null of a snapshot"),
};
const step = z.tuple([z.enum(["new", "change", "delete"]), Fields.price, Fields.amount]);

export const CHANNELS = {
	book: {
		pattern: "book.{instrument_name}",
		summary: "The whole order book at first, then what changed. A snapshot comes again when the connection read too slowly.",
		message: z.union([
			z.strictObject({
				type: z.literal("snapshot"),
				...change,
				instrument_name: Fields.instrument,
				timestamp: Fields.seconds,
				bids: z.array(Fields.level),
				asks: z.array(Fields.level),
			}),
			z.strictObject({
				type: z.literal("change"),
				...change,
				instrument_name: Fields.instrument,
				timestamp: Fields.seconds,
				bids: z.array(step),
				asks: z.array(step),
			}),
		]),
	},
	ticker: {
		pattern: "ticker.{instrument_name}",
		summary: "The whole ticker, at most ten times a second.",
		message: tickerView.extend(change),
	},
	trades: {
		pattern: "trades.{instrument_name or currency}",
		summary: "The last trades at first (a snapshot, newest first), then every trade.",
		message: z.strictObject({ type: z.enum(["snapshot", "change"]), ...change, trades: z.array(Fields.trade) }),
	},
	"user.orders": {
		pattern: "user.orders.{account}",
		summary: "The open orders at first, then every order whose state changed.",
		message: z.strictObject({ type: z.enum(["snapshot", "change"]), ...change, orders: z.array(Fields.openOrder) }),
	},
	"user.trades": {
		pattern: "user.trades.{account}",
		summary: "Every trade of the account.",
		message: z.strictObject({ type: z.enum(["snapshot", "change"]), ...change, trades: z.array(Fields.trade) }),
	},
	"user.portfolio": {
		pattern: "user.portfolio.{account}",
		summary: "Cash, equity, margins and positions, at most once a second.",
		message: z.strictObject({
			...change,
			account: Fields.account,
			cash: Fields.usdc,
			equity: Fields.usdc,
			initial_margin: Fields.usdc,
			maintenance_margin: Fields.usdc,
			available_funds: Fields.usdc,
			positions: z.array(Fields.position),
		}),
	},
	"user.events": {
		pattern: "user.events.{account}",
		summary: "Everything that happens to the account, in the machine's own units: refusals, deposits, withdrawals, protection, sessions.",
		message: z.looseObject({ ...change, type: z.string(), number: z.int(), sequence: Fields.sequence, time: Fields.seconds }),
	},
	rfqs: {
		pattern: "rfqs",
		summary: "The open requests for quotes, whenever one begins, ends or gets a quote.",
		message: z.strictObject({ ...change, rfqs: z.array(rfqView) }),
	},
	auctions: {
		pattern: "auctions",
		summary: "Portfolios under auction as a bid would find them: every second while there are any, and once when there are none.",
		message: z.strictObject({ ...change, auctions: z.array(auctionView) }),
	},
	finality: {
		pattern: "finality",
		summary: "How far messages are posted and confirmed, when that changes.",
		message: z.strictObject({ ...change, posted_below: z.int(), confirmed_below: z.int(), assertion: Fields.hash.nullable() }),
	},
} as const;

export type ChannelKind = keyof typeof CHANNELS;

/** A channel's name, read. */
export type Channel =
	| { readonly kind: "book"; readonly series: number }
	| { readonly kind: "ticker"; readonly series: number }
	| { readonly kind: "trades"; readonly series: number | undefined; readonly underlying: number }
	| { readonly kind: "user.orders" | "user.trades" | "user.portfolio" | "user.events"; readonly account: number }
	| { readonly kind: "finality" | "rfqs" | "auctions" };

/** The channel of a name, or undefined when it is none. */
export function channelOf(name: string): Channel | undefined {
	if (name === "finality" || name === "rfqs" || name === "auctions") return { kind: name };
	const user = /^user\.(orders|trades|portfolio|events)\.(\d{1,8})$/.exec(name);
	if (user) return { kind: `user.${user[1] as "orders" | "trades" | "portfolio" | "events"}`, account: Number(user[2]) };
	const [kind, rest] = [name.slice(0, name.indexOf(".")), name.slice(name.indexOf(".") + 1)];
	if (kind === "trades" && UNDERLYINGS.includes(rest)) return { kind, series: undefined, underlying: UNDERLYINGS.indexOf(rest) };
	if (kind !== "book" && kind !== "ticker" && kind !== "trades") return undefined;
	const series = seriesOf(rest);
	if (series === undefined) return undefined;
	return kind === "trades" ? { kind, series, underlying: UNDERLYINGS.indexOf(rest.slice(0, 3)) } : { kind, series };
}
