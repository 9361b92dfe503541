// Deals on the two sides of every edge: the last micro-USDC that keeps a portfolio from its auction, every phase of the discount, the dearest price that a bid
// bears, the rate at the door when there is next to nothing behind it, and block trades of every shape.

import { MAX_CASH, MAX_MONEY, MAX_NETTED, MAX_NONCE, MAX_POSITIONS, MAX_POSITION_LOTS, PPM } from "../../../src/machine/Constants.ts";
import * as Margin from "../../../src/machine/risk/Margin.ts";
import * as Parameters from "../../../src/machine/risk/Parameters.ts";
import { TrackedState } from "../../../src/executor/TrackedState.ts";
import { CommittedState } from "../../../src/machine/state/CommittedState.ts";
import * as DealEncoding from "../../../src/machine/step/DealEncoding.ts";
import * as DealMessages from "../../../src/machine/step/DealMessages.ts";
import type { Leg } from "../../../src/machine/step/DealMessages.ts";
import * as Encoding from "../../../src/machine/step/Encoding.ts";
import * as Accounts from "../../../src/machine/types/Account.ts";
import type { Account, Position } from "../../../src/machine/types/Account.ts";
import type { Globals } from "../../../src/machine/types/Globals.ts";
import * as Guards from "../../../src/machine/types/Guard.ts";
import type { Guard } from "../../../src/machine/types/Guard.ts";
import { DEPOSIT } from "../../../src/machine/types/Machine.ts";
import * as Series from "../../../src/machine/types/Series.ts";
import {
	ACCOUNT,
	CLOCK,
	NOTHING,
	OWNER,
	REPORTER,
	STRIKES,
	TODAY,
	cells,
	forced,
	play,
	record,
	strikeOf,
	withdraw,
} from "./BoundaryWorld.ts";
import type { Boundary, World } from "./BoundaryWorld.ts";
import { DOMAIN } from "./Desk.ts";
import { keyOf, sign } from "./Keys.ts";
import type { Item } from "./Lane.ts";

const DEBTOR = ACCOUNT + 1;
const RICH = { cash: 1_000_000_000_000 };
/** Every series of the small market's one day, sorted: calls, puts, the future. */
const ALL = [0, 1].flatMap((underlying) => [
	...[Series.CALL, Series.PUT].flatMap((kind) =>
		STRIKES.map((step) => Series.make(underlying, TODAY + 7, kind, strikeOf(underlying, step))),
	),
	Series.make(underlying, TODAY + 7, Series.FUTURE, 0),
]);
const SHORT: Position[] = [
	{ series: ALL[3], size: -700 },
	{ series: ALL[11], size: -300 },
	{ series: ALL[18], size: 13 },
];

/** How an account stands in the small market. */
export function standingOf(account: Partial<Account>, world: World = {}): Margin.Assessment {
	const state = new CommittedState();
	TrackedState.fill(state, cells({ account, ...world }));
	return Margin.assess(state.live, { ...Accounts.empty(), owner: OWNER, ...account });
}

/** The debtor's account with exactly this much equity. */
export function withEquity(equity: number, positions: readonly Position[] = SHORT): Partial<Account> {
	return { cash: equity - standingOf({ positions: [...positions] }).equity, positions: [...positions] };
}

export function auction(start = CLOCK): Guard {
	return { ...Guards.empty(), auctionStart: start };
}

export function bid(fields: Partial<DealMessages.Bid>): Item {
	const message = { account: ACCOUNT, debtor: DEBTOR, share: PPM, limit: MAX_CASH, nonce: 1001, signature: NOTHING, ...fields };
	return forced(DealEncoding.bid(message));
}

function add(all: Boundary[], name: string, item: Item, world: World): void {
	all.push({ name: `deal/${name}`, recorded: play(cells({ account: RICH, ...world }), item) });
}

