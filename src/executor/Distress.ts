import { Result } from "../machine/Result.ts";
import * as Margin from "../machine/risk/Margin.ts";
import * as State from "../machine/state/State.ts";
import * as Liquidation from "../machine/step/Liquidation.ts";
import * as Settlement from "../machine/step/Settlement.ts";
import * as Guards from "../machine/types/Guard.ts";

/** Whether a Liquidate message for this account would do something now: begin or end its auction, or write off what it owes. Changes nothing. */
export function isDue(state: State.Body, index: number, clock: number): boolean {
	const account = State.account(state, index);
	const isUnder = (account.guards & Guards.AUCTION) !== 0;
	if (account.positions.length === 0) return account.cash < 0 || isUnder;
	const folded = Settlement.fold(state, account);
	if (folded.positions.length === 0) return folded.cash < 0 || isUnder;
	if (Liquidation.isStateStale(State.globals(state), clock)) return false;
	const standing = Margin.assess(state, folded);
	if (Liquidation.agreedAt(State.globals(state), standing.oldestPriceTime, clock) !== Result.Ok) return false;
	return standing.equity < standing.maintenance !== isUnder;
}

/** A portfolio under auction, as a bid would find it now. Money in micro-USDC, `start` in seconds, shares in millionths. */
export type Auction = {
	readonly debtor: number;
	readonly start: number;
	readonly equity: number;
	readonly initialMargin: number;
	readonly maintenanceMargin: number;
	/** What the whole portfolio goes below its mark. */
	readonly discount: number;
	/** The largest share that may go; 0 while the machine would take no bid. */
	readonly most: number;
	/** What a bidder would pay for all of it; below 0 is what he would be given. A part costs its share, with lots rounded away from 0. */
	readonly price: number;
	readonly positions: readonly { readonly series: number; readonly size: number }[];
};

/** The auction of an account, or undefined when it is under none. Changes nothing. */
export function auctionOf(state: State.Body, index: number, clock: number): Auction | undefined {
	const account = State.account(state, index);
	if ((account.guards & Guards.AUCTION) === 0) return undefined;
	const { auctionStart: start } = State.guard(state, index);
	const globals = State.globals(state);
	const folded = Settlement.fold(state, account);
	const standing = Margin.assess(state, folded);
	const { equity, initial, maintenance } = standing;
	const discount = Liquidation.discountAt(standing, Math.max(0, clock - Math.max(start, globals.attestedSince)));
	const isBiddable =
		folded.positions.length > 0 &&
		!Liquidation.isStateStale(globals, clock) &&
		Liquidation.agreedAt(globals, standing.oldestPriceTime, clock) === Result.Ok &&
		equity < maintenance;
	return {
		debtor: index,
		start,
		equity,
		initialMargin: initial,
		maintenanceMargin: maintenance,
		discount,
		most: isBiddable ? Liquidation.mostOf(standing, discount) : 0,
		price: Margin.markOf(state, folded.positions) - discount,
		positions: folded.positions.map(({ series, size }) => ({ series, size })),
	};
}
