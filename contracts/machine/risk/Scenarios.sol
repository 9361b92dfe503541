// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PPM, SETTLEMENT_WINDOW_SECONDS} from "../Constants.sol";
import {LogExp} from "../math/LogExp.sol";
import {Expiry} from "../types/Expiry.sol";
import {Series} from "../types/Series.sol";
import {Parameters} from "./Parameters.sol";

/// @notice What all series of an expiry share: discount factor, factors of volatility down and up, in fixed point, and the shocked spots.
struct Shocks {
    int256 discount;
    int256 down;
    int256 up;
    /// As `Smile.spots`.
    int256[] spots;
}

/// @notice The 33 scenarios: which spot and volatility each has. Scenarios 0 .. 26 are volatility step (down, same, up) * 9 + spot step; 27 .. 32 are the
/// tails, under raised volatility.
library Scenarios {
    int256 private constant ONE = 1 << 60;

    /// Spots there are: nine core moves, then six tails.
    uint256 internal constant SPOTS = 15;

    /// @notice The shocked spot as parts of the spot, of the nine core moves and then the six tails.
    function spotFactor(uint256 underlying, uint256 spot) internal pure returns (int256) {
        int256 range = Parameters.spotRange(underlying);
        if (spot < Parameters.SPOT_STEPS) return int256(PPM) + ((int256(spot) - int256(Parameters.SPOT_STEP_OFFSET)) * range) / 4;
        return int256(PPM) + Parameters.tailMultiple(spot - Parameters.SPOT_STEPS) * range;
    }

    /// @notice How long the expiry had to go when it was reported: seconds, and years and the discount factor in fixed point.
    function timeOf(Expiry memory expiry) internal pure returns (int256 seconds_, int256 years_, int256 discount) {
        int256 left = int256(Series.expiryTimeOf(expiry.day)) - int256(expiry.time);
        seconds_ = left < 0 ? int256(0) : left;
        years_ = (seconds_ * ONE) / Parameters.SECONDS_PER_YEAR;
        discount = LogExp.exp(-(years_ * expiry.rate) / int256(PPM));
    }

    /// @notice How much of the settlement window is still to come at the expiry's last report: all of it but inside the window. No expiry takes a report over after it.
    function openSeconds(Expiry memory expiry) internal pure returns (int256) {
        int256 left = int256(Series.expiryTimeOf(expiry.day)) - int256(expiry.time);
        return left < int256(SETTLEMENT_WINDOW_SECONDS) ? left : int256(SETTLEMENT_WINDOW_SECONDS);
    }

    /// @notice A pure function of the expiry's day, forward, rate and report time, and of the underlying's `spotMoves`.
    function shocksOf(Expiry memory expiry, int256[] memory moves) internal pure returns (Shocks memory shocks) {
        (int256 seconds_, , int256 discount) = timeOf(expiry);
        shocks.discount = discount;
        int256 time = seconds_ < Parameters.MIN_SECONDS ? Parameters.MIN_SECONDS : seconds_;
        int256 power = time < Parameters.REFERENCE_SECONDS ? Parameters.SHORT_POWER : Parameters.LONG_POWER;
        int256 ratio = (Parameters.REFERENCE_SECONDS * ONE) / time;
        int256 scale = LogExp.exp((LogExp.ln(ratio) * power) / int256(PPM));
        shocks.up = ONE + (scale * Parameters.VOLATILITY_UP) / int256(PPM);
        int256 fall = ONE - (scale * Parameters.VOLATILITY_DOWN) / int256(PPM);
        int256 floor = (ONE * Parameters.VOLATILITY_FLOOR) / int256(PPM);
        shocks.down = fall < floor ? floor : fall;
        int256[] memory spots = new int256[](2 * SPOTS);
        int256 forward = int256(expiry.forward);
        // SAFETY: a forward is below 2^43, a factor below 2^21.
        assembly ("memory-safe") {
            let from := add(moves, 32)
            let to := add(spots, 32)
            for {
                let end := add(to, 960)
            } lt(to, end) {
                to := add(to, 64)
                from := add(from, 64)
            } {
                mstore(to, div(mul(forward, mload(from)), 1000000))
                mstore(add(to, 32), mload(add(from, 32)))
            }
        }
        shocks.spots = spots;
    }

    /// @notice The forward in a scenario, micro-USDC per unit: what a dated future is worth in it.
    function forwardAt(Shocks memory shocks, uint256 scenario) internal pure returns (int256) {
        bool core = scenario < Parameters.SCENARIOS - Parameters.TAILS;
        return shocks.spots[2 * (core ? scenario % Parameters.SPOT_STEPS : scenario - 2 * Parameters.SPOT_STEPS)];
    }

    /// @notice By spot two numbers: its factor in millionths, and ln of the factor in fixed point. `open` are the seconds of the settlement window to come: the
    /// average that is fixed already moves no more.
    function spotMoves(uint256 underlying, int256 open) internal pure returns (int256[] memory moves) {
        moves = new int256[](2 * SPOTS);
        for (uint256 spot = 0; spot < SPOTS; spot++) {
            moves[2 * spot] = int256(PPM) + ((spotFactor(underlying, spot) - int256(PPM)) * open) / int256(SETTLEMENT_WINDOW_SECONDS);
            moves[2 * spot + 1] = LogExp.ln((moves[2 * spot] * ONE) / int256(PPM));
        }
    }
}