function liquidations(all: Boundary[]): void {
	const { maintenance } = standingOf({ positions: SHORT });
	for (const under of [false, true]) {
		const guards = under ? [auction(CLOCK - 7)] : [];
		const name = `liquidate/${under ? "under" : "free"}`;
		const item = record(DealEncoding.liquidate(ACCOUNT));
		for (const equity of [maintenance + 1, maintenance, maintenance - 1, 0, -1])
			add(all, `${name}/${equity - maintenance}`, item, { account: withEquity(equity), guards });
		for (const cash of [0, 1, -1, -1000, -MAX_CASH])
			for (const insurance of [0, 1, 999, 1000, 1001, MAX_CASH])
				add(all, `${name}/flat/${cash}/${insurance}`, item, { account: { cash }, guards, globals: { insurance } });
		for (const attestedAt of [0, CLOCK - 301, CLOCK - 300, CLOCK])
			add(all, `${name}/attested/${attestedAt}`, item, { account: withEquity(1), guards, globals: { attestedAt } });
		for (const indexAge of [120, 121]) add(all, `${name}/price/${indexAge}`, item, { account: withEquity(1), guards, indexAge });
		for (const attestedSince of [CLOCK - 4, CLOCK - 3, CLOCK - 2]) {
			const globals = { attestedSince };
			add(all, `${name}/since/${attestedSince}`, item, { account: withEquity(1), guards, globals });
			add(all, `${name}/since/${attestedSince}/flat`, item, { account: { cash: -5 }, guards, globals });
			add(all, `${name}/since/${attestedSince}/healthy`, item, { account: withEquity(maintenance), guards, globals });
		}
		for (const backing of [MAX_MONEY - 5, MAX_MONEY - 4])
			add(all, `${name}/money/${backing}`, item, { account: { cash: -5 }, guards, globals: { backing } });
	}
	add(all, "liquidate/nobody", record(DealEncoding.liquidate(99)), {});
	add(all, "liquidate/length", record(DealEncoding.liquidate(ACCOUNT).subarray(1)), {});
}

