// What the API shows of accounts: names, dollars and units instead of ids, ticks and lots.

import type { AccountView, OrderView, PositionView, Queries } from "../../executor/Queries.ts";
import * as Portfolios from "../../executor/Portfolios.ts";
import type { Portfolio } from "../../executor/Portfolios.ts";
import { FOREVER, PPM, lotsPerUnit } from "../../machine/Constants.ts";
import * as Margin from "../../machine/risk/Margin.ts";
import { nameOf as resultName } from "../../machine/Result.ts";
import * as Messages from "../../machine/step/Messages.ts";
import type { Protection } from "../../machine/types/Guard.ts";
import * as Series from "../../machine/types/Series.ts";
import * as Decimal from "../../wire/Decimal.ts";
import { nameOf, UNDERLYINGS } from "../../wire/Names.ts";
import type { Answer } from "../../wire/schema.ts";
import { TIMES_IN_FORCE } from "./Payloads.ts";
import { amount, averagePrice, currencyOf, kindOf, money, price } from "./Views.ts";

export type OrderShown = Answer<"private/get_open_orders">[number];
type PositionShown = Answer<"private/get_positions">[number];
type Summary = Answer<"private/get_account_summary">;

export function order(o: OrderView): OrderShown {
	const state = o.closed === undefined ? "open" : o.closed === "Filled" ? "filled" : o.closed === "Refused" ? "rejected" : "cancelled";
	return {
		account: o.account,
		order_id: o.order,
		instrument_name: nameOf(o.series),
		direction: o.side === 0 ? "buy" : "sell",
		price: price(o.series, o.price),
		amount: amount(o.series, o.size),
		remaining: amount(o.series, o.remaining),
		average_price: o.filledValue === 0 ? null : averagePrice(o.series, o.filledValue, o.size - o.remaining),
		state,
		reason: o.closed ?? null,
		result: resultName(o.result),
		time_in_force: TIMES_IN_FORCE[o.timeInForce],
		post_only: (o.flags & Messages.POST_ONLY) !== 0,
		reduce_only: (o.flags & Messages.REDUCE_ONLY) !== 0,
		mmp: (o.flags & Messages.PROTECTED) !== 0,
		label: o.label,
		expires_at: o.expiresAt,
		sequence: o.sequence,
		timestamp: o.time,
	};
}

export function orderState(queries: Queries, index: number, nonce: number): Answer<"private/get_order_state"> {
	const answer = queries.order(index, nonce);
	return answer.status === "unknown" ? { state: "unknown", nonce_used: answer.nonceUsed } : order(answer.order);
}

export function position(p: PositionView): PositionShown {
	const units = p.size / lotsPerUnit(Series.underlyingOf(p.series));
	const of = (greek: number | undefined): number | null => (greek === undefined ? null : greek * units);
	const isFuture = Series.kindOf(p.series) === Series.FUTURE;
	return {
		instrument_name: nameOf(p.series),
		kind: kindOf(p.series),
		direction: p.size > 0 ? "buy" : "sell",
		size: amount(p.series, p.size),
		mark_price: money(p.mark),
		value: money(Math.trunc(p.mark * units)),
		delta: isFuture ? units : of(p.greeks?.delta),
		gamma: isFuture ? 0 : of(p.greeks?.gamma),
		vega: isFuture ? 0 : of(p.greeks?.vega),
		theta: isFuture ? 0 : of(p.greeks?.theta),
	};
}

/** Sums by currency; a position without greeks, because it expired, adds nothing. */
function greeksOf(positions: readonly PositionView[]): Summary["greeks"] {
	return UNDERLYINGS.flatMap((_, underlying) => {
		const own = positions.filter(({ series }) => Series.underlyingOf(series) === underlying).map(position);
		if (own.length === 0) return [];
		const sum = (greek: "delta" | "gamma" | "vega" | "theta"): number => own.reduce((total, p) => total + (p[greek] ?? 0), 0);
		return [{ currency: currencyOf(underlying), delta: sum("delta"), gamma: sum("gamma"), vega: sum("vega"), theta: sum("theta") }];
	});
}

export function summary(a: AccountView): Summary {
	return {
		account: a.account,
		owner: a.owner,
		cash: money(a.cash),
		equity: money(a.equity),
		initial_margin: money(a.initialMargin),
		maintenance_margin: money(a.maintenanceMargin),
		available_funds: money(a.equity - a.initialMargin),
		nonce_floor: a.nonceFloor,
		dead_man_switch: a.deadline === 0 ? null : a.deadline,
		sessions: a.sessions.map(({ key, scopes, expiresAt }) => ({ key, scopes, expires_at: expiresAt })),
		mmp: a.protections.flatMap((p, underlying) => (p.window === 0 ? [] : [protection(underlying, p)])),
		price_timestamp: a.oldestPriceTime ?? null,
		greeks: greeksOf(a.positions),
	};
}

export function account(a: AccountView): Answer<"public/get_account"> {
	return { ...summary(a), positions: a.positions.map(position), open_orders: a.openOrders.map(order) };
}

function protection(underlying: number, p: Protection): Summary["mmp"][number] {
	const frozen = p.frozenUntil === FOREVER ? "until_reset" : p.frozenUntil;
	const lots = lotsPerUnit(underlying);
	return {
		currency: currencyOf(underlying),
		interval: p.window,
		frozen_time: p.freeze,
		quantity_limit: p.quantityLimit === 0 ? null : Decimal.format(p.quantityLimit, lots),
		delta_limit: p.deltaLimit === 0 ? null : p.deltaLimit / PPM / lots,
		vega_limit: p.vegaLimit === 0 ? null : money(p.vegaLimit),
		frozen_until: p.frozenUntil === 0 ? null : frozen,
	};
}

export function portfolio(queries: Queries, { positions, assessment, risks }: Portfolio): Answer<"private/simulate_portfolio"> {
	return {
		equity: money(assessment.equity),
		initial_margin: money(assessment.initial),
		maintenance_margin: money(assessment.maintenance),
		available_funds: money(assessment.equity - assessment.initial),
		price_timestamp: assessment.oldestPriceTime === Margin.NO_PRICE ? null : assessment.oldestPriceTime,
		risk: risks.map(({ underlying, changes, worst, contingencies }) => ({
			currency: currencyOf(underlying),
			scenarios: changes.map((change, i) => {
				const { spot, volatility, isTail } = Portfolios.scenarioOf(underlying, i);
				return { spot, volatility, tail: isTail, change: money(change) };
			}),
			worst: money(worst),
			contingencies: money(contingencies),
		})),
		positions: queries.viewPositions(positions).map(position),
	};
}
