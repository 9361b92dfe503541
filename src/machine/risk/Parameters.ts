// The parameters of portfolio margin. The shape is that of Deribit's, Derive's and Paradex's models: nine spot moves under three volatilities,
// six damped tails, contingencies, no offset across underlyings. Parts are in millionths.

/** Spot moves of the core scenarios at the ends of the range: 18 % for ETH, 16 % for BTC. */
export function spotRange(underlying: number): number {
	return underlying === 0 ? 180_000 : 160_000;
}

/** Core spot moves, as quarters of the range. */
export const SPOT_STEPS = 9;
export const SPOT_STEP_OFFSET = 4;
export const VOLATILITY_STEPS = 3;
export const TAILS = 6;
export const SCENARIOS = 33;
/** Scenario of no move: spot step 4, volatility as it is. */
export const MARK_SCENARIO = 13;

/** Tails: spot moves in multiples of the range, and the part of their result that counts. */
export function tailMultiple(tail: number): number {
	return tail < 3 ? tail - 4 : tail - 1;
}

export function tailDamping(tail: number): number {
	const multiple = tail < 3 ? 4 - tail : tail - 1;
	if (multiple === 2) return 500_000;
	return multiple === 3 ? 350_000 : 250_000;
}

/** Relative moves of volatility at 30 days to expiry. */
export const VOLATILITY_UP = 500_000;
export const VOLATILITY_DOWN = 350_000;
/** A volatility falls to no less than a tenth. */
export const VOLATILITY_FLOOR = 100_000;
/** The moves grow towards expiry as (30 days / time)^power: one power below 30 days, another above, and time not below a day. */
export const SHORT_POWER = 300_000;
export const LONG_POWER = 130_000;
export const REFERENCE_SECONDS = 2_592_000;
export const MIN_SECONDS = 86_400;
export const SECONDS_PER_YEAR = 31_536_000;

/** Charge on options net short per expiry and kind, of the index. */
export const NET_SHORT_RATE = 10_000;
/** Charge on every option for the confidence that is missing, of the index. */
export const CONFIDENCE_RATE = 500_000;
/** Maintenance margin as a part of initial. */
export const MAINTENANCE_RATE = 800_000;

/** A band is what a series is worth when spot and volatility are that far off at once, and this part of the index more. */
export const BAND_SPOT = 10_000;
export const BAND_VOLATILITY_UP = 500_000;
export const BAND_VOLATILITY_DOWN = 400_000;
export const BAND_ROOM = 1_000;

/** Fees: parts of the index notional, capped at a part of the premium. */
export const TAKER_RATE = 300;
export const MAKER_RATE = 100;
export const FEE_CAP = 125_000;

/** What of the fees goes to the insurance fund, and what of a referred account's fees to its referrer. */
export const INSURANCE_SHARE = 250_000;
export const REFERRAL_SHARE = 200_000;

/** A liquidation's discount: from a part of the equity at once to all of it; then on, paid by the insurance fund, to the maintenance margin. */
export const FIRST_DISCOUNT = 50_000;
export const SOLVENT_SECONDS = 900;
export const INSOLVENT_SECONDS = 3600;