function bids(all: Boundary[]): void {
	const { maintenance, initial } = standingOf({ positions: SHORT });
	const solvent = Parameters.SOLVENT_SECONDS;
	const late = solvent + Parameters.INSOLVENT_SECONDS;
	const world = (debtor: Partial<Account>, elapsed: number, more: World = {}): World => ({
		others: [debtor],
		guards: [undefined, auction(CLOCK - elapsed)],
		...more,
	});
	for (const equity of [maintenance, maintenance - 1, Math.round(maintenance / 3), 1, 0, -1, -initial])
		for (const elapsed of [0, 1, solvent - 1, solvent, solvent + 1, late - 1, late, late + 1])
			for (const share of [1, 333_333, PPM])
				add(all, `bid/${equity}/${elapsed}/${share}`, bid({ share }), world(withEquity(equity), elapsed, { globals: { insurance: 1e9 } }));
	// The dearest price that the limit bears.
	const part = play(cells({ account: RICH, ...world(withEquity(1000), 60) }), bid({ share: 250_000 })).outcome.amount;
	for (const limit of [part - 1, part, part + 1, -MAX_CASH, MAX_CASH])
		add(all, `bid/limit/${limit - part}`, bid({ share: 250_000, limit }), world(withEquity(1000), 60));
	for (const insurance of [0, 1, initial]) {
		const short = { insurance, backing: MAX_MONEY - 100 };
		add(all, `bid/insurance/${insurance}`, bid({}), world(withEquity(-initial), 10, { globals: { insurance } }));
		add(all, `bid/money/${insurance}`, bid({}), world(withEquity(-initial), 10, { globals: short }));
	}
	for (const attestedAt of [CLOCK - 301, CLOCK - 300])
		add(all, `bid/state/${attestedAt}`, bid({}), world(withEquity(1), 9, { globals: { attestedAt } }));
	// Prices are of CLOCK - 3; those of one expiry, or of the index alone, may be older.
	for (const attestedSince of [CLOCK - 1000, CLOCK - 10, CLOCK - 4, CLOCK - 3, CLOCK - 2, CLOCK])
		add(all, `bid/since/${attestedSince}`, bid({ share: 5000 }), world(withEquity(1000), 100, { globals: { attestedSince } }));
	for (const ages of [{ indexAge: 10 }, { indexAge: 11 }, { surfaceAge: 10 }, { surfaceAge: 11 }])
		add(all, `bid/resumed/${JSON.stringify(ages)}`, bid({}), world(withEquity(1), 9, { ...ages, globals: { attestedSince: CLOCK - 11 } }));
	for (const surfaceAge of [120, 121]) add(all, `bid/price/${surfaceAge}`, bid({}), world(withEquity(1), 9, { surfaceAge }));
	// What the bidder can bear: cash, margin, positions, nettings.
	for (const cash of [0, -1, 50_000_000, -MAX_CASH, MAX_CASH])
		add(all, `bid/cash/${cash}`, bid({}), { ...world(withEquity(1), 9), account: { cash } });
	const price = play(cells({ account: RICH, ...world(withEquity(1), 9) }), bid({})).outcome.amount;
	const needed = initial - standingOf({ positions: SHORT }).equity + price;
	for (const cash of [needed - 1, needed])
		add(all, `bid/margin/${cash - needed}`, bid({}), { ...world(withEquity(1), 9), account: { cash } });
	const wide = ALL.slice(0, 14).map((series, i) => ({ series, size: i % 2 === 0 ? -3 : 2 }));
	for (const netted of [MAX_NETTED, MAX_NETTED + 1]) {
		const positions = wide.map(({ series, size }, i) => ({ series, size: i < netted ? -2 * size : size }));
		add(all, `bid/netted/${netted}`, bid({}), { ...world(withEquity(1, wide), 9), account: { ...RICH, positions } });
		const closing = wide.map(({ series, size }, i) => ({ series, size: i < netted ? -size : size }));
		add(all, `bid/closing/${netted}`, bid({}), { ...world(withEquity(1, wide), 9), account: { ...RICH, positions: closing } });
	}
	for (const size of [-MAX_POSITION_LOTS + 700, -MAX_POSITION_LOTS + 699])
		add(all, `bid/size/${size}`, bid({}), { ...world(withEquity(1), 9), account: { cash: 2e15, positions: [{ series: ALL[3], size }] } });
	for (const count of [MAX_POSITIONS - 3, MAX_POSITIONS - 2]) {
		const days = [TODAY + 7, TODAY + 8, TODAY + 9];
		const many = days
			.slice(1)
			.flatMap((day) =>
				[0, 1].flatMap((u) => [0, 1].flatMap((kind) => STRIKES.map((step) => Series.make(u, day, kind, strikeOf(u, step))))),
			)
			.concat(ALL.slice(20, 30))
			.slice(0, count)
			.sort((a, b) => a - b)
			.map((series) => ({ series, size: 1 }));
		add(all, `bid/positions/${count}`, bid({}), { ...world(withEquity(1), 9), account: { cash: 2e13, positions: many }, days });
	}
	const odd: Partial<DealMessages.Bid>[] = [
		{ share: 0 },
		{ share: PPM + 1 },
		{ debtor: ACCOUNT },
		{ limit: MAX_CASH + 1 },
		{ limit: -MAX_CASH - 1 },
	];
	odd.push({ nonce: MAX_NONCE }, { nonce: 7 }, { debtor: 99 }, { account: 99 });
	for (const [i, fields] of odd.entries()) add(all, `bid/odd/${i}`, bid(fields), world(withEquity(1), 9));
	add(all, "bid/none", bid({}), { others: [withEquity(1)] });
	add(all, "bid/flat", bid({}), world({ cash: -5 }, 9));
	const message = { account: ACCOUNT, debtor: DEBTOR, share: 7, limit: -5, nonce: 1001, signature: NOTHING };
	const digest = DealMessages.bidDigest(DOMAIN, message);
	for (const who of ["owner at the edge", "a stranger"])
		add(all, `bid/by/${who}`, record(DealEncoding.bid({ ...message, signature: sign(keyOf(who), digest) })), world(withEquity(1), 9));
}

