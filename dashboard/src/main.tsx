import type { JSX } from "preact";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Book, Trades } from "./Book.tsx";
import { Chain } from "./Chain.tsx";
import { DealsPage } from "./Deals.tsx";
import { begin, useCall, useConnection } from "./exchange.ts";
import { PortfolioPage } from "./Portfolio.tsx";
import { RollupPage } from "./Rollup.tsx";
import { SurfacesPage } from "./Surfaces.tsx";
import { Ticket } from "./Ticket.tsx";
import type { Draft } from "./Ticket.tsx";
import type { Account, Currency, Instrument, Status } from "./types.ts";
import { VitalsPage } from "./Vitals.tsx";
import type { Wallet } from "./wallet.ts";

const UNKNOWN = "UNKNOWN";
const PAGES = {
	trade: "Trade",
	portfolio: "Portfolio",
	deals: "Deals",
	volatility: "Volatility",
	rollup: "Rollup",
	vitals: "Fault tolerance",
} as const;
type PageName = keyof typeof PAGES;

const pageOf = (): PageName => {
	const name = location.hash.slice(1);
	return Object.hasOwn(PAGES, name) ? (name as PageName) : "trade";
};

function Header(): JSX.Element {
	const isLive = useConnection() !== undefined;
	const status = useCall<Status>("public/get_status", {}, 1000);
	const eth = useCall<{ index_price: string | null }>("public/get_index_price", { currency: "ETH" }, 1000);
	const btc = useCall<{ index_price: string | null }>("public/get_index_price", { currency: "BTC" }, 1000);
	const price = (index: { index_price: string | null } | undefined): string =>
		index?.index_price ? `$${Number(index.index_price).toLocaleString("en")}` : UNKNOWN;
	const facts: [string, string][] = [
		["Connection", isLive ? "live" : UNKNOWN],
		["Height", String(status?.height ?? UNKNOWN)],
		["Batches posted", String(status?.batches_derived ?? UNKNOWN)],
		["Batches confirmed", String(status?.batches_confirmed ?? UNKNOWN)],
		["ETH", price(eth)],
		["BTC", price(btc)],
	];
	return (
		<dl id="status" aria-label="Status">
			{facts.map(([name, fact]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{fact}</dd>
				</div>
			))}
		</dl>
	);
}

const THEMES = ["system", "light", "dark"] as const;

function Theme(): JSX.Element {
	const [theme, setTheme] = useState((localStorage.getItem("theme") ?? "system") as (typeof THEMES)[number]);
	useEffect(() => {
		document.documentElement.style.colorScheme = theme === "system" ? "light dark" : theme;
		localStorage.setItem("theme", theme);
	}, [theme]);
	return (
		<label class="theme">
			Colours{" "}
			<select value={theme} onChange={(event) => setTheme(event.currentTarget.value as (typeof THEMES)[number])}>
				{THEMES.map((one) => (
					<option key={one}>{one}</option>
				))}
			</select>
		</label>
	);
}

function TradePage({
	wallet,
	onWallet,
}: {
	readonly wallet: Wallet | undefined;
	readonly onWallet: (wallet: Wallet) => void;
}): JSX.Element {
	const [currency, setCurrency] = useState<Currency>("ETH");
	const [instrument, setInstrument] = useState<Instrument>();
	const [draft, setDraft] = useState<Draft>({ side: "buy", price: "", amount: "1" });
	const account = useCall<Account>("public/get_account", wallet && { account: wallet.account }, 3000);
	const choose = (one: Instrument, price?: string, side?: "buy" | "sell"): void => {
		setInstrument(one);
		setDraft((before) => ({ ...before, price: price ?? (one === instrument ? before.price : ""), side: side ?? before.side }));
	};
	return (
		<div class="trade">
			<Chain currency={currency} chosen={instrument} positions={account?.positions ?? []} onCurrency={setCurrency} onChoose={choose} />
			<div>
				<Book instrument={instrument} onPrice={(price, side) => setDraft((before) => ({ ...before, price, side }))} />
				<Ticket instrument={instrument} draft={draft} wallet={wallet} onDraft={setDraft} onWallet={onWallet} />
				<Trades instrument={instrument} />
			</div>
		</div>
	);
}

function App(): JSX.Element {
	const [page, setPage] = useState(pageOf());
	const [wallet, setWallet] = useState<Wallet>();
	useEffect(() => {
		const follow = (): void => setPage(pageOf());
		addEventListener("hashchange", follow);
		return () => removeEventListener("hashchange", follow);
	}, []);
	return (
		<>
			<header>
				<h1>Strikeproof</h1>
				<nav aria-label="Pages">
					{(Object.keys(PAGES) as PageName[]).map((name) => (
						<a key={name} href={`#${name}`} aria-current={name === page ? "page" : undefined}>
							{PAGES[name]}
						</a>
					))}
					<a href="/docs/">Documents</a>
				</nav>
				<Theme />
				<Header />
			</header>
			<main>
				{page === "trade" && <TradePage wallet={wallet} onWallet={setWallet} />}
				{page === "portfolio" && <PortfolioPage wallet={wallet} />}
				{page === "deals" && <DealsPage wallet={wallet} />}
				{page === "volatility" && <SurfacesPage />}
				{page === "rollup" && <RollupPage />}
				{page === "vitals" && <VitalsPage />}
			</main>
		</>
	);
}

begin();
render(<App />, document.getElementById("app") as HTMLElement);
