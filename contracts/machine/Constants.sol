// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

// The machine's limits. The twin in src/machine/Constants.ts has the same names, order and values; a check compares them.

// LIMIT: the largest payload of one message; a Report of 12 expiries under 7 signatures fits with room.
uint256 constant MAX_PAYLOAD_BYTES = 4096;
uint256 constant MAX_POSITIONS = 64;
uint256 constant MAX_ORDERS_PER_SIDE = 64;
uint256 constant MAX_STRIKES = 128;
uint256 constant MAX_UNDERLYINGS = 2;
uint256 constant MAX_REPORT_EXPIRIES = 12;
uint256 constant MAX_REPORTERS = 16;
uint256 constant MAX_SESSIONS = 8;
// Legs of a block trade.
uint256 constant MAX_LEGS = 8;
// Orders, replacements and cancellations of a basket.
uint256 constant MAX_ITEMS = 32;
// LIMIT: series in which one bid may net against what the bidder holds, because each opens a cell of its own.
uint256 constant MAX_NETTED = 8;

// A price older than this opens no risk.
uint256 constant MAX_PRICE_AGE_SECONDS = 120;
// Without a quorum of reporters behind a state this fresh nothing is liquidated.
uint256 constant MAX_ATTESTATION_AGE_SECONDS = 300;
// The longest hole between reports inside a settlement window.
uint256 constant MAX_REPORT_GAP_SECONDS = 60;
uint256 constant SETTLEMENT_WINDOW_SECONDS = 1800;
// Expiries are at 08:00 UTC.
uint256 constant EXPIRY_SECOND_OF_DAY = 28_800;
uint256 constant SECONDS_PER_DAY = 86_400;
uint256 constant MIN_LISTING_SECONDS = 3600;
uint256 constant MAX_EXPIRY_DAYS = 400;
// Expiry cells of one underlying form a ring of this many days.
uint256 constant EXPIRY_RING_DAYS = 1024;

// Micro-USDC of one tick times one lot, for every underlying: so premiums never round.
uint256 constant TICK_LOT = 1000;

// LIMIT: with these bounds price * size * TICK_LOT < 2^53, so a premium is exact in a double and in an int64.
uint256 constant MAX_PRICE_TICKS = 8_388_607;
uint256 constant MAX_SIZE_LOTS = 1_048_575;
uint256 constant MAX_POSITION_LOTS = 16_777_216;
uint256 constant MAX_CASH = 4_503_599_627_370_496;
// LIMIT: all money inside the exchange; the Vault takes in less than MAX_CASH.
uint256 constant MAX_MONEY = 9_007_199_254_740_991;
// Exclusive bound of index, forward and settlement prices in micro-USDC per unit: 2^43.
uint256 constant MAX_PRICE = 8_796_093_022_208;
// Exclusive bound of a nonce: 2^53.
uint256 constant MAX_NONCE = 9_007_199_254_740_992;
// How far beyond its window a nonce may jump: 2^32.
uint256 constant MAX_NONCE_JUMP = 4_294_967_296;
uint256 constant NONCE_WINDOW = 256;
// A time that never comes: 2^40 - 1.
uint256 constant FOREVER = 1_099_511_627_775;
// The longest window of market-maker protection, and the longest dead-man switch.
uint256 constant MAX_GUARD_SECONDS = 86_400;

// Confidence and parts are in millionths.
uint256 constant PPM = 1_000_000;

// Micro-USDC per unit of one tick of price, by underlying (0 ETH, 1 BTC).
function tickSize(uint256 underlying) pure returns (uint256) {
    return underlying == 0 ? 100_000 : 1_000_000;
}

// Lots in one unit of the underlying.
function lotsPerUnit(uint256 underlying) pure returns (uint256) {
    return underlying == 0 ? 100 : 1000;
}

// Listed strikes are multiples of this many ticks.
function strikeGrid(uint256 underlying) pure returns (uint256) {
    return underlying == 0 ? 250 : 500;
}