/** Deposits and withdrawals under a deficit, and what the fees become. */
function money(all: Boundary[]): void {
	const doors: Partial<Globals>[] = [
		{ backing: 0, deficit: 0 },
		{ backing: 0, deficit: 7 },
		{ backing: 1, deficit: MAX_CASH },
		{ backing: 1000, deficit: 1 },
		{ backing: 999, deficit: 2001 },
		{ backing: MAX_CASH, deficit: MAX_CASH - 1 },
		{ backing: MAX_MONEY - 10, deficit: 0 },
	];
	for (const [i, globals] of doors.entries()) {
		for (const amount of [1, 2, 10, 11, 999, 1000, 1001, MAX_CASH, MAX_CASH + 1]) {
			const payload = Encoding.deposit(ACCOUNT, OWNER, amount);
			const deposit: Item = { kind: "message", taken: true, l1Kind: DEPOSIT, sender: OWNER, payload };
			add(all, `door/${i}/in/${amount}`, deposit, { account: { cash: 5 }, globals });
			add(all, `door/${i}/out/${amount}`, withdraw(amount), { account: { cash: MAX_CASH }, globals });
		}
	}
	for (const fees of [0, 1, 3, 4, 5, 1_000_001])
		for (const deficit of [0, 1, 2, 1e6])
			add(all, `collect/${fees}/${deficit}`, record(DealEncoding.collect(0)), { house: { cash: 5 }, globals: { fees, deficit } });
	add(all, "collect/none", record(DealEncoding.collect(0)), { globals: { fees: 7 } });
	for (const cash of [MAX_CASH - 6, MAX_CASH - 8, MAX_CASH - 7])
		add(all, `collect/full/${cash - MAX_CASH}`, record(DealEncoding.collect(ACCOUNT)), {
			account: { cash: 1, referrer: DEBTOR, rebate: 7 },
			others: [{ cash }],
		});
	add(all, "collect/nothing", record(DealEncoding.collect(ACCOUNT)), { account: { cash: 1, referrer: DEBTOR } });
	add(all, "collect/length", record(new Uint8Array([18, 0])), {});
	const refer = (fields: Partial<DealMessages.SetReferrer>): Item =>
		forced(DealEncoding.setReferrer({ account: ACCOUNT, referrer: DEBTOR, nonce: 1001, signature: NOTHING, ...fields }));
	const odd = [
		{},
		{ referrer: 0 },
		{ referrer: ACCOUNT },
		{ referrer: 99 },
		{ nonce: 7 },
		{ nonce: MAX_NONCE },
		{ account: DEBTOR },
		{ account: 99 },
	];
	for (const [i, fields] of odd.entries()) add(all, `refer/${i}`, refer(fields), { others: [RICH] });
	add(all, "refer/twice", refer({}), { account: { referrer: DEBTOR + 1 }, others: [RICH, RICH] });
	for (const [i, [time, signers]] of (
		[
			[CLOCK, 1],
			[CLOCK + 1, 1],
			[CLOCK - 5, 1],
			[CLOCK - 4, 1],
			[CLOCK, 0],
			[CLOCK, 2],
		] as const
	).entries()) {
		for (const attestedAt of [CLOCK - 5, CLOCK - 300, CLOCK - 301]) {
			const message = { time, root: DOMAIN, signers, signatures: [] as Uint8Array[] };
			if (signers > 0) message.signatures.push(sign(REPORTER, DealMessages.attestDigest(DOMAIN, message)));
			add(all, `attest/${i}/${CLOCK - attestedAt}`, record(DealEncoding.attest(message)), { globals: { attestedAt } });
		}
	}
	add(all, "attest/length", record(DealEncoding.attest({ time: CLOCK, root: DOMAIN, signers: 1, signatures: [] })), {});
}

export function block(legs: readonly Leg[], fields: Partial<DealMessages.Block> = {}, seller = keyOf("maker 1 at the edge")): Item {
	const numbers = { maker: DEBTOR, taker: ACCOUNT, makerNonce: 1001, takerNonce: 1001, expiresAt: 0 };
	const message = {
		...numbers,
		legs: [...legs],
		legBytes: DealEncoding.legs(legs),
		makerSignature: NOTHING,
		takerSignature: NOTHING,
		...fields,
	};
	return forced(DealEncoding.block({ ...message, makerSignature: sign(seller, DealMessages.blockDigest(DOMAIN, message)) }));
}

function legsOf(count: number, side = -1): Leg[] {
	return ALL.slice(0, count).map((series, i) => ({ series, side: side < 0 ? i % 2 : side, price: 300 + i, size: 5 + i }));
}

