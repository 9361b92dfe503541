import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useCall } from "./exchange.ts";
import type { Currency, Instrument, Position, Ticker } from "./types.ts";

type Props = {
	readonly currency: Currency;
	readonly chosen: Instrument | undefined;
	readonly positions: readonly Position[];
	readonly onCurrency: (currency: Currency) => void;
	/** `price` when a price was clicked: it goes into the ticket, and the side that takes it. */
	readonly onChoose: (instrument: Instrument, price?: string, side?: "buy" | "sell") => void;
};

const percent = (value: string | null | undefined): string => (value ? `${(Number(value) * 100).toFixed(1)} %` : "–");
const WIDTHS = { all: Infinity, "20 %": 0.2, "10 %": 0.1, "5 %": 0.05 } as const;

/** Calls, strike, puts of one expiry. */
export function Chain({ currency, chosen, positions, onCurrency, onChoose }: Props): JSX.Element {
	const [wantedExpiry, setExpiry] = useState("");
	const [width, setWidth] = useState<keyof typeof WIDTHS>("all");
	const [onlyQuoted, setOnlyQuoted] = useState(false);
	const instruments = useCall<Instrument[]>("public/get_instruments", { currency, expired: false, kind: "option" }, 10_000);
	const expiries = [...new Map((instruments ?? []).map((one) => [one.expiry, one.expiration_timestamp]))].sort((a, b) => a[1] - b[1]);
	const expiry = expiries.some(([name]) => name === wantedExpiry) ? wantedExpiry : (expiries[0]?.[0] ?? "");
	const tickers = useCall<Ticker[]>("public/get_tickers", expiry === "" ? undefined : { currency, kind: "option", expiry }, 2000);
	const tickerOf = new Map((tickers ?? []).map((ticker) => [ticker.instrument_name, ticker]));
	const forward = Number(tickers?.[0]?.underlying_price ?? 0);
	const own = new Map(positions.map(({ instrument_name, size }) => [instrument_name, size]));
	const listed = (instruments ?? []).filter((one) => one.expiry === expiry);
	const strikes = [...new Set(listed.map(({ strike }) => Number(strike)))]
		.sort((a, b) => a - b)
		.filter((strike) => forward === 0 || Math.abs(strike / forward - 1) <= WIDTHS[width]);
	const rows = strikes
		.map((strike) => {
			const of = (type: "call" | "put"): Instrument | undefined =>
				listed.find((one) => Number(one.strike) === strike && one.option_type === type);
			return { strike, call: of("call"), put: of("put") };
		})
		.filter(({ call, put }) => {
			const isQuoted = (one: Instrument | undefined): boolean => {
				const ticker = one && tickerOf.get(one.instrument_name);
				return ticker !== undefined && (ticker.best_bid_price ?? ticker.best_ask_price) !== null;
			};
			return !onlyQuoted || isQuoted(call) || isQuoted(put);
		});

	const half = (one: Instrument | undefined, isCall: boolean): JSX.Element[] => {
		const ticker = one && tickerOf.get(one.instrument_name);
		const name = one?.instrument_name ?? "";
		const price = (value: string | null | undefined, side: "buy" | "sell"): JSX.Element => (
			<td key={side} class={side === "sell" ? "bid" : "ask"}>
				{one && value ? (
					<button aria-label={`${side} ${name} at ${value}`} onClick={() => onChoose(one, value, side)}>
						{value}
					</button>
				) : (
					"–"
				)}
			</td>
		);
		const mark = ticker?.mark_price ? Number(ticker.mark_price).toFixed(1) : undefined;
		const book = (
			<td key="mark">
				{one && (
					<button aria-label={`${mark ? `mark ${mark}, ` : ""}order book of ${name}`} onClick={() => onChoose(one)}>
						{mark ?? "–"}
					</button>
				)}
			</td>
		);
		const cells = [
			<td key="own" class="own">
				{own.get(name) ?? ""}
			</td>,
			<td key="delta">{ticker?.greeks?.delta.toFixed(2) ?? "–"}</td>,
			<td key="iv">{percent(ticker?.mark_iv)}</td>,
			book,
			price(ticker?.best_bid_price, "sell"),
			price(ticker?.best_ask_price, "buy"),
		];
		// Prices stand beside the strike on both sides, bid before ask.
		return isCall ? cells : [cells[4], cells[5], cells[3], cells[2], cells[1], cells[0]];
	};

	return (
		<section aria-labelledby="chain-title">
			<h2 id="chain-title">Option chain</h2>
			<form onSubmit={(event) => event.preventDefault()}>
				<label>
					Currency{" "}
					<select id="currency" value={currency} onChange={(event) => onCurrency(event.currentTarget.value as Currency)}>
						<option>ETH</option>
						<option>BTC</option>
					</select>
				</label>
				<label>
					Expiry{" "}
					<select id="expiry" value={expiry} onChange={(event) => setExpiry(event.currentTarget.value)}>
						{expiries.map(([name]) => (
							<option key={name}>{name}</option>
						))}
					</select>
				</label>
				<label>
					Strikes within{" "}
					<select id="width" value={width} onChange={(event) => setWidth(event.currentTarget.value as keyof typeof WIDTHS)}>
						{Object.keys(WIDTHS).map((name) => (
							<option key={name}>{name}</option>
						))}
					</select>
				</label>
				<label>
					<input type="checkbox" checked={onlyQuoted} onChange={(event) => setOnlyQuoted(event.currentTarget.checked)} /> Quoted only
				</label>
			</form>
			<div class="scroll" tabIndex={0} role="region" aria-label="Option chain, scrollable">
				<table id="chain">
					<caption>Calls, strike, puts. Dollars a unit; a price goes into the ticket.</caption>
					<thead>
						<tr>
							<th scope="colgroup" colSpan={6}>
								Calls
							</th>
							<td></td>
							<th scope="colgroup" colSpan={6}>
								Puts
							</th>
						</tr>
						<tr>
							{["Own", "Delta", "IV", "Mark", "Bid", "Ask", "Strike", "Bid", "Ask", "Mark", "IV", "Delta", "Own"].map((name, i) => (
								<th key={`${name}${i}`} scope="col">
									{name}
								</th>
							))}
						</tr>
					</thead>
					<tbody>
						{rows.map(({ strike, call, put }) => {
							const isChosen = chosen !== undefined && (chosen === call || chosen.strike === String(strike)) && chosen.expiry === expiry;
							return (
								<tr key={strike} class={isChosen ? "chosen" : ""}>
									{half(call, true)}
									<th scope="row">{strike.toLocaleString("en")}</th>
									{half(put, false)}
								</tr>
							);
						})}
					</tbody>
				</table>
			</div>
		</section>
	);
}
