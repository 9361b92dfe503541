// Portfolio margin (docs/spec/margin.md): an account's requirement is, per underlying, the worst loss over the scenarios plus contingencies. Positions are
// sorted by series, so an underlying's positions stand together, and within them those of one expiry and kind.

import { PPM, lotsPerUnit } from "../Constants.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import * as State from "../state/State.ts";
import type { Account, Position } from "../types/Account.ts";
import type { Expiry } from "../types/Expiry.ts";
import * as Series from "../types/Series.ts";
import * as Parameters from "./Parameters.ts";
import * as Valuations from "./Valuations.ts";
import { SPLIT } from "./Valuations.ts";

/** Micro-USDC. `oldestPriceTime` is the time of the oldest price used, in seconds. */
export type Assessment = { equity: number; initial: number; maintenance: number; oldestPriceTime: number };

/** What an account has above its initial margin before and after a trade. */
export type TradeAssessment = { excessBefore: number; excessAfter: number; oldestPriceTime: number };

/** No price is older than this: what an account without positions has. */
export const NO_PRICE = 1_099_511_627_775;

/** Sums over the positions of one underlying, before and after the trade. */
class Totals {
	readonly highs = new Float64Array(Parameters.SCENARIOS);
	readonly lows = new Float64Array(Parameters.SCENARIOS);
	/** Scenario changes of one lot of the traded series. */
	traded: Valuations.Valuation | undefined = undefined;
	markHigh = 0;
	markLow = 0;
	/** Lots of the expiry and kind at hand. */
	groupBefore = 0;
	groupAfter = 0;
	shortBefore = 0;
	shortAfter = 0;
	/** Sum of lots * missing confidence. */
	doubtBefore = 0;
	doubtAfter = 0;

	clear(): void {
		this.highs.fill(0);
		this.lows.fill(0);
		this.traded = undefined;
		this.markHigh = 0;
		this.markLow = 0;
		this.groupBefore = 0;
		this.groupAfter = 0;
		this.shortBefore = 0;
		this.shortAfter = 0;
		this.doubtBefore = 0;
		this.doubtAfter = 0;
	}
}

const totals = new Totals();
const result = { equityBefore: 0, equityAfter: 0, initialBefore: 0, initialAfter: 0, oldestPriceTime: 0 };

/** The account's equity and margin as it stands. */
export function assess(state: State.Body, account: Account): Assessment {
	compute(state, account, 0, 0, 0);
	return {
		equity: result.equityBefore,
		initial: result.initialBefore,
		maintenance: FixedPoint.mulDivUp(result.initialBefore, Parameters.MAINTENANCE_RATE, PPM),
		oldestPriceTime: result.oldestPriceTime,
	};
}

/** The account's excess over initial margin without and with a trade of `size` lots that changes its cash by `cash`, in one pass. */
export function assessTrade(state: State.Body, account: Account, series: number, size: number, cash: number): TradeAssessment {
	compute(state, account, series, size, cash);
	return {
		excessBefore: result.equityBefore - result.initialBefore,
		excessAfter: result.equityAfter - result.initialAfter,
		oldestPriceTime: result.oldestPriceTime,
	};
}

/** What positions, sorted by series, are worth at their marks, in micro-USDC. ROUNDING: down, by underlying. */
export function markOf(state: State.Body, positions: readonly Position[]): number {
	let worth = 0;
	let high = 0;
	let low = 0;
	for (let i = 0; i < positions.length; i++) {
		const { series, size } = positions[i];
		const mark = Valuations.markOf(state, series, State.expiry(state, Series.expirySlotOf(series)));
		const markHigh = Math.floor(mark / SPLIT);
		high += size * markHigh;
		low += size * (mark - markHigh * SPLIT);
		const underlying = Series.underlyingOf(series);
		if (i + 1 < positions.length && Series.underlyingOf(positions[i + 1].series) === underlying) continue;
		worth = FixedPoint.saturate(worth + quotient(high, low, lotsPerUnit(underlying)));
		high = 0;
		low = 0;
	}
	return worth;
}

function compute(state: State.Body, account: Account, tradedSeries: number, tradedSize: number, tradedCash: number): void {
	const positions = account.positions;
	result.equityBefore = account.cash;
	result.equityAfter = account.cash + tradedCash;
	result.initialBefore = 0;
	result.initialAfter = 0;
	result.oldestPriceTime = NO_PRICE;
	totals.clear();
	let pending = tradedSize !== 0;
	let lastSeries = 0;
	let any = false;
	let indexPrice = 0;
	let indexConfidence = 0;
	let i = 0;
	while (i < positions.length || pending) {
		const position = positions[i];
		const isTrade = pending && (position === undefined || tradedSeries <= position.series);
		const series = isTrade ? tradedSeries : position.series;
		const isHeld = position !== undefined && position.series === series;
		const before = isHeld ? position.size : 0;
		const after = isTrade ? before + tradedSize : before;
		if (isHeld) i += 1;
		if (isTrade) pending = false;
		const underlying = Series.underlyingOf(series);
		if (any && groupOf(series) !== groupOf(lastSeries)) closeGroup();
		if (!any || underlying !== Series.underlyingOf(lastSeries)) {
			if (any) closeUnderlying(Series.underlyingOf(lastSeries), indexPrice, tradedSize);
			const cell = State.underlying(state, underlying);
			indexPrice = cell.indexPrice;
			indexConfidence = cell.confidence;
			if (cell.time < result.oldestPriceTime) result.oldestPriceTime = cell.time;
		}
		any = true;
		lastSeries = series;
		const expiry = State.expiry(state, Series.expirySlotOf(series));
		if (expiry.time < result.oldestPriceTime) result.oldestPriceTime = expiry.time;
		add(state, series, expiry, before, after, indexConfidence, isTrade);
	}
	if (!any) return;
	closeGroup();
	closeUnderlying(Series.underlyingOf(lastSeries), indexPrice, tradedSize);
}