function blocks(all: Boundary[]): void {
	const both = { others: [RICH] };
	for (const count of [0, 1, 2, 7, 8, 9])
		for (const side of [-1, 0, 1]) add(all, `block/legs/${count}/${side}`, block(legsOf(count, side)), both);
	const [one, two] = legsOf(2) as [Leg, Leg];
	for (const [i, legs] of [
		[two, one],
		[one, one],
	].entries())
		add(all, `block/order/${i}`, block(legs), both);
	const odd: Partial<Leg>[] = [
		{ side: 2 },
		{ price: 0 },
		{ size: 0 },
		{ price: 8_388_607 },
		{ price: 8_388_608 },
		{ size: 1_048_575 },
		{ size: 1_048_576 },
	];
	odd.push({ series: 0 }, { series: Series.make(2, TODAY + 7, 0, 30_000) }, { series: Series.make(0, TODAY + 8, 0, 30_000) });
	odd.push(
		{ series: Series.make(0, TODAY + 7, 0, 30_001) },
		{ series: Series.make(0, TODAY + 7, 3, 1) },
		{ series: ALL[14], price: 30_000 },
	);
	for (const [i, fields] of odd.entries()) add(all, `block/odd/${i}`, block([{ ...one, ...fields }]), both);
	const terms: Partial<DealMessages.Block>[] = [{ maker: ACCOUNT }, { maker: 99 }, { taker: 99 }, { makerNonce: 7 }, { takerNonce: 7 }];
	terms.push(
		{ makerNonce: MAX_NONCE },
		{ takerNonce: MAX_NONCE },
		{ expiresAt: CLOCK },
		{ expiresAt: CLOCK + 1 },
		{ taker: DEBTOR, maker: ACCOUNT },
	);
	for (const [i, fields] of terms.entries()) add(all, `block/terms/${i}`, block([one], fields), both);
	add(all, "block/forged", block([one], {}, keyOf("a stranger")), both);
	add(all, "block/expired", block([{ ...one, series: Series.make(0, TODAY, 0, strikeOf(0, 0)) }]), { ...both, days: [TODAY, TODAY + 7] });
	for (const surfaceAge of [120, 121]) add(all, `block/price/${surfaceAge}`, block([one, two]), { ...both, surfaceAge });
	for (const session of [1, 2]) {
		const key = keyOf("session of the seller");
		const guard: Guard = { ...Guards.empty(), sessions: [{ key: key.address, scopes: session, expiresAt: 0 }] };
		add(all, `block/session/${session}`, block([one], {}, key), { ...both, guards: [undefined, guard] });
	}
	// What each side holds before: opened, grown, reduced, closed, turned.
	for (const taken of [0, 3, -3, -one.size, -one.size - 4])
		for (const made of [0, 3, one.size, one.size + 4]) {
			const held = (size: number): Partial<Account> => ({ ...RICH, positions: size === 0 ? [] : [{ series: one.series, size }] });
			add(all, `block/held/${taken}/${made}`, block([{ ...one, side: 0 }]), { account: held(taken), others: [held(made)] });
		}
	for (const poor of [0, 1]) {
		for (const cash of [0, 1_000_000, 200_000_000]) {
			const accounts = [RICH, { cash }];
			add(all, `block/poor/${poor}/${cash}`, block(legsOf(3, 0)), {
				account: accounts[1 - poor],
				others: [accounts[poor]],
			});
		}
	}
	for (const cash of [MAX_CASH, MAX_CASH - 1_000_000_000, -MAX_CASH])
		for (const side of [0, 1]) {
			add(all, `block/cash/${cash}/${side}`, block(legsOf(1, side)), { account: { cash }, others: [RICH] });
			add(all, `block/cash/maker/${cash}/${side}`, block(legsOf(1, side)), { others: [{ cash }] });
		}
	for (const size of [MAX_POSITION_LOTS, MAX_POSITION_LOTS - 5, -MAX_POSITION_LOTS, 5 - MAX_POSITION_LOTS])
		for (const side of [0, 1]) {
			const account = { cash: 2e15, positions: [{ series: one.series, size }] };
			add(all, `block/size/${size}/${side}`, block(legsOf(1, side)), { account, others: [RICH] });
		}
	add(all, "block/referred", block(legsOf(4)), {
		account: { ...RICH, referrer: DEBTOR },
		others: [{ ...RICH, referrer: ACCOUNT, rebate: 5 }],
	});
}

export function deals(): Boundary[] {
	const all: Boundary[] = [];
	liquidations(all);
	bids(all);
	money(all);
	blocks(all);
	return all;
}
