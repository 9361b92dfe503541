import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Deals } from "../../src/sdk/Deals.ts";
import type { OwnRequest, ShownQuote, ShownRequest } from "../../src/sdk/Deals.ts";
import { isExecuted } from "../../src/sdk/Trader.ts";
import { connection, useCall } from "./exchange.ts";
import { LegsPayoff, SmallPayoff } from "./payoff.tsx";
import { Titles } from "./Titles.tsx";
import type { Auction, Currency, Instrument } from "./types.ts";
import type { Wallet } from "./wallet.ts";
import { freeNonce, stepsOf, traderOf } from "./wallet.ts";

/** LIMIT: MAX_LEGS of the machine. */
const MAX_LEGS = 8;
/** Seconds for which a request, and a maker's quote, stand. */
const STANDS = 120;
const MICRO = 1_000_000;

type Leg = { readonly instrument: Instrument; readonly side: "buy" | "sell"; readonly amount: string };

/** Deals of the wallet's account. Throws an Error with one sentence without a wallet or a connection. */
async function dealsOf(wallet: Wallet | undefined): Promise<{ deals: Deals; nonce: number }> {
	if (!wallet) throw new Error("Connect a wallet on the page Trade first.");
	const open = connection();
	return { deals: new Deals(open, await traderOf(open, wallet)), nonce: await freeNonce(wallet.account) };
}

/** The exchange's own time: what is signed to expire expires by it. */
async function inSeconds(seconds: number): Promise<number> {
	return (await connection().call<number>("public/get_time")) + seconds;
}

const wordsOf = (legs: readonly { direction: string; amount: string; instrument_name: string }[]): string =>
	legs.map(({ direction, amount, instrument_name }) => `${direction} ${amount} ${instrument_name}`).join(", ");

/** Requests for quotes of both sides, and portfolios under auction. */
export function DealsPage({ wallet }: { readonly wallet: Wallet | undefined }): JSX.Element {
	const [message, setMessage] = useState("");
	const [isBusy, setBusy] = useState(false);
	const run = (what: () => Promise<string>): void => {
		setBusy(true);
		what()
			.then(setMessage, (error: Error) => setMessage(error.message))
			.finally(() => setBusy(false));
	};
	return (
		<>
			<p id="deals-message" role="status">
				{message}
			</p>
			<RequestSection wallet={wallet} isBusy={isBusy} run={run} />
			<QuoteSection wallet={wallet} isBusy={isBusy} run={run} />
			<AuctionSection wallet={wallet} isBusy={isBusy} run={run} />
		</>
	);
}

type Part = { readonly wallet: Wallet | undefined; readonly isBusy: boolean; readonly run: (what: () => Promise<string>) => void };

