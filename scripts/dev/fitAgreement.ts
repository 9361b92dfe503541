// How often reporters who look at exchanges a moment apart would sign one report: the bids and asks of a real chain, moved for each of seven by ticks of his own,
// become what he sees; of that a circle proposes what it does, and each is asked. Prints a line for each amount of movement: of all reporters those that sign, of
// all proposals those that a quorum signs, and of all days those that are in them, of the chain's own expiries and with days between them. The chains are read in place, and none of them is committed.
// node scripts/dev/run.mjs scripts/dev/fitAgreement.ts [folder]

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ExchangeSource } from "../../src/market/ExchangeSource.ts";
import { Random } from "../../src/market/Random.ts";
import { optionOf } from "../../src/market/Venues.ts";
import type { MarketQuote } from "../../src/ports/PriceSource.ts";
import { MAX_REPORT_EXPIRIES, SECONDS_PER_DAY } from "../../src/machine/Constants.ts";
import { agrees, proposalOf } from "../../src/roles/reporter/quotes.ts";
import { rowsOf } from "./fitErrors.ts";

/** Of each side of each quote, how likely it is a tick away; of each option, how likely it has lost a side; how far the index is, as a part of it. */
type Movement = { readonly name: string; readonly tick: number; readonly lost: number; readonly index: number };
const MOVEMENTS: readonly Movement[] = [
	{ name: "a second", tick: 0.06, lost: 0.002, index: 0.0001 },
	{ name: "many quotes", tick: 0.3, lost: 0.02, index: 0.0003 },
];
const REPORTERS = 7;
const QUORUM = 5;
const MIN_QUOTES = 5;

/** Deribit's ticks, in coin. */
const tickOf = (price: number): number => (price < 0.005 ? 0.0001 : 0.0005);

function moved(row: Record<string, string>, { tick, lost }: Movement, random: Random, price: number): Record<string, unknown> | undefined {
	const step = (): number => (random.next() < tick ? (random.next() < 0.5 ? -1 : 1) : 0);
	const bid = Number(row.bid_price) + step() * tickOf(Number(row.bid_price));
	const ask = Math.max(bid, Number(row.ask_price) + step() * tickOf(Number(row.bid_price)));
	return random.next() < lost ? undefined : { ...row, bid_price: bid, ask_price: ask, underlying_price: Number(row.futures_price) * price };
}

type Count = { signed: number; asked: number; made: number; proposed: number; reported: number; seen: number };

/** What the reporters see of one chain's own expiries, or of days between them too, and how many of them sign what is proposed. */
async function play(own: readonly Record<string, string>[], movement: Movement, between: boolean, count: Count): Promise<void> {
	const now = Math.floor(Date.parse(own[0].timestamp) / 1000);
	const quotes: MarketQuote[] = [];
	let days: number[] = [];
	for (let reporter = 0; reporter < REPORTERS; reporter++) {
		const random = new Random(reporter + 1);
		const price = 1 + movement.index * random.normal();
		const chain = own.flatMap((row) => optionOf(moved(row, movement, random, price) ?? {}));
		const index = (): Promise<number> => Promise.resolve(Number(own[0].index_price) * price);
		const source = new ExchangeSource(
			[
				{ name: "a snapshot", index, chain: () => Promise.resolve(chain) },
				{ name: "the same", index },
			],
			() => now,
		);
		if (reporter === 0) {
			const counts = new Map<number, number>();
			for (const { expiry, strike, isCall, forward } of chain)
				if (expiry > now && isCall === strike >= forward) counts.set(expiry, (counts.get(expiry) ?? 0) + 1);
			const listed = [...counts].filter(([, quoted]) => quoted > 2 * MIN_QUOTES).map(([expiry]) => Math.floor(expiry / SECONDS_PER_DAY));
			listed.sort((x, y) => x - y);
			days = listed.flatMap((day, i) => (between && i > 0 ? [Math.floor((listed[i - 1] + day) / 2), day] : [day]));
			days = [...new Set(days)].slice(0, MAX_REPORT_EXPIRIES);
		}
		const quote = await source.quote(0, now, days);
		if (quote) quotes.push(quote);
	}
	count.asked += REPORTERS;
	count.proposed += 1;
	if (quotes.length < QUORUM) return;
	const proposal = proposalOf(quotes, QUORUM, 0);
	const signed = quotes.filter((quote) => agrees(proposal, quote)).length;
	count.signed += signed;
	if (signed >= QUORUM) count.made += 1;
	count.seen += Math.max(...quotes.map(({ surfaces }) => surfaces.length));
	count.reported += signed >= QUORUM ? proposal.surfaces.length : 0;
}

const folder = process.argv[2] ?? join(import.meta.dirname, "..", "..", "..", "shared", "data");
try {
	const files = readdirSync(folder).filter((name) => name.startsWith("deribit-chain-"));
	if (files.length === 0) throw new Error("there is no deribit-chain-*.csv");
	for (const movement of MOVEMENTS)
		for (const between of [false, true]) {
			const count: Count = { signed: 0, asked: 0, made: 0, proposed: 0, reported: 0, seen: 0 };
			for (const file of files) {
				const rows = rowsOf(readFileSync(join(folder, file), "utf8"));
				for (const currency of ["ETH", "BTC"])
					await play(
						rows.filter((row) => row.currency === currency),
						movement,
						between,
						count,
					);
			}
			process.stdout.write(
				`${movement.name}, ${between ? "and days between" : "its own expiries"}: ${count.signed} of ${count.asked} sign, ${count.made} of ${count.proposed} made, ${count.reported} of ${count.seen} days in them\n`,
			);
		}
} catch (error) {
	process.stderr.write(`Nothing is measured of ${folder} (${(error as Error).message}). The chains are no part of this repository.\n`);
	process.exitCode = 2;
}
