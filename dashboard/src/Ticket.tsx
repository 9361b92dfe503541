import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { call, useCall } from "./exchange.ts";
import { Plot } from "./plot.tsx";
import type { Instrument, Portfolio, Ticker } from "./types.ts";
import type { Wallet } from "./wallet.ts";
import { connectWallet, freeNonce, sign, stepsOf } from "./wallet.ts";

export type Draft = { readonly side: "buy" | "sell"; readonly price: string; readonly amount: string };

type Props = {
	readonly instrument: Instrument | undefined;
	readonly draft: Draft;
	readonly wallet: Wallet | undefined;
	readonly onDraft: (draft: Draft) => void;
	readonly onWallet: (wallet: Wallet) => void;
};

const FORCES = ["good_til_cancelled", "immediate_or_cancel", "fill_or_kill"] as const;

/** What the order earns at expiry, by spot: premium paid or received, and the option's worth then. */
export function payoffOf(instrument: Instrument, { side, price, amount }: Draft, spot: number): number {
	const strike = Number(instrument.strike ?? 0);
	const worth = instrument.kind === "future" ? spot : Math.max(0, instrument.option_type === "call" ? spot - strike : strike - spot);
	return (worth - Number(price)) * Number(amount) * (side === "buy" ? 1 : -1);
}

