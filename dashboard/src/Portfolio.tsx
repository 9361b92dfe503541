import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Badge } from "./Book.tsx";
import { call, useCall } from "./exchange.ts";
import { Titles } from "./Titles.tsx";
import type { Account, Instrument, OpenOrder, Portfolio as Simulated, Scenario, Trade } from "./types.ts";
import type { Wallet } from "./wallet.ts";
import { sign } from "./wallet.ts";

const SHOWN_FILLS = 10;

const dollars = (text: string | number): string =>
	Number(text).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const greek = (value: number | null): string => (value === null ? "UNKNOWN" : value.toFixed(value !== 0 && Math.abs(value) < 0.01 ? 5 : 2));

/** Money, positions, orders and the machine's own scenarios of an account: the wallet's, or any that is asked for. */
export function PortfolioPage({ wallet }: { readonly wallet: Wallet | undefined }): JSX.Element {
	const [asked, setAsked] = useState("");
	const account = Number(asked) || wallet?.account;
	const view = useCall<Account>("public/get_account", account ? { account } : undefined, 2000);
	const simulated = useCall<Simulated>("private/simulate_portfolio", account ? { account } : undefined, 4000);
	const facts: [string, string][] = view
		? [
				["Equity", dollars(view.equity)],
				["Cash", dollars(view.cash)],
				["Initial margin", dollars(view.initial_margin)],
				["Maintenance margin", dollars(view.maintenance_margin)],
				["Available", dollars(view.available_funds)],
			]
		: [];
	return (
		<>
			<section aria-labelledby="account-title">
				<h2 id="account-title">Account</h2>
				<form onSubmit={(event) => event.preventDefault()}>
					<label>
						Account{" "}
						<input
							name="account"
							inputMode="numeric"
							placeholder={wallet ? String(wallet.account) : "number"}
							value={asked}
							onInput={(event) => setAsked(event.currentTarget.value)}
						/>
					</label>
				</form>
				{!account && <p>Connect a wallet in the ticket, or give a number: every account is public, because every message is on L1.</p>}
				{account !== undefined && !view && <p>UNKNOWN</p>}
				<dl id="account" class="facts">
					{facts.map(([name, fact]) => (
						<div key={name}>
							<dt>{name}</dt>
							<dd>{fact}</dd>
						</div>
					))}
				</dl>
			</section>
			{view && <Positions view={view} />}
			{view && view.open_orders.length > 0 && <Orders view={view} wallet={wallet} />}
			{view && <Fills account={view.account} />}
			{simulated?.risk.map(({ currency, scenarios, worst, contingencies }) => (
				<section key={currency} aria-labelledby={`risk-${currency}`}>
					<h2 id={`risk-${currency}`}>Risk of {currency}</h2>
					<Matrix scenarios={scenarios} />
					<p>
						Worst that counts: <strong>{dollars(worst)}</strong>; contingencies: <strong>{dollars(contingencies)}</strong> USDC.
					</p>
				</section>
			))}
		</>
	);
}

function Positions({ view }: { readonly view: Account }): JSX.Element {
	return (
		<section aria-labelledby="positions-title">
			<h2 id="positions-title">Positions and greeks</h2>
			<div class="scroll" tabIndex={0} role="region" aria-label="Positions, scrollable">
				<table id="positions">
					<thead>
						<Titles of={["Instrument", "Size", "Mark", "Value", "Delta", "Gamma", "Vega", "Theta"]} />
					</thead>
					<tbody>
						{view.positions.map((p) => (
							<tr key={p.instrument_name}>
								<th scope="row">{p.instrument_name}</th>
								<td class={p.size.startsWith("-") ? "ask" : "bid"}>{p.size}</td>
								<td>{dollars(p.mark_price)}</td>
								<td>{dollars(p.value)}</td>
								{[p.delta, p.gamma, p.vega, p.theta].map((value, i) => (
									<td key={i}>{greek(value)}</td>
								))}
							</tr>
						))}
						{view.positions.length === 0 && (
							<tr>
								<td colSpan={8}>No positions.</td>
							</tr>
						)}
					</tbody>
					<tfoot>
						{view.greeks.map((sum) => (
							<tr key={sum.currency}>
								<th scope="row">All {sum.currency}</th>
								<td colSpan={3}></td>
								{[sum.delta, sum.gamma, sum.vega, sum.theta].map((value, i) => (
									<td key={i}>{greek(value)}</td>
								))}
							</tr>
						))}
					</tfoot>
				</table>
			</div>
		</section>
	);
}

