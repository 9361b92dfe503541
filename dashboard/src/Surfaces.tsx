import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useCall } from "./exchange.ts";
import { Plot } from "./plot.tsx";
import type { Currency, Instrument, Status, Surface, Ticker } from "./types.ts";

const SECONDS_PER_YEAR = 31_536_000;
const percent = (value: number): string => `${(value * 100).toFixed(0)} %`;

/** Volatility a year of a surface at a strike: SVI of total variance, as the machine reads it. */
export function volatilityOf(surface: Surface, strike: number, clock: number): number {
	const years = Math.max(1, surface.expiration_timestamp - clock) / SECONDS_PER_YEAR;
	const d = Math.log(strike / Number(surface.forward)) - surface.m;
	return Math.sqrt(Math.max(0, surface.a + surface.b * (surface.rho * d + Math.sqrt(d * d + surface.sigma * surface.sigma))) / years);
}

/** Smile of one expiry with what bid and ask say, and the term structure. */
export function SurfacesPage(): JSX.Element {
	const [currency, setCurrency] = useState<Currency>("ETH");
	const [wanted, setWanted] = useState("");
	const surfaces = useCall<Surface[]>("public/get_volatility_surface", { currency }, 5000);
	const instruments = useCall<Instrument[]>("public/get_instruments", { currency, expired: false, kind: "option" }, 20_000);
	const status = useCall<Status>("public/get_status", {}, 5000);
	const surface = surfaces?.find(({ expiry }) => expiry === wanted) ?? surfaces?.[0];
	const tickers = useCall<Ticker[]>("public/get_tickers", surface && { currency, kind: "option", expiry: surface.expiry }, 4000);
	const clock = status?.clock ?? 0;
	const listed = (instruments ?? []).filter(({ expiry }) => expiry === surface?.expiry);
	const strikes = [...new Set(listed.map(({ strike }) => Number(strike)))].sort((a, b) => a - b);
	const forward = Number(surface?.forward ?? 0);
	const [low, high] = [Math.min(strikes[0] ?? forward, forward * 0.85), Math.max(strikes.at(-1) ?? forward, forward * 1.15)];
	const smile =
		surface && clock > 0
			? Array.from({ length: 81 }, (_, i) => low + ((high - low) * i) / 80).map((x) => ({ x, y: volatilityOf(surface, x, clock) }))
			: [];
	const volatility = (iv: string | null | undefined): number | undefined => (iv ? Number(iv) : undefined);
	const whiskers = strikes.flatMap((x) => {
		// Out of the money first: there volatility is what the price is about.
		const both = listed.filter(({ strike }) => Number(strike) === x);
		const ordered = both.sort((a) => (x >= forward === (a.option_type === "call") ? -1 : 1));
		const quoted = ordered
			.map(({ instrument_name }) => tickers?.find((one) => one.instrument_name === instrument_name))
			.find((ticker) => ticker && (ticker.bid_iv ?? ticker.ask_iv));
		return quoted ? [{ x, low: volatility(quoted.bid_iv), high: volatility(quoted.ask_iv) }] : [];
	});
	const term = (surfaces ?? []).flatMap((one) =>
		one.atm_iv === null ? [] : [{ x: (one.expiration_timestamp - clock) / 86_400, y: one.atm_iv }],
	);
	return (
		<>
			<section aria-labelledby="smile-title">
				<h2 id="smile-title">Smile</h2>
				<form onSubmit={(event) => event.preventDefault()}>
					<label>
						Currency{" "}
						<select value={currency} onChange={(event) => setCurrency(event.currentTarget.value as Currency)}>
							<option>ETH</option>
							<option>BTC</option>
						</select>
					</label>
					<label>
						Expiry{" "}
						<select value={surface?.expiry ?? ""} onChange={(event) => setWanted(event.currentTarget.value)}>
							{(surfaces ?? []).map(({ expiry }) => (
								<option key={expiry}>{expiry}</option>
							))}
						</select>
					</label>
				</form>
				<div id="smile">
					<Plot
						label={`Volatility by strike of ${currency} ${surface?.expiry ?? ""}, with bid and ask of the quotes`}
						lines={[{ name: "mark", points: smile, className: "mine" }]}
						whiskers={whiskers}
						xFormat={(x) => x.toLocaleString("en", { maximumFractionDigits: 0 })}
						yFormat={percent}
						marks={forward > 0 ? [{ x: forward, name: "forward" }] : []}
					/>
				</div>
				{surface && (
					<p class="quiet">
						Reported {Math.max(0, clock - surface.timestamp)} s ago, confidence {percent(surface.confidence)}.
					</p>
				)}
			</section>
			<section aria-labelledby="term-title">
				<h2 id="term-title">Term structure</h2>
				<div id="term">
					<Plot
						label={`Volatility at the forward of ${currency} by days to expiry`}
						lines={[{ name: "at the forward", points: term, className: "mine" }]}
						xFormat={(x) => `${x.toFixed(x < 10 ? 1 : 0)} d`}
						yFormat={(y) => `${(y * 100).toFixed(1)} %`}
					/>
				</div>
			</section>
		</>
	);
}
