import { Command } from "commander";
import { nameOf } from "../wire/Names.ts";
import type { Answer, Common, Context } from "./Context.ts";
import { does } from "./Context.ts";
import { series } from "./parse.ts";

type Account = {
	readonly account: number;
	readonly cash: string;
	readonly equity: string;
	readonly initial_margin: string;
	readonly maintenance_margin: string;
	readonly positions: readonly { readonly instrument_name: string; readonly size: string; readonly mark_price: string }[];
	readonly open_orders: readonly {
		readonly instrument_name: string;
		readonly direction: "buy" | "sell";
		readonly order_id: number;
		readonly price: string;
		readonly remaining: string;
	}[];
};

async function positions(context: Context): Promise<Answer> {
	const account = await context.account();
	const view = await (await context.connection()).call<Account>("public/get_account", { account });
	const lines = [
		`account ${view.account}: cash ${view.cash}, equity ${view.equity}, initial margin ${view.initial_margin}, maintenance margin ${view.maintenance_margin} USDC`,
		...view.positions.map((p) => `  ${p.instrument_name.padEnd(22)} ${p.size.padStart(12)} at a mark of ${p.mark_price}`),
		...view.open_orders.map((o) => `  ${o.instrument_name.padEnd(22)} order ${o.order_id} ${o.direction}s ${o.remaining} at ${o.price}`),
	];
	if (view.positions.length + view.open_orders.length === 0) lines.push("  no positions and no open orders");
	return { text: lines.join("\n"), json: view };
}

type Ticker = {
	readonly mark_price: string | null;
	readonly mark_iv: string | null;
	readonly index_price: string;
	readonly open_interest: string;
};
type Book = { readonly bids: readonly [string, string][]; readonly asks: readonly [string, string][] };

async function quote(context: Context, _: Common, instrument: unknown): Promise<Answer> {
	const connection = await context.connection();
	const instrument_name = nameOf(instrument as number);
	const [ticker, book] = await Promise.all([
		connection.call<Ticker>("public/ticker", { instrument_name }),
		connection.call<Book>("public/get_order_book", { instrument_name, depth: 5 }),
	]);
	const level =
		(side: string) =>
		([price, amount]: [string, string]) =>
			`  ${side}  ${price.padStart(12)}  ${amount.padStart(12)}`;
	const lines = [
		`${instrument_name}: mark ${ticker.mark_price ?? "unknown"}, volatility ${ticker.mark_iv ?? "unknown"}, index ${ticker.index_price}, open interest ${ticker.open_interest}`,
		...[...book.asks].reverse().map(level("ask")),
		...book.bids.map(level("bid")),
	];
	if (book.bids.length + book.asks.length === 0) lines.push("  the book is empty");
	return { text: lines.join("\n"), json: { ...ticker, ...book } };
}

export function accountCommands(): Command[] {
	return [
		does(new Command("positions").description("money, margins, positions and open orders of an account"), positions),
		does(
			new Command("quote")
				.description("mark, volatility and book of an instrument")
				.argument("<instrument>", "such as ETH-25DEC26-4000-C", series),
			quote,
		),
	];
}
