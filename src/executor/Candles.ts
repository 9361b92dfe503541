import type { Trade, Trades } from "./Trades.ts";

/** Prices in ticks, volume in lots; `time` is where it begins, in seconds. */
export type Candle = {
	readonly time: number;
	readonly open: number;
	high: number;
	low: number;
	close: number;
	volume: number;
};

/** LIMIT: trades that one question looks at, and candles that it answers. */
const MAX_TRADES = 100_000;
const MAX_CANDLES = 5000;

/**
 * Candles of a series' trades with `start` <= time <= `end`, ascending; those without trades are left out. `count` is the number of the series' trades.
 * Times of trades never fall, so the first that counts is found by halving.
 */
export function candlesOf(trades: Trades, series: number, count: number, start: number, end: number, width: number): Candle[] {
	const timeOf = (trade: number): number => (trades.find(series, trade) as Trade).time;
	const last = firstWhere(1, count + 1, (trade) => timeOf(trade) > end) - 1;
	const first = firstWhere(Math.max(1, last - MAX_TRADES + 1), last + 1, (trade) => timeOf(trade) >= start);
	const candles: Candle[] = [];
	for (let trade = first; trade <= last; trade++) {
		const { time, price, size } = trades.find(series, trade) as Trade;
		const begin = time - (time % width);
		const candle = candles.at(-1);
		if (candle?.time !== begin) candles.push({ time: begin, open: price, high: price, low: price, close: price, volume: size });
		else {
			candle.high = Math.max(candle.high, price);
			candle.low = Math.min(candle.low, price);
			candle.close = price;
			candle.volume += size;
		}
	}
	return candles.slice(-MAX_CANDLES);
}

/** The first number from `low` on, and before `high`, for which it holds; `high` when there is none. It must hold for all that follow. */
function firstWhere(low: number, high: number, holds: (value: number) => boolean): number {
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if (holds(middle)) high = middle;
		else low = middle + 1;
	}
	return low;
}