function Orders({ view, wallet }: { readonly view: Account; readonly wallet: Wallet | undefined }): JSX.Element {
	const [message, setMessage] = useState("");
	async function cancel(order: OpenOrder): Promise<void> {
		if (!wallet) return;
		const { account } = wallet;
		const { series } = await call<Instrument>("public/get_instrument", { instrument_name: order.instrument_name });
		const side = order.direction === "buy" ? 0 : 1;
		const signature = await sign(wallet, "Cancel", { account, series, side, order: order.order_id });
		const { instrument_name, direction } = order;
		const ack = await call<{ result: string }>("private/cancel", { account, instrument_name, direction, order: order.order_id, signature });
		setMessage(`Order ${order.order_id}: ${ack.result}.`);
	}
	return (
		<section aria-labelledby="orders-title">
			<h2 id="orders-title">Open orders</h2>
			<table id="orders">
				<thead>
					<tr>
						{["Instrument", "Side", "Price", "Left", ""].map((title, i) => (
							<th key={i} scope="col">
								{title || <span class="hidden">Cancel</span>}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{view.open_orders.map((order) => (
						<tr key={order.order_id}>
							<th scope="row">{order.instrument_name}</th>
							<td class={order.direction === "buy" ? "bid" : "ask"}>{order.direction}s</td>
							<td>{order.price}</td>
							<td>{order.remaining}</td>
							<td>
								{wallet?.account === view.account && (
									<button
										aria-label={`cancel order ${order.order_id}`}
										onClick={() => void cancel(order).catch((error: Error) => setMessage(error.message))}
									>
										cancel
									</button>
								)}
							</td>
						</tr>
					))}
				</tbody>
			</table>
			<p role="status">{message}</p>
		</section>
	);
}

/** What the account traded last, each fill with the rung it stands on. */
function Fills({ account }: { readonly account: number }): JSX.Element {
	const eth = useCall<Trade[]>("private/get_user_trades_by_currency", { account, currency: "ETH", count: SHOWN_FILLS }, 2000);
	const btc = useCall<Trade[]>("private/get_user_trades_by_currency", { account, currency: "BTC", count: SHOWN_FILLS }, 2000);
	const fills = [...(eth ?? []), ...(btc ?? [])].sort((a, b) => b.sequence - a.sequence).slice(0, SHOWN_FILLS);
	return (
		<section aria-labelledby="fills-title">
			<h2 id="fills-title">Fills</h2>
			<div class="scroll" tabIndex={0} role="region" aria-label="Fills, scrollable">
				<table id="fills">
					<caption>Of the newest 1,000 trades in each currency; a badge opens the evidence.</caption>
					<thead>
						<Titles of={["Instrument", "Side", "Price", "Amount", "Fee", "Finality"]} />
					</thead>
					<tbody>
						{fills.map((fill) => {
							const isTaker = fill.taker === account;
							const side = (fill.direction === "buy") === isTaker ? "buy" : "sell";
							return (
								<tr key={fill.trade_id}>
									<th scope="row">{fill.instrument_name}</th>
									<td class={side === "buy" ? "bid" : "ask"}>{side}</td>
									<td>{fill.price}</td>
									<td>{fill.amount}</td>
									<td>{isTaker ? fill.taker_fee : fill.maker_fee}</td>
									<td>
										<Badge sequence={fill.sequence} />
									</td>
								</tr>
							);
						})}
						{fills.length === 0 && (
							<tr>
								<td colSpan={6}>No fills.</td>
							</tr>
						)}
					</tbody>
				</table>
			</div>
		</section>
	);
}

/** What the positions gain by spot and volatility; the tails, which count in part, beside them. */
function Matrix({ scenarios }: { readonly scenarios: readonly Scenario[] }): JSX.Element {
	const spots = [...new Set(scenarios.map(({ spot }) => spot))].sort((a, b) => a - b);
	const largest = Math.max(1, ...scenarios.map(({ change }) => Math.abs(Number(change))));
	const cell = (spot: number, volatility: Scenario["volatility"]): Scenario | undefined =>
		scenarios.find((one) => one.spot === spot && one.volatility === volatility);
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label="Spot by volatility, scrollable">
			<table class="matrix">
				<caption>Gain in USDC by move of the spot and of volatility; tails in italics.</caption>
				<thead>
					<tr>
						<th scope="col">Volatility</th>
						{spots.map((spot) => (
							<th key={spot} scope="col">
								{`${spot > 0 ? "+" : ""}${(spot * 100).toFixed(1)} %`}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{(["up", "same", "down"] as const).map((volatility) => (
						<tr key={volatility}>
							<th scope="row">{volatility}</th>
							{spots.map((spot) => {
								const one = cell(spot, volatility);
								if (!one) return <td key={spot}></td>;
								const change = Number(one.change);
								const strength = Math.round((Math.abs(change) / largest) * 45);
								return (
									<td
										key={spot}
										class={one.tail ? "tail" : ""}
										style={{ background: `color-mix(in srgb, var(${change < 0 ? "--ask" : "--bid"}) ${strength}%, transparent)` }}
									>
										{Math.round(change).toLocaleString("en")}
									</td>
								);
							})}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
