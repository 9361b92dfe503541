import { PPM, TICK_LOT, lotsPerUnit } from "../Constants.ts";
import * as FixedPoint from "../math/FixedPoint.ts";
import * as Parameters from "./Parameters.ts";

/** ROUNDING: up, in the exchange's favour. */
function fee(rate: number, indexPrice: number, price: number, size: number, underlying: number): number {
	const onNotional = FixedPoint.mulDivUp(indexPrice, size * rate, PPM * lotsPerUnit(underlying));
	const cap = FixedPoint.mulDivUp(price * size * TICK_LOT, Parameters.FEE_CAP, PPM);
	return onNotional < cap ? onNotional : cap;
}

/** What a taker pays for lots at a price in ticks, in micro-USDC: 0.03 % of the index notional, at most 12.5 % of the premium. */
export function taker(indexPrice: number, price: number, size: number, underlying: number): number {
	return fee(Parameters.TAKER_RATE, indexPrice, price, size, underlying);
}

/** What a maker pays: 0.01 %, with the same cap. */
export function maker(indexPrice: number, price: number, size: number, underlying: number): number {
	return fee(Parameters.MAKER_RATE, indexPrice, price, size, underlying);
}