/** Underlying, day and kind of a series: its id without the strike. */
function groupOf(series: number): number {
	return series - Series.strikeOf(series);
}

function add(
	state: State.Body,
	series: number,
	expiry: Expiry,
	before: number,
	after: number,
	indexConfidence: number,
	isTrade: boolean,
): void {
	const valuation = Valuations.of(state, series, expiry);
	const { high, low, mark } = valuation;
	const { highs, lows } = totals;
	if (before !== 0) {
		for (let scenario = 0; scenario < Parameters.SCENARIOS; scenario++) {
			highs[scenario] = highs[scenario] + before * high[scenario];
			lows[scenario] = lows[scenario] + before * low[scenario];
		}
		const markHigh = Math.floor(mark / SPLIT);
		totals.markHigh += before * markHigh;
		totals.markLow += before * (mark - markHigh * SPLIT);
	}
	if (isTrade) totals.traded = valuation;
	// A short future is hedged or not like a long one: only short options gap.
	if (Series.kindOf(series) !== Series.FUTURE) {
		totals.groupBefore += before;
		totals.groupAfter += after;
	}
	const confidence = expiry.confidence < indexConfidence ? expiry.confidence : indexConfidence;
	totals.doubtBefore += Math.abs(before) * (PPM - confidence);
	totals.doubtAfter += Math.abs(after) * (PPM - confidence);
}

/** Ends an expiry and kind: what it is net short counts. */
function closeGroup(): void {
	if (totals.groupBefore < 0) totals.shortBefore -= totals.groupBefore;
	if (totals.groupAfter < 0) totals.shortAfter -= totals.groupAfter;
	totals.groupBefore = 0;
	totals.groupAfter = 0;
}

/** Ends an underlying: its worst scenario and contingencies go to the result. */
function closeUnderlying(underlying: number, indexPrice: number, tradedSize: number): void {
	const lots = lotsPerUnit(underlying);
	const { traded } = totals;
	result.equityBefore = FixedPoint.saturate(result.equityBefore + quotient(totals.markHigh, totals.markLow, lots));
	let worstBefore = 0;
	let worstAfter = 0;
	for (let scenario = 0; scenario < Parameters.SCENARIOS; scenario++) {
		const high = totals.highs[scenario];
		const low = totals.lows[scenario];
		const change = damped(scenario, quotient(high, low, lots));
		if (change < worstBefore) worstBefore = change;
		if (!traded) continue;
		const changeAfter = damped(
			scenario,
			quotient(high + tradedSize * traded.high[scenario], low + tradedSize * traded.low[scenario], lots),
		);
		if (changeAfter < worstAfter) worstAfter = changeAfter;
	}
	const requiredBefore = FixedPoint.saturate(contingencies(totals.shortBefore, totals.doubtBefore, indexPrice, lots) - worstBefore);
	result.initialBefore = FixedPoint.saturate(result.initialBefore + requiredBefore);
	if (traded) {
		const markHigh = Math.floor(traded.mark / SPLIT);
		const markLow = traded.mark - markHigh * SPLIT;
		const marked = quotient(totals.markHigh + tradedSize * markHigh, totals.markLow + tradedSize * markLow, lots);
		result.equityAfter = FixedPoint.saturate(result.equityAfter + marked);
		const requiredAfter = FixedPoint.saturate(contingencies(totals.shortAfter, totals.doubtAfter, indexPrice, lots) - worstAfter);
		result.initialAfter = FixedPoint.saturate(result.initialAfter + requiredAfter);
	} else {
		result.equityAfter = FixedPoint.saturate(result.equityAfter + quotient(totals.markHigh, totals.markLow, lots));
		result.initialAfter = FixedPoint.saturate(result.initialAfter + requiredBefore);
	}
	totals.clear();
}

/** Tails count in part. ROUNDING: down, so a loss is not made smaller. */
export function damped(scenario: number, change: number): number {
	const tail = scenario - (Parameters.SCENARIOS - Parameters.TAILS);
	return tail < 0 ? change : FixedPoint.mulDivDown(change, Parameters.tailDamping(tail), PPM);
}

/** Charges in micro-USDC on lots net short, and on lots times missing confidence. ROUNDING: up. */
export function contingencies(short: number, doubt: number, indexPrice: number, lots: number): number {
	const onShort = FixedPoint.saturate(FixedPoint.mulDivUp(indexPrice, short * Parameters.NET_SHORT_RATE, PPM * lots));
	const doubtLots = FixedPoint.mulDivUp(doubt, Parameters.CONFIDENCE_RATE, PPM);
	return FixedPoint.saturate(onShort + FixedPoint.saturate(FixedPoint.mulDivUp(indexPrice, doubtLots, PPM * lots)));
}

/** Sums up to here are exact, and so is the floor of their quotient. */
const EXACT = 4_503_599_627_370_496;

/** floor((high * 2^20 + low) / lots): micro-USDC of lots times micro-USDC per unit. ROUNDING: down, against the account. */
export function quotient(high: number, low: number, lots: number): number {
	const sum = high * SPLIT + low;
	if (sum < EXACT && sum > -EXACT) return Math.floor(sum / lots);
	const exact = BigInt(high) * BigInt(SPLIT) + BigInt(low);
	const divisor = BigInt(lots);
	const down = exact / divisor;
	return FixedPoint.saturate(Number(exact < 0n && down * divisor !== exact ? down - 1n : down));
}
