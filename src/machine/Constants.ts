// The machine's limits. The twin in contracts/machine/Constants.sol has the same names, order and values; a check compares them.

/** LIMIT: the largest payload of one message; a Report of 12 expiries under 7 signatures fits with room. */
export const MAX_PAYLOAD_BYTES = 4096;
export const MAX_POSITIONS = 64;
export const MAX_ORDERS_PER_SIDE = 64;
export const MAX_STRIKES = 128;
export const MAX_UNDERLYINGS = 2;
export const MAX_REPORT_EXPIRIES = 12;
export const MAX_REPORTERS = 16;
export const MAX_SESSIONS = 8;
/** Legs of a block trade. */
export const MAX_LEGS = 8;
/** Orders, replacements and cancellations of a basket. */
export const MAX_ITEMS = 32;
/** LIMIT: series in which one bid may net against what the bidder holds, because each opens a cell of its own. */
export const MAX_NETTED = 8;

/** A price older than this opens no risk. */
export const MAX_PRICE_AGE_SECONDS = 120;
/** Without a quorum of reporters behind a state this fresh nothing is liquidated. */
export const MAX_ATTESTATION_AGE_SECONDS = 300;
/** The longest hole between reports inside a settlement window. */
export const MAX_REPORT_GAP_SECONDS = 60;
export const SETTLEMENT_WINDOW_SECONDS = 1800;
/** Expiries are at 08:00 UTC. */
export const EXPIRY_SECOND_OF_DAY = 28_800;
export const SECONDS_PER_DAY = 86_400;
export const MIN_LISTING_SECONDS = 3600;
export const MAX_EXPIRY_DAYS = 400;
/** Expiry cells of one underlying form a ring of this many days. */
export const EXPIRY_RING_DAYS = 1024;

/** Micro-USDC of one tick times one lot, for every underlying: so premiums never round. */
export const TICK_LOT = 1000;

/** LIMIT: with these bounds price * size * TICK_LOT < 2^53, so a premium is exact in a double and in an int64. */
export const MAX_PRICE_TICKS = 8_388_607;
export const MAX_SIZE_LOTS = 1_048_575;
export const MAX_POSITION_LOTS = 16_777_216;
export const MAX_CASH = 4_503_599_627_370_496;
/** LIMIT: all money inside the exchange; the Vault takes in less than MAX_CASH. */
export const MAX_MONEY = 9_007_199_254_740_991;
/** Exclusive bound of index, forward and settlement prices in micro-USDC per unit: 2^43. */
export const MAX_PRICE = 8_796_093_022_208;
/** Exclusive bound of a nonce: 2^53. */
export const MAX_NONCE = 9_007_199_254_740_992;
/** How far beyond its window a nonce may jump: 2^32. */
export const MAX_NONCE_JUMP = 4_294_967_296;
export const NONCE_WINDOW = 256;
/** A time that never comes: 2^40 - 1. */
export const FOREVER = 1_099_511_627_775;
/** The longest window of market-maker protection, and the longest dead-man switch. */
export const MAX_GUARD_SECONDS = 86_400;

/** Confidence and parts are in millionths. */
export const PPM = 1_000_000;

/** Micro-USDC per unit of one tick of price, by underlying (0 ETH, 1 BTC). */
export function tickSize(underlying: number): number {
	return underlying === 0 ? 100_000 : 1_000_000;
}

/** Lots in one unit of the underlying. */
export function lotsPerUnit(underlying: number): number {
	return underlying === 0 ? 100 : 1000;
}

/** Listed strikes are multiples of this many ticks. */
export function strikeGrid(underlying: number): number {
	return underlying === 0 ? 250 : 500;
}