/** An order, with what it would earn and cost in margin before it is signed. */
export function Ticket({ instrument, draft, wallet, onDraft, onWallet }: Props): JSX.Element {
	const [force, setForce] = useState<(typeof FORCES)[number]>("good_til_cancelled");
	const [postOnly, setPostOnly] = useState(false);
	const [reduceOnly, setReduceOnly] = useState(false);
	const [message, setMessage] = useState("");
	const [isBusy, setBusy] = useState(false);
	const ticker = useCall<Ticker>("public/ticker", instrument && { instrument_name: instrument.instrument_name }, 3000);
	const ticks = instrument && stepsOf(draft.price, instrument.tick_size);
	const lots = instrument && stepsOf(draft.amount, instrument.min_trade_amount);
	const units = draft.side === "buy" ? draft.amount : `-${draft.amount}`;
	const simulated = instrument &&
		lots !== undefined && { simulated_positions: { [instrument.instrument_name]: units }, account: wallet?.account };
	const after = useCall<Portfolio>("private/simulate_portfolio", simulated || undefined, 5000);
	useEffect(() => setMessage(""), [instrument?.instrument_name]);

	const run = (what: () => Promise<string>): void => {
		setBusy(true);
		what()
			.then(setMessage, (error: Error) => setMessage(error.message))
			.finally(() => setBusy(false));
	};

	async function send(): Promise<string> {
		if (!instrument || ticks === undefined || lots === undefined || !wallet) throw new Error("The order is not complete.");
		const { account } = wallet;
		const nonce = await freeNonce(account);
		const fields = {
			account,
			series: instrument.series,
			side: draft.side === "buy" ? 0 : 1,
			timeInForce: FORCES.indexOf(force),
			flags: (postOnly ? 1 : 0) | (reduceOnly ? 4 : 0),
			price: ticks,
			size: lots,
			expiresAt: 0,
			nonce,
			label: 0,
		};
		const signature = await sign(wallet, "Place", fields);
		const ack = await call<{ sequence: number; result: string; final: string; filled: number }>(`private/${draft.side}`, {
			account,
			instrument_name: instrument.instrument_name,
			price: draft.price,
			amount: draft.amount,
			time_in_force: force,
			post_only: postOnly,
			reduce_only: reduceOnly,
			nonce,
			signature,
		});
		const filled = ack.filled === 0 ? "nothing" : `${ack.filled * Number(instrument.min_trade_amount)}`;
		return `Message ${ack.sequence}: ${ack.final}, ${filled} filled.`;
	}

	const spot = Number(ticker?.underlying_price ?? 0);
	const strike = Number(instrument?.strike ?? spot);
	const [low, high] = [Math.min(spot, strike) * 0.7, Math.max(spot, strike) * 1.3];
	const points =
		instrument && ticks !== undefined && lots !== undefined && spot > 0
			? Array.from({ length: 121 }, (_, i) => low + ((high - low) * i) / 120).map((x) => ({ x, y: payoffOf(instrument, draft, x) }))
			: [];

	return (
		<section aria-labelledby="ticket-title">
			<h2 id="ticket-title">Order ticket</h2>
			<form
				id="ticket"
				onSubmit={(event) => {
					event.preventDefault();
					run(send);
				}}
			>
				<fieldset>
					<legend>Side</legend>
					{(["buy", "sell"] as const).map((side) => (
						<label key={side} class={side === "buy" ? "bid" : "ask"}>
							<input type="radio" name="side" checked={draft.side === side} onChange={() => onDraft({ ...draft, side })} /> {side}
						</label>
					))}
				</fieldset>
				<label>
					Price{" "}
					<input
						name="price"
						inputMode="decimal"
						autocomplete="off"
						value={draft.price}
						aria-invalid={instrument !== undefined && draft.price !== "" && ticks === undefined}
						onInput={(event) => onDraft({ ...draft, price: event.currentTarget.value })}
					/>
				</label>
				<label>
					Amount{" "}
					<input
						name="amount"
						inputMode="decimal"
						autocomplete="off"
						value={draft.amount}
						aria-invalid={instrument !== undefined && draft.amount !== "" && lots === undefined}
						onInput={(event) => onDraft({ ...draft, amount: event.currentTarget.value })}
					/>
				</label>
				<label>
					Stands{" "}
					<select value={force} onChange={(event) => setForce(event.currentTarget.value as (typeof FORCES)[number])}>
						{FORCES.map((one) => (
							<option key={one} value={one}>
								{one.replaceAll("_", " ")}
							</option>
						))}
					</select>
				</label>
				<label>
					<input type="checkbox" checked={postOnly} onChange={(event) => setPostOnly(event.currentTarget.checked)} /> Post only
				</label>
				<label>
					<input type="checkbox" checked={reduceOnly} onChange={(event) => setReduceOnly(event.currentTarget.checked)} /> Reduce only
				</label>
				{wallet ? (
					<button class="primary" disabled={isBusy || ticks === undefined || lots === undefined}>
						Sign and {draft.side}
					</button>
				) : (
					<button
						type="button"
						class="primary"
						disabled={isBusy}
						onClick={() =>
							run(async () => {
								const found = await connectWallet();
								onWallet(found);
								return `Account ${found.account} of ${found.address}.`;
							})
						}
					>
						Connect wallet
					</button>
				)}
			</form>
			<p id="ticket-message" role="status">
				{message ||
					(instrument && draft.price !== "" && ticks === undefined
						? `A price is a multiple of ${instrument.tick_size}.`
						: instrument && draft.amount !== "" && lots === undefined
							? `An amount is a multiple of ${instrument.min_trade_amount}.`
							: "")}
			</p>
			{after && (
				<p id="margin-after">
					Margin {wallet ? "with it" : "of it alone"}: <strong>{Number(after.initial_margin).toFixed(2)}</strong> USDC
				</p>
			)}
			{points.length > 0 && (
				<Plot
					label={`Payoff at expiry of the order: ${draft.side} ${draft.amount} ${instrument?.instrument_name} at ${draft.price}`}
					lines={[{ name: "at expiry, USDC", points, className: "mine" }]}
					xFormat={(x) => x.toLocaleString("en", { maximumFractionDigits: 0 })}
					yFormat={(y) => y.toLocaleString("en", { maximumFractionDigits: 0 })}
					marks={[{ x: spot, name: "forward" }]}
					zero
				/>
			)}
		</section>
	);
}