/** A taker asks for prices of legs, and takes the best. */
function RequestSection({ wallet, isBusy, run }: Part): JSX.Element {
	const [currency, setCurrency] = useState<Currency>("ETH");
	const [name, setName] = useState("");
	const [side, setSide] = useState<Leg["side"]>("buy");
	const [amount, setAmount] = useState("1");
	const [legs, setLegs] = useState<readonly Leg[]>([]);
	const [own, setOwn] = useState<OwnRequest>();
	const instruments = useCall<Instrument[]>("public/get_instruments", { currency, expired: false }, 10_000) ?? [];
	const chosen = instruments.find((one) => one.instrument_name === name) ?? instruments[0];
	const quotes = useCall<ShownQuote[]>("private/get_rfq_quotes", own && { rfq_id: own.request.rfq_id, signature: own.signature }, 1000);
	const add = (): void => {
		if (!chosen) return;
		if (stepsOf(amount, chosen.min_trade_amount) === undefined)
			return run(() => Promise.reject(new Error(`An amount is a multiple of ${chosen.min_trade_amount}.`)));
		setLegs([...legs.filter(({ instrument }) => instrument.series !== chosen.series), { instrument: chosen, side, amount }]);
	};
	const ask = async (): Promise<string> => {
		const { deals, nonce } = await dealsOf(wallet);
		const asked = legs.map((leg) => ({
			series: leg.instrument.series,
			side: leg.side === "buy" ? 0 : 1,
			size: stepsOf(leg.amount, leg.instrument.min_trade_amount) as number,
		}));
		const made = await deals.request(asked, await inSeconds(STANDS), nonce);
		setOwn(made);
		return `Request ${made.request.rfq_id} stands for ${STANDS} seconds.`;
	};
	const accept = async (quote: ShownQuote): Promise<string> => {
		const { deals } = await dealsOf(wallet);
		const ack = await deals.accept(own as OwnRequest, quote);
		if (!isExecuted(ack)) return `The machine refused it: ${ack.result}.`;
		setOwn(undefined);
		setLegs([]);
		return `Message ${ack.sequence}: all legs are traded.`;
	};
	return (
		<section aria-labelledby="request-title">
			<h2 id="request-title">Ask for quotes</h2>
			<form
				id="request"
				onSubmit={(event) => {
					event.preventDefault();
					add();
				}}
			>
				<label>
					Currency{" "}
					<select value={currency} onChange={(event) => setCurrency(event.currentTarget.value as Currency)}>
						<option>ETH</option>
						<option>BTC</option>
					</select>
				</label>
				<label>
					Instrument{" "}
					<select name="instrument" value={chosen?.instrument_name ?? ""} onChange={(event) => setName(event.currentTarget.value)}>
						{instruments.map((one) => (
							<option key={one.series}>{one.instrument_name}</option>
						))}
					</select>
				</label>
				<label>
					Side{" "}
					<select name="side" value={side} onChange={(event) => setSide(event.currentTarget.value as Leg["side"])}>
						<option>buy</option>
						<option>sell</option>
					</select>
				</label>
				<label>
					Amount{" "}
					<input
						name="amount"
						inputMode="decimal"
						autocomplete="off"
						value={amount}
						onInput={(event) => setAmount(event.currentTarget.value)}
					/>
				</label>
				<button disabled={legs.length >= MAX_LEGS}>Add leg</button>
			</form>
			<ul id="legs">
				{legs.map((leg) => (
					<li key={leg.instrument.series}>
						{leg.side} {leg.amount} {leg.instrument.instrument_name}{" "}
						<button aria-label={`remove ${leg.instrument.instrument_name}`} onClick={() => setLegs(legs.filter((other) => other !== leg))}>
							remove
						</button>
					</li>
				))}
			</ul>
			{legs.length > 0 && (
				<LegsPayoff
					legs={legs.map(({ side: direction, amount: size, instrument }) => ({
						direction,
						amount: size,
						instrument_name: instrument.instrument_name,
					}))}
					net={quotes?.[0]?.net}
				/>
			)}
			<button class="primary" disabled={isBusy || legs.length === 0} onClick={() => run(ask)}>
				Sign and ask
			</button>
			{own && (
				<div class="scroll" tabIndex={0} role="region" aria-label="Quotes, scrollable">
					<table id="quotes">
						<caption>Quotes for request {own.request.rfq_id}, best first. Accepting trades all legs, or none.</caption>
						<thead>
							<tr>
								<th scope="col">Maker</th>
								<th scope="col">Prices</th>
								<th scope="col">You pay</th>
								<th scope="col">Accept</th>
							</tr>
						</thead>
						<tbody>
							{(quotes ?? []).map((quote) => (
								<tr key={quote.quote_id}>
									<td>{quote.maker}</td>
									<td>{quote.legs.map(({ price }) => price).join(", ")}</td>
									<td>{quote.net} USDC</td>
									<td>
										<button disabled={isBusy} aria-label={`accept the quote of ${quote.maker}`} onClick={() => run(() => accept(quote))}>
											accept
										</button>
									</td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
			)}
		</section>
	);
}

/** A maker sees what is asked for, and answers with prices that are firm. */
function QuoteSection({ wallet, isBusy, run }: Part): JSX.Element {
	const requests = useCall<ShownRequest[]>("public/get_rfqs", {}, 1000);
	return (
		<section aria-labelledby="rfqs-title">
			<h2 id="rfqs-title">Open requests</h2>
			<div class="scroll" tabIndex={0} role="region" aria-label="Open requests, scrollable">
				<table id="rfqs">
					<caption>
						{requests === undefined ? "UNKNOWN" : requests.length === 0 ? "Nobody asks." : "Prices in dollars a unit, one for each leg."}
					</caption>
					<thead>
						<tr>
							<th scope="col">Request</th>
							<th scope="col">The taker wants to</th>
							<th scope="col">Payoff</th>
							<th scope="col">Quotes</th>
							<th scope="col">Your prices</th>
						</tr>
					</thead>
					<tbody>
						{(requests ?? []).map((request) => (
							<QuoteRow key={request.rfq_id} request={request} wallet={wallet} isBusy={isBusy} run={run} />
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

function QuoteRow({ request, wallet, isBusy, run }: Part & { readonly request: ShownRequest }): JSX.Element {
	const [prices, setPrices] = useState<readonly string[]>(request.legs.map(() => ""));
	const quote = async (): Promise<string> => {
		const { deals, nonce } = await dealsOf(wallet);
		const ticks = new Map<number, number>();
		for (const [i, { instrument_name }] of request.legs.entries()) {
			const { series, tick_size } = await connection().call<Instrument>("public/get_instrument", { instrument_name });
			const steps = stepsOf(prices[i] ?? "", tick_size);
			if (steps === undefined) throw new Error(`The price of ${instrument_name} is a multiple of ${tick_size}.`);
			ticks.set(series, steps);
		}
		const { quote: made } = await deals.quote(request, ticks, await inSeconds(STANDS), nonce);
		return `Quote ${made.quote_id} stands for ${STANDS} seconds.`;
	};
	return (
		<tr>
			<td>{request.rfq_id}</td>
			<td>{wordsOf(request.legs)}</td>
			<td>
				<SmallPayoff legs={request.legs} />
			</td>
			<td>{request.quotes}</td>
			<td>
				{request.legs.map(({ instrument_name }, i) => (
					<input
						key={instrument_name}
						aria-label={`price of ${instrument_name} for request ${request.rfq_id}`}
						inputMode="decimal"
						autocomplete="off"
						value={prices[i]}
						onInput={(event) => setPrices(prices.map((one, at) => (at === i ? event.currentTarget.value : one)))}
					/>
				))}{" "}
				<button disabled={isBusy} aria-label={`sign a quote for request ${request.rfq_id}`} onClick={() => run(quote)}>
					quote
				</button>
			</td>
		</tr>
	);
}

/** Portfolios that are liquidated, in parts, at a discount that grows. */
function AuctionSection({ wallet, isBusy, run }: Part): JSX.Element {
	const auctions = useCall<Auction[]>("public/get_auctions", {}, 1000);
	const [share, setShare] = useState("0.1");
	const bid = async (auction: Auction): Promise<string> => {
		const part = stepsOf(share, "0.000001");
		if (part === undefined || part > MICRO) throw new Error("A share is more than 0 and at most 1.");
		const { deals, nonce } = await dealsOf(wallet);
		// The price moves with the discount and the marks: what is signed bounds it, a little above what it is now.
		const now = Math.round(Number(auction.price) * part);
		const limit = now + Math.ceil(Math.abs(now) / 100);
		const ack = await deals.bid(auction.account, part, limit, nonce);
		return isExecuted(ack) ? `Message ${ack.sequence}: a share of ${share} is bought.` : `The machine refused it: ${ack.result}.`;
	};
	return (
		<section aria-labelledby="auctions-title">
			<h2 id="auctions-title">Auctions</h2>
			<label>
				Share of 1 to bid for{" "}
				<input name="share" inputMode="decimal" autocomplete="off" value={share} onInput={(event) => setShare(event.currentTarget.value)} />
			</label>
			<div class="scroll" tabIndex={0} role="region" aria-label="Auctions, scrollable">
				<table id="auctions">
					<caption>
						{auctions === undefined
							? "UNKNOWN"
							: auctions.length === 0
								? "No portfolio is under auction."
								: "A bid pays at most one hundredth more than the price shown for its share."}
					</caption>
					<thead>
						<Titles of={["Account", "Positions", "Discount", "Price of all", "Largest share", "Bid"]} />
					</thead>
					<tbody>
						{(auctions ?? []).map((auction) => (
							<tr key={auction.account}>
								<td>{auction.account}</td>
								<td>{auction.positions.map(({ instrument_name, size }) => `${size} ${instrument_name}`).join(", ")}</td>
								<td>{auction.discount}</td>
								<td>{auction.price}</td>
								<td>{auction.largest_share}</td>
								<td>
									<button
										disabled={isBusy}
										aria-label={`sign a bid for account ${auction.account}`}
										onClick={() => run(() => bid(auction))}
									>
										bid
									</button>
								</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}
