import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { BookFollower } from "../../src/sdk/BookFollower.ts";
import type { BookLevel } from "../../src/sdk/BookFollower.ts";
import { useCall, useConnection } from "./exchange.ts";
import { Titles } from "./Titles.tsx";
import type { Finality, Instrument, Trade } from "./types.ts";

const SHOWN = 10;

/** The ladder of a series. A level goes into the ticket. */
export function Book({
	instrument,
	onPrice,
}: {
	readonly instrument: Instrument | undefined;
	readonly onPrice: (price: string, side: "buy" | "sell") => void;
}): JSX.Element {
	const connection = useConnection();
	const [sides, set] = useState<{ readonly bids: BookLevel[]; readonly asks: BookLevel[] }>({ bids: [], asks: [] });
	const name = instrument?.instrument_name;
	useEffect(() => {
		set({ bids: [], asks: [] });
		if (!connection || name === undefined) return;
		let isOver = false;
		const following = BookFollower.follow(connection, name, (book) => isOver || set({ bids: book.bids, asks: book.asks }));
		return () => {
			isOver = true;
			following.then((book) => book.stop()).catch(() => undefined);
		};
	}, [connection, name]);
	const rows = Array.from({ length: Math.min(SHOWN, Math.max(sides.bids.length, sides.asks.length)) }, (_, i) => ({
		bid: sides.bids[i],
		ask: sides.asks[i],
	}));
	const level = (one: BookLevel | undefined, side: "buy" | "sell"): JSX.Element | string =>
		one ? (
			<button aria-label={`${side} at ${one[0]}`} onClick={() => onPrice(one[0], side)}>
				{one[0]}
			</button>
		) : (
			"–"
		);
	return (
		<section aria-labelledby="book-title">
			<h2 id="book-title">Order book</h2>
			<p id="chosen">{name ?? "Choose a strike."}</p>
			<table id="book">
				<caption>Best first; it follows the exchange.</caption>
				<thead>
					<Titles of={["Bid amount", "Bid", "Ask", "Ask amount"]} />
				</thead>
				<tbody>
					{rows.map(({ bid, ask }, i) => (
						<tr key={i}>
							<td>{bid?.[1] ?? "–"}</td>
							<td class="bid">{level(bid, "sell")}</td>
							<td class="ask">{level(ask, "buy")}</td>
							<td>{ask?.[1] ?? "–"}</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

/** Last trades of a series, each with the rung it stands on. */
export function Trades({ instrument }: { readonly instrument: Instrument | undefined }): JSX.Element {
	const trades = useCall<Trade[]>(
		"public/get_last_trades_by_instrument",
		instrument && { instrument_name: instrument.instrument_name, count: 8 },
		1500,
	);
	return (
		<section aria-labelledby="trades-title">
			<h2 id="trades-title">Last trades</h2>
			<table id="trades">
				<caption>With what each stands on; a badge opens its evidence.</caption>
				<thead>
					<Titles of={["Price", "Amount", "Taker", "Finality"]} />
				</thead>
				<tbody>
					{(trades ?? []).map((trade) => (
						<tr key={trade.trade_id}>
							<td>{trade.price}</td>
							<td>{trade.amount}</td>
							<td class={trade.direction === "buy" ? "bid" : "ask"}>{trade.direction}s</td>
							<td>
								<Badge sequence={trade.sequence} />
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

/** The rung of a message; what it rests on when it is asked. */
export function Badge({ sequence }: { readonly sequence: number }): JSX.Element {
	const finality = useCall<Finality>("public/get_finality", { sequence }, 2000);
	const dialog = useRef<HTMLDialogElement>(null);
	const rung = finality?.rung ?? "UNKNOWN";
	const facts: [string, string][] = finality
		? [
				["Undone only if", finality.undone_only_if],
				["Posted below", `message ${finality.evidence.posted_below}`],
				["Confirmed below", `message ${finality.evidence.confirmed_below}`],
				["Batch on L1", finality.evidence.batch === null ? "none yet" : String(finality.evidence.batch)],
				["Latest confirmed assertion", finality.evidence.assertion ?? "none yet"],
			]
		: [];
	return (
		<>
			<button class={`badge ${rung}`} aria-label={`${rung}: evidence of message ${sequence}`} onClick={() => dialog.current?.showModal()}>
				{rung}
			</button>
			<dialog ref={dialog} aria-label={`Evidence of message ${sequence}`}>
				<h3>
					Message {sequence} is {rung}
				</h3>
				<dl class="facts">
					{facts.map(([name, fact]) => (
						<div key={name}>
							<dt>{name}</dt>
							<dd>{fact}</dd>
						</div>
					))}
				</dl>
				<form method="dialog">
					<button>Close</button>
				</form>
			</dialog>
		</>
	);
}
