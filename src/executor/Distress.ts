import * as Margin from "../machine/risk/Margin.ts";
import * as State from "../machine/state/State.ts";
import * as Liquidation from "../machine/step/Liquidation.ts";
import * as Settlement from "../machine/step/Settlement.ts";
import * as Trades from "../machine/step/Trades.ts";
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
	if (Trades.isStale(standing.oldestPriceTime, clock)) return false;
	return standing.equity < standing.maintenance !== isUnder;
}
