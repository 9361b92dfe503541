import type { LiveExecutor } from "../../executor/LiveExecutor.ts";
import { MAX_UNDERLYINGS, strikeGrid, tickSize } from "../../machine/Constants.ts";
import type { InboxReader } from "../../ports/Chain.ts";
import type { Clock } from "../../ports/Clock.ts";

export type Listed = { readonly underlying: number; readonly day: number; readonly strikes: readonly number[] };

export type View = {
	readonly now: number;
	readonly listed: readonly Listed[];
	/** Index in ticks by underlying, undefined before the first report. */
	readonly indexTicks: readonly (number | undefined)[];
	/** Days to list. */
	readonly days: readonly number[];
	/** Strikes on each side of the index. */
	readonly strikesPerSide: number;
	/** Accounts that hold positions of a settled expiry. */
	readonly unsettled: readonly number[];
	/** Accounts whose auction begins or ends now, or whose debt is to be written off. */
	readonly distressed: readonly number[];
	/** Fees that wait for the house, micro-USDC. */
	readonly fees: number;
	/** The first L1 message that no batch consumed: from when on anybody may include it, L1's clock now, and the count that would include it. */
	readonly waiting: { readonly allowedAt: number; readonly time: number; readonly l1End: number } | undefined;
};

export async function look(
	live: LiveExecutor,
	inbox: InboxReader,
	clock: Clock,
	wanted: { readonly days: readonly number[]; readonly strikesPerSide: number },
): Promise<View> {
	const listed: Listed[] = [];
	const indexTicks: (number | undefined)[] = [];
	for (let underlying = 0; underlying < MAX_UNDERLYINGS; underlying++) {
		for (const day of live.queries.expiries(underlying)) listed.push({ underlying, day, strikes: live.queries.strikes(underlying, day) });
		const { indexPrice } = live.queries.underlying(underlying);
		indexTicks.push(
			indexPrice === 0 ? undefined : Math.round(indexPrice / tickSize(underlying) / strikeGrid(underlying)) * strikeGrid(underlying),
		);
	}
	const settled = new Set(
		listed
			.filter(({ underlying, day }) => (live.queries.expiry(underlying, day)?.settlementPrice ?? 0) > 0)
			.map(({ underlying, day }) => `${underlying}/${day}`),
	);
	const unsettled =
		settled.size === 0
			? []
			: live.queries
					.accounts()
					.filter((account) =>
						live.queries
							.account(account)
							?.positions.some(({ series }) => settled.has(`${Math.floor(series / 2 ** 48)}/${Math.floor(series / 2 ** 32) % 65_536}`)),
					);
	const distressed = live.queries.distressed();
	const { fees } = live.queries.globals();
	return { now: clock.now(), listed, indexTicks, ...wanted, unsettled, distressed, fees, waiting: await waitingOf(inbox) };
}

async function waitingOf(inbox: InboxReader): Promise<View["waiting"]> {
	const batches = await inbox.batchCount();
	const last = batches > 0 ? (await inbox.batches(batches - 1, batches))[0] : undefined;
	const next = last?.l1End ?? 0;
	const count = await inbox.messageCount();
	if (next >= count) return undefined;
	const { time } = await inbox.head();
	// How long it may wait depends on how late the sequencer was before, so L1 is asked.
	return { allowedAt: await inbox.forceAllowedAt(next + 1), time, l1End: next + 1 };
}
